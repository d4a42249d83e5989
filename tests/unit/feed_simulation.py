"""Feeds that publish by a rhythm, polled as the producer would: pure, seconds in place of waiting.

``python -m tests.unit.feed_simulation`` prints what each rhythm costs and loses, beside polling every five minutes.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from producers.polling import rhythm
from producers.polling.entries import initial_state
from producers.polling.memory import NO_LINK, OWNER, WINDOW, Memory, Seen, remembering
from producers.polling.schedule import interval, next_poll
from schemas.feed_records import Feed
from wirecopy.settings import ProducerSettings

SETTINGS = ProducerSettings()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
FIXED = 300.0

Gaps = Callable[[random.Random], Iterator[float]]


@dataclass(frozen=True)
class Outcome:
    """What polling a feed for a while came to; ``delay`` is the median age of an entry when it was found."""

    requests_a_day: float
    published: int
    lost: int
    delay: float
    turned_over: int


def poisson(mean: float) -> Gaps:
    def gaps(chance: random.Random) -> Iterator[float]:
        while True:
            yield chance.expovariate(1 / mean)

    return gaps


def regular(every: float) -> Gaps:
    def gaps(chance: random.Random) -> Iterator[float]:
        while True:
            yield every * chance.uniform(0.9, 1.1)

    return gaps


def bursts(size: int, apart: float, inside: float) -> Gaps:
    """``size`` entries, ``inside`` seconds apart, then a pause; at random."""

    def gaps(chance: random.Random) -> Iterator[float]:
        while True:
            yield apart * chance.uniform(0.5, 1.5)
            for _ in range(chance.randint(1, size) - 1):
                yield chance.expovariate(1 / inside)

    return gaps


def in_hours(gaps: Gaps, first: int, last: int, days: int = 7) -> Gaps:
    """Only between two hours (UTC), and on the first ``days`` of the week: what falls outside is not published."""

    def kept(chance: random.Random) -> Iterator[float]:
        at = since = 0.0
        for gap in gaps(chance):
            at += gap
            if first <= at % DAY / HOUR < last and at // DAY % 7 < days:
                yield at - since
                since = at

    return kept


def simulate(
    gaps: Gaps, days: float, *, seed: int = 0, window: int = 30, settings: ProducerSettings = SETTINGS, back: float = 60
) -> Outcome:
    """Poll a feed of ``window`` entries for some ``days``, after it has published for ``back`` days unseen."""
    chance = random.Random(f"{seed}")
    times: list[float] = []
    at = -back * DAY - (-back % 7) * DAY
    for gap in gaps(chance):
        at += gap
        if at >= days * DAY:
            break
        times.append(at)
    feed = Feed(id="f", url="https://a.example/f", outlet="a.example")
    state = initial_state(feed, MONDAY, settings.interval)
    memory, now, end = Memory(), MONDAY, MONDAY + timedelta(days=days)
    seen: set[int] = set()
    polls = turned = 0
    delays: list[float] = []
    while now < end:
        polls += 1
        count = bisect.bisect_right(times, (now - MONDAY).total_seconds())
        inside = range(max(0, count - window), count)
        before = None
        if not seen.issuperset(inside):
            before = memory
            entries = [_seen(number, times[number], now, memory) for number in inside]
            memory = remembering(before, entries)
            delays += [(now - MONDAY).total_seconds() - times[n] for n in inside if n not in seen and times[n] >= 0]
            turned += rhythm.turned_over(before, memory)
            hurried = rhythm.haste(state, now, before, memory)
            state = state.model_copy(update=rhythm.observed(state, before, memory, now, settings) | {"haste": hurried})
            seen.update(inside)
        else:
            state = state.model_copy(update={"haste": rhythm.haste(state, now)})
        state = state.model_copy(update={"newest_entry": state.newest_entry or now, "last_poll": now})
        now = next_poll(now, interval(feed, state, settings, now), chance, state)
    # What the last poll was still to find is not lost.
    fallen = bisect.bisect_right(times, (end - MONDAY).total_seconds()) - window
    live = [number for number, time in enumerate(times) if time >= 0]
    lost = sum(number < fallen and number not in seen for number in live)
    delays.sort()
    return Outcome(polls / days, len(live), lost, delays[len(delays) // 2] if delays else 0.0, turned)


def _seen(number: int, time: float, now: datetime, memory: Memory) -> Seen:
    article = number.to_bytes(16, "big")
    known = memory.get(article)
    published = int(MONDAY.timestamp() + time)
    first_seen = known.first_seen if known else max(int(now.timestamp()), published)
    return Seen(article, bytes(8), NO_LINK, 1, first_seen, published, WINDOW | OWNER)


RHYTHMS: dict[str, tuple[Gaps, float]] = {
    "every minute": (regular(MINUTE), 4),
    "every 5 minutes": (regular(5 * MINUTE), 14),
    "every 5 minutes, by day": (in_hours(regular(5 * MINUTE), 6, 22), 14),
    "every 5 minutes, office hours": (in_hours(regular(5 * MINUTE), 9, 17, 5), 28),
    "every minute, office hours": (in_hours(regular(MINUTE), 9, 17, 5), 14),
    "at random, 2 minutes": (poisson(2 * MINUTE), 7),
    "at random, 20 minutes": (poisson(20 * MINUTE), 28),
    "at random, 3 hours": (poisson(3 * HOUR), 60),
    "at random, daily": (poisson(DAY), 180),
    "at random, monthly": (poisson(30 * DAY), 360),
    "bursts of up to 8, hourly": (bursts(8, HOUR, 20), 28),
    "bursts of up to 10, every 3 hours": (bursts(10, 3 * HOUR, 2 * MINUTE), 60),
    "bursts of up to 25, daily": (bursts(25, DAY, MINUTE), 120),
    "bursts of up to 25, half-hourly": (bursts(25, HOUR / 2, 10), 14),
    "bursts of up to 60, daily": (bursts(60, DAY, 10), 120),
}


def main() -> None:
    heads = ("requests a day", "of fixed", "published", "lost", "turned over", "delay, s")
    print(f"{'rhythm':36}" + "".join(f"{head:>16}" for head in heads))
    for name, (gaps, days) in RHYTHMS.items():
        done = simulate(gaps, days)
        share = done.requests_a_day / (DAY / FIXED)
        print(
            f"{name:36}{done.requests_a_day:16.1f}{share:16.0%}{done.published:16}{done.lost:16}"
            f"{done.turned_over:16}{done.delay:16.0f}"
        )


if __name__ == "__main__":
    main()
