"""What a stage has worked out of messages when they arrived, until their batch comes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from stream_apps.runtime.stage_interface import Incoming

Worked = TypeVar("Worked")


class Ahead(Generic[Worked]):
    """Results by message. Not every message that arrives comes in a batch: those of a paused outlet do not."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, int], dict[int, Worked]] = {}
        """By topic and partition, then offset."""

    def __len__(self) -> int:
        return sum(map(len, self._results.values()))

    def __contains__(self, message: Incoming) -> bool:
        return message.offset in self._results.get((message.topic, message.partition), ())

    def put(self, message: Incoming, result: Worked) -> None:
        self._results.setdefault((message.topic, message.partition), {})[message.offset] = result

    def take(self, message: Incoming) -> Worked | None:
        """Return the result of a message, and forget it; None where there is none."""
        return self._results.get((message.topic, message.partition), {}).pop(message.offset, None)

    def drop_before(self, messages: Iterable[Incoming]) -> None:
        """Drop the results of what came before these messages in their partitions: it was passed over."""
        newest = {(message.topic, message.partition): message.offset for message in messages}
        for place, offset in newest.items():
            results = self._results.get(place, {})
            for older in [known for known in results if known < offset]:
                del results[older]

    def clear(self) -> None:
        self._results.clear()
