"""A batch waits for nothing when little comes, and under load no longer than the index takes to be refreshed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.indexing import app
from stream_apps.runtime.linger import Linger, longest_wait

BUSY = 100.0


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def batches(rate: float, seconds: float, longest: float = 1.0) -> list[tuple[int, float]]:
    """Messages at an even rate through a linger: of each batch, how many messages it has and how long the first waited.

    The first five seconds are left out: the rate is being learned. Follows what the runtime does: asks after each
    message, waits so long for the next, else writes.
    """
    clock = Clock()
    linger = Linger(longest, BUSY, clock)
    found = []
    waiting, first, gap = 0, 0.0, 1 / rate
    for _ in range(int(rate * seconds)):
        first = clock.now if not waiting else first
        waiting += 1
        patience = linger.seconds(waiting)
        if patience < gap:
            clock.now += patience
            if clock.now > 105:
                found.append((waiting, clock.now - first))
            linger.handled(waiting)
            waiting = 0
            clock.now += gap - patience
        else:
            clock.now += gap
    return found


@pytest.mark.parametrize("rate", [0.1, 1, 8, 60])
def test_with_little_to_do_every_message_is_written_at_once(rate: float) -> None:
    assert set(batches(rate, 60)) == {(1, 0.0)}


def test_after_a_pause_nothing_waits_at_first() -> None:
    clock = Clock()
    linger = Linger(1.0, BUSY, clock)
    linger.handled(5_000)
    clock.now += 10
    assert linger.seconds(2) == 0.0


def test_under_load_a_batch_holds_what_comes_between_two_refreshes() -> None:
    steady = batches(400, 20)
    assert min(count for count, _ in steady) >= 300
    assert max(waited for _, waited in steady) <= 1.0


def test_the_wait_grows_with_the_load() -> None:
    waits = [
        sum(waited for _, waited in found) / len(found) for found in (batches(rate, 30) for rate in (90, 150, 400))
    ]
    assert waits == sorted(waits)
    assert waits[0] < 0.05 < 0.3 < waits[-1]


def test_a_batch_is_written_when_no_more_comes() -> None:
    clock = Clock()
    linger = Linger(1.0, BUSY, clock)
    linger.handled(1_000)
    assert 0 < linger.seconds(50) <= 0.2


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 500)), min_size=1, max_size=40),
    st.sampled_from((0.5, 1.0, 5.0)),
)
def test_no_message_ever_waits_longer_than_a_refresh(arrivals: list[tuple[float, int]], longest: float) -> None:
    clock = Clock()
    linger = Linger(longest, BUSY, clock)
    waiting, first = 0, 0.0
    for gap, count in arrivals:
        first = clock.now if not waiting else first
        waiting += count
        patience = linger.seconds(waiting)
        assert 0 <= patience <= longest
        assert clock.now - first + patience <= longest + 1e-9
        clock.now += min(gap, patience)
        if patience <= gap:
            linger.handled(waiting)
            waiting = 0
            clock.now += gap - min(gap, patience)


@pytest.mark.parametrize(("interval", "seconds"), [("500ms", 0.5), ("1s", 1.0), ("30s", 5.0), ("2m", 5.0), ("-1", 1.0)])
def test_the_longest_wait_follows_the_refresh_interval(interval: str, seconds: float) -> None:
    assert longest_wait(interval) == seconds


def test_busy_is_more_than_a_day_of_the_whole_worlds_news_brings() -> None:
    """20 articles a second, each with its story and now and then another one's: written at once."""
    assert app.BUSY > 20 * 3
