"""Label maps: what a data set calls a thing, and what the pipeline learns to call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import yaml

from wirecopy.errors import BadInput

FILE = Path(__file__).parent / "labels.yml"
NONE: Final = "none"
UNKNOWN: Final = "unknown"
NO_CAPITAL: Final = "(no capital)"
"""A key of a map: what is written without a capital may be a description ("a group"), and is ``UNKNOWN``."""

LabelMap = Mapping[str, str]
"""Lower-case label of the data to label of the pipeline, ``NONE`` or ``UNKNOWN``."""


def read_maps(file: Path = FILE) -> dict[str, LabelMap]:
    """The maps by name. Raises ``BadInput`` where the file is no mapping of mappings."""
    held = yaml.safe_load(file.read_text("utf-8"))
    if not isinstance(held, dict) or not all(isinstance(one, dict) for one in held.values()):
        raise BadInput("bad_labels", f"{file}: expected maps of labels by name")
    return {name: {str(label).lower(): str(ours) for label, ours in one.items()} for name, one in held.items()}


def choose(used: Iterable[str], maps: Mapping[str, LabelMap]) -> str:
    """The name of the map that knows most of the labels in use; of equal ones the first."""
    labels = {label.lower() for label in used}
    return max(maps, key=lambda name: len(labels & maps[name].keys()))


def translate(label: str, given: LabelMap) -> str:
    """What is learned from ``label``."""
    return given.get(label.lower(), label)
