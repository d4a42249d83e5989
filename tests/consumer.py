"""A consumer as the contract describes it: reads the public topics and knows nothing else of wirecopy.

It keeps, of each key, the message with the highest version that it has met, and ignores all that is not strictly newer.
By the contract it ends with the truth, however often it is given messages again, and in whatever order topics come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]
MAX_REDIRECTS = 100


class Consumer:
    """State by topic and key. No schema, no library of ours: JSON alone."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Message]] = {"articles": {}, "stories": {}, "events": {}}
        self.ignored = 0

    def take(self, topic: str, key: bytes, value: bytes) -> bool:
        """One message; whether it was news."""
        record = json.loads(value)
        known = self.records[topic].get(key.decode())
        if known is not None and record["version"] <= known["version"]:
            self.ignored += 1
            return False
        self.records[topic][key.decode()] = record
        return True

    def stories(self) -> dict[str, Message]:
        """The stories that there are: those that were not merged into another."""
        return {key: story for key, story in self.records["stories"].items() if "redirect_to" not in story}

    def events(self) -> dict[str, Message]:
        """The events that there are: neither merged nor ended."""
        return {key: event for key, event in self.records["events"].items() if event.get("stories")}

    def story_of(self, article: str) -> Message | None:
        """The story of an article; none where its record is still to come."""
        return self._follow("stories", self.records["articles"][article]["place"]["story"])

    def event_of(self, story: str) -> Message | None:
        """The event of a story; none where it has none, or the event's record is still to come."""
        event = self.records["stories"][story].get("event")
        found = self._follow("events", event["id"]) if event else None
        return found if found and found.get("stories") else None

    def _follow(self, topic: str, key: str) -> Message | None:
        """The record that redirects lead to from a key."""
        for _ in range(MAX_REDIRECTS):
            record = self.records[topic].get(key)
            if record is None or "redirect_to" not in record:
                return record
            key = record["redirect_to"]
        raise ValueError(f"{topic}: redirects go round in a circle at {key}")
