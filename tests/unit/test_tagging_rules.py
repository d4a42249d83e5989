"""Names by their form: designations, acronyms, titles, parts of names."""

from __future__ import annotations

import time

import pytest

from schemas.records import EntityType
from stream_apps.tagging import cues, names
from stream_apps.tagging.acronyms import definitions, initials, is_short_form
from stream_apps.tagging.designations import designations, people
from stream_apps.tagging.normalise import plain
from stream_apps.tagging.people import is_part
from stream_apps.tagging.salience import salience


def _designations(text: str) -> list[tuple[str, EntityType]]:
    return [(text[found.start : found.end], found.type) for found in designations(plain(text))]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Two KC\u2011135 Stratotanker aircraft refuelled it.", "KC\u2011135 Stratotanker", "PRODUCT"),
        ("Pilots flew the Su-30MKI over Pune.", "Su-30MKI", "PRODUCT"),
        ("Four F-16s took off.", "F-16", "PRODUCT"),
        ("The PSLV\u2013C67 flew, and PSLV rested.", "PSLV\u2013C67", "PRODUCT"),
        ("A Boeing 737 MAX turned back.", "Boeing 737 MAX", "PRODUCT"),
        ("An A321 neo turned back.", "A321 neo", "PRODUCT"),
        ("They sold TB-2 drones.", "TB-2", "PRODUCT"),
        ("The VL-SRSAM Mk-2 was tested.", "VL-SRSAM Mk-2", "PRODUCT"),
        ("On board INS Vikrant sailors cheered.", "INS Vikrant", "PRODUCT"),
        ("Under Operation Rakshak they left.", "Operation Rakshak", "EVENT"),
        (
            "He was booked under the Unlawful Activities (Prevention) Act.",
            "Unlawful Activities (Prevention) Act",
            "LAW",
        ),
        ("They get aid under the Pradhan Mantri Awas Yojana now.", "Pradhan Mantri Awas Yojana", "LAW"),
        ("Students of IIT-Madras won.", "IIT-Madras", "ORG"),
        ("An officer, R B Sreekumar, spoke.", "R B Sreekumar", "PERSON"),
    ],
)
def test_designations(text: str, name: str, kind: EntityType) -> None:
    assert _designations(text) == [(name, kind)]


@pytest.mark.parametrize(
    "text",
    ["The U-19 team lost.", "COVID-19 cases fell.", "The G-20 met.", "An operation was made.", "Act now, said Bill.",
     "On NH-44 a lorry fell.", "He was in the operation theatre.", "The U S Army left."],
)  # fmt: skip
def test_what_only_looks_like_a_designation(text: str) -> None:
    assert _designations(text) == []


@pytest.mark.parametrize("unit", ["Aa ", "A.", "A ", "Operation A", "KC-1", "(A", "Act of ", "Mr A Bb ", "- ", "A-1 "])
def test_hostile_text_takes_no_longer_than_its_length_allows(unit: str) -> None:
    text = (unit * 100_000)[:100_000] + " Act Yojana Yatra Mk neo"
    started = time.process_time()
    designations(text)
    people(text)
    list(definitions(text))
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "short", "long_form"),
    [
        ("the Central Water Commission (CWC) said", "CWC", "Central Water Commission"),
        ("the Directorate General of Shipping (DGS)", "DGS", "Directorate General of Shipping"),
        ("Foreign institutional investors (FIIs) sold", "FIIs", "Foreign institutional investors"),
        ("CWC (Central Water Commission) said", "CWC", "Central Water Commission"),
        ("It rained. The Lake Board (LB) met", "LB", "Lake Board"),
    ],
)
def test_definitions(text: str, short: str, long_form: str) -> None:
    assert [(d.short, text[d.start : d.end]) for d in definitions(text)] == [(short, long_form)]


@pytest.mark.parametrize(
    "text", ["Anand Das (34) left", "Lake Board (Pune) met", "He met Ltd (CWC)", "Lake. Board (LB)", "the water (CWC)"]
)
def test_what_defines_nothing(text: str) -> None:
    assert list(definitions(text)) == []


def test_short_forms_and_initials() -> None:
    assert is_short_form("CUET-UG")
    assert not is_short_form("Ltd")
    assert initials("Wildlife Institute of India") == "WII"


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("Chief Financial Officer Anil Das", "PERSON", "Anil Das"),
        ("Shri Anil Das's", "PERSON", "Anil Das"),
        ("Smt. Radha Devi", "PERSON", "Radha Devi"),
        ("Chairman and Managing Director R Das", "PERSON", "R Das"),
        ("Lt Gen (Retd) A K Rao", "PERSON", "A K Rao"),
        ("Acharya ji", "PERSON", "Acharya"),
        ("Chief Minister", "PERSON", ""),
        ("the U.S.", "PLACE", "U.S."),
        ("Janata Dal (United)", "ORG", "Janata Dal (United)"),
        ("Lake Polymers Limited: Founded", "ORG", "Lake Polymers Limited"),
        ("court", "ORG", ""),
        ("Court", "ORG", ""),
    ],
)
def test_the_name_within_a_span(text: str, kind: EntityType, name: str) -> None:
    start, end = names.trim(text, 0, len(text), kind)
    assert text[start:end] == name


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Lake Polymers Ltd", "Lake Polymers Pvt. Ltd.", "ORG"),
        ("The Lake Board", "Lake Board", "ORG"),
        ("A321-neo", "Airbus A321 neo", "PRODUCT"),
        ("VL\u2011SRSAM Mk\u20112", "VLSRSAM Mk2", "PRODUCT"),
        ("M. K. Das", "MK Das", "PERSON"),
        ("Hélène Roux", "Helene Roux", "PERSON"),
    ],
)
def test_spellings_of_one_thing_have_one_key(one: str, other: str, kind: EntityType) -> None:
    assert names.key(one, kind) == names.key(other, kind)


def test_a_bare_number_keeps_its_maker() -> None:
    assert names.key("Boeing 737", "PRODUCT") == ("boeing737",)


@pytest.mark.parametrize(
    ("short", "full", "part"),
    [
        ("das", "anand das", True),
        ("anand", "anand das", True),
        ("padmaja rani", "k padmaja rani", True),
        ("mk das", "mohan kumar das", True),
        ("r das", "ravi das", True),
        ("prabhakar rao", "prabhakar k rao", True),
        ("mr das", "ravi mohan das", False),
        ("das", "das", False),
        ("k", "k rani", False),
        ("ravindran", "mv ravindranath", False),
    ],
)
def test_parts_of_a_name(short: str, full: str, part: bool) -> None:
    assert is_part(tuple(short.split()), tuple(full.split())) is part


def test_words_around_a_name_tell_what_it_is() -> None:
    text = "Police said Mr Vemula, 34, left. Chairman Bagga came to a hall near Kovalam on Friday."
    at = {name: (text.index(name), text.index(name) + len(name)) for name in ("Bagga", "Kovalam", "Friday")}
    assert cues.place_votes(text, *at["Kovalam"]) > 0
    assert cues.place_votes(text, *at["Friday"]) == 0


def test_salience_grows_with_count_earliness_and_headline() -> None:
    most = salience(5, 5, 0, 1000, in_headline=True)
    assert most == 1.0
    assert salience(5, 5, 0, 1000, in_headline=False) < most
    assert salience(1, 5, 0, 1000, in_headline=True) < most
    assert salience(5, 5, 900, 1000, in_headline=True) < most
    assert salience(1, 1, None, 0, in_headline=True) > 0
