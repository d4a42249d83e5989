"""Printed dates and places of datelines."""

from __future__ import annotations

from datetime import date

import pytest

from stream_apps.text import dateline_places as places
from stream_apps.text.credits import read_credits
from stream_apps.text.days import day_of

PUBLISHED = date(2025, 6, 20)  # a Friday


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("Jun 18", date(2025, 6, 18)),
        ("18 June", date(2025, 6, 18)),
        ("June 18th", date(2025, 6, 18)),
        ("Sept. 2", date(2025, 9, 2)),
        ("Dec 30", date(2024, 12, 30)),
        ("18.6.2025", date(2025, 6, 18)),
        ("18/06/25", date(2025, 6, 18)),
        ("06/18/2025", date(2025, 6, 18)),
        ("2025-06-18", date(2025, 6, 18)),
        ("June 18, 2019", date(2019, 6, 18)),
        ("Wednesday", date(2025, 6, 18)),
        ("Friday", date(2025, 6, 20)),
        ("Wednesday, June 18", date(2025, 6, 18)),
        ("18 जून", date(2025, 6, 18)),
        ("Feb 30", None),
        ("31.31.2025", None),
    ],
)
def test_a_printed_date_is_resolved_near_the_day_of_publication(printed: str, day: date | None) -> None:
    assert day_of(printed, PUBLISHED) == day


def test_a_leap_day_lies_in_a_leap_year() -> None:
    assert day_of("Feb 29", date(2025, 3, 2)) == date(2024, 2, 29)


def test_the_turn_of_the_year() -> None:
    assert day_of("Dec 31", date(2026, 1, 1)) == date(2025, 12, 31)
    assert day_of("Jan 1", date(2025, 12, 31)) == date(2026, 1, 1)


def test_without_the_day_of_publication_only_a_full_date_is_known() -> None:
    assert day_of("Jun 18", None) is None
    assert day_of("Wednesday", None) is None
    assert day_of("Jun 18, 2025", None) == date(2025, 6, 18)


@pytest.mark.parametrize(
    ("printed", "named"),
    [
        ("NEW DELHI", ("New Delhi",)),
        ("HUBBALLI, Karnataka", ("Hubballi",)),
        ("LONDON/FRANKFURT", ("London", "Frankfurt")),
        ("Delhi, Mumbai", ("Delhi", "Mumbai")),
        ("SYDNEY and KUALA LUMPUR", ("Sydney", "Kuala Lumpur")),
        ("ST JOHN'S", ("St John's",)),
        ("WASHINGTON D.C.", ("Washington D.C.",)),
        ("Jammu and Kashmir", ("Jammu and Kashmir",)),
        ("Chennai, Tamil Nadu, India", ("Chennai",)),
    ],
)
def test_places(printed: str, named: tuple[str, ...]) -> None:
    assert places.split(printed) == named


def test_the_record_of_a_dateline() -> None:
    text = "NEW DELHI/Jaipur [India], Jun 18 (ANI): The ferry was stopped."
    found = read_credits(text, published=PUBLISHED).dateline
    assert found is not None
    assert (found.place, found.places) == ("New Delhi/Jaipur", ("New Delhi", "Jaipur"))
    assert (found.date, found.day) == ("Jun 18", date(2025, 6, 18))
    assert text[slice(*found.span)] == "NEW DELHI/Jaipur [India], Jun 18 (ANI):"
