"""Stories: who is in one, what leaves the window, and that nothing is compared twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.clean import Clean
from schemas.ids import article_id
from schemas.public_records import Article
from schemas.topics import RESOLVED
from stream_apps.dedup import engine
from stream_apps.dedup.compare import ComparedText, Overlap, overlaps_of
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint.languages import engine_of
from tests.unit.dedup_world import article, copies, deliver, message, prose, result, run

WIRE, OTHER, OWN = prose(1, 260), prose(2, 220), prose(3, 60)
DAY = 24 * 60
Places = Mapping[str, Mapping[str, object]]


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


def place(places: Places, outlet: str, name: str) -> Mapping[str, object]:
    return places[article_id(outlet, name)]


# ---- who is in a story ---------------------------------------------------------------------------------------


def test_copies_of_one_text_are_one_story_and_strangers_are_not() -> None:
    found = run(world())
    wire = place(found, "agency.example", "filing")["story"]
    for outlet, name in (("ledger", "copy"), ("post", "cut"), ("herald", "staffed"), ("observer", "tail")):
        assert place(found, f"{outlet}.example", name)["story"] == wire
    other = place(found, "agency.example", "other")["story"]
    assert place(found, "post.example", "other copy")["story"] == other != wire
    alone = place(found, "herald.example", "alone")
    assert alone["story"] == article_id("herald.example", "alone")
    assert alone["origin_class"] == "original"


def test_a_digest_includes_stories_and_joins_none() -> None:
    found = run(world())
    digest = place(found, "ledger.example", "digest")
    assert digest["story"] == article_id("ledger.example", "digest")
    wire, other = (place(found, "agency.example", name)["story"] for name in ("filing", "other"))
    assert digest["includes"] == tuple(sorted((str(wire), str(other))))


def test_a_page_that_holds_whole_stories_does_not_join_them() -> None:
    stories = [prose(20 + number, 200) for number in range(3)]
    whole = [article(f"story {n}", words, outlet="post.example", minute=5 + n) for n, words in enumerate(stories)]
    page = article("page", [word for words in stories for word in words], outlet="post.example", minute=4)
    found = run([page, *whole])
    own = [str(place(found, "post.example", f"story {number}")["story"]) for number in range(3)]
    assert own == [article_id("post.example", f"story {number}") for number in range(3)]
    there = place(found, "post.example", "page")
    assert there["story"] == article_id("post.example", "page")
    assert there["includes"] == tuple(sorted(own))


def test_an_uncredited_copy_is_undisclosed_wire() -> None:
    copy = place(run(world()), "ledger.example", "copy")
    assert copy["undisclosed"] is True
    assert copy["agencies"] == ("PTI",)
    assert copy["relation"] == "exact"
    assert copy["canonical_article"] == article_id("agency.example", "filing")


@pytest.mark.parametrize("words", [0, 1, 3])
def test_a_text_too_short_to_compare_stands_alone(words: int) -> None:
    found = run([article(name, WIRE[:words], outlet=f"{name}.example") for name in ("one", "two")])
    assert {told["story"] for told in found.values()} == set(found)


# ---- order ---------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(9)), again=st.lists(st.integers(0, 8)), batch=st.integers(1, 12))
def test_any_order_and_repeated_delivery_give_the_same(order: list[int], again: list[int], batch: int) -> None:
    articles = world()
    assert run([articles[n] for n in (*order, *again)], batch=batch) == run(world())


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(9)), places=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_a_revision_moves_its_article_whatever_came_between(order: list[int], places: tuple[int, int]) -> None:
    first = article("moving", WIRE[:180], outlet="chronicle.example", minute=1)
    second = article("moving", OTHER[:180], outlet="chronicle.example", minute=1, revision=2)
    others = [world()[n] for n in order]
    start, end = sorted(places)
    found = run([*others[:start], first, *others[start:end], second, *others[end:]])
    moved = place(found, "chronicle.example", "moving")["story"]
    assert moved == place(found, "agency.example", "other")["story"]
    assert found == run([*world(), second])


@pytest.mark.parametrize("batch", [1, 9])
def test_the_first_article_of_a_story_goes_to_another_and_takes_the_name_along(batch: int) -> None:
    moving, copy, third = (article(f"{n}", WIRE, outlet=f"{n}.example", minute=n) for n in range(3))
    other = article("other", OTHER, outlet="post.example", minute=5)
    moved = article("0", OTHER, outlet="0.example", minute=0, revision=2)
    replay = deliver(map(message, [moving, copy, third, other, moved]), batch=batch)
    places = replay.places()
    assert {places[one.id].story for one in (copy, third)} == {copy.id}
    assert {places[one.id].story for one in (moving, other)} == {moving.id}
    last = {record.story: record for record in replay.resolved()}
    assert last[moving.id].redirect_to is None
    assert [last[one.id].summary is None for one in (moving, copy)] == [False, False]


# ---- the window ----------------------------------------------------------------------------------------------


def test_days_leave_the_window_one_by_one() -> None:
    days = [article(f"day {day}", prose(30 + day, 90), outlet="post.example", minute=day * DAY) for day in range(20)]
    for last in range(0, 20, 5):
        replay = deliver(map(message, days[: last + 1]), batch=1)
        living = [one.id for one in days if replay.state.engine.window.number_of(bytes.fromhex(one.id)) is not None]
        kept = range(max(0, last - 7 - engine.EXTRA_DAYS), last + 1)
        assert living == [days[day].id for day in kept]
        assert len(replay.state.engine.window) == len(kept)


def test_an_article_that_comes_when_its_day_has_left_is_with_those_of_its_day() -> None:
    new = article("new", prose(40, 90), outlet="post.example", minute=20 * DAY)
    late = article("late", WIRE, outlet="ledger.example")
    found = result(deliver(map(message, [new, late])))["places"]
    assert found[late.id]["story"] == late.id


def test_a_story_whose_first_article_has_left_keeps_its_id() -> None:
    first = article("first", WIRE, outlet="agency.example", agency="PTI")
    copy = article("copy", WIRE, outlet="ledger.example", minute=6 * DAY)
    after = article("after", prose(20, 90), outlet="post.example", minute=10 * DAY)
    last = article("last", WIRE[:200], outlet="herald.example", minute=12 * DAY)
    replay = deliver(map(message, [first, copy, after, last]), batch=1)
    places = replay.places()
    assert {places[one.id].story for one in (first, copy, last)} == {first.id}
    told = [record for record in replay.resolved() if record.story == first.id]
    assert first.id in [gone for record in told for gone in record.expired]
    assert told[-1].summary is not None
    assert told[-1].summary.articles == 2
    assert told[-1].summary.canonical_article == copy.id  # nobody credits an agency any more: the earliest


def test_a_story_that_a_daily_template_keeps_alive_forgets_its_old_members() -> None:
    days = 40
    daily = [article(f"day {day}", WIRE, outlet="post.example", minute=day * DAY) for day in range(days)]
    replay = deliver(map(message, daily), batch=1)
    state = replay.state.engine
    (story,) = state.stories.known.values()
    assert len(story) == len(state.window) == 7 + engine.EXTRA_DAYS + 1
    assert story.id == daily[0].id
    last = replay.resolved()[-1].summary
    assert last is not None
    assert last.articles == len(story)
    assert last.first_seen == daily[0].first_seen, "an id keeps it: by it the index knows where the story's document is"
    gone = [name for record in replay.resolved() for name in record.expired]
    assert gone == [one.id for one in daily[: -len(story)]]


def test_memory_depends_on_the_window_and_not_on_the_age_of_the_service() -> None:
    daily = [
        article(f"{day} {n}", prose(100 * day + n // 3, 60), outlet=f"o{n}.example", minute=day * DAY + n)
        for day in range(40)
        for n in range(6)
    ]
    state = deliver(map(message, daily), batch=10).state.engine
    assert len(state.window.alive) <= 6 * (7 + engine.EXTRA_DAYS + 3)
    assert len(state.stories.known) == 2 * (7 + engine.EXTRA_DAYS + 1)


# ---- what it costs, in work ----------------------------------------------------------------------------------


class Work:
    """What an engine does for each message: the pairs compared, the views decided from, the places worked out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.replay = Replay(7)
        self.pairs: list[tuple[ComparedText, ComparedText]] = []
        self.views = self.placed = 0
        state = self.replay.state.engine
        monkeypatch.setattr(engine, "overlaps_of", self._compare)
        self._count(monkeypatch, state.graph, "view", "views")
        self._count(monkeypatch, state.places, "place", "placed")

    def _compare(self, text: ComparedText, others: Sequence[tuple[ComparedText, bool]]) -> list[Overlap | None]:
        self.pairs += [(text, other) for other, _ in others]
        return overlaps_of(text, others)

    def _count(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, counter: str) -> None:
        inner = getattr(owner, name)

        def counted(*arguments: object) -> object:
            setattr(self, counter, getattr(self, counter) + 1)
            return inner(*arguments)

        monkeypatch.setattr(owner, name, counted)

    def of(self, articles: Sequence[Article]) -> Iterator[tuple[int, int, int]]:
        """Each article by itself, with all that follows from it: pairs, views, places."""
        for one in articles:
            before = len(self.pairs), self.views, self.placed
            self.replay.take([message(one)])
            yield len(self.pairs) - before[0], self.views - before[1], self.placed - before[2]


def test_a_pair_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    articles = world()
    random.Random(2).shuffle(articles)
    list(work.of([*articles, *articles[:4]]))
    pairs = [frozenset((id(a), id(b))) for a, b in work.pairs]
    assert pairs
    assert len(pairs) == len(set(pairs))


def test_texts_that_share_nothing_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    strangers = [article(f"{n}", prose(50 + n, 180), outlet=f"o{n}.example", minute=n) for n in range(40)]
    assert [pairs for pairs, _, _ in work.of(strangers)] == [0] * 40


@pytest.mark.once
def test_the_thousandth_varied_copy_costs_what_the_fiftieth_did(monkeypatch: pytest.MonkeyPatch) -> None:
    work = list(Work(monkeypatch).of(list(copies(1000, spread=0.5))))
    early, late = ([sum(kind) / len(part) for kind in zip(*part, strict=True)] for part in (work[30:70], work[-40:]))
    for before, after in zip(early, late, strict=True):
        assert after <= 1.5 * before + 1


def test_one_more_copy_gives_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    identical = [article(f"{n}", WIRE, outlet=f"o{n}.example", minute=n, agency="PTI") for n in range(80)]
    work = list(Work(monkeypatch).of(identical))
    assert [placed for _, _, placed in work[20:]] == [1] * 60
    assert {pairs for pairs, _, _ in work[20:]} == {8}


@pytest.mark.parametrize("what", ["new text", "removal", "late article"])
def test_what_comes_for_a_day_that_is_about_to_leave_is_taken(what: str) -> None:
    """The articles of a day leave some at a time; until then more may come of them."""
    day = [article(f"{n}", prose(100 + n % 50, 40), outlet=f"o{n}.example", minute=n / 10) for n in range(300)]
    after = article("after", prose(20, 90), outlet="post.example", minute=10 * DAY)
    last = day[-1].model_copy(update={"revision": 2, "text": " ".join(prose(999, 60))})
    late = article("late", prose(998, 60), outlet="late.example", minute=40)
    values = {
        "new text": message(last),
        "removal": Clean.removal(last.id, 2, last.first_seen).to_bytes(),
        "late article": message(late),
    }
    replay = deliver(map(message, day), batch=100)
    replay.take_batch([message(after), values[what]])
    replay.settle()
    assert len(replay.state.engine.window) <= 2
    if what == "new text":
        assert replay.places()[last.id].story == last.id
    if what == "late article":
        again = article("again", prose(998, 60), outlet="again.example", minute=41)
        replay.take([message(again), message(article("next", prose(997, 60), outlet="n.example", minute=11 * DAY))])
        assert replay.places()[again.id].story == late.id
        assert len(replay.state.engine.window) == 2


# ---- engines by language -------------------------------------------------------------------------------------


def test_two_engines_split_by_language_give_the_stories_of_one() -> None:
    """Copies never cross languages, so a story is decided by one engine whichever has it."""
    hindi = [one.model_copy(update={"language": "hi", "outlet": f"hi-{one.outlet}"}) for one in copies(20, seed=3)]
    hindi = [one.model_copy(update={"id": article_id(one.outlet, one.headline)}) for one in hindi]
    both = [one for pair in zip(copies(20), hindi, strict=True) for one in pair]
    engine_number = engine_of(["hi"])
    split: dict[str, object] = {}
    for number in (0, 1):
        split |= run(one for one in both if engine_number(one.language) == number)
    assert split == run(both)
    assert len({told["story"] for told in run(both).values()}) == 2


def test_records_of_a_large_story_stay_small() -> None:
    """What is told of a further copy does not grow with the copies."""
    identical = [article(f"{n}", WIRE[:60], outlet=f"o{n}.example", minute=n / 10, agency="PTI") for n in range(400)]
    replay = deliver(map(message, identical[:-1]), batch=50)
    replay.sent.clear()
    replay.take([message(identical[-1])])
    assert sum(len(sent.value) for sent in replay.sent[RESOLVED.name]) < 8_000
