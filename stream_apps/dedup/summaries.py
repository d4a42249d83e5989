"""Summaries of stories, and digests of the last published ones."""

from __future__ import annotations

from array import array
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from stream_apps.dedup.digests import NEVER, digest_of
from stream_apps.dedup.engine import Engine
from stream_apps.dedup.story_places import Decision
from stream_apps.dedup.window import moment

MOST_INCLUDED = 50


class Summaries:
    """Summaries (``schemas.internal_records.StorySummary``) as JSON takes them, by the number of the story."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._of_several: dict[int, int] = {}
        self._of_one = array("Q")
        """Digests of what was published last: of stories of several articles, and of those that are alone."""

    def grow(self, missing: int) -> None:
        """Make room for so many more numbers of articles."""
        self._of_one.extend([NEVER] * missing)

    def reset(self, article: int) -> None:
        """Reset a number: its article is no story by itself, or a new one."""
        self._of_one[article] = NEVER

    def drop(self, number: int) -> None:
        """Drop a story that is no more."""
        self._of_several.pop(number, None)

    def doubt(self, number: int) -> None:
        """Mark a story whose last publication is uncertain."""
        self._of_several.pop(number, None)
        if number < len(self._of_one):
            self._of_one[number] = NEVER

    def changed(self, number: int, event: dict[str, Any] | None) -> tuple[dict[str, Any], bool]:
        """Return the summary, and whether it differs from the last one."""
        summary = self.summary(number, event)
        digest = digest_of([self._engine.stories.id_of(number), summary])
        if number in self._engine.stories.known:
            known = self._of_several.get(number) == digest
            self._of_several[number] = digest
        else:
            known = self._of_one[number] == digest
            self._of_one[number] = digest
        return summary, not known

    def summary(self, number: int, event: dict[str, Any] | None) -> dict[str, Any]:
        """Return the present summary. ``event``: the event that the story reports with others, and its origins."""
        engine, story = self._engine, self._engine.stories.known.get(number)
        standing = [number] if story is None else story.representatives
        canonical = number if story is None else story.canonical
        decisions = self.decisions(number)
        first, last = self.span(number)
        summary: dict[str, Any] = {
            "canonical_article": engine.window.id(canonical),
            "representatives": [engine.window.id(article) for article in standing],
            "articles": 1 if story is None else len(story),
            "outlets": 1 if story is None else len(story.outlets),
            "undisclosed": sum(count for decision, count in decisions if decision.undisclosed),
            "first_published": timestamp(first),
            "last_published": timestamp(last),
            "first_seen": self._first_seen(number).isoformat(),
            "first_outlet": engine.window.outlet(number if story is None else story.first_published),
            "agencies": sorted({agency for decision, _ in decisions for agency in decision.agencies}),
            "origin_classes": sorted({decision.origin_class for decision, _ in decisions}),
            "includes": sorted({other for decision, _ in decisions for other in decision.includes})[:MOST_INCLUDED],
        }
        if event is not None:
            summary["event"] = event
        return summary

    def _first_seen(self, number: int) -> datetime:
        """Of the article that the story is named after, also when it has left the window: as the id, so this stays."""
        story = self._engine.stories.known.get(number)
        return self._engine.window.first_seen(number) if story is None else moment(story.founder[0])

    def decisions(self, number: int) -> list[tuple[Decision, int]]:
        """Return the decisions on the story's articles, each with its count."""
        engine, story = self._engine, self._engine.stories.known.get(number)
        codes: Counter[int] = Counter()
        if story is not None:
            codes = story.codes
        elif (code := engine.stories.code_of(number)) is not None:
            codes = Counter({code: 1})
        return [(engine.decisions[code], count) for code, count in sorted(codes.items())]

    def span(self, number: int) -> tuple[float, float]:
        """Return when the first and the last article were published, in seconds since 1970."""
        story = self._engine.stories.known.get(number)
        if story is not None:
            profile = self._engine.window.profile
            return profile(story.first_published).published, profile(story.last_published).published
        published = self._engine.window.profile(number).published
        return published, published


def timestamp(seconds: float) -> str:
    """Format as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
