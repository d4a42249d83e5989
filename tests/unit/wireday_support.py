"""What the tests of the wire day share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wirecopy.wireday.day import WireDay, generate
from wirecopy.wireday.events import Event, load_events
from wirecopy.wireday.items import Item

Shingles = frozenset[tuple[str, ...]]


@cache
def own_events() -> tuple[Event, ...]:
    """Four stories that are not the product's: three of agencies, one of an outlet's own."""
    return load_events(Path(__file__).parent, "wireday_events.yml")


@cache
def product_day() -> WireDay:
    return generate()


@cache
def product_items() -> tuple[Item, ...]:
    return tuple(product_day().items())


def shingles(paragraphs: Iterable[str]) -> Shingles:
    words = re.findall(r"\w+", " ".join(paragraphs).lower())
    return frozenset(tuple(words[i : i + 4]) for i in range(len(words) - 3))


def containment(a: Shingles, b: Shingles) -> float:
    """Shared 4-grams over those of the shorter."""
    return len(a & b) / max(1, min(len(a), len(b)))


def story_part(item: Item) -> tuple[str, ...]:
    """The paragraphs of an item's last version without what its outlet prints under every article."""
    paragraphs = item.versions[-1].paragraphs
    under = len(item.outlet.boilerplate) + bool(item.outlet.also_read)
    return paragraphs[: len(paragraphs) - under]
