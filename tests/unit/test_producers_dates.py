"""Dates as feeds write them: forms from public records, what they can mean, and what decides where two things can."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from babel.dates import format_datetime
from hypothesis import given
from hypothesis import strategies as st

from producers.formats import date_words
from producers.formats.date_text import read
from producers.formats.dates import Customs, Listed, customs_of, from_feed, from_iso
from producers.formats.parse import parse_feed

FORMS = Path(__file__).parents[1] / "data" / "dates"
URL = "https://feeds.kaveripost.example/rss/top.xml"


def forms(name: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in (FORMS / name).read_text("utf-8").splitlines()]


def as_feed(form: Mapping[str, Any]) -> bytes:
    """A feed whose first entry has that date; ``others`` are the dates of further ones."""
    texts = [form["text"], *form.get("others", ())]
    items = "".join(
        f"<item><title>Dated {number}</title><link>https://www.kaveripost.example/d{number}</link>"
        f"<pubDate>{escape(text)}</pubDate></item>"
        for number, text in enumerate(texts)
    )
    language = f"<language>{form['language']}</language>" if "language" in form else ""
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Kaveri Post</title>{language}{items}"
        "</channel></rss>"
    ).encode()


@pytest.mark.parametrize("form", [*forms("forms.jsonl"), *forms("held_out.jsonl")], ids=lambda form: form["text"])
def test_a_form_is_read_as_its_reader_would_or_not_at_all(form: Mapping[str, Any]) -> None:
    parsed = parse_feed(as_feed(form), URL, listed=Listed(timezone=form.get("timezone")))
    published = parsed.entries[0].published
    assert (published.isoformat() if published else None) == form["expected"]


MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2068, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
PATTERNS = (
    "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y",
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y%m%dT%H%M%SZ", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S",
    "%d %B %Y %I:%M:%S %p", "%B %d, %Y, %I:%M:%S %p UTC", "%d.%m.%Y %H:%M:%S", "%H:%M:%S, %d %b %Y",
    "%G-W%V-%uT%H:%M:%SZ", "%Y-%jT%H:%M:%SZ", "%a, %d/%m/%Y - %H:%M:%S", "%a, %m/%d/%Y %H:%M:%S",
)  # fmt: skip


@given(MOMENTS, st.sampled_from(PATTERNS))
def test_what_a_program_writes_is_read_or_left_and_never_read_wrong(moment: datetime, pattern: str) -> None:
    found = from_feed(moment.strftime(pattern))
    unclear = "/" in pattern and pattern[:2] == "%a" and moment.day <= 12
    assert found == moment or (unclear and found is None)


@given(MOMENTS, st.integers(-47, 55))
def test_an_offset_is_read_however_it_is_written(moment: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    local = moment.astimezone(zone)
    if not 1990 <= local.year <= 2068:
        return
    offset = local.strftime("%z")
    colon = f"{offset[:3]}:{offset[3:]}"
    for ending in (offset, f" {offset}", colon, f" GMT{colon}", f" UTC {colon}", f" GMT {offset}", f" ({offset})"):
        assert from_feed(local.strftime(f"%d %b %Y %H:%M:%S{ending}")) == moment
    assert from_feed(local.strftime(f"%Y-%m-%dT%H:%M:%S{offset}")) == moment


DAYS = (
    "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%b. %d, %Y", "%Y/%m/%d", "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y",
    "%a, %d %b %y", "%A %d %B %Y", "%a %b %d %Y", "%dth of %B %Y", "%Y, %B %d",
)  # fmt: skip
CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S%p", "%I.%M %p", "%H:%M hrs", "%Hh%M", "%I:%M %p.")
ZONES = {
    "": 0, "GMT": 0, "Z": 0, "IST": 330, "+0530": 330, "+05:30": 330, "GMT+5:30": 330, "GMT +0530": 330, "(IST)": 330,
    "UTC+05:30": 330, "-0330": -210, "+0545": 345, "Asia/Kolkata": 330, "+0530 IST": 330, "India Standard Time": 330,
    "EST": -300, "AEST": 600, "CET": 60, "+5:30": 330, "MSK": 180,
}  # fmt: skip
ORDERS = (
    "{day}, {clock} {zone}",
    "{day} {clock} {zone}",
    "{clock} {zone}, {day}",
    "{day} - {clock} {zone}",
    "{day} at {clock} {zone}",
)


@given(MOMENTS, st.sampled_from(DAYS), st.sampled_from(CLOCKS), st.sampled_from(sorted(ZONES)), st.sampled_from(ORDERS))
def test_any_day_with_any_clock_and_zone_is_right_or_none(
    moment: datetime, day: str, clock: str, zone: str, order: str
) -> None:
    local = moment.replace(second=0) + timedelta(minutes=ZONES[zone])
    text = order.format(day=local.strftime(day), clock=local.strftime(clock), zone=zone)
    found = from_feed(text, customs_of(Listed("en-IN"), None, None))
    assert found in (moment.replace(second=0), None)
    assert found is not None or "-0330" in text or not 1991 <= local.year <= 2067


@given(st.dates(date(1990, 1, 2), date(2068, 1, 1)), st.sampled_from("-/. "))
def test_of_numbers_in_an_unknown_order_a_day_is_right_or_none(day: date, separator: str) -> None:
    for pattern in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%d{0}%m{0}%y"):
        found = from_feed(day.strftime(pattern.format(separator)))
        if separator == "." and pattern.startswith("%m"):
            continue  # nobody writes that, and so it is read the other way
        assert found is None or found.date() == day or (pattern.endswith("%y") and day.day != found.day)


@given(st.text(max_size=80) | st.text("0123456789 :/.-+TZapm,JunThISTGMT", max_size=40))
def test_no_text_raises_and_what_is_read_is_in_bounds(text: str) -> None:
    found = from_iso(text)
    assert found is None or (found.tzinfo is UTC and 1990 <= found.year <= 2200)


@pytest.mark.parametrize("number", [1781758800, 1781758800000, 1781758800.5])
def test_a_number_is_an_epoch(number: float) -> None:
    found = from_feed(number)
    assert found == datetime(2026, 6, 18, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("none", [None, True, 0, -1, 7, 20260618.0, [], {}, float("nan"), float("inf"), 10**400])
def test_what_is_no_text_and_no_epoch_is_no_date(none: object) -> None:
    assert from_feed(none) is None


# ---- what decides where a date means two things -----------------------------------------------------------------

OPEN = "03/06/2026 10:30"
THIRD, SIXTH = datetime(2026, 6, 3, 10, 30, tzinfo=UTC), datetime(2026, 3, 6, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("listed", "language", "address", "expected"),
    [
        (Listed("en-IN"), "en-US", "https://a.example/", THIRD),
        (Listed("en-US"), "en-IN", "https://a.in/", SIXTH),
        (Listed(timezone="America/New_York"), None, None, datetime(2026, 3, 6, 15, 30, tzinfo=UTC)),
        (Listed(timezone="Asia/Kolkata"), None, None, datetime(2026, 6, 3, 5, 0, tzinfo=UTC)),
        (Listed(), "ta", "https://a.example/", THIRD),
        (Listed(), "en", "https://www.a.in/", THIRD),
        (Listed(), None, "https://www.a.co.uk/", THIRD),
        (Listed(), "en-US", "https://www.a.in/", None),
        (Listed(), "en-us", "https://a.io/", None),
        (Listed(), "en", "https://a.example/", None),
        (Listed(), None, "https://[", None),
    ],
)
def test_the_list_then_language_and_country_tell_day_from_month(
    listed: Listed, language: str | None, address: str | None, expected: datetime | None
) -> None:
    assert from_feed(OPEN, customs_of(listed, language, address)) == expected


def test_what_the_feed_shows_counts_more_than_what_is_said_of_it() -> None:
    shown = customs_of(Listed("en-IN"), "en-IN", "https://a.in/", ["06/18/2026 09:00", OPEN])
    assert from_feed(OPEN, shown) == SIXTH
    torn = customs_of(Listed("en-IN"), "en-IN", "https://a.in/", ["06/18/2026", "18/06/2026"])
    assert from_feed(OPEN, torn) is None
    assert from_feed("18/06/2026", torn) == datetime(2026, 6, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("03/06/2026", "en-US", datetime(2026, 3, 6, tzinfo=UTC)),
        ("03-06-2026", "en-US", None),
        ("03.06.2026", "en-US", datetime(2026, 6, 3, tzinfo=UTC)),
        ("03.06.2026", None, datetime(2026, 6, 3, tzinfo=UTC)),
        ("03.06.26", "hu", datetime(2003, 6, 26, tzinfo=UTC)),
        ("03-06-2026", "en-GB", datetime(2026, 6, 3, tzinfo=UTC)),
    ],
)
def test_what_parts_the_numbers_counts(text: str, language: str | None, expected: datetime | None) -> None:
    assert from_feed(text, customs_of(Listed(), language, "https://a.example/")) == expected


def test_a_zone_that_nobody_has_is_utc_and_one_of_the_list_is_for_dates_without() -> None:
    customs = customs_of(Listed(timezone="Asia/Kolkata"), None, None)
    assert from_feed("2026-06-18 10:30", customs) == datetime(2026, 6, 18, 5, 0, tzinfo=UTC)
    assert from_feed("2026-06-18 10:30 GMT", customs) == datetime(2026, 6, 18, 10, 30, tzinfo=UTC)
    assert customs_of(Listed(timezone="Nowhere/Town"), None, None).zone is UTC


@pytest.mark.parametrize(
    ("text", "language", "region", "expected"),
    [
        ("Thu, 18 Jun 2026 10:30 IST", "he", "IL", "07:30"),
        ("Thu, 18 Jun 2026 10:30 IST", "en", "IE", "09:30"),
        ("Thu, 18 Jun 2026 10:30 CST", "zh", "CN", "02:30"),
        ("Thu, 18 Jun 2026 10:30 CST", None, None, "16:30"),
    ],
)
def test_an_abbreviation_means_what_it_means_in_the_feeds_country(
    text: str, language: str | None, region: str | None, expected: str
) -> None:
    found = from_feed(text, Customs(language=language, region=region))
    assert found is not None
    assert f"{found:%H:%M}" == expected


def test_a_month_that_two_languages_name_is_the_one_of_the_feed() -> None:
    text = "18 lis 2026"
    assert {day for reading in [read(text)] if reading for day in reading.days.values()} == set()
    assert from_feed(text, Customs(language="pl")) == datetime(2026, 11, 18, tzinfo=UTC)
    assert from_feed(text, Customs(language="hr")) == datetime(2026, 10, 18, tzinfo=UTC)


def first_senses(*words: str, language: str | None = None) -> tuple[date_words.Sense, ...]:
    return next(filter(None, date_words.senses(words, language)), ())


def test_words_of_any_language_are_months_and_days_of_the_week() -> None:
    assert {sense.month for name in ("जून", "জুন", "ஜூன்", "జూన్") for sense in first_senses(name)} == {6}
    assert first_senses("गुरुवार", "जून", language="hi") == (date_words.Sense(6, 3),)
    assert first_senses("thu", "जून") == (date_words.Sense(6, 3),)
    assert first_senses("zzz") == ()
    assert from_feed("mar, 16-06-2026") == from_feed("mar 16 giu 2026") == datetime(2026, 6, 16, tzinfo=UTC)


LANGUAGES = (
    "en", "en_GB", "en_US", "en_IN", "hi", "mr", "ne", "bn", "as", "or", "gu", "pa", "ta", "te", "kn", "ml", "ur",
    "kok", "sd", "mai", "doi", "si", "de", "fr", "es", "pt", "it", "nl", "da", "sv", "nb", "fi", "pl", "cs", "sk",
    "hu", "ro", "bg", "ru", "uk", "el", "tr", "hr", "sl", "mk", "be", "lt", "lv", "et", "ca", "gl", "eu", "is", "ga",
    "cy", "sq", "id", "ms", "ar", "he", "ko", "ja", "zh",
)  # fmt: skip
FORMATS = ("EEEE, d MMMM y HH:mm:ss", "EEE, dd MMM y HH:mm", "d MMMM y, HH:mm", "MMMM d, y, h:mm a")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_as_the_language_itself_writes_it_is_never_read_wrong(language: str) -> None:
    customs = customs_of(Listed(language.replace("_", "-")), None, None)
    days = [datetime(2026, month, day, 17, 5, tzinfo=UTC) for month in range(1, 13) for day in (3, 27)]
    texts = [(day, format_datetime(day, form, locale=language)) for day in days for form in FORMATS]
    found = [(day, from_feed(text, customs)) for day, text in texts]
    assert [(day, read) for day, read in found if read not in (day, None)] == []
    # Those without names of months write the year first; others lose a form of the afternoon at most.
    least = 0 if language in ("ko", "ja", "zh") else 0.75 * len(texts) - 6
    assert sum(read is not None for _, read in found) >= least


def test_customs_travel_between_processes() -> None:
    customs = customs_of(Listed("hi", "Asia/Kolkata"), None, None)
    assert pickle.loads(pickle.dumps(customs)) == customs
