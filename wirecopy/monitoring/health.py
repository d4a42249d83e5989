"""Liveness and readiness of a process, as plain data.

Alive: it makes progress, or has nothing to do. A process that is not alive should be restarted; an unavailable server
is no reason for that. Ready: it works, and everything it needs is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    detail: str


Looks = Callable[[], Sequence[Check]]


@dataclass(frozen=True)
class Health:
    """The checks of a process. They run in other threads than its work; ``alive`` must not ask a server."""

    alive: Looks
    ready: Looks


def look(looks: Looks) -> Sequence[Check]:
    """Run the checks; an error becomes a failed check."""
    try:
        return looks()
    except Exception as error:  # noqa: BLE001  # a probe has to be answered, whatever is wrong
        return [Check("probe", ok=False, detail=f"{type(error).__name__}: {error}"[:200])]


def answer(checks: Sequence[Check]) -> tuple[int, bytes]:
    """Return status and body of the answer to a probe.

    >>> answer([Check("kafka", True, "a broker answers")])
    (200, b'{"ok":true,"checks":[{"name":"kafka","ok":true,"detail":"a broker answers"}]}')
    """
    ok = all(check.ok for check in checks)
    found = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
    return 200 if ok else 503, orjson.dumps({"ok": ok, "checks": found})


def failing(checks: Sequence[Check]) -> str:
    """Return the failed checks for people; empty without any."""
    return "; ".join(f"{check.name}: {check.detail}" for check in checks if not check.ok)
