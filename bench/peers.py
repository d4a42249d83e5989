"""The peers: MinHash and locality-sensitive hashing, as the READMEs of datasketch and rensa use them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.copies import Stories
from bench.open.score import components
from stream_apps.text.tokens import tokenize
from wirecopy.errors import BadInput

PERMUTATIONS = 128
WORDS = 3
"""Of a shingle: the length with which MinHash does best here."""
USUAL = (0.7, 0.8)
OTHERS = (0.2, 0.3, 0.4, 0.5, 0.6)
BANDS = {64: 0.125, 32: 0.42, 16: 0.71, 8: 0.88}
"""Bands of 128 values, and the similarity at which half of the pairs are found."""

Texts = Mapping[str, str]
Method = Callable[[Texts], Stories]


@dataclass(frozen=True)
class Peer:
    """A library and one way of using it."""

    name: str
    settings: Mapping[str, Method]
    """By the words of a table; the best of them is picked by the labels, which favours the peer."""


def peers() -> list[Peer]:
    """All of them. Raises ``BadInput`` that says what to install."""
    try:
        datasketch, rensa = importlib.import_module("datasketch"), importlib.import_module("rensa")
    except ImportError as error:
        raise BadInput("not_installed", f"{error.name}: .venv/bin/python -m pip install -e '.[bench]'") from None
    return [
        Peer("datasketch, update", _datasketch(datasketch, batch=False)),
        Peer("datasketch, update_batch", _datasketch(datasketch, batch=True)),
        Peer("rensa", {f"{bands} bands, about {at}": _rensa(rensa, bands) for bands, at in BANDS.items()}),
    ]


def shingles(text: str) -> set[str]:
    tokens = tokenize(text)
    return {" ".join(tokens[at : at + WORDS]) for at in range(max(1, len(tokens) - WORDS + 1))}


def _datasketch(library: Any, *, batch: bool) -> dict[str, Method]:
    def sketch(text: str) -> Any:
        minhash = library.MinHash(num_perm=PERMUTATIONS)
        words = [shingle.encode() for shingle in shingles(text)]
        if batch:
            minhash.update_batch(words)
        else:
            for word in words:
                minhash.update(word)
        return minhash

    def method(threshold: float) -> Method:
        return lambda texts: components(texts, _stream(texts, sketch, library.MinHashLSH(threshold, PERMUTATIONS)))

    return {str(threshold): method(threshold) for threshold in (*OTHERS, *USUAL)}


def _stream(texts: Texts, sketch: Callable[[str], Any], index: Any) -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        minhash = sketch(text)
        for other in index.query(minhash):
            yield name, other
        index.insert(name, minhash)


def _rensa(library: Any, bands: int) -> Method:
    def pairs(texts: Texts) -> Iterator[tuple[str, str]]:
        index = library.RMinHashLSH(BANDS[bands], PERMUTATIONS, bands)
        names = list(texts)
        for number, name in enumerate(names):
            minhash = library.RMinHash(num_perm=PERMUTATIONS, seed=42)
            minhash.update(list(shingles(texts[name])))
            for other in index.query(minhash):
                yield name, names[other]
            index.insert(number, minhash)

    return lambda texts: components(texts, pairs(texts))
