"""Reports that are told anew each day: of another day they are of another event."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import copies
from bench.events import b_cubed
from stream_apps.dedup import days
from stream_apps.dedup.events import periodic
from stream_apps.dedup.events.graph import EventGraph, StoryReport
from stream_apps.evidence.evaluate import find_stories
from stream_apps.text import terms

HOUR = 3600.0
CLOSE, OPENING, WRAP = 10.5 * HOUR, 4 * HOUR, 24.25 * HOUR
"""Seconds from midnight: reports of the close, of the opening, and of markets of the day, told past midnight."""
RUPEE = (
    "The rupee ended 19 paise weaker against the greenback at the interbank market, forex dealers said in Mumbai.",
    "Forex dealers in Mumbai saw the rupee 19 paise down against the greenback; interbank volumes were thin.",
)


def _kinds(text: str) -> list[str]:
    found = periodic.kinds(terms.pack("", text))
    return [name for number, name in enumerate(periodic.KINDS) if found >> number & 1]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (RUPEE[0], ["currency"]),
        ("The Sensex fell 90 points, the Nifty 20; laggards were led by banks.", ["shares"]),
        ("A litre of petrol costs Rs 96 in Delhi, a litre of diesel Rs 89.", ["fuel"]),
        ("It was 34 degrees Celsius at most, notches above normal, with humidity at 40 per cent.", ["temperature"]),
        ("The caseload rose to 1,904, with a positivity of 2 per cent and recoveries of 365.", ["tally"]),
        ("Silver fell; jewellers and stockists stayed away from the bullion market.", ["bullion"]),
        ("Brent crude fell to 70 dollars a barrel.", ["crude"]),
        ("Cumin fetched Rs 4,200 a quintal at the wholesale mandi of Unjha, where arrivals were thin.", ["produce"]),
        ("An earthquake of magnitude 4.4 shook Kutch; its epicentre lay near Rapar.", ["earthquake"]),
        ("Hail cost the growers of Shopian a quarter of their apples.", ["harvest"]),
        ("The magnitude of the deficit shook the council of Rapar.", []),
        ("Growers of Shopian met the minister over loans.", []),
        ("Tankers stopped at the Panvel depot, and pumps may run dry of petrol and diesel.", []),
        ("Shares of Sahyagiri Bank fell by a fifth after its auditor quit, and the Nifty fell.", []),
        ("The rupee symbol was drawn by a student of design.", []),
        ("", []),
    ],
)
def test_a_kind_is_known_by_several_of_its_words(text: str, kinds: list[str]) -> None:
    assert _kinds(text) == kinds


@given(st.lists(st.tuples(st.integers(0, 1023), st.integers(0, 60 * 24 * 9)), min_size=2, max_size=6))
def test_of_two_reports_each_is_of_another_day_than_the_other(reports: list[tuple[int, int]]) -> None:
    kinds = np.array([kind for kind, _ in reports])
    by_day = kinds & periodic.BY_DAY
    times = np.array([60.0 * minutes for _, minutes in reports])
    found = np.array([periodic.of_other_days(k, t, kinds, times) for k, t in zip(kinds, times, strict=True)])
    assert (found == found.T).all()
    assert not found.diagonal().any()
    assert not found[np.abs(times[:, None] - times) <= days.SAME_DAY].any()
    assert not found[(by_day[:, None] & by_day) == 0].any()
    assert found.tolist() == [
        [bool(a & b) and days.on_other_day(s, t) for b, t in zip(by_day, times, strict=True)]
        for a, s in zip(by_day, times, strict=True)
    ]


@pytest.mark.parametrize(
    ("one", "other", "events"),
    [
        (OPENING, CLOSE, 1),
        (22 * HOUR, WRAP, 1),  # an evening's report, and what was told of the same past midnight
        (CLOSE, 24 * HOUR + OPENING, 2),
        (CLOSE, 24 * HOUR + CLOSE, 2),
    ],
)
def test_reports_of_one_day_are_one_event_and_of_two_days_are_two(one: float, other: float, events: int) -> None:
    graph = EventGraph()
    for number, (text, published) in enumerate(zip(RUPEE, (one, other), strict=True)):
        graph.put(number, bytes([number]) * 16, StoryReport(terms.pack("", text), published))
    assert len({graph.event_of(number) for number in range(2)} - {None}) == (events == 1)


QUAKE = (
    "An earthquake of magnitude 4.4 struck Kutch in Gujarat on Monday morning, with its epicentre 12 km from Rapar.",
    "Tremors shook Rapar and other towns of Kutch in Gujarat on Monday; no damage was reported by Rapar's police.",
    "An earthquake of magnitude 3.8 struck Doda in Jammu on Monday evening, with its epicentre 9 km from Bhaderwah.",
)
SEED = (
    "Cumin fetched Rs 4,200 a quintal at the wholesale mandi of Unjha, where arrivals were thin and traders few.",
    "Pepper fetched Rs 68,060 a quintal at the wholesale mandi of Kochi, where arrivals were thin and traders few.",
)


@pytest.mark.parametrize(
    ("one", "other", "events"),
    [
        (QUAKE[0], QUAKE[1], 1),  # of one place, in words of their own
        (QUAKE[0], QUAKE[2], 2),  # of two districts, in the same words
        (SEED[0], SEED[1], 2),
        (SEED[0], SEED[0].replace("traders few", "buyers slow"), 1),
        ("Hail broke the blossom of growers in Shopian.", "Frost spoilt the blossom of growers in Antrim.", 2),
        ("A quake shook hills, and tremors went on.", "The quake shook hills; tremors were felt.", 1),  # no names
    ],
)
def test_reports_of_one_kind_and_two_places_are_two_events(one: str, other: str, events: int) -> None:
    graph = EventGraph()
    for number, text in enumerate((one, other)):
        graph.put(number, bytes([number]) * 16, StoryReport(terms.pack("", text), CLOSE))
    assert len({graph.event_of(number) for number in range(2)} - {None}) == (events == 1)


def test_reports_of_many_kinds_and_news_that_speaks_of_the_same() -> None:
    sample = copies.periodic()
    assert b_cubed(find_stories(sample.lines).report()["events"], sample.events) == (1.0, 1.0, 1.0)
