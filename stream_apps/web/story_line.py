"""A story in one line, as lists of stories beside something else have it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StoryLine:
    """A story that stands beside what a page is about: another one of an event, or one that has a name."""

    story: str
    headline: str
    first_published: str
    outlets: int
    agencies: tuple[str, ...]


def story_line(story: Mapping[str, Any]) -> StoryLine:
    """Of its document."""
    return StoryLine(
        story["id"],
        story["headline"],
        story["first_published"],
        story["outlets_count"],
        tuple(story.get("agencies", ())),
    )
