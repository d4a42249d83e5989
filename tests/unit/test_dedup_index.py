"""The packed index of a hash range finds what a dict of sets would, after a restart too."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ids import article_id
from schemas.records import Candidates, Posting
from schemas.topics import POSTINGS
from stream_apps.dedup.hash_index import HashIndex
from stream_apps.dedup.postings import PostingsStage
from stream_apps.dedup.range_days import CROWD, CROWD_FIRST, PAGES, Day, Entry, microseconds
from stream_apps.runtime.messages import Incoming
from stream_apps.runtime.rows import Rows
from tests.unit.dedup_world import START

KEYS = st.lists(st.integers(0, 40) | st.just(2**32 - 1), unique=True, max_size=12)


@settings(max_examples=100, deadline=None)
@given(added=st.lists(KEYS, max_size=60), asked=KEYS, settle=st.booleans())
def test_an_index_is_a_multimap(added: list[list[int]], asked: list[int], settle: bool) -> None:
    index = HashIndex()
    for number, keys in enumerate(added):
        index.add(np.array(keys, np.uint32), number)
    if settle:
        index.settle()
    places, numbers = index.find(np.array(asked, np.uint32))
    expected = [
        (asked[place], n) for place in range(len(asked)) for n, keys in enumerate(added) if asked[place] in keys
    ]
    assert sorted((asked[place], n) for place, n in zip(places, numbers.tolist(), strict=True)) == sorted(expected)


def posting(name: str, hashes: list[int], *, day: int = 0, revision: int = 1, outlet: str = "a.example") -> Posting:
    return Posting(
        article=article_id(outlet, name),
        revision=revision,
        outlet=outlet,
        first_seen=START + timedelta(days=day),
        range=0,
        ranges=1,
        hashes=tuple(hashes),
    )


def handle(stage: PostingsStage, rows: Rows, one: Posting) -> list[Candidates]:
    told = stage.handle(Incoming(POSTINGS.name, 0, 0, one.article.encode(), one.to_bytes()))
    rows.commit()
    return [Candidates.from_bytes(message.value) for message in told]


def test_a_row_comes_back_as_it_was() -> None:
    entry = Entry(3, "é.example", microseconds(START), np.array([5, 2**32 - 1], np.uint32))
    again = Entry.from_bytes(entry.to_bytes())
    assert (again.revision, again.outlet, again.first_seen) == (3, "é.example", entry.first_seen)
    assert again.hashes.tolist() == [5, 2**32 - 1]


def test_a_stage_that_begins_anew_answers_the_same_from_the_changelog() -> None:
    rows = Rows()
    stage = PostingsStage(rows, 7)
    changelog: dict[bytes, bytes] = {}
    for one in (posting("x", [1, 2, 3]), posting("y", [2, 3, 4], outlet="b.example")):
        stage.handle(Incoming(POSTINGS.name, 0, 0, b"", one.to_bytes()))
        changelog |= {change.key: change.value for change in rows.take_changes() if change.value}
        rows.commit()
    assert list(rows.items(0)) == []  # nothing is kept twice
    fresh = Rows()
    fresh.load(0, changelog)
    third = posting("z", [3, 4], day=1, outlet="c.example")
    (again,) = handle(PostingsStage(fresh, 7), fresh, third)
    (first,) = handle(stage, rows, third)
    assert again == first
    assert {article: count for article, (_, count, _) in first.shared.items()} == {
        article_id("a.example", "x"): 1,
        article_id("b.example", "y"): 2,
    }


def test_rows_that_were_released_are_read_again_after_an_error() -> None:
    rows = Rows()
    rows.load(0, {b"k": b"v"})
    rows.release(0)
    assert rows.is_loaded(0)
    rows.roll_back()
    assert not rows.is_loaded(0)


def test_a_revision_takes_its_old_hashes_back() -> None:
    rows = Rows()
    stage = PostingsStage(rows, 7)
    handle(stage, rows, posting("x", [1, 2]))
    handle(stage, rows, posting("y", [1, 2], outlet="b.example", day=1))
    told = handle(stage, rows, posting("x", [9], revision=2))
    y = article_id("b.example", "y")
    assert [one.shared[article_id("a.example", "x")] for one in told if one.article == y] == [(2, 0, False)]


def test_whole_days_leave_the_window() -> None:
    rows = Rows()
    stage = PostingsStage(rows, 7)
    handle(stage, rows, posting("x", [1, 2]))
    stage.handle(Incoming(POSTINGS.name, 0, 0, b"", posting("y", [1, 2], outlet="b.example", day=8).to_bytes()))
    assert {change.key: change.value is None for change in rows.take_changes()} == {
        bytes.fromhex(article_id("a.example", "x")): True,
        bytes.fromhex(article_id("b.example", "y")): False,
    }


def test_what_an_outlet_has_on_every_page_is_left_out_between_its_own() -> None:
    day = Day()
    for number in range(PAGES + 1):
        day.add(f"{number:032x}", Entry(1, "a.example", 0, np.array([7, 100 + number % 3], np.uint32)), 0)
    own, counts = day.find(np.array([7, 100], np.uint32), 0)
    assert own.tolist() == list(range(0, PAGES + 1, 3))
    assert set(counts.tolist()) == {1}


def test_of_a_crowd_the_first_are_told() -> None:
    day = Day()
    for number in range(CROWD + 1):
        day.add(f"{number:032x}", Entry(1, f"{number}.example", 0, np.array([7, 100 + number], np.uint32)), number)
    assert day.find(np.array([7], np.uint32), 99)[0].tolist() == list(range(CROWD_FIRST))
    assert CROWD in day.find(np.array([7, 100 + CROWD], np.uint32), 99)[0]
