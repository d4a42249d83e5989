"""How sure a credit is: the share that was right on labelled articles, by evidence, role and strength of the wording.

The table is data (``calibration.yml``), made by ``./do bench credits DATA_DIR --calibrate``. A kind with fewer than
``LEAST`` instances there has the share of all such kinds together.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from schemas.public_records import EvidenceKind, Role

LEAST = 40
"""Instances from which on a kind has a figure of its own."""

Strength = Literal["plain", "guess"]
"""``guess``: an agency that is not named, or an acronym that is also a name and has nothing else to go by."""

FILE = "calibration.yml"


class Kind(BaseModel):
    """What was measured of one kind of credit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evidence: EvidenceKind
    role: Role
    strength: Strength = "plain"
    found: int
    right: int


def confidence(evidence: EvidenceKind, role: Role, strength: Strength = "plain") -> float:
    """The share of such credits that was right."""
    return _shares().get((evidence, role, strength), _rest())


def shares(kinds: tuple[Kind, ...]) -> Mapping[tuple[EvidenceKind, Role, Strength], float]:
    """The share right of each kind that has instances enough of its own."""
    return {(k.evidence, k.role, k.strength): _share(k.right, k.found) for k in kinds if k.found >= LEAST}


def load() -> tuple[Kind, ...]:
    """The table that comes with the program."""
    return tuple(read(resources.files("stream_apps.text").joinpath(FILE).read_text(encoding="utf-8")))


def write(kinds: tuple[Kind, ...], path: Path) -> None:
    """The table as a file, with what it is on top."""
    rows = [kind.model_dump() for kind in kinds]
    path.write_text(_TOP + yaml.safe_dump(rows, sort_keys=False, default_flow_style=None, width=120), encoding="utf-8")


_TOP = """# Credits found on labelled real articles, and how many were right: see docs/credits.md, "How sure".
# Made by `./do bench credits DATA_DIR --calibrate`; not edited by hand.
"""


def read(content: str) -> Iterator[Kind]:
    """The kinds of a table; raises ``ValidationError`` for a row that is none."""
    yield from (Kind.model_validate(row) for row in yaml.safe_load(content))


@functools.cache
def _shares() -> Mapping[tuple[EvidenceKind, Role, Strength], float]:
    return shares(load())


@functools.cache
def _rest() -> float:
    return pooled(load())


def pooled(kinds: tuple[Kind, ...]) -> float:
    """The share right of the kinds that have too few instances each."""
    few = [kind for kind in kinds if kind.found < LEAST]
    return _share(sum(kind.right for kind in few), sum(kind.found for kind in few))


def _share(right: int, found: int) -> float:
    """The share right by the rule of succession, so that a kind which was never wrong is still not certain."""
    return round((right + 1) / (found + 2), 3)
