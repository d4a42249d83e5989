"""The fingerprint stage beside the texts: whose clock counts, and what becomes of rows that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.clean import Clean
from schemas.feed_records import RawEntry
from schemas.public_records import Article
from schemas.topics import RAW
from stream_apps.fingerprint.languages import engine_of
from stream_apps.fingerprint.stage import FingerprintStage
from stream_apps.runtime.stage_interface import Incoming
from stream_apps.runtime.state_store import BadRow, StateStore
from stream_apps.text import agencies

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
APPENDED = round((NOON + timedelta(seconds=2)).timestamp() * 1000)


def message(
    number: int, first_seen: datetime = NOON, *, partition: int = 0, appended: int | None = APPENDED
) -> Incoming:
    entry = RawEntry(
        article=f"{number:032x}", revision=0, content_hash="x", feed="f", outlet="kalindi.example",
        headline="Ferry leaves Kalindi", content="<p>The ferry left at noon with all its passengers.</p>",
        first_seen=first_seen, fetched=first_seen,
    )  # fmt: skip
    return Incoming(RAW.name, partition, number, entry.article.encode(), entry.to_bytes(), appended)


def stage(rows: StateStore) -> FingerprintStage:
    return FingerprintStage(rows, 7, 10_000, agencies.load(None), engine_of(()))


def first_seen(given: Incoming) -> datetime:
    (sent,) = stage(StateStore()).handle(given)
    return Article.from_bytes(Clean.from_bytes(sent.value).article).first_seen


def test_an_article_is_first_seen_when_kafka_took_it_at_the_latest() -> None:
    assert first_seen(message(1)) == NOON
    assert first_seen(message(1, NOON + timedelta(days=400))) == NOON + timedelta(seconds=2)
    assert first_seen(message(1, NOON + timedelta(days=1), appended=None)) == NOON + timedelta(days=1)


@pytest.mark.parametrize("row", [b"", b"\x00" * 40, b"\xff" * 40])
def test_a_row_that_cannot_be_read_is_named(row: bytes) -> None:
    rows = StateStore()
    rows.load(0, {b"\x0a" * 16: row})
    with pytest.raises(BadRow) as caught:
        stage(rows).handle(message(1))
    assert (caught.value.partition, caught.value.key) == (0, b"\x0a" * 16)


def test_forgetting_one_partition_leaves_the_others() -> None:
    rows = StateStore()
    running = stage(rows)
    for number in range(4):
        running.handle(message(number, partition=number % 2))
    kept = {change.key: change.value or b"" for change in rows.take_changes() if change.partition == 0}
    rows.commit()
    assert running.forget_partitions([0])
    rows.roll_back([0])
    rows.load(0, kept)
    running.handle(message(0, partition=0))
    running.handle(message(1, partition=1))
    assert rows.take_changes() == [], "both are known"


def test_the_outlet_of_a_message_is_told() -> None:
    assert stage(StateStore()).origin(message(1)) == "kalindi.example"
