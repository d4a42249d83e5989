"""Events: families that tell of one thing in words of their own, whatever order they come in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Article, Event, EventPlace
from schemas.topics import EVENT_PLACES, EVENTS
from stream_apps.dedup.events import clusters, terms
from stream_apps.dedup.events.graph import EventGraph, Report
from stream_apps.dedup.events.likeness import likeness
from stream_apps.dedup.events.profiles import FamilyMember, origins
from stream_apps.text.terms import Terms
from stream_apps.dedup.fingerprinting import publish
from stream_apps.dedup.profile import Profile
from stream_apps.runtime.memory import MemoryBroker, latest
from tests.unit.dedup_world import article, deliver, last_memberships

HOUR, DAY = 3600.0, 86400.0

FERRY = (
    (
        "Eleven passengers were rescued on Tuesday when the ferry Meenakshi ran aground off Vembanad in heavy fog. "
        "The Vembanad port trust said the Meenakshi had left Kumarakom without a pilot."
    ),
    (
        "A sandbank off Vembanad held the Meenakshi for four hours before boats from Kumarakom brought all ashore. "
        "Passengers of the Meenakshi spoke of fog and of a crew that did not know the Vembanad channel."
    ),
)
TUNNEL = (
    (
        "Engineers broke through the last wall of the Zoraling tunnel on Tuesday, two years late. Minister Dolma "
        "Wangchuk said trains would run below Zoraling by spring."
    ),
    (
        "After two floods and a strike, daylight at last: the Zoraling tunnel is through. Dolma Wangchuk, minister, "
        "walked the six kilometres below Zoraling herself."
    ),
)


def packed(text: str, headline: str = "") -> bytes:
    return terms.pack(headline, text)


def alike(a: str, b: str, apart: float = 0.0) -> float:
    return likeness(Terms.unpack(packed(a)), Terms.unpack(packed(b)), apart)


# ---- terms and likeness ------------------------------------------------------------------------------------------


@given(st.text(max_size=400), st.text(max_size=60))
def test_any_text_has_terms_that_travel(text: str, headline: str) -> None:
    known = Terms.unpack(packed(text, headline))
    assert len(known.hashes) <= terms.TERMS
    assert list(known.hashes) == sorted(set(known.hashes.tolist()))
    assert np.all(known.weights >= 0)


def test_rare_words_and_names_weigh_most() -> None:
    known = Terms.unpack(packed(FERRY[0]))
    heaviest = known.heaviest(3)
    assert set(heaviest) <= {int(h) for h in known.hashes[known.names]}
    assert terms.rarity("the") < terms.rarity("passengers") < terms.rarity("meenakshi")


def test_reports_of_one_event_are_alike_and_of_two_are_not() -> None:
    assert alike(*FERRY) > 0.2
    assert alike(*TUNNEL) > 0.2
    assert alike(FERRY[0], TUNNEL[0]) < clusters.LEAST


@given(st.sampled_from([*FERRY, *TUNNEL]), st.sampled_from([*FERRY, *TUNNEL]), st.floats(-9 * DAY, 9 * DAY))
def test_likeness_is_symmetric_and_a_share(a: str, b: str, apart: float) -> None:
    assert alike(a, b, apart) == pytest.approx(alike(b, a, -apart))
    assert 0 <= alike(a, b, apart) <= 1.0001


FOOT = " Follow Sahyadri Tribune from Pune, Nashik and Kolhapur on Telegram and WhatsApp."


def test_what_one_copy_has_alone_is_not_what_a_story_is_about() -> None:
    story, with_foot = packed(FERRY[0]), packed(FERRY[0] + FOOT)
    shared = Terms.unpack(terms.common([with_foot, story]))
    own = set(Terms.unpack(packed(FOOT)).hashes.tolist())
    assert own & set(Terms.unpack(with_foot).hashes.tolist())
    assert not own & set(shared.hashes.tolist())
    assert terms.common([with_foot]) == with_foot
    assert terms.common([with_foot, packed(TUNNEL[0])]) == with_foot, "hardly a copy: the first decides"


def test_two_stories_of_one_outlet_alone_need_more_than_what_it_prints_under_both() -> None:
    def put(outlets: tuple[str, str]) -> EventGraph:
        graph = EventGraph()
        for name, text, outlet in zip("ab", (FERRY[0], TUNNEL[0]), outlets, strict=True):
            graph.put(name, Report(packed(text + FOOT), 0.0, outlet))
        return graph

    apart, one = put(("post.example", "ledger.example")), put(("post.example", "post.example"))
    assert one._edges["a"].get("b", 0) < apart._edges["a"]["b"]


def test_likeness_fades_with_time() -> None:
    assert alike(*FERRY, 6 * HOUR) == alike(*FERRY)
    assert alike(*FERRY, 9 * DAY) < 0.1 * alike(*FERRY)


# ---- clusters ----------------------------------------------------------------------------------------------------


def edges(*pairs: tuple[str, str, float]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {name: {} for pair in pairs for name in pair[:2]}
    for a, b, value in pairs:
        found[a][b] = found[b][a] = value
    return found


def test_a_close_group_does_not_take_in_what_is_far_less_alike() -> None:
    close = edges(("a", "b", 0.8), ("a", "c", 0.8), ("b", "c", 0.8), ("x", "y", 0.7), ("c", "x", 0.5), ("b", "y", 0.5))
    found = clusters.clusters(sorted(close), close)
    assert sorted(map(sorted, found)) == [["a", "b", "c"], ["x", "y"]]


def test_loose_reports_join_where_nothing_is_closer() -> None:
    loose = edges(("a", "b", 0.12), ("a", "c", 0.12), ("b", "c", 0.12))
    assert [sorted(cluster) for cluster in clusters.clusters(["a", "b", "c"], loose)] == [["a", "b", "c"]]


def test_a_chain_is_not_one_event() -> None:
    chain = edges(*((f"{n:02}", f"{n + 1:02}", 0.3) for n in range(12)))
    assert max(map(len, clusters.clusters(sorted(chain), chain))) < 6


# ---- the graph ---------------------------------------------------------------------------------------------------

SUBJECTS = [[f"Zor{a}ling", f"Kum{a}rakom", f"vem{a}banad", f"dol{a}ma"] for a in "abcde"]


def invented(rng: random.Random) -> Report:
    subject = rng.choice(SUBJECTS)
    words = rng.choices(subject, k=6) + rng.choices(rng.choice(SUBJECTS), k=2) + rng.choices(["bridge", "court"], k=3)
    return Report(packed("said " + " ".join(words)), rng.uniform(0, 3 * DAY))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_events_are_a_function_of_the_families_that_are_known(seed: int, count: int) -> None:
    """Taken in in any order, replaced and removed on the way: the same as if only the last had ever come."""
    rng = random.Random(seed)
    reports = {f"{n:03}": invented(rng) for n in range(count)}
    wanted = EventGraph()
    for name in sorted(reports):
        wanted.put(name, reports[name])
    found = EventGraph()
    for name in rng.sample(sorted(reports), count):
        if rng.random() < 0.3:
            found.put(name, invented(rng))
        found.put(name, reports[name])
        if rng.random() < 0.3:
            found.put("999", invented(rng))
            found.remove("999")
    assert (found.events, found.members) == (wanted.events, wanted.members)


@pytest.mark.parametrize("most", [3, 8])
def test_a_group_too_large_is_taken_apart_the_same_in_any_order(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("stream_apps.dedup.events.graph.MOST", most)
    rng = random.Random(3)
    reports = {f"{n:03}": invented(rng) for n in range(60)}
    found = []
    for _ in range(3):
        graph = EventGraph()
        for name in rng.sample(sorted(reports), len(reports)):
            graph.put(name, reports[name])
        found.append(graph.events)
    assert found[0] == found[1] == found[2]


# ---- the stage ---------------------------------------------------------------------------------------------------


def told(name: str, text: str, outlet: str, minute: int, agency: str | None = None) -> Article:
    return article(name, text.split(), outlet=outlet, minute=minute, agency=agency)


def world() -> list[Article]:
    """Two events: one told by an agency, a copy and a reporter of his own; one by two outlets."""
    return [
        told("filing", FERRY[0], "agency.example", 0, "PTI"),
        told("copy", FERRY[0], "herald.example", 9),
        told("own", FERRY[1], "ledger.example", 30),
        told("tunnel", TUNNEL[0], "post.example", 12),
        told("walk", TUNNEL[1], "gazette.example", 50),
        told("alone", "Quilters of Barsinghapur sold every shawl at the winter fair on Sunday.", "post.example", 5),
    ]


def places(broker: MemoryBroker) -> dict[str, tuple[str, int, int, tuple[str, ...]]]:
    """What each family that still has articles was last told."""
    last = map(EventPlace.from_bytes, latest(broker.sent[EVENT_PLACES.name]).values())
    families = {membership["family"] for membership in last_memberships(broker).values()}
    return {
        p.family: (p.event, p.families, p.outlets, p.origins) for p in last if p.families > 1 and p.family in families
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 8]), st.sampled_from([0.0, 0.3]))
def test_any_order_and_any_partitions_give_the_same_events(seed: int, partitions: int, repeat: float) -> None:
    rng = random.Random(seed)
    mixed = rng.sample(world(), len(world()))
    found = places(deliver(mixed, partitions=partitions, shuffle=rng, repeat=repeat))
    assert found == places(deliver(world()))
    assert len(found) == 4


def test_an_event_counts_outlets_and_independent_origins() -> None:
    broker = deliver(world())
    last = [Event.from_bytes(value) for value in latest(broker.sent[EVENTS.name]).values()]
    ferry = next(event for event in last if "PTI" in event.agencies)
    assert (ferry.articles, len(ferry.outlets), ferry.origins) == (3, 3, ("PTI", "ledger.example"))
    tunnel = next(event for event in last if event.families and not event.agencies)
    assert tunnel.origins == ("gazette.example", "post.example")


def test_whoever_is_alone_is_told_of_no_event() -> None:
    assert "post.example" not in places(deliver([world()[-1]]))
    assert not deliver([world()[-1]]).sent[EVENTS.name]


def test_an_event_that_joins_another_redirects() -> None:
    """Its id is the smallest of its families, so an older story can give it a new one."""
    forwards, backwards = (deliver(sorted(world(), key=lambda a: a.id, reverse=turn)) for turn in (False, True))
    assert places(forwards) == places(backwards)
    redirects = [e for e in map(Event.from_bytes, (m.value for m in backwards.sent[EVENTS.name])) if e.redirect_to]
    assert all(redirect.id > (redirect.redirect_to or "") for redirect in redirects)


def test_events_leave_with_the_window_and_what_was_told_stays() -> None:
    later = told("later", "Nobody in Marbelgarh has seen snow in June before.", "herald.example", 40 * 24 * 60)
    broker = deliver(world())
    before = len(broker.sent[EVENTS.name])
    broker.send(publish(later, 1))
    broker.run()
    *_, rows = broker.rows
    assert [key.decode() for key, _ in rows.items(0)] == [later.id]
    assert len(broker.sent[EVENTS.name]) == before


# ---- origins -----------------------------------------------------------------------------------------------------


def member(name: str, outlet: str, origin: str, agencies: Sequence[str] = (), **more: object) -> FamilyMember:
    known = Profile(name, 1, outlet, 0.0, "2026-06-18", 200, (), (), paid=origin == "paid", **more)  # type: ignore[arg-type]
    told_of = {"origin_class": origin, "agencies": agencies, "includes": (), "family": name, "canonical_article": name}
    return FamilyMember(known, told_of, "", b"")


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([member("a", "agency", "wire_verbatim", ["PTI"]), member("b", "herald", "wire_edited", ["PTI"])], ("PTI",)),
        ([member("a", "herald", "original")], ("herald",)),
        ([member("a", "herald", "original", ["PTI"])], ("herald",)),
        ([member("a", "herald", "rewrite", ["Reuters"])], ("Reuters",)),
        ([member("a", "herald", "wire_verbatim", ["agencies"])], ("herald",)),
        ([member("a", "herald", "paid")], ()),
        ([member("a", "herald", "wire_abridged", ["PTI"], roundup=True)], ()),
        ([member("a", "x", "wire_plus_staff", ["PTI", "AFP"])], ("AFP", "PTI")),
    ],
)
def test_who_found_it_out(members: list[FamilyMember], found: tuple[str, ...]) -> None:
    assert origins(members, members[0].profile.outlet) == found


def test_publications_of_one_event_span_its_stories() -> None:
    broker = deliver(world())
    last = [Event.from_bytes(value) for value in latest(broker.sent[EVENTS.name]).values()]
    ferry = next(event for event in last if "PTI" in event.agencies)
    assert ferry.first_published is not None
    assert ferry.last_published is not None
    assert ferry.last_published - ferry.first_published == timedelta(minutes=30)
