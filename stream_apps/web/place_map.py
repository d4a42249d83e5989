"""A small map of places: points over the outline of the land, without borders and without foreign tiles. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path
from typing import Final

Point = tuple[float, float]
"""Longitude and latitude in degrees, or x and y of a drawing."""
FILE: Final = Path(__file__).with_name("land.json")
WIDTH: Final = 320.0
LEAST: Final = 14.0
"""Degrees of latitude that a map shows at least: one with a single town has a coast to know it by."""
MARGIN: Final = 0.15
MAX_LABELS: Final = 12
LABEL_HEIGHT: Final = 12.0


@dataclass(frozen=True)
class MapPlace:
    """A place to show, and the number of articles that name it."""

    name: str
    latitude: float
    longitude: float
    articles: int


@dataclass(frozen=True)
class Spot:
    """A place as drawn. ``left``: its name is to its left; without ``labelled`` there was no room for a name."""

    name: str
    articles: int
    x: float
    y: float
    radius: float
    left: bool
    labelled: bool


@dataclass(frozen=True)
class PlaceMap:
    """A drawing of ``width`` by ``height``; ``land`` is an SVG path."""

    width: float
    height: float
    land: str
    spots: tuple[Spot, ...]


def place_map(places: Sequence[MapPlace]) -> PlaceMap | None:
    """Draw an equirectangular map of some places; None without any."""
    if not places:
        return None
    frame = _Frame.around([(place.longitude, place.latitude) for place in places])
    return PlaceMap(WIDTH, frame.height, _path(frame), _spots(places, frame))


@dataclass(frozen=True)
class _Frame:
    """The visible part of the world."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> _Frame:
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        width, height = (east - west) * (1 + 2 * MARGIN), (north - south) * (1 + 2 * MARGIN)
        height = max(height, LEAST, width / 2)
        width = max(width, height)
        x, y = (west + east) / 2, (south + north) / 2
        return cls(x - width / 2, max(y - height / 2, -90), x + width / 2, min(y + height / 2, 90))

    @property
    def height(self) -> float:
        """Return the height of the drawing, with degrees of longitude scaled by its middle latitude."""
        narrow = max(cos(radians((self.south + self.north) / 2)), 0.2)
        return round(WIDTH * (self.north - self.south) / ((self.east - self.west) * narrow), 1)

    def draw(self, point: Point) -> Point:
        x = WIDTH * (point[0] - self.west) / (self.east - self.west)
        y = self.height * (self.north - point[1]) / (self.north - self.south)
        return round(x, 1), round(y, 1)


def _path(frame: _Frame) -> str:
    drawn = ([frame.draw(point) for point in _clipped(ring, frame)] for ring in _land() if _touches(ring, frame))
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in drawn if len(ring) > 2)


def _touches(ring: Sequence[Point], frame: _Frame) -> bool:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return min(xs) < frame.east and max(xs) > frame.west and min(ys) < frame.north and max(ys) > frame.south


def _clipped(ring: Sequence[Point], frame: _Frame) -> list[Point]:
    """Clip a ring to the frame (Sutherland and Hodgman, 1974)."""
    kept = list(ring)
    for axis, bound, above in (
        (0, frame.west, True),
        (0, frame.east, False),
        (1, frame.south, True),
        (1, frame.north, False),
    ):
        kept = _clipped_at(kept, axis, bound, above=above)
    return kept


def _clipped_at(ring: Sequence[Point], axis: int, bound: float, *, above: bool) -> list[Point]:
    kept: list[Point] = []
    for before, here in zip((*ring[-1:], *ring[:-1]), ring, strict=True):
        inside, was_inside = ((point[axis] >= bound) == above for point in (here, before))
        if inside != was_inside:
            share = (bound - before[axis]) / (here[axis] - before[axis])
            kept.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
        if inside:
            kept.append(here)
    return kept


def _spots(places: Iterable[MapPlace], frame: _Frame) -> tuple[Spot, ...]:
    """Return the places by articles, most first, since of two that are too close only the first is labelled."""
    ranked = sorted(places, key=lambda place: (-place.articles, place.name))
    most = max(place.articles for place in ranked)
    spots: list[Spot] = []
    for place in ranked:
        x, y = frame.draw((place.longitude, place.latitude))
        left = x > WIDTH * 0.6
        radius = round(2.5 + 2.5 * (place.articles / most) ** 0.5, 1)
        crowded = any(other.labelled and abs(other.y - y) < LABEL_HEIGHT and _beside(other, x, left) for other in spots)
        labelled = not crowded and sum(spot.labelled for spot in spots) < MAX_LABELS
        spots.append(Spot(place.name, place.articles, x, y, radius, left, labelled))
    return tuple(spots)


def _beside(other: Spot, x: float, left: bool) -> bool:
    """Return whether two names at one height would overlap, at about 90 units each."""
    return (other.left == left and abs(other.x - x) < 90) or (other.left != left and abs(other.x - x) < 180)


@cache
def _land() -> tuple[tuple[Point, ...], ...]:
    rings = json.loads(FILE.read_text(encoding="utf-8"))["land"]
    return tuple(tuple((x, y) for x, y in ring) for ring in rings)
