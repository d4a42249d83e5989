"""What the commands for state find, delete and send again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from schemas.feed_records import RawEntry
from schemas.internal_records import Resolved, StoryMember
from schemas.public_records import Place
from schemas.topics import ENGINE_STATE, OUTLET_STATE, RAW, RESOLVED, TAGGING_STATE
from stream_apps.dedup.epoch import KEY, Epoch, current, ended
from stream_apps.fingerprint.boilerplate import Lesson
from stream_apps.fingerprint.epochs import FORMAT, Row, pack
from stream_apps.runtime.state_store import StoredRow, unseal
from stream_apps.state import checking, repairing
from stream_apps.tagging import rows as tagging_rows
from stream_apps.tagging.rows import SEALED_AS, StoryRow
from wirecopy.errors import BadInput

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ARTICLE, OTHER, STORY, FOREIGN = "a" * 32, "b" * 32, "c" * 32, "d" * 32
ROW = bytes([FORMAT]) + pack(Row(740_000, 0, "kalindi.example", Lesson(frozenset({1}), frozenset({2, 3}))))


@dataclass
class Message:
    key: bytes
    value: bytes | None
    partition: int = 0
    offset: int = 0


def raw(article: str, revision: int, partition: int = 1) -> Message:
    entry = RawEntry(
        article=article, revision=revision, content_hash="x", feed="f", outlet="kalindi.example", first_seen=NOON,
        fetched=NOON,
    )  # fmt: skip
    return Message(article.encode(), entry.to_bytes(), partition)


def resolved(story: str, *articles: str, version: int = 1) -> Message:
    place = Place.model_construct(story=story, canonical_article=articles[0] if articles else story)
    members = tuple(StoryMember.model_construct(article=article, revision=0, place=place) for article in articles)
    record = Resolved.model_construct(story=story, version=version, members=members)
    return Message(story.encode(), record.model_dump_json().encode(), 2)


def test_rows_that_can_be_read_are_counted_as_they_count() -> None:
    key = bytes(16)
    messages = [Message(key, b"\x09 an old one"), Message(key, ROW), Message(bytes(15) + b"x", ROW, 1)]
    report = checking.report(OUTLET_STATE, [*messages, Message(bytes(15) + b"x", None, 1)])
    assert (report.rows, report.bytes, report.bad) == (1, 16 + len(ROW), [])


def test_rows_that_cannot_be_read_are_named() -> None:
    key = bytes.fromhex(ARTICLE)
    rows = [ROW[:-1], b"\x09" + ROW[1:], b"", ROW + b"x"]
    report = checking.report(OUTLET_STATE, [Message(key, row, number) for number, row in enumerate(rows)])
    assert [line.partition(": ")[0] for line in report.bad] == [
        f"partition {number}, key {ARTICLE}" for number in range(4)
    ]
    assert report.bad[1].endswith("its format is 9, this version reads 1")


def test_keys_and_epochs_are_checked_too() -> None:
    row, other = bytes([1, tagging_rows.FORMAT]), bytes([1, tagging_rows.FORMAT - 1])
    keys = [STORY, f"{STORY}/{ARTICLE}", f"{STORY}/{ARTICLE}/3", f"{STORY}/{ARTICLE}/place"]
    bad = [Message(b"?", row), Message(FOREIGN.encode(), other), Message(OTHER.encode(), b"\x01")]
    tagging = checking.report(TAGGING_STATE, [*(Message(key.encode(), row) for key in keys), *bad])
    assert [line.partition(": ")[2][:38] for line in tagging.bad] == [
        "its key is none of a story, an article", "a row of tagging-state is of format 3,",
        "a row of tagging-state is of format no",
    ]  # fmt: skip
    engine = checking.report(ENGINE_STATE, [Message(KEY, Epoch(3, 1, 1).to_bytes()), Message(KEY, b"{", 1)])
    assert [line[:11] for line in engine.bad] == ["partition 1"]


@pytest.mark.parametrize(
    ("key", "identity"),
    [
        (STORY, STORY),
        (f"{STORY}/{ARTICLE}", ARTICLE),
        (f"{STORY}/{ARTICLE}/12", ARTICLE),
        (f"{STORY}/{ARTICLE}/place", ARTICLE),
    ],
    ids=["id", "article", "revision", "place"],
)
def test_what_is_repaired_is_named_as_the_check_shows_it(key: str, identity: str) -> None:
    assert repairing.identity(key) == identity


@pytest.mark.parametrize("key", ["", "?", STORY[1:], STORY.upper(), f"{STORY}/", f"{STORY}/{ARTICLE}/x"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadInput, match="rebuild"):
        repairing.identity(key)


def test_repairing_an_article_takes_its_newest_entry_and_its_stories() -> None:
    log = [resolved(STORY, ARTICLE, OTHER), resolved(FOREIGN, "e" * 32), resolved(STORY, OTHER, version=2)]
    found = repairing.stories_of(ARTICLE, log)
    again = list(repairing.sent_again(found, [raw(ARTICLE, 0), raw(ARTICLE, 2), raw(OTHER, 0), raw(ARTICLE, 1)]))
    assert [(topic, key) for topic, _, key, _ in again] == [
        (RAW, ARTICLE.encode()), (RESOLVED, STORY.encode()), (RESOLVED, STORY.encode()),
    ]  # fmt: skip
    assert again[0][3] == raw(ARTICLE, 2).value
    assert [value for *_, value in again[1:]] == [log[0].value, log[2].value]


def test_repairing_deletes_the_rows_that_are_there_and_no_others() -> None:
    found = repairing.stories_of(ARTICLE, [resolved(STORY, ARTICLE)])
    mine = bytes.fromhex(ARTICLE)
    outlets = [Message(mine, b"\x09 bad", 3), Message(bytes.fromhex(OTHER), ROW)]
    tagging = [
        Message(STORY.encode(), b"x"), Message(f"{STORY}/{OTHER}".encode(), b"x"), Message(FOREIGN.encode(), b"x"),
        Message(f"{STORY}/{ARTICLE}".encode(), b"x"), Message(f"{STORY}/{ARTICLE}".encode(), None),
    ]  # fmt: skip
    *deleted, begins = repairing.cleared(found, outlets, tagging, NOON.date())
    assert deleted == [
        (OUTLET_STATE, 3, mine, None),
        (TAGGING_STATE, 0, STORY.encode(), None),
        (TAGGING_STATE, 0, f"{STORY}/{OTHER}".encode(), None),
    ]
    assert begins[:3] == (TAGGING_STATE, 2, STORY.encode())
    checking.check_tagging(2, row := StoredRow(begins[2], begins[3], 0))
    opened = unseal(SEALED_AS, 2, row, TAGGING_STATE.name).value
    assert opened is not None
    assert StoryRow.from_bytes(opened).begins == 1


def test_an_ended_epoch_is_followed_by_a_higher_one() -> None:
    known, _ = current({}, 2, NOON)
    row = ended(known.to_bytes())
    assert row is not None
    following, begins = current({KEY: row}, 2, NOON)
    assert begins
    assert following.number > known.number
    assert ended(b"{") is None
