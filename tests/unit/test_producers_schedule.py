from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from producers.due import DueQueue
from producers.schedule import JITTER, Hints, interval, next_poll
from schemas.records import Feed
from wirecopy.settings import ProducerSettings

SETTINGS = ProducerSettings(interval=300, min_interval=60, max_interval=3600)
FEED = Feed(id="f", url="https://a.example/f", outlet="a.example")
FAST = Feed(id="f", url="https://a.example/f", outlet="a.example", interval=1.0)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_feed_that_says_nothing_is_polled_as_the_settings_say() -> None:
    assert interval(FEED, SETTINGS, own=False) == 300


def test_ttl_lengthens_and_never_shortens() -> None:
    assert interval(FEED, SETTINGS, own=False, hints=Hints(ttl=900)) == 900
    assert interval(FEED, SETTINGS, own=False, hints=Hints(ttl=10)) == 300
    assert interval(FEED, SETTINGS, own=False, hints=Hints(ttl=10**9)) == 3600


def test_only_our_own_feeds_are_polled_faster_than_the_minimum() -> None:
    assert interval(FAST, SETTINGS, own=False) == 60
    assert interval(FAST, SETTINGS, own=True) == 1
    assert interval(FEED, ProducerSettings(interval=1, min_interval=60), own=True) == 60
    assert interval(FAST, SETTINGS, own=True, hints=Hints(ttl=3600)) == 1


def test_failures_double_the_interval_up_to_the_maximum() -> None:
    seconds = [interval(FEED, SETTINGS, own=False, failures=failures) for failures in (0, 1, 2, 3, 4, 5000)]
    assert seconds == [300, 600, 1200, 2400, 3600, 3600]
    assert interval(FAST, SETTINGS, own=True, failures=3) == 8


def test_retry_after_is_a_lower_bound_even_beyond_the_maximum() -> None:
    assert interval(FEED, SETTINGS, own=False, failures=1, hints=Hints(retry_after=7200)) == 7200
    assert interval(FEED, SETTINGS, own=False, failures=1, hints=Hints(retry_after=1)) == 600


@given(st.floats(0.2, 86400), st.integers())
def test_jitter_only_ever_adds_a_little(seconds: float, seed: int) -> None:
    waited = (next_poll(NOW, seconds, random.Random(seed)) - NOW).total_seconds()
    assert seconds - 1e-5 <= waited <= seconds * (1 + JITTER) + 1e-5
    if seconds < 10:
        assert abs(waited - seconds) < 1e-5


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9))), st.integers(0, 9))
def test_the_queue_gives_each_feed_once_at_its_latest_time(puts: list[tuple[str, int]], now: int) -> None:
    queue, expected = DueQueue(), dict(puts)
    for name, at in puts:
        queue.put(name, NOW + timedelta(seconds=at))
    due = queue.take(NOW + timedelta(seconds=now))
    assert sorted(due) == sorted(name for name, at in expected.items() if at <= now)
    left = [at for at in expected.values() if at > now]
    assert queue.next_at() == (NOW + timedelta(seconds=min(left)) if left else None)
    assert len(queue) == len(left)


def test_a_feed_that_is_gone_is_not_due() -> None:
    queue = DueQueue()
    queue.put("a", NOW)
    queue.discard("a")
    queue.discard("never there")
    assert queue.take(NOW) == []
