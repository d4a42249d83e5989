"""Word vectors packed into a few bytes a word, so that a pipeline with hundreds of thousands of them ships.

Product quantisation (Jégou, Douze, Schmid: Product Quantization for Nearest Neighbor Search, TPAMI 2011): a vector is
cut into pieces of equal length, and each piece is the number of the nearest of 256 kept ones. Words are known by the
hash of their lower case. What is not known is the zero vector.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from spacy.attrs import LOWER
from spacy.util import registry
from spacy.vectors import BaseVectors

FILE = "packed.npz"
CENTRES = 256


class PackedVectors(BaseVectors):  # type: ignore[misc]  # spaCy is published without annotations
    """A read-only table of word vectors. ``keys``: sorted hashes; ``codes``: a row a word; ``centres``: by piece."""

    attr = LOWER
    name = "packed"
    mode = "default"

    def __init__(self, *, width: int = 0) -> None:
        super().__init__()
        self.keys = np.zeros(0, dtype=np.uint64)
        self.codes = np.zeros((0, 1), dtype=np.uint8)
        self.centres = np.zeros((1, CENTRES, width), dtype=np.float32)

    @classmethod
    def of(
        cls, keys: npt.NDArray[np.uint64], codes: npt.NDArray[np.uint8], centres: npt.NDArray[np.float32]
    ) -> PackedVectors:
        """A table of these arrays, in any order of the keys."""
        made, order = cls(), np.argsort(keys)
        made.keys, made.codes, made.centres = keys[order], codes[order], centres
        return made

    @property
    def strings(self) -> tuple[str, ...]:
        """None: a vocabulary that takes the table over would add them to its own."""
        return ()

    @strings.setter
    def strings(self, _vocabulary: object) -> None: ...

    def get_batch(self, keys: Any) -> npt.NDArray[np.float32]:
        """The vectors of these hashes, a row each."""
        asked = np.asarray(keys, dtype=np.uint64)
        if not len(self.keys):
            return np.zeros((len(asked), self.vectors_length), dtype=np.float32)
        rows = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        pieces = np.arange(self.codes.shape[1])
        found = self.centres[pieces, self.codes[rows]].reshape(len(asked), -1)
        found[self.keys[rows] != asked] = 0
        return cast("npt.NDArray[np.float32]", found)

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: int) -> bool:
        return bool(np.isin(np.uint64(key), self.keys))

    def __getitem__(self, key: int) -> npt.NDArray[np.float32]:
        return cast("npt.NDArray[np.float32]", self.get_batch([key])[0])

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.keys), self.vectors_length

    @property
    def size(self) -> int:
        return len(self.keys) * self.vectors_length

    @property
    def n_keys(self) -> int:
        return len(self.keys)

    @property
    def vectors_length(self) -> int:
        return int(self.centres.shape[0] * self.centres.shape[2])

    @property
    def is_full(self) -> bool:
        return True

    def to_disk(self, path: str | Path, **_: object) -> None:
        """Write one file into the folder ``path``."""
        Path(path).mkdir(parents=True, exist_ok=True)
        np.savez_compressed(Path(path) / FILE, keys=self.keys, codes=self.codes, centres=self.centres)

    def from_disk(self, path: str | Path, **_: object) -> PackedVectors:
        """Read what ``to_disk`` wrote. Arrays of numbers alone are read, never pickled objects."""
        with np.load(Path(path) / FILE, allow_pickle=False) as held:
            self.keys, self.codes, self.centres = held["keys"], held["codes"], held["centres"]
        return self


@registry.vectors("wirecopy.PackedVectors.v1")  # type: ignore[untyped-decorator]
def create_packed_vectors() -> Callable[[Any], PackedVectors]:
    """The table that a pipeline's configuration asks for, empty until it is read."""
    return lambda _vocab: PackedVectors()
