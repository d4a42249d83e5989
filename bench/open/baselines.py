"""What a user would pick without us: same titles, MinHash at the usual threshold, a regular expression for credits."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.open.score import components
from bench.peers import PERMUTATIONS, USUAL, shingles
from wirecopy.errors import BadInput

THRESHOLD = USUAL[0]
"""Of Jaccard similarity."""

Line = Mapping[str, Any]

_AGENCY = re.compile(r"\b(PTI|IANS|ANI|UNI|Reuters|AFP|AP|Bloomberg|TASS|Xinhua)\b")
_UNNAMED = re.compile(r"\bagenc(?:y|ies)\b|\bsyndicated feed\b", re.IGNORECASE)
_INPUTS = re.compile(r"\binputs?\b", re.IGNORECASE)
_EDGE = 120
"""Characters at either end of a text that are looked at: where datelines and sign-offs stand."""


def same_title(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Articles are copies where their titles are the same, case and punctuation apart."""
    return [{"id": line["id"], "story": _title(line)} for line in lines]


def min_hash(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Copies by datasketch, as its README uses it. Raises ``BadInput`` that says what to install."""
    try:
        library = importlib.import_module("datasketch")
    except ImportError as error:
        raise BadInput("not_installed", f"{error.name}: .venv/bin/python -m pip install -e '.[bench]'") from None
    index, pairs = library.MinHashLSH(THRESHOLD, PERMUTATIONS), []
    for line in lines:
        sketch = library.MinHash(num_perm=PERMUTATIONS)
        for shingle in shingles(line["text"]):
            sketch.update(shingle.encode())
        pairs += [(line["id"], other) for other in index.query(sketch)]
        index.insert(line["id"], sketch)
    stories = components((line["id"] for line in lines), pairs)
    return [{"id": line["id"], "story": stories[line["id"]]} for line in lines]


def regular_expression(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The credits of each article by one pattern."""
    return [{"id": line["id"], "credits": _credits(line)} for line in lines]


def _credits(line: Line) -> list[list[str]]:
    """Agencies that the byline or either end of the text names; inputs where that word is near."""
    text = line["text"]
    edges = " \n ".join((line["byline"], text[:_EDGE], text[-_EDGE:]))
    role = "inputs" if _INPUTS.search(edges) else "sole"
    named = list(dict.fromkeys(_agencies(edges)))
    return [[agency, role] for agency in named]


def _agencies(edges: str) -> Iterator[str]:
    found = [match[1] for match in _AGENCY.finditer(edges)]
    yield from found
    if not found and _UNNAMED.search(edges):
        yield "agencies"


def _title(line: Line) -> str:
    return " ".join(re.findall(r"\w+", line["title"].casefold()))
