from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from producers.polling.entries import initial_state
from producers.polling.rhythm import JITTER
from producers.polling.schedule import FOLDER_INTERVAL, Hints, interval, next_poll
from producers.websub.due import DueQueue
from schemas.feed_records import Feed
from wirecopy.settings import ProducerSettings

SETTINGS = ProducerSettings(interval=300, min_interval=60, max_interval=3600)
FEED = Feed(id="f", url="https://a.example/f", outlet="a.example")
FAST = Feed(id="f", url="https://a.example/f", outlet="a.example", interval=1.0)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # a Sunday
STATE = initial_state(FEED, NOW, 300)


def wanted(
    feed: Feed = FEED,
    settings: ProducerSettings = SETTINGS,
    *,
    own: bool = False,
    subscribed: bool = False,
    hints: Hints | None = None,
    **fields: Any,
) -> float:
    state = STATE.model_copy(update=fields)
    return interval(feed, state, settings, NOW, own=own, subscribed=subscribed, hints=hints)


def rhythm(gap: float) -> dict[str, Any]:
    return {"short_gap": gap, "typical_gap": gap, "newest_entry": NOW}


def test_a_feed_that_says_nothing_is_polled_as_the_settings_say() -> None:
    assert wanted() == 300


def test_a_feeds_rhythm_decides_within_the_limits() -> None:
    assert wanted(**rhythm(600)) == 600
    assert wanted(**rhythm(5)) == 60
    assert wanted(**rhythm(30 * 86400)) == 3600


def test_the_lists_interval_counts_more_than_what_the_feed_says() -> None:
    feed = FEED.model_copy(update={"interval": 120})
    assert wanted(feed, ttl=3000, haste=8, hints=Hints(fresh_for=3000), **rhythm(600)) == 120


def test_ttl_and_headers_lengthen_and_never_shorten() -> None:
    assert wanted(ttl=900) == 900
    assert wanted(ttl=10) == 300
    assert wanted(ttl=10**9) == 3600
    assert wanted(hints=Hints(fresh_for=900)) == 900
    assert wanted(hints=Hints(fresh_for=10)) == 300


def test_a_wrong_header_cannot_starve_a_lively_feed() -> None:
    month = Hints(fresh_for=30 * 86400)
    long = ProducerSettings(max_interval=6 * 3600)
    assert wanted(FEED, long, hints=month, **rhythm(300)) == 1200
    assert wanted(FEED, long, hints=month, **rhythm(2000)) == 3600
    assert wanted(FEED, long, hints=month, **rhythm(7200)) == 7200


def test_a_feed_whose_window_turns_over_is_hurried_in_spite_of_what_it_asks() -> None:
    assert wanted(ttl=3600, haste=4) == 900
    assert wanted(haste=1024, **rhythm(600)) == 60


def test_a_feed_that_a_hub_tells_of_is_asked_less_often_but_at_least_hourly() -> None:
    day = ProducerSettings(max_interval=86400)
    assert wanted(FEED, day, subscribed=True, **rhythm(300)) == 1200
    assert wanted(FEED, day, subscribed=True, **rhythm(1800)) == 3600
    assert wanted(FEED, day, subscribed=True, **rhythm(7200)) == 7200


def test_only_our_own_feeds_are_polled_faster_than_the_minimum() -> None:
    assert wanted(FAST) == 60
    assert wanted(FAST, own=True) == 1
    assert wanted(FEED, ProducerSettings(interval=1, min_interval=60), own=True) == 60
    assert wanted(FAST, own=True, ttl=3600) == 1


def test_failures_double_the_interval_up_to_the_maximum() -> None:
    seconds = [wanted(failures=failures) for failures in (0, 1, 2, 3, 4, 5000)]
    assert seconds == [300, 600, 1200, 2400, 3600, 3600]
    assert wanted(FAST, own=True, failures=3) == 8


def test_a_parked_feed_has_an_interval_of_its_own() -> None:
    assert wanted(failures=50, parked=NOW) == 86400
    assert wanted(FEED, ProducerSettings(park_interval=5), failures=50, parked=NOW) == 300


def test_retry_after_is_a_lower_bound_even_beyond_the_maximum() -> None:
    assert wanted(failures=1, hints=Hints(retry_after=7200)) == 7200
    assert wanted(failures=1, hints=Hints(retry_after=1)) == 600
    assert wanted(FAST, own=True, hints=Hints(retry_after=90)) == 90
    assert wanted(parked=NOW, hints=Hints(retry_after=10**6)) == 10**6


@given(st.floats(0.2, 86400), st.integers())
def test_jitter_only_ever_adds_a_little(seconds: float, seed: int) -> None:
    waited = (next_poll(NOW, seconds, random.Random(seed)) - NOW).total_seconds()
    assert seconds - 1e-5 <= waited <= seconds * (1 + JITTER) + 1e-5
    if seconds < 10:
        assert abs(waited - seconds) < 1e-5


# ---- hours and days to skip -------------------------------------------------------------------------------------


def at(seconds: float, **fields: Any) -> datetime:
    return next_poll(NOW, seconds, random.Random(1), STATE.model_copy(update=fields))


def test_hours_to_skip_put_the_poll_off_to_the_first_that_is_allowed() -> None:
    late = at(600, skip_hours=(12, 13, 14))
    assert NOW.replace(hour=15) <= late <= NOW.replace(hour=15, minute=1)
    assert at(600, skip_hours=(13,)) < NOW + timedelta(seconds=661)


def test_days_to_skip_put_it_off_to_the_next_day_that_is_allowed() -> None:
    late = at(600, skip_days=(6, 0), skip_hours=(0, 1))
    assert late.date() == (NOW + timedelta(days=2)).date()
    assert (late.hour, late.minute) == (2, 0)


def test_a_feed_that_would_never_be_polled_or_misses_entries_is_polled_all_the_same() -> None:
    soon = NOW + timedelta(seconds=661)
    assert at(600, skip_hours=tuple(range(24))) < soon
    assert at(600, skip_days=tuple(range(7))) < soon
    assert at(600, skip_hours=(12, 13), haste=2.0) < soon


@given(st.sets(st.integers(0, 23)), st.sets(st.integers(0, 6)), st.integers(0, 10 * 86400), st.integers(0, 999))
def test_a_poll_is_never_in_an_hour_or_day_to_skip_and_never_early(
    hours: set[int], days: set[int], seconds: int, seed: int
) -> None:
    state = STATE.model_copy(update={"skip_hours": tuple(hours), "skip_days": tuple(days)})
    found = next_poll(NOW, seconds, random.Random(seed), state)
    assert found >= NOW + timedelta(seconds=seconds)
    if len(hours) < 24 and len(days) < 7:
        assert found.hour not in hours
        assert found.weekday() not in days


# ---- the queue --------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9))), st.integers(0, 9))
def test_the_queue_gives_each_feed_once_at_its_latest_time(puts: list[tuple[str, int]], now: int) -> None:
    queue, expected = DueQueue(), dict(puts)
    for name, at_second in puts:
        queue.put(name, NOW + timedelta(seconds=at_second))
    due = queue.take(NOW + timedelta(seconds=now))
    assert sorted(due) == sorted(name for name, second in expected.items() if second <= now)
    left = [second for second in expected.values() if second > now]
    assert queue.next_at() == (NOW + timedelta(seconds=min(left)) if left else None)
    assert len(queue) == len(left)


def test_a_feed_that_is_gone_is_not_due() -> None:
    queue = DueQueue()
    queue.put("a", NOW)
    queue.discard("a")
    queue.discard("never there")
    assert queue.take(NOW) == []


def test_a_folder_is_looked_into_every_few_seconds() -> None:
    folder = FEED.model_copy(update={"url": "file:///wire/in"})
    assert interval(folder, initial_state(folder, NOW, 300), ProducerSettings(), NOW) == FOLDER_INTERVAL
