"""``python -m wirecopy.local.preflight`` checks for programs that no package installs.

It runs on a bare Python, before anything is installed: standard library only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from wirecopy.errors import MissingSoftware
from wirecopy.local.files import is_root
from wirecopy.local.java import find_jdk
from wirecopy.local.maven import find_maven


def problems() -> list[str]:
    """Return a line for each missing program, saying what to install."""
    checks: tuple[Callable[[], object], ...] = (lambda: find_jdk(for_others=is_root()), find_maven)
    return [message for check in checks if (message := _problem(check))]


def _problem(check: Callable[[], object]) -> str | None:
    try:
        check()
    except MissingSoftware as error:
        return str(error)
    return None


def main() -> int:
    found = problems()
    for line in found:
        print(f"wirecopy: {line}", file=sys.stderr)
    return MissingSoftware.exit_code if found else 0


if __name__ == "__main__":
    sys.exit(main())
