"""The shingles of a text, its word 4-grams as 32-bit hashes, and its sketch, the sample that finds candidates.

Sampling is FracMinHash (Irber et al., "Lightweight compositional analysis of metagenomes with FracMinHash and minimum
metagenome covers", 2022): keep every hash below a fixed fraction of the range, so that two sketches share about the
same fraction as the texts, however different their lengths. MinHash cannot do that, and real copies are
cut to any length (measured: docs/decisions/0003).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SHINGLE_WORDS = 4
SKETCH_FRACTION = 8
"""One hash in so many is in the sketch …"""
SKETCH_MINIMUM = 32
"""… and never fewer than this, so that short texts can be found at all."""

MASK_BITS = 64
_SEGMENTS = np.arange(MASK_BITS + 1)

Hashes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)


def shingle_hashes(tokens: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.intp]]:
    """Return the distinct hashes of the 4-grams of ``tokens`` in order of first occurrence, and their positions.

    Both are empty for fewer than 4 tokens.
    """
    if len(tokens) < SHINGLE_WORDS:
        return np.empty(0, np.uint32), np.empty(0, np.intp)
    words = np.fromiter(map(_WORDS.__getitem__, tokens), np.uint64, len(tokens))
    count = len(tokens) - SHINGLE_WORDS + 1
    mixed = np.zeros(count, np.uint64)
    for offset, multiplier in enumerate(_MULTIPLIERS):
        mixed += words[offset : offset + count] * multiplier
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
    hashes = (mixed >> np.uint64(32)).astype(np.uint32)
    first = np.unique(hashes, return_index=True)[1]
    first.sort()
    return hashes[first], first


class _WordHashes(dict[str, int]):
    """A cache of 32-bit hashes of words."""

    MOST = 200_000

    def __missing__(self, word: str) -> int:
        if len(self) >= self.MOST:
            self.clear()
        self[word] = value = zlib.crc32(word.encode())
        return value


_WORDS = _WordHashes()


def mask(flags: Flags) -> int:
    """Pack flags along a text into a 64-bit mask, beginning at the lowest bit: set where at least half of a 64th is."""
    until = np.zeros(len(flags) + 1, np.intp)
    flags.cumsum(out=until[1:])
    return masks(until, np.zeros(1, np.intp), np.array([len(flags)]))[0]


def masks(until: Places, starts: Places, lengths: Places) -> list[int]:
    """Pack flags along several texts, which stand in one array. ``until``: how many of it are set before each place."""
    segments = [_segments(length) for length in lengths.tolist()]
    bounds, total, filled = (np.stack(part) for part in zip(*segments, strict=True))
    at = until[bounds + starts[:, None]]
    found = at[:, 1:] - at[:, :-1]
    bits = filled & (found * 2 >= total)
    for row in (lengths < MASK_BITS).nonzero()[0].tolist():  # empty segments take the value of the one before
        bits[row] = bits[row][np.maximum.accumulate(np.where(filled[row], np.arange(MASK_BITS), 0))]
    packed: list[int] = np.packbits(bits, axis=1, bitorder="little").view("<u8")[:, 0].tolist()
    return packed


def unmask(bits: int, length: int) -> Flags:
    """Unpack a 64-bit mask into flags along a text of ``length``: the inverse of ``mask``, except for its rounding."""
    packed = np.frombuffer(bits.to_bytes(8, "little"), np.uint8)
    flags: Flags = np.unpackbits(packed, bitorder="little").astype(bool)
    return flags[np.arange(length) * MASK_BITS // max(1, length)]


@lru_cache(4096)
def _segments(length: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Flags]:
    """Return the bounds of the 64ths of a text of so many flags, the length of each, and whether it has any."""
    bounds = -(-_SEGMENTS * length // MASK_BITS)
    total = np.diff(bounds)
    return bounds, total, total > 0


def sample(ordered: Hashes) -> Hashes:
    """Return those of the sorted hashes below 1/8 of the range, at least the 32 smallest."""
    sampled = int(np.searchsorted(ordered, np.uint32(2**32 // SKETCH_FRACTION)))
    return ordered[: max(sampled, SKETCH_MINIMUM)]
