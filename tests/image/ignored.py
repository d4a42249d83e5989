"""What of a folder is sent to a build: ``.dockerignore``, as far as ours goes."""

from __future__ import annotations

import shutil
from fnmatch import fnmatch
from pathlib import Path


def context(source: Path, target: Path) -> None:
    """Copy what ``.dockerignore`` lets through. The last line that fits a path, or a folder above it, decides."""
    rules = [line for line in (source / ".dockerignore").read_text(encoding="utf-8").splitlines() if line]
    rules = [rule for rule in rules if not rule.startswith("#")]
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    left_out = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    if set(rules) != {"*", *(f"!{name}" for name in kept), *(f"**/{name}" for name in left_out)}:
        raise ValueError("a rule of .dockerignore that is not known here: `*`, `!PATH` and `**/NAME` are")
    for name in kept:
        here, there = source / name, target / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there, ignore=lambda _, names: [n for n in names if fits(n, left_out)])
        else:
            shutil.copy2(here, there)


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
