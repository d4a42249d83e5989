"""What is fuzzed holds for the examples, for a few strange inputs, and for all that was once found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

FOUND = sorted((Path(__file__).resolve().parents[1] / "fuzz" / "found").glob("*-*"))
"""Inputs of earlier findings, named TARGET-what."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_examples(name: str) -> None:
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_found(path: Path) -> None:
    TARGETS[path.name.partition("-")[0]](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=300))
@settings(max_examples=25)
def test_strange_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)
