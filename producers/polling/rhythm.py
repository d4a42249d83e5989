"""A feed's rhythm: how often it has new entries, how often to poll, and when its silence is unusual. Pure.

``observed`` reads the rhythm off the entries remembered whenever a feed has been read; the rest follows from what the
state keeps of that, and so costs nothing where a server says 304.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from producers.polling.memory import Memory, moment
from schemas.feed_records import FeedState
from wirecopy.settings import ProducerSettings

ARRIVALS = 100
"""The newest entries that the rhythm is read off."""
_DAY = 86400.0
_HOUR = 3600.0

# A gap of a night or a weekend is one among many gaps but most of the time; the gaps of a burst are many but hardly any
# time. So the time that a gap counts for is limited, and the typical gap is one that a fifth of the time is spent in.
_SHARE_OF_TIME = 0.2
_GAP_COUNTS = 4 * _HOUR
_GAP_COUNTS_MEDIANS = 4

# How much sooner than its typical gap a feed is looked at: while it is lively as its entries follow each other, then
# more slowly the longer it says nothing. Past the typical gap the interval goes on growing, but far more gently.
_SHARE_OF_SILENCE = 1 / 2
_SHARE_OF_LONG_SILENCE = 1 / 24
_AWAKE_FOR = 3 * _DAY
"""Silence, a weekend at least, in which a feed may still go on as fast as ever."""

JITTER = 0.1
"""Share by which an interval is stretched at random, so that feeds added together do not stay together."""
_DEVIATIONS = 4.0
"""A poll is wanted while what comes at random as fast as it ever has would, but for so many standard deviations, still
fit the window."""

_HASTE_ON_TURNOVER = 2.0
_HASTE_ON_HALF = 1.5
_HASTE_HALVES_IN = 2 * _DAY
MOST_HASTE = 1024.0

_SILENCE_HALVES_IN = 60 * _DAY
_PATIENCE = 1.5
"""How often the longest silence known is waited for; …"""
_PATIENCE_GAPS = 3.0
"""… and how often the typical gap, …"""
_LEAST_PATIENCE = 12 * _HOUR
"""… but no feed is odd that has been silent for a night."""
_UNKNOWN_PATIENCE = 30 * _DAY
_FAILING_PATIENCE = _DAY
_ENOUGH_GAPS = 2
_FULL_AT = 10
"""Entries of a feed that may be all that it holds, although none has left it yet."""


def observed(
    state: FeedState, before: Memory, after: Memory, now: datetime, settings: ProducerSettings
) -> dict[str, object]:
    """Return the fields of the state that a reading determines of the rhythm."""
    times = arrivals(after)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    window = len(after.window())
    known = len(gaps) >= _ENOUGH_GAPS and times[-1] > times[0]
    full = len(after) > window or window >= _FULL_AT
    return {
        "short_gap": statistics.median(gaps) if known else None,
        "typical_gap": typical_gap(gaps) if known else None,
        "turnover": _turnover(times, window, settings.min_interval) if known and full else None,
        "longest_silence": _longest_silence(state, gaps, now),
        "newest_entry": _newest(state, before, after, times, now),
        "window": window,
    }


def arrivals(memory: Memory) -> list[float]:
    """Return when the newest ``ARRIVALS`` entries came, sorted: by their dates, or when first seen.

    A date from the future is no date. Where entries bear the day only (all have the same time of day), those of one
    day are spread over it; where they bear no date, those found at one poll over the time since the last that had any.
    """
    first_seen = [seen.first_seen for seen in memory]
    dated = [seen.published for seen in memory if 0 < seen.published <= seen.first_seen]
    if 2 * len(dated) < len(first_seen):
        times = _spread(first_seen)
    elif len({stamp % 86400 for stamp in dated}) == 1:
        times = _spread(dated)
    else:
        times = [float(min(seen.published or seen.first_seen, seen.first_seen)) for seen in memory]
    return sorted(times)[-ARRIVALS:]


def _spread(moments: Iterable[int]) -> list[float]:
    """Spread simultaneous arrivals evenly over the time since the moment before."""
    counts = sorted(Counter(moments).items())
    times = [float(at) for at, _ in counts[:1]]
    for (earlier, _), (later, count) in pairwise(counts):
        step = (later - earlier) / count
        times += [earlier + step * number for number in range(1, count + 1)]
    return times


def typical_gap(gaps: Iterable[float]) -> float:
    """Return the gap such that a fifth of the time is in gaps no longer than it."""
    ordered = sorted(gaps)
    most = max(_GAP_COUNTS, _GAP_COUNTS_MEDIANS * statistics.median(ordered))
    left = _SHARE_OF_TIME * sum(min(gap, most) for gap in ordered)
    for gap in ordered:
        left -= min(gap, most)
        if left <= 0:
            return gap
    return ordered[-1]


def _turnover(times: Sequence[float], window: int, shortest: float) -> float | None:
    """The shortest time in which so many entries came that not to look for longer may miss some.

    What came faster than the feed may be polled at all, such as all articles of a site that has moved, is no guide.
    """
    step = max(1, int(_safely_expected(window)))
    spans = (later - earlier for earlier, later in zip(times, times[step:], strict=False))
    return min((span for span in spans if span >= shortest), default=None)


def _safely_expected(window: int) -> float:
    """Return how many entries to expect safely by the next poll, with the deviation of a Poisson count."""
    root = (math.sqrt(_DEVIATIONS**2 + 4 * window) - _DEVIATIONS) / 2
    return root**2 / (1 + JITTER)


def _longest_silence(state: FeedState, gaps: Sequence[float], now: datetime) -> float | None:
    faded = 0.0
    if state.longest_silence and state.last_poll:
        faded = state.longest_silence * _faded(now - state.last_poll, _SILENCE_HALVES_IN)
    return max([faded, *gaps]) or None


def _newest(state: FeedState, before: Memory, after: Memory, times: Sequence[float], now: datetime) -> datetime:
    """Return when the feed last had something new: the newest date, or now for backdated entries."""
    appeared = bool(before) and any(seen.article not in before for seen in after)
    if appeared or not times:
        latest = now if appeared or state.newest_entry is None else state.newest_entry
    else:
        latest = moment(int(times[-1]))
    return min(max(latest, state.newest_entry or latest), now)


def turned_over(before: Memory, after: Memory) -> bool:
    """Whether all entries were replaced by as many new ones: others may have come and gone unseen."""
    old, new = before.window(), after.window()
    return bool(old) and not old & new and len(_new(before, after)) >= len(old)


def _new(before: Memory, after: Memory) -> frozenset[bytes]:
    return frozenset(article for article in after.window() if article not in before)


def haste(state: FeedState, now: datetime, before: Memory | None = None, after: Memory | None = None) -> float:
    """Return the factor by which to hurry polls after this one; ``before`` and ``after`` are the memories where the
    feed has changed.

    Twice as much where the feed has turned over, somewhat more where half of it is new; otherwise it fades.
    """
    if before is not None and after is not None:
        if turned_over(before, after):
            return min(state.haste * _HASTE_ON_TURNOVER, MOST_HASTE)
        if before.window() and 2 * len(_new(before, after)) > len(after.window()):
            return min(state.haste * _HASTE_ON_HALF, MOST_HASTE)
    if state.haste <= 1 or state.last_poll is None:
        return max(state.haste, 1.0)
    return max(1.0, state.haste * _faded(now - state.last_poll, _HASTE_HALVES_IN))


def _faded(elapsed: timedelta, half_life: float) -> float:
    return float(2 ** -(max(elapsed.total_seconds(), 0.0) / half_life))


def wanted_interval(state: FeedState, settings: ProducerSettings, now: datetime) -> float:
    """Return the seconds until the feed is likely to have new entries, haste and limits apart."""
    silence = max((now - state.newest_entry).total_seconds(), 0.0) if state.newest_entry else 0.0
    if state.short_gap is None or state.typical_gap is None:
        return max(settings.interval, silence * _SHARE_OF_LONG_SILENCE)
    least, most = sorted((state.short_gap, state.typical_gap))
    wanted = max(min(max(silence * _SHARE_OF_SILENCE, least), most), silence * _SHARE_OF_LONG_SILENCE)
    if state.turnover is not None and silence <= max(patience(state), _AWAKE_FOR):
        wanted = min(wanted, state.turnover)
    return wanted


def patience(state: FeedState) -> float:
    """Return the seconds of silence that the feed's rhythm explains."""
    if state.typical_gap is None:
        return _UNKNOWN_PATIENCE
    return max(_LEAST_PATIENCE, _PATIENCE * (state.longest_silence or 0.0), _PATIENCE_GAPS * state.typical_gap)


def quiet_since(state: FeedState, now: datetime) -> datetime | None:
    """Return since when the feed has been silent, if that is longer than its rhythm explains.

    A failing feed is silent too: a day after its last success, whatever its rhythm.
    """
    explained = patience(state)
    if state.newest_entry is not None and (now - state.newest_entry).total_seconds() > explained:
        return state.newest_entry
    if state.failures and state.last_success is not None:
        silent = (now - state.last_success).total_seconds()
        return state.last_success if silent > min(explained, _FAILING_PATIENCE) else None
    return None
