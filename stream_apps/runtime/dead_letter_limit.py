"""The limit of dead letters at which the stage, and not its messages, is taken to be broken.

After Arroyo's ``DlqLimit`` (a ratio of the messages, a number of consecutive ones), with the outlets added: a bad feed
fails alone, a bad stage fails on what several outlets publish.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass

WINDOW = 100
"""Messages that are looked back on."""


@dataclass(frozen=True)
class Limit:
    """The limit from which a stage or an outlet counts as failing."""

    share: float = 0.5
    """Of the last ``WINDOW`` messages."""
    run: int = 20
    """Consecutive messages."""
    origins: int = 3
    """Outlets that the failed messages must be of, for the stage to be to blame."""
    flood: int = 20
    """Messages of one outlet, none good among them, that failed in a way nobody expected: the outlet is paused."""
    every: int = 10
    """Of a paused outlet, every so many messages one is tried."""


DEFAULT = Limit()


class DeadLetterLimit:
    """Counts outcomes of messages and decides whether to stop the stage or pause an outlet. Pure.

    >>> limit = DeadLetterLimit()
    >>> for number in range(20):
    ...     limit.failed(f"outlet {number % 3}")
    >>> limit.stage_failing()
    '20 messages in a row, of 3 outlets, went to the dead letters'
    """

    def __init__(self, limit: Limit = DEFAULT) -> None:
        self._limit = limit
        self._recent: deque[str | None] = deque(maxlen=WINDOW)
        """The outlet of each message that failed, none for each that did not."""
        self._run: list[str] = []
        self._floods: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def succeeded(self, origin: str | None = None) -> None:
        """Count a processed message. Its outlet is needed only while ``watched`` is true."""
        self._recent.append(None)
        self._run.clear()
        if origin is not None:
            self._floods.pop(origin, None)
            self._skipped.pop(origin, None)

    def failed(self, origin: str, *, unexpected: bool = False) -> None:
        """Count a message that went to the dead letters. ``unexpected``: by an error that the stage does not know."""
        self._recent.append(origin)
        self._run.append(origin)
        del self._run[: -self._limit.run]
        if unexpected:
            self._floods[origin] += 1

    def stage_failing(self, what: str = "messages", happened: str = "went to the dead letters") -> str | None:
        """Return the reason to stop the stage, or None. ``what`` and ``happened`` word it."""
        failed = [origin for origin in self._recent if origin is not None]
        if self._several(self._run) and len(self._run) >= self._limit.run:
            return f"{len(self._run)} {what} in a row, of {len(set(self._run))} outlets, {happened}"
        if self._several(failed) and len(failed) > self._limit.share * WINDOW:
            return f"{len(failed)} of the last {WINDOW} {what}, of {len(set(failed))} outlets, {happened}"
        return None

    def skips(self, origin: str) -> bool:
        """Whether a message of the outlet goes to the dead letters untried; counts it if so."""
        if self._floods[origin] < self._limit.flood:
            return False
        self._skipped[origin] += 1
        return self._skipped[origin] % self._limit.every != 0

    def is_news(self, origin: str) -> bool:
        """Whether this failure is new: neither the message before failed, nor any of this outlet lately."""
        return not self._run and origin not in self._floods

    @property
    def watched(self) -> bool:
        """Whether any outlet has failed lately, so that it matters of which outlet a good message is."""
        return bool(self._floods)

    @property
    def paused(self) -> Collection[str]:
        """Outlets whose messages are not tried at present."""
        return [origin for origin, count in self._floods.items() if count >= self._limit.flood]

    def skipped(self, origin: str) -> int:
        """Return the number of messages skipped since the outlet was paused."""
        return self._skipped[origin]

    def _several(self, origins: Collection[str]) -> bool:
        return len(set(origins)) >= self._limit.origins
