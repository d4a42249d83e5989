from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.polling.entries import initial_state
from producers.polling.memory import (
    LEFT_AT_LEAST,
    MOST,
    NO_LINK,
    OWNER,
    WINDOW,
    Memory,
    Seen,
    UnreadableMemory,
    link_hash,
    moment,
    names_article,
    remembering,
    seconds,
)
from schemas.feed_records import Feed, FeedState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STATE = initial_state(Feed(id="top", url="https://a.example/f", outlet="a.example"), NOW, 300)

words = st.binary(min_size=8, max_size=8)
numbers = st.integers(0, 2**32 - 1)
seen = st.builds(Seen, st.binary(min_size=16, max_size=16), words, words, numbers, numbers, numbers, st.integers(0, 15))


def entry(number: int, flags: int = WINDOW | OWNER) -> Seen:
    return Seen(number.to_bytes(16, "big"), bytes(8), NO_LINK, 1, number, number, flags)


@given(st.lists(seen, max_size=20, unique_by=lambda one: one.article))
def test_what_is_packed_comes_out_as_it_was_and_in_its_order(entries: list[Seen]) -> None:
    packed = Memory(entries).pack()
    assert list(Memory.unpack(packed)) == entries
    kept = FeedState.from_bytes(STATE.model_copy(update={"memory": packed}).to_bytes())
    assert kept.memory == packed
    assert len(packed) == (1 + 45 * len(entries) if entries else 0)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_memory_are_refused_and_never_a_crash(noise: bytes) -> None:
    try:
        Memory.unpack(noise)
    except UnreadableMemory:
        assert Memory.of(STATE.model_copy(update={"memory": noise})) == Memory()


def test_a_memory_of_another_layout_is_said_to_be_lost(capsys: pytest.CaptureFixture[str]) -> None:
    packed = b"\x02" + Memory([entry(1)]).pack()[1:]
    with pytest.raises(UnreadableMemory, match="layout 2"):
        Memory.unpack(packed)
    state = STATE.model_copy(update={"feed": "lost", "memory": packed})
    assert not list(Memory.of(state)) + list(Memory.of(state))
    said = capsys.readouterr()
    assert (said.out + said.err).count("starts anew") == 1


@given(st.lists(st.lists(st.integers(1, 400), unique=True, max_size=60), max_size=8))
def test_the_window_and_a_bounded_part_of_what_left_it_are_remembered(windows: list[list[int]]) -> None:
    memory = Memory()
    for window in windows:
        memory = remembering(memory, [entry(number) for number in window])
        assert memory.window() == {entry(number).article for number in window}
        assert len(memory) - len(window) <= max(LEFT_AT_LEAST, 3 * len(window))
        assert list(memory)[len(memory) - len(window) :] == [entry(number) for number in sorted(window)]


def test_the_longest_gone_are_forgotten_first_and_all_of_it_has_a_bound() -> None:
    memory = Memory()
    for number in range(1, 1001):
        memory = remembering(memory, [entry(number)])
    assert [one.first_seen for one in memory] == list(range(1000 - LEFT_AT_LEAST, 1001))
    for start in range(0, 20_000, 1000):
        memory = remembering(memory, [entry(number) for number in range(start, start + 1000)])
    assert len(memory) == MOST
    huge = remembering(memory, [entry(number) for number in range(50_000, 55_000)])
    assert len(huge) == 5000 + LEFT_AT_LEAST


def test_the_bytes_of_a_typical_feed_fit_ten_thousand_feeds_into_one_process() -> None:
    memory = Memory()
    for start in range(0, 300, 30):
        memory = remembering(memory, [entry(number) for number in range(start, start + 30)])
    packed = memory.pack()
    assert len(memory) == 130
    assert len(packed) == 5851
    assert len(base64.b64encode(packed)) < 8000


@pytest.mark.parametrize(
    "same",
    [
        "http://a.example/2026/story",
        "https://www.a.example/2026/story/",
        "https://A.example:443/2026/story#comments",
        "https://a.example/2026/story?utm_source=feed",
    ],
)
def test_addresses_that_differ_only_in_form_are_equal(same: str) -> None:
    assert link_hash(same) == link_hash("https://a.example/2026/story") != NO_LINK


def test_links_to_different_pages_are_not() -> None:
    addresses = [f"https://a.example/{page}" for page in ("a", "b", "a?id=1", "a?id=2", "?p=1", "?p=2")]
    assert len({link_hash(address) for address in addresses}) == len(addresses)
    assert link_hash("https://b.example/a") != link_hash("https://a.example/a")


@pytest.mark.parametrize(
    "home",
    [None, "", "https://a.example", "https://a.example/?lang=en", "https://a.example/index.html#top", "http://["],
)
def test_a_home_page_is_no_articles_own(home: str | None) -> None:
    assert link_hash(home) == NO_LINK


def test_an_articles_address_has_a_title_or_a_number() -> None:
    assert names_article("https://a.example/news/ferry-service-resumes/")
    assert names_article("https://a.example/news/4711")
    assert not names_article("https://a.example/news/live")
    assert not names_article(None)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_kept_to_the_second_and_within_bounds(when: datetime) -> None:
    kept = seconds(when)
    assert 0 < kept < 2**32
    if 1971 <= when.year < 2106:
        assert moment(kept) == when.replace(microsecond=0)
    assert seconds(None) == 0
