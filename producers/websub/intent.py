"""A hub's verification of intent at the callback (WebSub, 5.2 and 5.3). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

MAX_CHALLENGE = 1024
LEASE = 10 * 86400.0
"""Seconds that we ask for, and that a hub is taken to grant where it does not say; the Recommendation's default."""
MAX_LEASE = 30 * 86400.0

Mode = Literal["subscribe", "unsubscribe", "denied"]
_MODES: dict[str, Mode] = {"subscribe": "subscribe", "unsubscribe": "unsubscribe", "denied": "denied"}


class Query(Protocol):
    """The parameters of a request; one may come several times."""

    def getall(self, key: str, default: list[str], /) -> list[str]: ...


@dataclass(frozen=True)
class Intent:
    """A request to confirm, or a notice, from a hub."""

    mode: Mode
    topic: str
    challenge: str = ""
    lease: float = LEASE
    reason: str | None = None


def read_intent(query: Query) -> Intent | None:
    """Read a request. None where it is malformed or must not be answered: an odd challenge, an impossible lease."""
    mode, topic = _MODES.get(_one(query, "hub.mode") or ""), _one(query, "hub.topic")
    if mode is None or not topic:
        return None
    if mode == "denied":
        return Intent(mode, topic, reason=_one(query, "hub.reason"))
    challenge = _one(query, "hub.challenge")
    lease = LEASE if mode == "unsubscribe" else _lease(_one(query, "hub.lease_seconds"))
    if not challenge or not _harmless(challenge) or lease is None:
        return None
    return Intent(mode, topic, challenge, lease)


def confirms(mode: Mode, wanted: bool | None) -> bool:
    """Whether to confirm. ``wanted``: whether this process wants the subscription, None if it cannot know.

    A process that cannot know confirms: the path of the callback has shown that we made it for this very topic.
    """
    return wanted is not True if mode == "unsubscribe" else wanted is not False


def _one(query: Query, name: str) -> str | None:
    """Return a parameter that occurs exactly once; no hub sends one twice."""
    values = query.getall(name, [])
    return values[0] if len(values) == 1 else None


def _harmless(challenge: str) -> bool:
    return len(challenge) <= MAX_CHALLENGE and challenge.isascii() and challenge.isprintable()


def _lease(value: str | None) -> float | None:
    """Seconds, at most ``MAX_LEASE``. Old hubs leave it out."""
    if value is None:
        return LEASE
    if not (value.isascii() and value.isdigit() and len(value) <= 20) or int(value) == 0:
        return None
    return min(float(value), MAX_LEASE)
