"""Names of places that a dateline may open with."""

# ruff: noqa: RUF001 -- apostrophes as newspapers print them

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

import yaml

_SPLIT = re.compile(r"\s*[/,;&|]\s*")
_SEVERAL = re.compile(r"\s*[/;|]\s*")
_JOINED = re.compile(r"\s*(?:&|\band\b)\s*", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w'’]*")
_IN_CAPITALS = frozenset(["DC", "UN", "US", "UK", "UAE", "NY", "HQ"])
_IN_LOWER = frozenset("of de da do du la le el al es and the on upon au in".split())  # noqa: SIM905 -- reads better


@dataclass(frozen=True)
class PlaceNames:
    """Known places: as they are written, by their name folded to lower case."""

    andhra: frozenset[str]
    states: frozenset[str]
    known: Mapping[str, str]
    abroad: frozenset[str]
    """States and countries that follow a place after a comma, with their abbreviations."""

    def is_known(self, text: str) -> bool:
        """Whether this is a known place, or several joined by a stroke or comma of which the first is known."""
        return _first(text) in self.known

    def in_andhra(self, text: str) -> bool:
        """Whether the last place named lies in Andhra Pradesh, so that ``(AP)`` after it is the state."""
        return _folded(_SPLIT.split(text.strip())[-1]) in self.andhra

    def in_state(self, text: str) -> bool:
        """Whether a capitalised name is followed by the state or country it lies in: ``WESTBROOK, Maine``."""
        place, comma, state = text.rpartition(",")
        return bool(comma and place.strip()[:1].isupper()) and _folded(state) in self.abroad

    def one(self, name: str) -> bool:
        """Whether this is the name of one known place, and not of a state."""
        return _folded(name) in self.known and _folded(name) not in self.states

    def written(self, name: str) -> str:
        """The name as it is usually written: ``New Delhi`` for ``NEW DELHI``."""
        known = self.known.get(_folded(name))
        return known or (_NAME.sub(_uncapitalised, name) if name.isupper() else name)


def split(text: str) -> tuple[str, ...]:
    """The places that the first words of a dateline name, without the states and countries they lie in.

    ``HUBBALLI, Karnataka`` is Hubballi; ``London/Frankfurt`` and ``Delhi, Mumbai`` are two places.
    """
    places = load()
    return tuple(dict.fromkeys(places.written(name) for part in _SEVERAL.split(text) for name in _of(part, places)))


def _of(part: str, places: PlaceNames) -> Iterator[str]:
    """The place before the first comma; what follows one is a place of its own only where it is known for one."""
    first, *others = (_trimmed(word) for word in part.split(","))
    joined = _JOINED.split(first)
    names = joined if all(places.one(name) for name in joined) else [first]
    yield from (name for name in names if name)
    yield from (name for name in others if places.one(name))


def _trimmed(name: str) -> str:
    """Without spaces and the full stop at its end, which stays after initials: ``Washington D.C.``."""
    name = name.strip()
    return name if re.search(r"\b[A-Z]\.[A-Z]\.$", name) else name.strip(" .")


def _uncapitalised(word: re.Match[str]) -> str:
    text = word.group()
    if text in _IN_CAPITALS:
        return text
    return text.lower() if text.lower() in _IN_LOWER and word.start() else text[0] + text[1:].lower()


def _first(text: str) -> str:
    return _folded(_SPLIT.split(text.strip())[0])


def _folded(text: str) -> str:
    return " ".join(text.replace(".", " ").casefold().split())


@functools.cache
def load() -> PlaceNames:
    """The places that come with the program."""
    content = yaml.safe_load(resources.files("stream_apps.text").joinpath("places.yml").read_text(encoding="utf-8"))
    known = {_folded(name): name for key in ("india", "world", "andhra", "states") for name in content[key]}
    andhra, states = (frozenset(_folded(name) for name in content[key]) for key in ("andhra", "states"))
    abroad = frozenset(_folded(name) for name in (*content["abroad"], *content["states"]))
    return PlaceNames(andhra, states, known, abroad)
