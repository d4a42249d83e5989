"""Finds outlets that a stage has paused because all their messages failed, in the newest dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from producers.formats.cleaning import clean_line
from producers.registry.status import ago
from schemas.dead_letters import PAUSED_HEADER, PREFIX
from schemas.topics import DEAD_LETTERS
from wirecopy.settings import KafkaSettings
from wirecopy.topic_reading import read_topic

NEWEST = 1000
"""Dead letters of each partition that are looked at."""
RECENT = timedelta(days=1)
"""For how long an outlet is told of after its last dead letter: that it goes on again is written nowhere."""


@dataclass(frozen=True)
class PausedOutlet:
    """The count of an outlet's messages that a stage has put aside lately, and the time of the last."""

    outlet: str
    stage: str
    messages: int
    last: datetime

    def as_json(self) -> dict[str, str | int]:
        """Return the outlet for programs."""
        return {
            "outlet": self.outlet, "stage": self.stage, "messages": self.messages, "last": self.last.isoformat(),
        }  # fmt: skip

    def in_words(self, now: datetime) -> str:
        """Return one line for a person.

        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> PausedOutlet("coast.example", "tagging", 37, at).in_words(at + timedelta(minutes=3))
        'paused by tagging: coast.example, whose messages all failed; 37 of them lately, the last 3 min ago'
        """
        name = clean_line(self.outlet, 200)
        number = f"{self.messages} of them lately" if self.messages > 1 else "one of them lately"
        return (
            f"paused by {clean_line(self.stage, 40)}: {name}, whose messages all failed; {number}, "
            f"the last {ago(self.last, now)}"
        )


def paused_outlets(letters: Iterable[tuple[datetime, dict[str, bytes]]], now: datetime) -> list[PausedOutlet]:
    """Return the paused outlets by times and headers of dead letters, those of the newest letters first."""
    found: dict[tuple[str, str], PausedOutlet] = {}
    for at, headers in letters:
        if PAUSED_HEADER not in headers or now - at > RECENT:
            continue
        outlet, stage = _text(headers[PAUSED_HEADER]), _text(headers.get(f"{PREFIX}stage", b"?"))
        before = found.get((stage, outlet), PausedOutlet(outlet, stage, 0, at))
        found[stage, outlet] = replace(before, messages=before.messages + 1, last=max(before.last, at))
    return sorted(found.values(), key=lambda one: (-one.last.timestamp(), one.outlet, one.stage))


def read_paused_outlets(settings: KafkaSettings, now: datetime) -> list[PausedOutlet]:
    """Read the newest dead letters. Raises ``ServerError`` if Kafka cannot be reached or has no such topic."""
    messages = read_topic(settings, DEAD_LETTERS, newest=NEWEST)
    letters = ((datetime.fromtimestamp(one.timestamp / 1000, UTC), dict(one.headers)) for one in messages)
    return paused_outlets(letters, now)


def _text(value: bytes) -> str:
    return value.decode(errors="replace")
