"""The data of a dead letter's page: its reason and, for editors, its content. Pure.

``pages/editing.py`` has the handlers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stream_apps.web.operations_page import DeadLetter, dead_letter
from wirecopy.dlq.letters import MAX_ATTEMPTS, Letter, LetterId, refusal
from wirecopy.dlq.shown import harmless, line
from wirecopy.dlq.topic import STREAMS

SHOWN_BYTES: Final = 64 * 1024
"""Of a message, on the page; `wirecopy dlq show --raw` gives all of it."""
_VALUE: Final = 2_000
"""Characters of a header."""


@dataclass(frozen=True)
class OpenedLetter:
    """A letter's content in Kafka, escaped, so that it is neither markup nor direction characters."""

    state: str
    key: str
    headers: tuple[tuple[str, str], ...]
    bytes: int
    message: str
    left_out: int
    """Bytes of the message that are not shown."""
    held: str | None
    """Why it cannot be sent again; none if it can."""


@dataclass(frozen=True)
class LetterPage:
    """``known`` is the index's document. ``opened`` is for editors; where it is None, ``closed`` says why."""

    place: str
    known: DeadLetter | None
    opened: OpenedLetter | None
    closed: str


def letter_page(
    place: LetterId, stored: Mapping[str, Any] | None, letter: Letter | None, closed: str = ""
) -> LetterPage:
    """Make the page; ``stored`` is the letter's document in the index, ``letter`` what was read from Kafka."""
    return LetterPage(
        str(place), dead_letter(stored) if stored else None, opened(letter) if letter is not None else None, closed
    )


def opened(letter: Letter) -> OpenedLetter:
    why = f"it was {letter.done}" if letter.done else refusal(letter, STREAMS, MAX_ATTEMPTS)
    shown = letter.value[:SHOWN_BYTES].decode(errors="backslashreplace")
    return OpenedLetter(
        state=letter.done or "open",
        key=line(letter.key, 200),
        headers=tuple((line(name, 60), line(value, _VALUE)) for name, value in letter.headers),
        bytes=letter.size,
        message=harmless(shown, kept="\n\t"),
        left_out=max(0, letter.size - SHOWN_BYTES),
        held=why,
    )
