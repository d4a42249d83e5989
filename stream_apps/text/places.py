"""Names of places that a dateline may open with."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources

import yaml

_SPLIT = re.compile(r"\s*[/,;&|]\s*")


@dataclass(frozen=True)
class Places:
    """Known places, folded to lower case."""

    andhra: frozenset[str]
    known: frozenset[str]

    def is_known(self, text: str) -> bool:
        """Whether this is a known place, or several joined by a stroke or comma of which the first is known."""
        return _first(text) in self.known

    def in_andhra(self, text: str) -> bool:
        """Whether the last place named lies in Andhra Pradesh, so that ``(AP)`` after it is the state."""
        return _folded(_SPLIT.split(text.strip())[-1]) in self.andhra


def _first(text: str) -> str:
    return _folded(_SPLIT.split(text.strip())[0])


def _folded(text: str) -> str:
    return " ".join(text.replace(".", " ").casefold().split())


@functools.cache
def load() -> Places:
    """The places that come with the program."""
    content = yaml.safe_load(resources.files("stream_apps.text").joinpath("places.yml").read_text(encoding="utf-8"))
    andhra = frozenset(_folded(name) for name in content["andhra"])
    return Places(andhra, andhra | frozenset(_folded(name) for key in ("india", "world") for name in content[key]))
