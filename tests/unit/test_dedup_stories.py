"""Families do not depend on the order of arrival, the number of partitions or repeated delivery."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ids import article_id
from schemas.records import Article, Comparison
from schemas.topics import COMPARISONS
from stream_apps.dedup.fingerprinting import publish
from stream_apps.runtime.memory import MemoryBroker
from tests.unit.dedup_world import article, deliver, last_memberships, prose, run

WIRE, OTHER, OWN = prose(1, 260), prose(2, 220), prose(3, 60)


def world() -> list[Article]:
    digest = [*prose(9, 20), *WIRE[:50], *prose(10, 20), *OTHER[:50], *prose(11, 60)]
    return [
        article("filing", WIRE, outlet="agency.example", minute=3, agency="PTI"),
        article("copy", WIRE, outlet="ledger.example", minute=5),
        article("cut", WIRE[:150], outlet="post.example", minute=7, agency="PTI"),
        article("staffed", [*WIRE[:120], *OWN, *WIRE[120:200]], outlet="herald.example", minute=4, agency="PTI"),
        article("tail", WIRE[110:], outlet="observer.example", minute=9),
        article("other", OTHER, outlet="agency.example", minute=4, agency="PTI"),
        article("other copy", OTHER[:170], outlet="post.example", minute=6),
        article("alone", prose(4, 180), outlet="herald.example", minute=8),
        article("digest", digest, outlet="ledger.example", minute=10),
    ]


def by_name(memberships: dict[str, dict[str, object]], outlet: str, name: str) -> dict[str, object]:
    return memberships[article_id(outlet, name)]


def test_copies_of_one_text_are_one_family_and_strangers_are_not() -> None:
    found = run(world())
    wire = by_name(found, "agency.example", "filing")["family"]
    for outlet, name in (("ledger", "copy"), ("post", "cut"), ("herald", "staffed"), ("observer", "tail")):
        assert by_name(found, f"{outlet}.example", name)["family"] == wire
    other = by_name(found, "agency.example", "other")["family"]
    assert by_name(found, "post.example", "other copy")["family"] == other != wire
    alone = by_name(found, "herald.example", "alone")
    assert alone["family"] == alone["article"]
    assert alone["origin_class"] == "original"


def test_a_digest_includes_families_and_joins_none() -> None:
    found = run(world())
    digest = by_name(found, "ledger.example", "digest")
    assert digest["family"] == digest["article"]
    wire, other = (by_name(found, "agency.example", name)["family"] for name in ("filing", "other"))
    assert digest["includes"] == tuple(sorted((str(wire), str(other))))


def test_an_uncredited_copy_is_undisclosed_wire() -> None:
    found = run(world())
    copy = by_name(found, "ledger.example", "copy")
    assert copy["undisclosed"] is True
    assert copy["agencies"] == ("PTI",)
    assert copy["relation"] == "exact"
    assert copy["canonical_article"] == article_id("agency.example", "filing")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), partitions=st.sampled_from([1, 2, 5, 8]), repeat=st.sampled_from([0.0, 0.3]))
def test_any_order_over_any_partitions_gives_the_same(seed: int, partitions: int, repeat: float) -> None:
    rng = random.Random(seed)
    shuffled = world()
    rng.shuffle(shuffled)
    assert run(shuffled, partitions=partitions, shuffle=rng, repeat=repeat) == run(world())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), partitions=st.sampled_from([1, 4]))
def test_a_revision_moves_its_article_whatever_came_between(seed: int, partitions: int) -> None:
    rng = random.Random(seed)
    first = article("moving", WIRE[:180], outlet="chronicle.example", minute=1)
    second = article("moving", OTHER[:180], outlet="chronicle.example", minute=1, revision=2)
    others = world()
    rng.shuffle(others)
    place, later = sorted((rng.randrange(len(others) + 1), rng.randrange(len(others) + 1)))
    arrivals = [*others[:place], first, *others[place:later], second, *others[later:]]
    found = run(arrivals, partitions=partitions, shuffle=rng)
    assert (
        by_name(found, "chronicle.example", "moving")["family"] == by_name(found, "agency.example", "other")["family"]
    )
    assert found == run([*world(), second])


@pytest.mark.parametrize("partitions", [1, 8])
def test_a_pair_is_compared_once(partitions: int) -> None:
    broker = deliver(world(), partitions=partitions)
    asked = [
        (c.article, c.other) for c in (Comparison.from_bytes(sent.value) for sent in broker.sent[COMPARISONS.name])
    ]
    assert asked
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("words", [0, 1, 3])
def test_a_text_too_short_to_compare_stands_alone(words: int) -> None:
    found = run([article(name, WIRE[:words], outlet=f"{name}.example") for name in ("one", "two")])
    assert {m["family"] for m in found.values()} == set(found)


DAY = 24 * 60


def rows_of(broker: MemoryBroker) -> list[set[str]]:
    """The articles that each stage with rows still has: matching (texts, then matchings) and families."""
    _, matching, families, _ = broker.rows
    kept = [key for key, _ in matching.items(0)]
    texts, states = ({key[1:].hex() for key in kept if key[:1] == kind} for kind in (b"t", b"m"))
    return [texts, states, {key.hex() for key, _ in families.items(0)}]


def one_by_one(articles: Sequence[Article]) -> MemoryBroker:
    """As they come from feeds: each is done with before the next."""
    broker = deliver([])
    for one in articles:
        broker.send(publish(one, 1))
        broker.run()
    return broker


def test_whole_days_leave_and_a_family_leaves_with_its_newest() -> None:
    first = article("filing", WIRE, outlet="agency.example", minute=0)
    alone = article("alone", prose(4, 180), outlet="herald.example", minute=1)
    late = article("copy", WIRE, outlet="ledger.example", minute=6 * DAY)
    after = [article(f"day {day}", prose(20 + day, 90), outlet="post.example", minute=day * DAY) for day in (11, 17)]
    texts, _, nodes = rows_of(one_by_one([first, alone, late, after[0]]))
    assert texts == {late.id, after[0].id}
    assert nodes == {first.id, late.id, after[0].id}  # the one has nothing left in the window but its copy
    texts, _, nodes = rows_of(one_by_one([first, alone, late, *after]))
    assert nodes == {after[0].id, after[1].id}
    assert texts == {after[0].id, after[1].id}


def test_a_matching_that_is_over_is_dropped_and_goes_on_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream_apps.dedup.matching.SETTLED_AFTER", 1)
    second = article("moving", OTHER[:180], outlet="chronicle.example", minute=1, revision=2)
    moving = article("moving", WIRE[:180], outlet="chronicle.example", minute=1)
    broker = one_by_one([moving, *world(), second])
    assert last_memberships(broker) == run([*world(), second])
    texts, states, _ = rows_of(broker)
    alone = article_id("herald.example", "alone")
    assert alone in texts
    assert alone not in states
