"""Pack word vectors: ``python -m stream_apps.tagging.training.pack_vectors glove.6B.100d.txt FOLDER [PIECES]``.

Reads GloVe's text form, a word and its numbers a line, lower case. Words with digits and the like are left out: they
name nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from spacy.strings import get_string_id

from stream_apps.tagging.vectors import CENTRES, PackedVectors

PIECES = 25
ROUNDS = 12
SAMPLE = 60_000
"""Words that the centres are found from; the commonest come first in GloVe's files."""
_WORD = re.compile(r"[^\W\d_]+(?:['.-][^\W\d_]+)*\.?|[^\w\s]+")

Floats = npt.NDArray[np.float32]


def read(file: Path) -> tuple[list[str], Floats]:
    """Words and their vectors."""
    words, rows = [], []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            word, *numbers = line.rstrip().split(" ")
            if _WORD.fullmatch(word):
                words.append(word)
                rows.append(np.array(numbers, dtype=np.float32))
    return words, np.stack(rows)


def pack(words: Iterable[str], vectors: Floats, pieces: int = PIECES, seed: int = 0) -> PackedVectors:
    """The table of these words. ``pieces`` bytes a word; the width must be a multiple of it."""
    rng = np.random.default_rng(seed)
    parts = vectors.reshape(len(vectors), pieces, -1)
    centres = np.stack([_centres(parts[:SAMPLE, at], rng) for at in range(pieces)])
    codes = np.stack([_nearest(parts[:, at], centres[at]) for at in range(pieces)], axis=1).astype(np.uint8)
    keys = np.array([get_string_id(word) for word in words], dtype=np.uint64)
    return PackedVectors.of(keys, codes, centres)


def _centres(points: Floats, rng: np.random.Generator) -> Floats:
    """k-means (Lloyd): the centres of ``points``."""
    centres = points[rng.choice(len(points), CENTRES, replace=len(points) < CENTRES)].copy()
    for _ in range(ROUNDS):
        nearest = _nearest(points, centres)
        count = np.bincount(nearest, minlength=CENTRES)
        for axis in range(points.shape[1]):
            total = np.bincount(nearest, weights=points[:, axis], minlength=CENTRES)
            centres[:, axis] = np.where(count > 0, total / np.maximum(count, 1), centres[:, axis])
    return centres


def _nearest(points: Floats, centres: Floats) -> npt.NDArray[np.intp]:
    found = [np.argmax(part @ centres.T - (centres**2).sum(1) / 2, axis=1) for part in np.array_split(points, 40)]
    return np.concatenate(found)


if __name__ == "__main__":
    given, made = Path(sys.argv[1]), Path(sys.argv[2])
    pack(*read(given), int(sys.argv[3]) if len(sys.argv) > 3 else PIECES).to_disk(made)
