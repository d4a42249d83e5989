"""A story in one line, for lists of stories on other pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StoryLine:
    """A related story on a page: another one of an event, or one with a name."""

    story: str
    headline: str
    first_published: str
    outlets: int
    agencies: tuple[str, ...]


def story_line(story: Mapping[str, Any]) -> StoryLine:
    """Make the line from the story's document."""
    return StoryLine(
        story["id"],
        story["headline"],
        story["first_published"],
        story["outlets_count"],
        tuple(story.get("agencies", ())),
    )
