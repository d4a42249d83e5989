"""What the engine keeps its window in, each beside a plain dict: hashes, representatives, blobs, links, candidates."""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from schemas.features import Features, pack_shingles
from stream_apps.dedup import blobs
from stream_apps.dedup.blobs import Blobs
from stream_apps.dedup.candidates import OWN_SHARED_SKETCH, Candidates
from stream_apps.dedup.compare import SHARED_SKETCH, UNIONS, Overlap
from stream_apps.dedup.day_index import REPRESENTATIVES, DayIndex
from stream_apps.dedup.hash_index import HashIndex, Keys, find
from stream_apps.dedup.links import Links
from stream_apps.dedup.window import Window
from tests.unit.dedup_world import START

KEYS = st.lists(st.integers(0, 40) | st.just(2**32 - 1), unique=True, max_size=12)
DAY = 86_400_000_000
MORNING = int(START.timestamp()) * 1_000_000


@settings(max_examples=100, deadline=None)
@given(added=st.lists(KEYS, max_size=60), removed=st.lists(KEYS, max_size=60), asked=KEYS, settle=st.booleans())
def test_an_index_is_a_multimap(
    added: list[list[int]], removed: list[list[int]], asked: list[int], settle: bool
) -> None:
    index = HashIndex()
    for number, keys in enumerate(added):
        index.add(np.array(keys, np.uint32), number)
    for number, keys in enumerate(removed):
        index.remove(np.array(keys, np.uint32), number)
        if number < len(added):
            added[number] = [key for key in added[number] if key not in keys]
    if settle:
        index.settle()
    places, numbers = index.find(np.array(asked, np.uint32))
    expected = [
        (asked[place], n) for place in range(len(asked)) for n, keys in enumerate(added) if asked[place] in keys
    ]
    assert sorted((asked[place], n) for place, n in zip(places, numbers.tolist(), strict=True)) == sorted(expected)
    for number, keys in enumerate(added):
        assert index.keys_of(number).tolist() == sorted(keys)


def test_a_settled_index_gives_what_an_unsettled_one_gives() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.integers(0, 2**29, 40), rng.integers(0, 2**32, 40)  # some behind all that the table has
    pool = np.unique(np.concatenate((few, many, [0, 2**29 - 1, 2**29, 2**32 - 1]))).astype(np.uint32)
    settled, unsettled = HashIndex(), HashIndex()
    for number in range(300):
        keys = np.unique(np.concatenate((rng.choice(pool, 5), rng.integers(0, 2**29, 10).astype(np.uint32))))
        for index in (settled, unsettled):
            index.add(keys, number)
        if number in (200, 250):
            settled.settle()
        if number % 40 == 0:
            for index in (settled, unsettled):
                index.remove(keys[:4], number)
    expected = _found(unsettled, pool)
    assert _found(settled, pool) == expected
    assert len(expected) > 1000
    both = find([unsettled, settled], pool)
    assert sorted(zip(both[0] % len(pool), both[1], strict=True)) == sorted(2 * expected)


def _found(index: HashIndex, keys: Keys) -> list[tuple[int, int]]:
    places, numbers = index.find(keys)
    return sorted(zip(places.tolist(), numbers.tolist(), strict=True))


# ---- representatives -----------------------------------------------------------------------------------------


def features(
    identity: int, hashes: Sequence[int] = (), *, seen: int = MORNING, outlet: str = "o.example", revision: int = 1
) -> Features:
    """An article whose sketch is made of these small numbers."""
    shingles = pack_shingles(np.array([number << 8 for number in hashes], np.uint32))
    return Features(
        identity.to_bytes(16, "big"), revision, outlet, seen / 1e6, seen, 200, bytes(16), 0, b"", shingles, b"", ""
    )


@dataclass
class PlainDay:
    """The articles of a day by hash, and who stands for each."""

    window: Window
    hashes: dict[int, frozenset[int]] = field(default_factory=dict)

    def standing(self) -> dict[int, list[int]]:
        by_hash = defaultdict(list)
        for number in sorted(self.hashes, key=self.window.rank):
            for value in self.hashes[number]:
                by_hash[value].append(number)
        return {value: numbers[:REPRESENTATIVES] for value, numbers in by_hash.items()}


class DayMachine(RuleBasedStateMachine):
    """Adds and removes articles in any order of their ranks, with hashes that more than eight have."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window()
        self.index, self.plain = DayIndex(self.window), PlainDay(self.window)
        self.next = 0

    @rule(
        hashes=st.frozensets(st.integers(0, 3), min_size=1),
        minute=st.integers(0, 5),
        identity=st.integers(0, 2**64 - 1),
        repeat=st.integers(1, 9),
    )
    def add(self, hashes: frozenset[int], minute: int, identity: int, repeat: int) -> None:
        for _ in range(repeat):
            self.next += 1
            seen = MORNING + minute * 60_000_000
            known = features((identity + self.next * 7919) % 2**64 << 64 | self.next, seen=seen)
            number = self.window.add(known, b"x", 0)
            before = self.plain.standing()
            _, displaced = self.index.add(number, _keys(hashes))
            self.plain.hashes[number] = hashes
            assert displaced == self._fewer(before, self.plain.standing())

    @precondition(lambda self: self.plain.hashes)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.plain.hashes)))
        before = self.plain.standing()
        hashes = self.plain.hashes.pop(number)
        self.window.retire(number)
        promoted = self.index.remove(number, _keys(hashes))
        assert promoted == self._fewer(self.plain.standing(), before)

    @precondition(lambda self: self.plain.hashes)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.plain.hashes)))
        gone = data.draw(st.frozensets(st.sampled_from(sorted(self.plain.hashes[number] | {9}))))
        before = self.plain.standing()
        self.plain.hashes[number] -= gone
        following = self.index.withdraw(number, _keys(gone))
        assert following == self._fewer(self.plain.standing(), before)

    @rule()
    def settle(self) -> None:
        self.index.settle()

    @invariant()
    def representatives_are_the_oldest(self) -> None:
        asked = _keys(range(4))
        places, numbers = self.index.representatives(asked)
        found = defaultdict(list)
        for place, number in zip(places.tolist(), numbers.tolist(), strict=True):
            found[int(asked[place])].append(number)
        ranked = {value: sorted(numbers, key=self.window.rank) for value, numbers in found.items()}
        assert ranked == self.plain.standing()

    @invariant()
    def everybody_is_there_once_a_hash(self) -> None:
        for asked in ([0], [1, 2], [0, 1, 2, 3]):
            found = self.index.everybody(_keys(asked)).tolist()
            expected = [n for n, hashes in self.plain.hashes.items() for value in hashes if value in asked]
            assert sorted(found) == sorted(expected)

    @invariant()
    def an_article_represents_what_it_stands_for(self) -> None:
        standing = self.plain.standing()
        for number, hashes in list(self.plain.hashes.items())[:5]:
            found = set(self.index.represented(number, _keys(hashes)).tolist())
            assert found == {value for value in hashes if number in standing[value]}
            assert self.window.number_of(self.window.identity(number)) == number

    def _fewer(self, before: dict[int, list[int]], after: dict[int, list[int]]) -> list[int]:
        """Who stands for a hash before and not after."""
        gone = {n for value, numbers in before.items() for n in numbers if n not in after.get(value, [])}
        return sorted(gone & self.plain.hashes.keys(), key=self.window.rank)


def _keys(values: Sequence[int] | frozenset[int] | range) -> Keys:
    return np.array(sorted(values), np.uint32)


def test_representatives_are_the_eight_oldest_after_any_changes() -> None:
    run_state_machine_as_test(DayMachine, settings=settings(max_examples=25, stateful_step_count=15, deadline=None))


# ---- candidates ----------------------------------------------------------------------------------------------

Pair = frozenset[bytes]


@dataclass
class Pairs:
    """The pairs that candidates give, as the engine takes them: new ones, and those of who stands for other hashes."""

    window: Window
    index: Candidates
    found: set[Pair] = field(default_factory=set)

    def add(self, one: Features) -> None:
        number = self.window.add(one, one.to_bytes(), 0)
        arrival = self.index.add(number)
        for other in (*arrival.older, *arrival.younger):
            self.found.add(self._pair(number, other))
        self._review(arrival.displaced)

    def replace(self, one: Features) -> None:
        known = self.window.number_of(one.id)
        assert known is not None
        hashes = self.window.text(known).sketch
        self.found = {pair for pair in self.found if one.id not in pair}
        self.window.retire(known)
        self._review(self.index.remove(known, hashes))
        self.add(one)

    def amend(self, one: Features) -> None:
        known = self.window.number_of(one.id)
        assert known is not None
        before = self.window.text(known).sketch
        self.window.amend(known, one, one.to_bytes(), 0)
        arrival = self.index.amend(known, before)
        self.found = {pair for pair in self.found if one.id not in pair}
        self.found |= {self._pair(known, other) for other in (*arrival.older, *arrival.younger)}
        self._review(arrival.displaced)

    def _review(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            mine = self.window.rank(number)
            self.found -= {
                pair
                for pair in self.found
                for other in pair - {mine[1]}
                if mine[1] in pair and self._rank(other) > mine
            }
            self.found |= {self._pair(number, other) for other in self.index.younger(number)}

    def _rank(self, identity: bytes) -> tuple[int, bytes]:
        number = self.window.number_of(identity)
        assert number is not None
        return self.window.rank(number)

    def _pair(self, a: int, b: int) -> Pair:
        return frozenset((self.window.identity(a), self.window.identity(b)))


def expected_pairs(articles: Sequence[Features]) -> set[Pair]:
    """By the rule: enough hashes in common, for which the older one is among the eight oldest of its day."""
    ranked = sorted(articles, key=lambda one: (one.first_seen, one.id))
    standing: defaultdict[tuple[int, int], list[bytes]] = defaultdict(list)
    sketches = {one.id: _sketch(one) for one in ranked}
    for one in ranked:
        for value in sketches[one.id]:
            standing[one.first_seen // DAY, value].append(one.id)
    pairs = set()
    for place, older in enumerate(ranked):
        for younger in ranked[place + 1 :]:
            day = older.first_seen // DAY
            shared = [
                value
                for value in sketches[older.id] & sketches[younger.id]
                if older.id in standing[day, value][:REPRESENTATIVES]
            ]
            enough = OWN_SHARED_SKETCH if older.outlet == younger.outlet else SHARED_SKETCH
            if len(shared) >= enough and younger.first_seen // DAY - day <= 7:
                pairs.add(frozenset((older.id, younger.id)))
    return pairs


def _sketch(one: Features) -> set[int]:
    window = Window()
    return set(window.text(window.add(one, one.to_bytes(), 0)).sketch.tolist())


SOME = st.frozensets(st.integers(0, 11), min_size=2, max_size=12)


@st.composite
def crowds(draw: st.DrawFn) -> list[Features]:
    """Articles of two days and three outlets over few hashes, so that more than eight have the same."""
    made = draw(st.lists(st.tuples(SOME, st.integers(0, 1), st.integers(0, 3), st.integers(0, 2)), max_size=40))
    return [
        features(
            n * 7919 % 101 << 64 | n, sorted(hashes), seen=MORNING + day * DAY + minute, outlet=f"{outlet}.example"
        )
        for n, (hashes, day, minute, outlet) in enumerate(made, 1)
    ]


@settings(max_examples=60, deadline=None)
@given(articles=crowds(), data=st.data())
def test_the_pairs_compared_are_the_same_in_any_order(articles: list[Features], data: st.DataObject) -> None:
    window = Window()
    pairs = Pairs(window, Candidates(window, 7))
    for one in data.draw(st.permutations(articles)):
        pairs.add(one)
    assert pairs.found == expected_pairs(articles)


@settings(max_examples=40, deadline=None)
@given(articles=crowds(), others=st.lists(SOME, min_size=1, max_size=8), data=st.data())
def test_the_pairs_compared_depend_on_the_last_texts_alone(
    articles: list[Features], others: list[frozenset[int]], data: st.DataObject
) -> None:
    window = Window()
    pairs = Pairs(window, Candidates(window, 7))
    for one in data.draw(st.permutations(articles)):
        pairs.add(one)
    last = {one.id: one for one in articles}
    for hashes in others if articles else []:
        one = last[data.draw(st.sampled_from(sorted(last)))]
        changed = features(int.from_bytes(one.id, "big"), sorted(hashes), seen=one.first_seen, outlet=one.outlet)
        last[one.id] = replace(changed, revision=one.revision + 1)
        if data.draw(st.booleans()):
            pairs.amend(last[one.id])
        else:
            pairs.replace(last[one.id])
    assert pairs.found == expected_pairs(list(last.values()))


def test_the_articles_of_a_day_that_has_left_are_compared_with_none() -> None:
    window = Window()
    index = Candidates(window, 7)
    for n in range(1, 4):
        one = features(n, range(8), outlet=f"{n}.example")
        index.add(window.add(one, one.to_bytes(), 0))
    index.expire(MORNING // DAY)
    later = features(9, range(8), seen=MORNING + DAY)
    arrival = index.add(window.add(later, later.to_bytes(), 0))
    assert (arrival.older, arrival.younger, arrival.displaced) == ([], [], [])
    assert window.number_of((1).to_bytes(16, "big")) is None


# ---- blobs ---------------------------------------------------------------------------------------------------


class BlobMachine(RuleBasedStateMachine):
    """Puts, forgets and drops whole days; a snapshot in between."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs, self.plain = Blobs(), dict[int, tuple[int, bytes]]()

    @rule(number=st.integers(0, 30), day=st.integers(0, 2), blob=st.binary(min_size=1, max_size=40))
    def put(self, number: int, day: int, blob: bytes) -> None:
        if self.plain.get(number, (day, b""))[0] == day:  # numbers are given anew once their article has gone
            self.blobs.put(number, day, blob)
            self.plain[number] = day, blob

    @rule(number=st.integers(0, 40))
    def forget(self, number: int) -> None:
        self.blobs.forget(number)
        self.plain.pop(number, None)

    @rule(day=st.integers(0, 2))
    def drop(self, day: int) -> None:
        for number in [number for number, (of, _) in self.plain.items() if of == day]:
            self.forget(number)
        self.blobs.drop(day)

    @rule()
    def snapshot(self) -> None:
        buffers: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(self.blobs, protocol=5, buffer_callback=buffers.append)
        self.blobs = pickle.loads(pickled, buffers=[bytes(buffer.raw()) for buffer in buffers])

    @invariant()
    def holds_what_a_dict_holds(self) -> None:
        assert [self.blobs[number] for number in range(45)] == [
            self.plain.get(number, (0, b""))[1] for number in range(45)
        ]


def test_blobs_are_a_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "CHUNK", 100)
    run_state_machine_as_test(BlobMachine, settings=settings(max_examples=30, stateful_step_count=25, deadline=None))


def test_a_day_that_leaves_gives_its_memory_back() -> None:
    kept = Blobs()
    for number in range(100):
        kept.put(number, number % 2, bytes(1000))
    before = kept.nbytes
    kept.drop(0)
    assert kept.nbytes == before - 50 * 1000


def test_a_blob_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="more than a blob can have"):
        Blobs().put(0, 0, bytes(2**21))


# ---- links ---------------------------------------------------------------------------------------------------

NUMBERS = st.integers(0, 6)
PASSAGES = st.lists(st.integers(0, 2**16 - 1), max_size=6).map(
    lambda ends: tuple(zip(ends[::2], ends[1::2], strict=False))
)
SHARES = st.integers(0, 10_000).map(lambda share: share / 10_000)
OVERLAPS = st.builds(
    Overlap,
    relation=st.sampled_from(["exact", "near", "partial", "derived", "rewrite", "digest"]),
    containment=SHARES,
    coverage=SHARES,
    shared=st.integers(0, 2**32 - 1),
    cover=st.integers(0, 2**64 - 1),
    other_cover=st.integers(0, 2**64 - 1),
    own=PASSAGES,
    other_own=PASSAGES,
    edits=st.integers(0, 2**16 - 1),
    moved=st.integers(0, 2**16 - 1),
)


class LinkMachine(RuleBasedStateMachine):
    """Links put, dropped and accepted at either end."""

    def __init__(self) -> None:
        super().__init__()
        self.links = Links()
        self.overlaps = dict[tuple[int, int], Overlap]()
        self.accepted = set[tuple[int, int]]()

    @rule(a=NUMBERS, b=NUMBERS, overlap=OVERLAPS)
    def put(self, a: int, b: int, overlap: Overlap) -> None:
        if a != b and (a, b) not in self.overlaps:
            self.links.put(a, b, overlap)
            self.overlaps[a, b], self.overlaps[b, a] = overlap, overlap.reversed()

    @precondition(lambda self: self.overlaps)
    @rule(data=st.data(), overlap=OVERLAPS)
    def change(self, data: st.DataObject, overlap: Overlap) -> None:
        a, b = data.draw(st.sampled_from(sorted(self.overlaps)))
        lost = overlap.relation not in UNIONS and bool({(a, b), (b, a)} & self.accepted)
        assert self.links.change(a, b, overlap) is (lost or overlap != self.overlaps[a, b])
        self.overlaps[a, b], self.overlaps[b, a] = overlap, overlap.reversed()
        if overlap.relation not in UNIONS:
            self.accepted -= {(a, b), (b, a)}

    @precondition(lambda self: self.overlaps)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        a, b = data.draw(st.sampled_from(sorted(self.overlaps)))
        self.links.drop(a, b)
        self._forget(a, b)

    @rule(a=NUMBERS)
    def drop_all(self, a: int) -> None:
        others = [other for one, other in self.overlaps if one == a]
        assert sorted(self.links.drop_all(a)) == sorted(others)
        for other in others:
            self._forget(a, other)

    @precondition(lambda self: self.overlaps)
    @rule(data=st.data(), accepted=st.booleans())
    def accept(self, data: st.DataObject, accepted: bool) -> None:
        a, b = data.draw(st.sampled_from(sorted(self.overlaps)))
        joined = self.links.accept(a, b, accepted=accepted)
        (self.accepted.add if accepted else self.accepted.discard)((a, b))
        assert joined is ({(a, b), (b, a)} <= self.accepted)

    @rule()
    def snapshot(self) -> None:
        self.links = pickle.loads(pickle.dumps(self.links))

    @invariant()
    def tells_what_the_model_tells(self) -> None:
        for a in range(7):
            others = sorted(other for one, other in self.overlaps if one == a)
            assert sorted(self.links.of(a)) == others
            joined = [other for other in others if {(a, other), (other, a)} <= self.accepted]
            assert sorted(self.links.joined(a)) == joined
            assert [self.links.is_joined(a, other) for other in range(7)] == [n in joined for n in range(7)]
            assert [self.links.overlap(a, other) for other in range(7)] == [
                self.overlaps.get((a, other)) for other in range(7)
            ]

    def _forget(self, a: int, b: int) -> None:
        for pair in ((a, b), (b, a)):
            del self.overlaps[pair]
            self.accepted.discard(pair)


def test_links_are_a_symmetric_dict() -> None:
    run_state_machine_as_test(LinkMachine, settings=settings(max_examples=30, stateful_step_count=25, deadline=None))
