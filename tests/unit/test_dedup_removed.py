"""Articles that an outlet takes out of its feed, and archives that pass through: told, and nothing else changes."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import Article, CleanArticle, RawEntry
from schemas.topics import CLEAN, RAW
from stream_apps.dedup.fingerprinting import FingerprintStage, publish
from stream_apps.runtime.memory import Delivery, MemoryBroker
from stream_apps.runtime.messages import Incoming, Outgoing
from stream_apps.runtime.rows import Rows
from stream_apps.text.agencies import load
from tests.unit.dedup_world import START, article, deliver, last_memberships, prose, stages_of

TEXT = prose(1, 120)
FOUND = START + timedelta(hours=3)


def gone(of: Article, revision: int) -> Outgoing:
    told = CleanArticle(id=of.id, revision=revision, removed=FOUND)
    return Outgoing(CLEAN, of.id.encode(), told.to_bytes())


def memberships(messages: list[list[Outgoing]], seed: int, partitions: int) -> dict[str, dict[str, Any]]:
    broker = MemoryBroker(partitions, Delivery(random.Random(seed), 0.1))
    broker.attach(stages_of(partitions)[1:])
    for sent in messages:
        broker.send(sent)
    broker.run()
    return last_memberships(broker)


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_a_removed_article_is_told_and_stays_a_copy(seed: int, partitions: int) -> None:
    wire = article("wire", TEXT, outlet="pti.example", agency="PTI")
    copy = article("copy", TEXT, outlet="ledger.example", minute=5)
    told = memberships([publish(wire, partitions), publish(copy, partitions), [gone(copy, 2)]], seed, partitions)
    assert told[copy.id]["removed"] == FOUND
    assert told[wire.id]["removed"] is None
    assert told[copy.id]["family"] == told[wire.id]["family"]
    assert told[copy.id]["relation"] == "exact"


@pytest.mark.parametrize("seed", range(5))
def test_an_article_that_comes_back_is_no_longer_removed(seed: int) -> None:
    first = article("a", TEXT, outlet="ledger.example")
    back = article("a", TEXT, outlet="ledger.example", revision=3)
    told = memberships([publish(first, 2), [gone(first, 2)], publish(back, 2), [gone(first, 2)]], seed, 2)
    assert (told[first.id]["removed"], told[first.id]["revision"]) == (None, 3)


def test_what_was_never_seen_cannot_be_removed() -> None:
    assert memberships([[gone(article("a", TEXT, outlet="ledger.example"), 2)]], 0, 1) == {}


@pytest.mark.parametrize("how", [{"removed": FOUND}, {"pubstatus": "canceled", "updated": FOUND}])
def test_a_removal_needs_no_text(how: dict[str, Any]) -> None:
    stage = FingerprintStage(Rows(), 7, 2, 1000, load())
    entry = RawEntry(
        article="0" * 32, revision=2, content_hash="removed", feed="f", outlet="ledger.example",
        first_seen=START, fetched=FOUND, **how,
    )  # fmt: skip
    (told,) = stage.handle(Incoming(RAW.name, 0, 0, entry.article.encode(), entry.to_bytes()))
    assert CleanArticle.from_bytes(told.value) == CleanArticle(id=entry.article, revision=2, removed=FOUND)


@pytest.mark.parametrize(("days", "together"), [(6, True), (8, False)])
def test_texts_published_further_apart_than_the_window_are_no_copies(days: int, together: bool) -> None:
    new = article("new", TEXT, outlet="pti.example")
    old = article("old", TEXT, outlet="ledger.example", minute=5)
    old = old.model_copy(update={"published": START - timedelta(days=days), "backfill": True, "revision": 0})
    told = last_memberships(deliver([new, old]))
    assert (told[new.id]["family"] == told[old.id]["family"]) is together


def test_a_live_text_replaces_one_of_an_archive() -> None:
    old = article("a", prose(2, 80), outlet="ledger.example", revision=0)
    live = article("a", TEXT, outlet="ledger.example", revision=1)
    for order in ([old, live], [live, old]):
        (told,) = last_memberships(deliver(order)).values()
        assert told["revision"] == 1
