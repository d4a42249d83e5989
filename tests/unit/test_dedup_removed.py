"""Articles that an outlet takes out of its feed, and archives that pass through: told, and nothing else changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.clean import Clean
from schemas.feed_records import RawEntry
from schemas.public_records import Article
from schemas.topics import RAW
from stream_apps.fingerprint.languages import engine_of
from stream_apps.fingerprint.stage import FingerprintStage
from stream_apps.runtime.stage_interface import Incoming
from stream_apps.runtime.state_store import StateStore
from stream_apps.text.agencies import load
from tests.unit.dedup_world import START, article, deliver, message, prose, result

TEXT = prose(1, 120)
FOUND = START + timedelta(hours=3)


def gone(of: Article, revision: int) -> bytes:
    return Clean.removal(of.id, revision, FOUND).to_bytes()


def places(values: list[bytes], batch: int = 1) -> dict[str, Any]:
    places: dict[str, Any] = result(deliver(values, batch=batch))["places"]
    return places


@pytest.mark.parametrize("batch", [1, 3])
def test_a_removed_article_is_told_and_stays_a_copy(batch: int) -> None:
    wire = article("wire", TEXT, outlet="pti.example", agency="PTI")
    copy = article("copy", TEXT, outlet="ledger.example", minute=5)
    told = places([message(wire), message(copy), gone(copy, 2)], batch)
    assert told[copy.id]["removed"] == FOUND
    assert told[wire.id]["removed"] is None
    assert told[copy.id]["story"] == told[wire.id]["story"]
    assert told[copy.id]["relation"] == "exact"


@settings(max_examples=30, deadline=None)
@given(again=st.lists(st.integers(0, 2), max_size=4), batch=st.integers(1, 5))
def test_an_article_that_comes_back_is_no_longer_removed(again: list[int], batch: int) -> None:
    first = article("a", TEXT, outlet="ledger.example")
    back = article("a", TEXT, outlet="ledger.example", revision=3)
    values = [message(first), gone(first, 2), message(back)]
    replay = deliver([*values, *(values[n] for n in again)], batch=batch)
    assert replay.places()[first.id].removed is None
    told = [member for record in replay.resolved() for member in record.members]
    assert told[-1].revision == 3


def test_a_revision_from_before_the_removal_stays_removed() -> None:
    first = article("a", TEXT, outlet="ledger.example")
    second = article("a", [*TEXT, *prose(2, 20)], outlet="ledger.example", revision=2)
    assert places([message(first), gone(first, 2), message(second)])[first.id]["removed"] == FOUND


def test_what_was_never_seen_cannot_be_removed() -> None:
    assert places([gone(article("a", TEXT, outlet="ledger.example"), 2)]) == {}


def test_what_is_neither_an_article_nor_a_removal_is_refused() -> None:
    replay = deliver([])
    for junk in (b"{}", b"[]", b"", b'{"id": "x", "revision": 1, "removed": "2026-06-18"}'):
        with pytest.raises(ValueError, match="neither an article nor a removal"):
            replay.take([Clean(b"", junk).to_bytes()])


@pytest.mark.parametrize("junk", [b"", b"[]", b"{}", b'{"versioncreated"'])
def test_a_revision_whose_article_cannot_be_read_is_refused_and_changes_nothing(junk: bytes) -> None:
    first, second = (article("a", TEXT, outlet="ledger.example", revision=number) for number in (1, 2))
    replay = deliver([message(first)])
    with pytest.raises(ValueError, match="not an article"):
        replay.take([Clean(Clean.from_bytes(message(second)).features, junk).to_bytes()])
    replay.take([message(second)])
    assert result(replay)["places"] == result(deliver([message(first), message(second)]))["places"]


@pytest.mark.parametrize("how", [{"removed": FOUND}, {"pubstatus": "canceled", "updated": FOUND}])
def test_a_removal_needs_no_text(how: dict[str, Any]) -> None:
    stage = FingerprintStage(StateStore(), 7, 1000, load(), engine_of(()))
    entry = RawEntry(
        article="0" * 32, revision=2, content_hash="removed", feed="f", outlet="ledger.example",
        first_seen=START, fetched=FOUND, **how,
    )  # fmt: skip
    (told,) = stage.handle(Incoming(RAW.name, 0, 0, entry.article.encode(), entry.to_bytes()))
    assert told.value == Clean.removal(entry.article, 2, FOUND).to_bytes()


@pytest.mark.parametrize(("days", "together"), [(6, True), (8, False)])
@pytest.mark.parametrize("reverse", [False, True])
def test_texts_published_further_apart_than_the_window_are_no_copies(days: int, together: bool, reverse: bool) -> None:
    new = article("new", TEXT, outlet="pti.example")
    old = article("old", TEXT, outlet="ledger.example", minute=5)
    old = old.model_copy(update={"published": START - timedelta(days=days), "backfill": True, "revision": 0})
    values = [message(new), message(old)]
    told = places(values[::-1] if reverse else values)
    assert (told[new.id]["story"] == told[old.id]["story"]) is together


def test_a_live_text_replaces_one_of_an_archive() -> None:
    old = article("a", prose(2, 80), outlet="ledger.example", revision=0)
    live = article("a", TEXT, outlet="ledger.example", revision=1)
    for order in ([old, live], [live, old]):
        replay = deliver(map(message, order), batch=1)
        (record,) = [record for record in replay.resolved() if record.members][-1:]
        assert [member.revision for member in record.members] == [1]
        texts = {text.revision for record in replay.resolved() for text in record.texts}
        assert texts == {0, 1}  # what came too late is history, and is not lost
