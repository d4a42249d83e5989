"""The glossary names what is there, and the words that it gives up are given up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("producers", "stream_apps", "schemas", "wirecopy", "bench")
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
FOREIGN = {
    "producers/web/addresses.py": {"family"},  # of socket addresses
    "stream_apps/tagging/training/substitute.py": {"family"},  # of a person's names
    "bench/watch.py": {"family", "families"},  # of prometheus_client
    "wirecopy/monitoring/server.py": {"family"},  # of addresses, in the library
    "stream_apps/fingerprint/reporting.py": {"told"},  # of whom a text says that somebody told them something
    **{
        f"stream_apps/text/{name}.py": {"told"} for name in ("creditline", "credits", "furniture", "lede", "lede_rules")
    },
}
"""Words that others have chosen."""


def rows(section: str) -> list[list[str]]:
    """The cells of the table of one section, its head left out."""
    text = GLOSSARY.split(f"## {section}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ][2:]


def given_up() -> set[str]:
    return {word.strip() for words, _ in rows("No longer used") for word in words.split(",")}


def names(path: Path) -> Iterator[str]:
    """Every name that a file gives to something."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def words(name: str) -> set[str]:
    """``_FeedScheduler_at_once`` has ``feed``, ``scheduler``, ``at`` and ``once``."""
    return {word.casefold() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


@pytest.mark.parametrize("section", ["Of the domain", "Of the code"])
def test_every_word_is_said_once_and_where_it_lives(section: str) -> None:
    found = rows(section)
    assert len({word for word, *_ in found}) == len(found) > 10
    for word, meaning, place in found:
        assert meaning, word
        assert (ROOT / place.strip("`")).exists(), f"{word}: there is no {place}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_holds_a_word_that_was_given_up(package: str) -> None:
    abolished = given_up()
    abolished |= {f"{word[:-1]}ies" if word.endswith("y") else f"{word}s" for word in abolished}
    assert "families" in abolished
    used = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        place = path.relative_to(ROOT)
        allowed = FOREIGN.get(place.as_posix(), set())
        if place.is_relative_to("wirecopy/wireday"):
            allowed = {*allowed, "desk", "desks", "told"}  # of newspapers
        found = {word for name in (*names(path), path.stem) for word in words(name)} & abolished - allowed
        if found:
            used[place.as_posix()] = found
    assert not used
