from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from producers.polling.entries import initial_state
from producers.polling.memory import NO_LINK, OWNER, WINDOW, Memory, Seen, remembering
from producers.polling.rhythm import (
    MOST_HASTE,
    arrivals,
    haste,
    observed,
    patience,
    quiet_since,
    turned_over,
    typical_gap,
    wanted_interval,
)
from schemas.feed_records import Feed, FeedState
from tests.unit.feed_simulation import (
    DAY,
    FIXED,
    HOUR,
    MINUTE,
    Gaps,
    bursts,
    in_hours,
    poisson,
    regular,
    simulate,
)
from wirecopy.settings import ProducerSettings

SETTINGS = ProducerSettings()
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STATE = initial_state(Feed(id="f", url="https://a.example/f", outlet="a.example"), NOW, 300)


def entries(times: Iterable[float], seen: float = 0.0, *, dated: bool = True) -> list[Seen]:
    """Published so many seconds before now, and first seen ``seen`` seconds before now."""
    now = int(NOW.timestamp())
    return [
        Seen(int(10**6 + t).to_bytes(16, "big"), bytes(8), NO_LINK, 1, now - int(seen), now - int(t) if dated else 0, 3)
        for t in times
    ]


def reading(*ages: float, **fields: object) -> FeedState:
    """A feed whose entries came so many seconds ago, read now."""
    memory = remembering(Memory(), entries(ages))
    found = observed(STATE, Memory(), memory, NOW, SETTINGS)
    return STATE.model_copy(update={**found, "last_poll": NOW, "last_success": NOW, **fields})


def every(gap: float, count: int = 30, start: float = 0.0) -> list[float]:
    return [start + gap * number for number in range(count)]


def after(state: FeedState, **spans: float) -> tuple[FeedState, datetime]:
    return state, NOW + timedelta(**spans)


# ---- how often --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [MINUTE, 5 * MINUTE, HOUR, DAY, 30 * DAY])
def test_a_feed_is_polled_at_the_gap_between_its_entries(gap: float) -> None:
    assert wanted_interval(reading(*every(gap)), SETTINGS, NOW) == pytest.approx(gap, rel=0.01)


def test_nights_and_weekends_do_not_slow_a_feed_down() -> None:
    days = [start + t for start in (0, DAY, 2 * DAY, 5 * DAY) for t in every(5 * MINUTE, 24)]
    state = reading(*days)
    assert state.typical_gap == state.short_gap == 5 * MINUTE
    assert state.longest_silence is not None
    assert state.longest_silence > 2 * DAY


def test_a_burst_does_not_speed_a_feed_up_for_good() -> None:
    state = reading(*(start + t for start in every(3 * HOUR, 10, start=HOUR) for t in every(20, 8)))
    assert state.short_gap == 20
    assert state.typical_gap == pytest.approx(3 * HOUR, rel=0.1)
    assert wanted_interval(state, SETTINGS, NOW) == pytest.approx(HOUR / 2, rel=0.1)


def test_a_feed_that_says_nothing_of_its_rhythm_is_polled_as_the_settings_say_and_then_less() -> None:
    assert wanted_interval(STATE, SETTINGS, NOW) == SETTINGS.interval
    state = reading(0.0)
    assert state.typical_gap is None
    assert wanted_interval(*_at(state, hours=1)) == SETTINGS.interval
    assert wanted_interval(*_at(state, days=10)) == 10 * DAY / 24


def _at(state: FeedState, **spans: float) -> tuple[FeedState, ProducerSettings, datetime]:
    return state, SETTINGS, NOW + timedelta(**spans)


def test_a_feed_falls_asleep_only_when_its_silence_has_no_explanation_left() -> None:
    state = reading(*every(MINUTE))
    assert wanted_interval(*_at(state, hours=16)) <= 24 * MINUTE
    assert wanted_interval(*_at(state, days=2.8)) <= 24 * MINUTE
    assert wanted_interval(*_at(state, days=20)) == 20 * DAY / 24


def test_dates_from_the_future_are_the_moment_of_the_first_sight() -> None:
    times = arrivals(Memory(entries([-DAY, 100, 200], seen=50)))
    assert times == [NOW.timestamp() - ago for ago in (200, 100, 50)]


def test_without_dates_what_was_found_together_is_spread_over_the_time_before() -> None:
    found = entries([0, 1, 2], seen=4 * HOUR, dated=False) + entries([3, 4, 5, 6], seen=HOUR, dated=False)
    assert [NOW.timestamp() - time for time in arrivals(Memory(found))] == [
        4 * HOUR,
        *every(-0.75 * HOUR, 4, 3.25 * HOUR),
    ]


def test_where_only_days_are_given_those_of_one_day_are_spread_over_it() -> None:
    found = entries([2 * DAY + 12 * HOUR, *every(DAY, 2, 12 * HOUR)])
    found += [one._replace(article=bytes([n]) * 16) for n, one in enumerate(entries([12 * HOUR] * 3))]
    assert [(NOW.timestamp() - time) / HOUR for time in arrivals(Memory(found))] == [60, 36, 30, 24, 18, 12]


def test_entries_dated_back_still_show_that_the_feed_is_alive() -> None:
    before = remembering(Memory(), entries(every(HOUR, start=5 * DAY)))
    now = remembering(before, [*entries(every(HOUR, start=5 * DAY)), *entries([5.5 * DAY + 7])])
    assert observed(STATE, Memory(), before, NOW, SETTINGS)["newest_entry"] == NOW - timedelta(days=5)
    assert observed(STATE, before, now, NOW, SETTINGS)["newest_entry"] == NOW


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=60))
def test_the_typical_gap_is_one_of_the_gaps_and_never_a_short_one_by_time(gaps: list[float]) -> None:
    found = typical_gap(gaps)
    assert found in gaps
    assert sum(gap for gap in gaps if gap < found) <= 0.2 * sum(gaps) + 1e-6 * sum(gaps)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=40), st.lists(st.integers(0, 2**32 - 1), max_size=40))
def test_whatever_a_feed_dates_its_entries_the_interval_is_a_sane_number(published: list[int], seen: list[int]) -> None:
    found = [
        Seen(number.to_bytes(16, "big"), bytes(8), NO_LINK, 1, first, stamp, WINDOW | OWNER)
        for number, (stamp, first) in enumerate(zip(published, seen, strict=False))
    ]
    memory = remembering(Memory(), found)
    state = STATE.model_copy(update=observed(STATE, Memory(), memory, NOW, SETTINGS))
    assert state.newest_entry is not None
    assert state.newest_entry <= NOW
    assert 0 <= wanted_interval(state, SETTINGS, NOW) < 1e10
    assert patience(state) > 0


# ---- haste ------------------------------------------------------------------------------------------------------


def test_a_window_of_which_nothing_is_left_hurries_and_good_overlap_calms_down() -> None:
    first = remembering(Memory(), entries(every(MINUTE, 10, start=HOUR)))
    other = remembering(first, entries(every(MINUTE, 10)))
    assert turned_over(first, other)
    assert haste(STATE, NOW, first, other) == 2
    hasty = STATE.model_copy(update={"haste": 8.0, "last_poll": NOW})
    assert haste(hasty, NOW, first, other) == 16
    assert haste(hasty, NOW + timedelta(days=2)) == pytest.approx(4)
    assert haste(hasty, NOW + timedelta(days=2), other, other) == pytest.approx(4)
    assert haste(hasty, NOW + timedelta(days=365)) == 1
    assert haste(hasty.model_copy(update={"haste": MOST_HASTE}), NOW, first, other) == MOST_HASTE


def test_overlap_with_the_last_poll_is_no_turnover() -> None:
    first = remembering(Memory(), entries(every(MINUTE, 10, start=HOUR)))
    assert not turned_over(Memory(), first)
    assert not turned_over(first, remembering(first, []))
    assert not turned_over(first, remembering(first, entries(every(MINUTE, 9))))
    assert not turned_over(first, remembering(first, entries([*every(MINUTE, 10), HOUR])))
    known = remembering(first, entries(every(MINUTE, 10)))
    assert not turned_over(known, remembering(known, entries(every(MINUTE, 10, start=HOUR))))


# ---- silence ----------------------------------------------------------------------------------------------------


def test_a_feed_of_five_minutes_is_quiet_after_a_day_and_not_after_a_night() -> None:
    state = reading(*every(5 * MINUTE))
    assert quiet_since(*after(state, hours=9)) is None
    assert quiet_since(*after(state, hours=24)) == NOW


def test_a_monthly_feed_is_not_quiet_after_a_week_and_is_after_half_a_year() -> None:
    state = reading(*every(30 * DAY, 12))
    assert quiet_since(*after(state, days=7)) is None
    assert quiet_since(*after(state, days=70)) is None
    assert quiet_since(*after(state, days=180)) == NOW


def test_a_feed_that_rests_at_weekends_is_not_quiet_on_sunday_and_is_on_wednesday() -> None:
    state = reading(*(start + t for start in every(DAY, 4) for t in every(5 * MINUTE, 20)), longest_silence=64 * HOUR)
    assert quiet_since(*after(state, hours=62)) is None
    assert quiet_since(*after(state, days=5)) == NOW


def test_the_longest_silence_is_remembered_for_months_and_not_for_ever() -> None:
    state = reading(*every(5 * MINUTE), longest_silence=64 * HOUR)
    memory = remembering(Memory(), entries(every(5 * MINUTE)))
    week = observed(state, memory, memory, NOW + timedelta(days=7), SETTINGS)["longest_silence"]
    assert isinstance(week, float)
    assert 55 * HOUR < week < 64 * HOUR
    year = observed(state, memory, memory, NOW + timedelta(days=365), SETTINGS)["longest_silence"]
    assert isinstance(year, float)
    assert year < 2 * HOUR


def test_a_failing_feed_is_quiet_a_day_after_it_last_worked() -> None:
    state = reading(*every(30 * DAY, 12), failures=5)
    assert quiet_since(*after(state, hours=20)) is None
    assert quiet_since(*after(state, hours=30)) == NOW
    never = STATE.model_copy(update={"failures": 5})
    assert quiet_since(*after(never, days=90)) is None


def test_a_feed_of_unknown_rhythm_is_given_a_month() -> None:
    state = reading(0.0)
    assert quiet_since(*after(state, days=20)) is None
    assert quiet_since(*after(state, days=31)) == NOW


# ---- simulated feeds --------------------------------------------------------------------------------------------

means = st.floats(1.0, 5.0).map(lambda power: 10**power)
rhythms = st.one_of(
    means.map(lambda mean: (3, regular(max(mean, 10)))),
    st.tuples(st.integers(2, 8), st.floats(2 * HOUR, 2 * DAY), st.floats(1, 300)).map(lambda b: (3, bursts(*b))),
    st.tuples(st.floats(MINUTE, HOUR), st.integers(0, 9), st.integers(16, 24), st.integers(5, 7)).map(
        lambda h: (9, in_hours(regular(h[0]), *h[1:]))
    ),
)


@pytest.mark.once
# A simulation takes a second: looking for a smaller failing one would take longer than the test may.
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(rhythms, st.integers(0, 2**16))
def test_nothing_is_lost_of_a_feed_that_does_not_outrun_the_least_interval(rhythm: tuple[int, Gaps], seed: int) -> None:
    days, gaps = rhythm
    done = simulate(gaps, days=days, seed=seed, back=14)
    assert (done.lost, done.turned_over) == (0, 0)


@pytest.mark.parametrize("seed", [15, 2, 3])
@pytest.mark.parametrize("gaps", [in_hours(poisson(MINUTE), 0, 16, 6), in_hours(poisson(2 * MINUTE), 9, 17, 5)])
def test_a_feed_that_comes_at_random_is_caught_when_it_wakes_up(gaps: Gaps, seed: int) -> None:
    """By chance alone a windowful can come at once; four standard deviations is what its polls leave room for."""
    done = simulate(gaps, days=9, seed=seed, back=14)
    assert (done.lost, done.turned_over) == (0, 0)


@pytest.mark.parametrize(
    ("gaps", "share"),
    [
        (poisson(20 * MINUTE), 0.5),
        (poisson(3 * HOUR), 0.1),
        (poisson(DAY), 0.03),
        (poisson(30 * DAY), 0.03),
        (bursts(10, DAY, MINUTE), 0.2),
    ],
)
def test_slow_feeds_are_asked_far_less_often_than_every_five_minutes(gaps: Gaps, share: float) -> None:
    done = simulate(gaps, days=20)
    assert done.lost == 0
    assert done.requests_a_day < share * DAY / FIXED


def test_a_feed_that_begins_to_outrun_its_polls_is_caught_up_with() -> None:
    """Nothing in the past of a calm feed foretells bursts larger than its window; the first few teach."""

    def gaps(chance: random.Random) -> Iterator[float]:
        yield from islice(regular(6 * HOUR)(chance), 80)
        yield from bursts(60, 6 * HOUR, 10)(chance)

    done = simulate(gaps, days=30, back=14)
    assert done.turned_over > 0
    assert 0 < done.lost < 60
    assert done.published > 2000
