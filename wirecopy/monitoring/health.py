"""Whether a process is alive and whether it is ready, as plain data.

Alive: it gets on, or has nothing to do. A process that is not is worth a restart; a server that is away is not its
fault, and no reason. Ready: it does its work, with all that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


Looks = Callable[[], Sequence[Check]]


@dataclass(frozen=True)
class Health:
    """How to find out. Both are asked in other threads than the one that works; ``alive`` must ask no server."""

    alive: Looks
    ready: Looks


def look(looks: Looks) -> Sequence[Check]:
    """What it finds; a look that fails is a check that does."""
    try:
        return looks()
    except Exception as error:  # noqa: BLE001  # a probe has to be answered, whatever is wrong
        return [Check("probe", ok=False, detail=f"{type(error).__name__}: {error}"[:200])]


def answer(checks: Sequence[Check]) -> tuple[int, bytes]:
    """Status and body of the answer to a probe.

    >>> answer([Check("kafka", True, "a broker answers")])
    (200, b'{"ok":true,"checks":[{"name":"kafka","ok":true,"detail":"a broker answers"}]}')
    """
    ok = all(check.ok for check in checks)
    found = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
    return 200 if ok else 503, orjson.dumps({"ok": ok, "checks": found})


def failing(checks: Sequence[Check]) -> str:
    """What is not all right, for people; empty where everything is."""
    return "; ".join(f"{check.name}: {check.detail}" for check in checks if not check.ok)
