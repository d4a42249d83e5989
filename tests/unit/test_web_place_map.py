"""Maps: every place is on its map, and the land is nowhere beside it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from stream_apps.web.place_map import MapPlace, place_map

PLACES = st.lists(
    st.builds(
        MapPlace,
        name=st.text(alphabet="abc", min_size=1, max_size=8),
        latitude=st.floats(-60, 75),
        longitude=st.floats(-179, 179),
        articles=st.integers(1, 50),
    ),
    min_size=1,
    max_size=20,
)


@given(PLACES)
def test_places_and_land_lie_within_the_drawing(places: list[MapPlace]) -> None:
    drawn = place_map(places)
    assert drawn is not None
    assert sorted(spot.name for spot in drawn.spots) == sorted(place.name for place in places)
    assert all(0 <= spot.x <= drawn.width and 0 <= spot.y <= drawn.height for spot in drawn.spots)
    for x, y in re.findall(r"(-?[\d.e+-]+) (-?[\d.e+-]+)", drawn.land):
        assert -0.1 <= float(x) <= drawn.width + 0.1
        assert -0.1 <= float(y) <= drawn.height + 0.1


def test_no_places_no_map() -> None:
    assert place_map([]) is None


def test_a_town_is_shown_with_the_coast_around_it() -> None:
    drawn = place_map([MapPlace("Mumbai", 19.07, 72.88, 3)])
    assert drawn is not None
    assert drawn.land.count("L") > 20
    (spot,) = drawn.spots
    assert abs(spot.x - drawn.width / 2) < 1
    assert spot.labelled


def test_of_two_names_too_close_the_one_that_more_articles_name_is_written() -> None:
    drawn = place_map(
        [MapPlace("Thane", 19.2, 72.97, 2), MapPlace("Mumbai", 19.07, 72.88, 9), MapPlace("Kochi", 9.93, 76.26, 1)]
    )
    assert drawn is not None
    assert {spot.name for spot in drawn.spots if spot.labelled} == {"Mumbai", "Kochi"}
