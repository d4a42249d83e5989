"""The gazetteer: names and positions of cities, Indian states and districts, and countries.

``locations.json`` names its sources and their licences; ``stream_apps.tagging.build_locations`` makes it. A name stands
for one place: the largest of that name, where one in India counts twenty times what it has in people.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("locations.json")


@dataclass(frozen=True)
class Location:
    """A point in degrees (WGS 84), the country by ISO 3166-1 and, in India, the state by ISO 3166-2."""

    latitude: float
    longitude: float
    country: str
    state: str | None = None
    area: bool = False
    """A country, a state, a region: the point is somewhere in the middle, and stands for nothing that happens there."""


def locate(identity: str) -> Location | None:
    """Where the place of this entity id is: ``nc:place:agra``, ``x:place:agra`` or ``wd:Q1191``.

    >>> locate("nc:place:agra").state
    'IN-UP'
    """
    return _location(identity if identity.startswith("wd:") else identity.rpartition(":")[2])


def find(name: str) -> Location | None:
    """Where the place of this name is, by any name that the alias files have for it, too.

    >>> find("Bombay") == find("mumbai")
    True
    """
    folded = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    return _location("-".join(re.findall(r"[^\W_]+", folded.replace("&", " and "))))


def _location(key: str) -> Location | None:
    row = _places().get(key)
    return Location(*row) if row else None


@cache
def _places() -> Mapping[str, Any]:
    content: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return content["places"]
