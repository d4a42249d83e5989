"""Events: stories that tell of one thing in words of their own, whatever order they come in."""

from __future__ import annotations

import math
import pickle
import random
import struct
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.public_records import Article, Event, OriginClass
from schemas.topics import EVENTS
from stream_apps.dedup.events import clusters, graph, reports
from stream_apps.dedup.events.graph import EventGraph, StoryReport
from stream_apps.dedup.events.publishing import origins
from stream_apps.dedup.events.similarity import SCALE, similarity
from stream_apps.dedup.story_places import Decision
from stream_apps.runtime.memory_broker import latest
from stream_apps.text import terms
from stream_apps.text.terms import Terms
from tests.unit.dedup_world import article, deliver, message, result
from tests.unit.plain_events import plain_clusters, plain_events

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
    return similarity(Terms.unpack(packed(a)), Terms.unpack(packed(b)), apart)


# ---- terms and similarity ------------------------------------------------------------------------------------------


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
def test_similarity_is_symmetric_and_a_share(a: str, b: str, apart: float) -> None:
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
    """What is alike by the line alone joins where two outlets carry it, not where one does."""

    def together(outlets: tuple[str, str]) -> bool:
        found = EventGraph()
        for number, outlet in enumerate(outlets):
            found.put(
                number, identity(number), StoryReport(packed(("Kumarakom", "Zoraling")[number] + FOOT), 0.0, outlet)
            )
        return found.event_of(0) is not None

    assert alike("Kumarakom" + FOOT, "Zoraling" + FOOT) > clusters.LEAST
    assert together(("post.example", "ledger.example"))
    with patch.object(reports, "ONE_OUTLET", 0.05):
        assert not together(("post.example", "post.example"))
        assert together(("post.example", "ledger.example"))


@given(st.sampled_from([*FERRY, *TUNNEL]), st.sampled_from([*FERRY, *TUNNEL]), st.floats(-9 * DAY, 9 * DAY))
def test_similarity_is_the_mean_of_two_cosines_that_fades(a: str, b: str, apart: float) -> None:
    one, other = Terms.unpack(packed(a)), Terms.unpack(packed(b))

    def cosine(mine: terms.Weights, theirs: terms.Weights) -> float:
        vectors = [dict(zip(t.hashes.tolist(), w.tolist(), strict=True)) for t, w in ((one, mine), (other, theirs))]
        lengths = [math.sqrt(sum(weight**2 for weight in vector.values())) for vector in vectors]
        dot: int = sum(weight * vectors[1].get(word, 0) for word, weight in vectors[0].items())
        return dot / math.prod(lengths)

    faded = math.exp(-max(0.0, abs(apart) / DAY - 0.5) / 3)
    wanted = (cosine(one.weights, other.weights) + cosine(one.of_names, other.of_names)) / 2 * faded
    assert alike(a, b, apart) == pytest.approx(wanted, rel=1e-5)


def test_similarity_fades_with_time() -> None:
    assert alike(*FERRY, 6 * HOUR) == alike(*FERRY)
    assert alike(*FERRY, 9 * DAY) < 0.1 * alike(*FERRY)


# ---- clusters ----------------------------------------------------------------------------------------------------


def matrix(names: str, *pairs: tuple[str, float]) -> clusters.Similarities:
    """Of one letter a row; each pair of letters is so much alike."""
    found = np.zeros((len(names), len(names)))
    for pair, value in pairs:
        row, column = map(names.index, pair)
        found[row, column] = found[column, row] = round(value * SCALE)
    return found


def found_of(names: str, *pairs: tuple[str, float]) -> list[str]:
    return sorted("".join(names[row] for row in sorted(c)) for c in clusters.clusters(matrix(names, *pairs)))


def test_a_close_group_does_not_take_in_what_is_far_less_alike() -> None:
    close = (("ab", 0.8), ("ac", 0.8), ("bc", 0.8), ("xy", 0.7), ("cx", 0.5), ("by", 0.5))
    assert found_of("abcxy", *close) == ["abc", "xy"]


def test_loose_reports_join_where_nothing_is_closer() -> None:
    assert found_of("abc", ("ab", 0.12), ("ac", 0.12), ("bc", 0.12)) == ["abc"]


def test_a_chain_is_not_one_event() -> None:
    names = "abcdefghijklm"
    assert max(map(len, found_of(names, *((a + b, 0.3) for a, b in pairwise(names))))) < 6


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 24), st.sampled_from([3, 12, SCALE]))
def test_clusters_are_those_of_joining_the_likest_two_again_and_again(seed: int, count: int, levels: int) -> None:
    """With few levels most pairs are tied."""
    rng = random.Random(seed)
    alike = np.zeros((count, count))
    for a in range(count):
        for b in range(a):
            alike[a, b] = alike[b, a] = rng.choice([0, rng.randint(1, levels)]) * (SCALE // levels)
    wanted = plain_clusters(count, lambda a, b: int(alike[a, b]))
    assert sorted(map(sorted, clusters.clusters(alike.copy()))) == sorted(wanted)


# ---- the graph ---------------------------------------------------------------------------------------------------

SUBJECTS = [[f"Zor{a}ling", f"Kum{a}rakom", f"vem{a}banad", f"dol{a}ma"] for a in "abcde"]


def identity(number: int) -> bytes:
    return bytes([*((number * 7919 % 251,) * 14), *number.to_bytes(2)])


def invented(rng: random.Random) -> StoryReport:
    subject = rng.choice(SUBJECTS)
    words = rng.choices(subject, k=6) + rng.choices(rng.choice(SUBJECTS), k=2) + rng.choices(["bridge", "court"], k=3)
    text = packed("said " + " ".join(words))
    return StoryReport(text, rng.uniform(0, 3 * DAY), rng.choice(["", "", "post.example", "ledger.example"]))


class World:
    """A graph, what was put into it, and a check of what it says of each change."""

    def __init__(self) -> None:
        self.graph = EventGraph()
        self.known: dict[int, tuple[bytes, StoryReport]] = {}

    def events(self) -> dict[int, frozenset[bytes]]:
        """The identities in the event of each story that is not alone."""
        found = {}
        for story in self.known:
            if (event := self.graph.event_of(story)) is not None:
                members = self.graph.members(event)
                assert story in members
                assert list(members) == sorted(members, key=lambda number: self.known[number][0])
                assert event == members[0]
                found[story] = frozenset(self.known[number][0] for number in members)
        return found

    def put(self, story: int, name: bytes, report: StoryReport) -> None:
        before = self.events()
        self.known[story] = (name, report)
        self._check(before, self.graph.put(story, name, report))

    def remove(self, story: int) -> None:
        before = self.events()
        del self.known[story]
        self._check(before, self.graph.remove(story))

    def _check(self, before: dict[int, frozenset[bytes]], changed: set[int]) -> None:
        after = self.events()
        assert changed == {story for story in self.known if before.get(story) != after.get(story)}
        assert len(self.graph) == len(self.known)

    def pickled(self) -> None:
        self.graph = pickle.loads(pickle.dumps(self.graph, protocol=5))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from([3, 8, 150]))
def test_events_are_those_of_the_stories_that_are_known(seed: int, count: int, most: int) -> None:
    """Put in, replaced, removed, and pickled on the way: as if only what is left had ever come, in the plainest way."""
    rng = random.Random(seed)
    world = World()
    with patch.object(graph, "MOST", most):
        for _ in range(count):
            story = rng.randrange(20)
            if story in world.known and rng.random() < 0.4:
                world.remove(story)
            else:
                world.put(story, identity(story), invented(rng))
            if rng.random() < 0.1:
                world.pickled()
        assert set(world.events().values()) == plain_events(dict(world.known.values()), most)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([3, 8, 150]))
def test_numbers_and_order_decide_nothing(seed: int, most: int) -> None:
    rng = random.Random(seed)
    reports_of = {identity(number): invented(rng) for number in range(30)}
    found = []
    with patch.object(graph, "MOST", most):
        for _ in range(2):
            world = World()
            for name, number in zip(rng.sample(sorted(reports_of), 30), rng.sample(range(10**6), 30), strict=True):
                world.put(number, name, reports_of[name])
            found.append({world.known[story][0]: event for story, event in world.events().items()})
    assert found[0] == found[1]
    assert set(found[0].values()) == plain_events(reports_of, most)


def test_a_story_that_is_alone_has_no_event() -> None:
    world = World()
    world.put(7, identity(1), StoryReport(packed(FERRY[0]), 0.0))
    world.put(8, identity(2), StoryReport(packed(TUNNEL[0]), 0.0))
    assert (world.graph.event_of(7), world.graph.members(7)) == (None, ())
    assert (world.graph.event_of(99), world.graph.members(99)) == (None, ())
    world.put(9, identity(3), StoryReport(packed(FERRY[1]), 0.0))
    assert sorted(world.graph.members(world.graph.event_of(7) or 0)) == [7, 9]
    world.remove(9)
    assert world.graph.event_of(7) is None


def test_a_story_that_takes_another_identity_may_name_its_event() -> None:
    world = World()
    world.put(1, b"b" * 16, StoryReport(packed(FERRY[0]), 0.0))
    world.put(2, b"c" * 16, StoryReport(packed(FERRY[1]), 0.0))
    assert world.graph.event_of(2) == 1
    world.put(2, b"a" * 16, StoryReport(packed(FERRY[1]), 0.0))
    assert world.graph.event_of(1) == 2


def test_stories_without_words_and_with_very_many_are_taken() -> None:
    rng = random.Random(1)
    names = ["Meenakshi", "Kumarakom", "Vembanad", *(f"Zor{a}q" for a in "abcdefgh")]
    crowded = [packed(" ".join(rng.choices(names, k=40))) for _ in range(3)]
    many = struct.pack("<300I", *range(0, 300 << 16, 1 << 16)) + bytes([0x7F] * 300)
    world = World()
    for number, text in enumerate([b"", *crowded, many, many, b""]):
        world.put(number, identity(number), StoryReport(text, 0.0))
    assert set(world.events().values()) == plain_events(dict(world.known.values()))
    assert world.graph.event_of(4) is not None


def test_what_left_makes_room_for_what_comes() -> None:
    """A window of stories that moves on for long takes what it took at first, within the slack of what is reused."""
    rng, found = random.Random(2), EventGraph()
    texts = [invented(rng) for _ in range(40)]
    sizes = []
    for number in range(600):
        found.put(number, identity(number), texts[number % 40])
        found.remove(number - 40)
        if number % 150 == 149:
            sizes.append(found.nbytes)
    assert len(found) == 40
    assert max(sizes) < 1.02 * sizes[0]


# ---- over the engine --------------------------------------------------------------------------------------------


def text(name: str, words: str, outlet: str, minute: int, agency: str | None = None) -> Article:
    return article(name, words.split(), outlet=outlet, minute=minute, agency=agency)


def world() -> list[Article]:
    """Two events: one told by an agency, a copy and a reporter of his own; one by two outlets."""
    return [
        text("filing", FERRY[0], "agency.example", 0, "PTI"),
        text("copy", FERRY[0], "herald.example", 9),
        text("own", FERRY[1], "ledger.example", 30),
        text("tunnel", TUNNEL[0], "post.example", 12),
        text("walk", TUNNEL[1], "gazette.example", 50),
        text("alone", "Quilters of Barsinghapur sold every shawl at the winter fair on Sunday.", "post.example", 5),
    ]


def events_of(articles: Sequence[Article]) -> dict[str, Event]:
    """The events at the end, by id."""
    last = map(Event.from_bytes, latest(deliver(map(message, articles)).sent[EVENTS.name]).values())
    return {event.id: event for event in last if event.stories}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_any_order_gives_the_same_events(seed: int, batch: int) -> None:
    mixed = random.Random(seed).sample(world(), len(world()))
    found = result(deliver(map(message, mixed), batch=batch))
    assert found == result(deliver(map(message, world())))
    assert sorted(len(event["stories"]) for event in found["events"].values()) == [2, 2]


def test_an_event_counts_articles_and_independent_origins() -> None:
    found = events_of(world()).values()
    ferry = next(event for event in found if "PTI" in event.agencies)
    assert (ferry.articles, ferry.stories_count, ferry.origins) == (3, 2, ("PTI", "ledger.example"))
    tunnel = next(event for event in found if not event.agencies)
    assert tunnel.origins == ("gazette.example", "post.example")


def test_a_story_that_is_alone_is_told_of_no_event() -> None:
    replay = deliver([message(world()[-1])])
    assert not replay.sent[EVENTS.name]
    assert all(record.summary is not None and record.summary.event is None for record in replay.resolved())


def test_the_stories_of_an_event_say_which_it_is_and_who_found_it_out() -> None:
    found = result(deliver(map(message, world())))
    told = [story["event"] for story in found["stories"].values() if story["event"] is not None]
    assert len(told) == 4
    assert all(tuple(event["origins"]) == found["events"][event["id"]]["origins"] for event in told)


def test_an_event_that_older_stories_join_is_named_anew_and_redirects() -> None:
    """Its id is the smallest of its stories, so another story can give it a new one."""
    turned = sorted(world(), key=lambda one: one.id, reverse=True)
    replay = deliver(map(message, turned), batch=1)
    assert result(replay) == result(deliver(map(message, world())))
    redirects = [e for e in map(Event.from_bytes, (m.value for m in replay.sent[EVENTS.name])) if e.redirect_to]
    assert all(redirect.id > (redirect.redirect_to or "") for redirect in redirects)


def test_an_event_ends_when_its_stories_leave_the_window() -> None:
    later = text("later", "Nobody in Marbelgarh has seen snow in June before.", "herald.example", 40 * 24 * 60)
    found = result(deliver(map(message, [*world(), later])))
    assert found["events"] == {}
    assert [story["event"] for name, story in found["stories"].items() if name == later.id] == [None]


# ---- origins -----------------------------------------------------------------------------------------------------


def decision(origin: OriginClass, agencies: Sequence[str] = (), *, is_digest: bool = False) -> Decision:
    return Decision(origin, tuple(agencies), undisclosed=False, paid=origin == "paid", is_digest=is_digest)


@pytest.mark.parametrize(
    ("decisions", "found"),
    [
        ([decision("wire_verbatim", ["PTI"]), decision("wire_edited", ["PTI"])], ["PTI"]),
        ([decision("original")], ["herald"]),
        ([decision("original", ["PTI"])], ["herald"]),
        ([decision("rewrite", ["Reuters"])], ["Reuters"]),
        ([decision("wire_verbatim", ["agencies"])], ["herald"]),
        ([decision("paid")], []),
        ([decision("wire_abridged", ["PTI"], is_digest=True)], []),
        ([decision("wire_plus_staff", ["PTI", "AFP"])], ["AFP", "PTI"]),
    ],
)
def test_who_found_it_out(decisions: list[Decision], found: list[str]) -> None:
    assert origins(decisions, "herald") == found


def test_publications_of_one_event_span_its_stories() -> None:
    ferry = next(event for event in events_of(world()).values() if "PTI" in event.agencies)
    assert ferry.first_published is not None
    assert ferry.last_published is not None
    assert ferry.last_published - ferry.first_published == timedelta(minutes=30)
