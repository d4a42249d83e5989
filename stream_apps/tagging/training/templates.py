"""Newswire written for the project, with slots for names: ``[[PER|{person_in1}]] of [[GPE|{place_in}]]``."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from stream_apps.tagging.training.substitute import Pools, Renaming

SLOTS = Path(__file__).parent / "slots.yml"
NEWSWIRE = Path(__file__).parent / "newswire"
_SLOT = re.compile(r"\{([a-z]+)_in(\d*)\}")
_INNER = re.compile(r"\{(given|family|place)\}")


class Templates:
    """Fills lines with Indian names."""

    def __init__(self, pools: Pools, seed: int) -> None:
        self._pools = pools
        self._rng = random.Random(seed)  # noqa: S311  # data, no secret
        fillers: dict[str, list[str]] = yaml.safe_load(SLOTS.read_text("utf-8"))
        named = {"place": pools.places, "org": pools.bodies, "acronym": pools.acronyms}
        self._fillers: dict[str, Sequence[str]] = {**fillers, **named}

    def filled(self, content: str, times: int) -> Iterator[str]:
        """Each line with its slots filled, ``times`` over; a quarter as often where it has none. No comments.

        Raises ``KeyError`` for a slot that nothing fills.
        """
        for line in content.split("\n"):
            if line.strip() and not line.startswith("#"):
                for _ in range(times if _SLOT.search(line) else -(-times // 4)):
                    yield self._fill(line)

    def _fill(self, line: str) -> str:
        renaming, chosen = Renaming(self._pools, self._rng), dict[str, str]()

        def value(slot: re.Match[str]) -> str:
            kind, number = slot[1], slot[2]
            if kind in {"person", "surname"}:
                return renaming.of(f"full #{number}" if kind == "person" else f"#{number}", "PERSON")
            return chosen.setdefault(slot[0], self._one(kind))

        return _SLOT.sub(value, line)

    def _one(self, kind: str) -> str:
        inner = {"given": self._pools.given, "family": self._pools.family, "place": self._pools.places}
        return _INNER.sub(lambda slot: self._rng.choice(inner[slot[1]]), self._rng.choice(self._fillers[kind]))


def newswire(pools: Pools, times: int, seed: int) -> Iterator[str]:
    """The lines that come with the program, in the bracket form."""
    templates = Templates(pools, seed)
    for file in sorted(NEWSWIRE.glob("*.txt")):
        yield from templates.filled(file.read_text("utf-8"), times)
