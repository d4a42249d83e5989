"""The gazetteer of places: its licences, and where it puts what."""

from __future__ import annotations

import json
import re

import pytest

from stream_apps.geography.gazetteer import FILE, find, locate
from stream_apps.tagging.alias_files import built_in
from stream_apps.tagging.build_locations import CITIES_TOO, DIRECTIONS, STATES
from stream_apps.tagging.normalise import words

CONTENT = json.loads(FILE.read_text(encoding="utf-8"))


def test_each_source_is_named_with_its_licence() -> None:
    assert {source["licence"] for source in CONTENT["sources"]} == {"CC-BY-4.0", "public domain"}
    assert all(source["name"] and source["package"] for source in CONTENT["sources"])


def test_every_row_is_a_point_on_earth_in_a_country() -> None:
    for key, (latitude, longitude, country, *rest) in CONTENT["places"].items():
        assert -90 <= latitude <= 90, key
        assert -180 <= longitude <= 180, key
        assert re.fullmatch("[A-Z]{2}", country), key
        state = rest[0] if rest else None
        assert state is None or (country == "IN" and state.removeprefix("IN-") in STATES.values()), key


def test_every_country_and_state_of_the_alias_files_is_found_under_its_id() -> None:
    for place in built_in().entities.values():
        if place.type == "PLACE" and (place.schema_ == "Country" or place.name in STATES):
            location = locate(place.id)
            assert location is not None, place.id
            assert location.area == (place.name not in CITIES_TOO), place.id


@pytest.mark.parametrize(
    ("name", "country", "state"),
    [
        ("Nagpur", "IN", "IN-MH"),
        ("Bombay", "IN", "IN-MH"),
        ("Calcutta", "IN", "IN-WB"),
        ("Salem", "IN", "IN-TN"),
        ("Chandrapur", "IN", "IN-MH"),
        ("Pondicherry", "IN", "IN-PY"),
        ("Gorakhpur", "IN", "IN-UP"),
        ("Leh", "IN", "IN-LA"),
        ("Hyderabad", "IN", "IN-TS"),
        ("Wellington", "NZ", None),
        ("Bali", "ID", None),
        ("São Paulo", "BR", None),
        ("Trinidad & Tobago", "TT", None),
        ("London", "GB", None),
    ],
)
def test_a_name_stands_for_the_place_that_is_meant(name: str, country: str, state: str | None) -> None:
    location = find(name)
    assert location is not None
    assert (location.country, location.state) == (country, state)


@pytest.mark.parametrize("name", ["Africa", "Europe", "Kumbharwadi", "", "!", *DIRECTIONS])
def test_what_is_nowhere_in_particular_has_no_location(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize("name", ["St. John's", "Dar es Salaam", "Navi Mumbai", "Côte d'Ivoire", "Trinidad & Tobago"])
def test_names_are_folded_as_ids_are(name: str) -> None:
    assert find(name) == locate(f"x:place:{'-'.join(words(name))}")
