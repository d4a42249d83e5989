"""The records of events: built of the stories that tell of each, published where something in them is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from schemas.record import ArticleId
from stream_apps.dedup.cache import Cache
from stream_apps.dedup.digests import digest_of
from stream_apps.dedup.engine import Engine
from stream_apps.dedup.events.graph import StoryReport
from stream_apps.dedup.profile import UNNAMED
from stream_apps.dedup.story_places import Decision
from stream_apps.dedup.summaries import Summaries, timestamp
from stream_apps.text import terms

MOST_STORIES, FIRST_STORIES = 100, 50
"""Stories that an event's record tells, and how many of them are the first; the others are the newest."""
_REMEMBERED = 3_000
"""Stories of which is remembered what an event's record tells: some 1.5 KB each."""
_NO_REPORT = frozenset({"original", "paid"})


class _Published(NamedTuple):
    """What was last published of an event."""

    number: int
    origins: list[str]
    digest: int


class EventPublisher:
    """Keeps the graph of events up to date with the stories."""

    def __init__(self, engine: Engine, summaries: Summaries) -> None:
        self._engine = engine
        self._summaries = summaries
        self._published: dict[ArticleId, _Published] = {}
        self._names: dict[int, ArticleId] = {}
        """Event, by the number of the story that names it: the id under which it was published."""
        self._stories: Cache[int, dict[str, Any]] = Cache(_REMEMBERED)
        """What is told of stories that have an event."""

    def of(self, story: int) -> dict[str, Any] | None:
        """The event of a story as its summary tells it."""
        event = self._engine.events.event_of(story)
        name = self._names.get(event) if event is not None else None
        return None if name is None else {"id": name, "origins": self._published[name].origins}

    def update(self, changed: list[int]) -> list[dict[str, Any]]:
        """Take what is new of these stories; gives the records of the events that changed.

        Stories whose event is another one now, or says something else, are added to ``changed``.
        """
        graph = self._engine.events
        moved: dict[int, None] = {}
        for number in changed:
            self._stories.pop(number)
            if self._engine.is_story(number):
                identity = bytes.fromhex(self._engine.stories.id_of(number))
                moved.update(dict.fromkeys(sorted(graph.put(number, identity, self._report(number)))))
            else:
                moved.update(dict.fromkeys(sorted(graph.remove(number))))
        reached = dict.fromkeys((*changed, *moved))
        events = dict.fromkeys(event for event in map(graph.event_of, reached) if event is not None)
        records = [record for event in events for record in self._event(event, moved)]
        records += [record for number in reached for record in self._end(number, moved)]
        for number in reached:
            if graph.event_of(number) is None:
                self._stories.pop(number)
        known = set(changed)
        changed += [story for story in moved if story not in known]
        return list(
            {record["id"]: record for record in records}.values()
        )  # an id that one event leaves another may take

    def _event(self, event: int, moved: dict[int, None]) -> Iterator[dict[str, Any]]:
        name = self._engine.stories.id_of(event)
        members = self._engine.events.members(event)
        record = self._record(name, members)
        digest, before = digest_of(record), self._published.get(name)
        if before is None or before.digest != digest:
            yield record
        if before is None or before.origins != record["origins"] or self._names.get(event) != name:
            moved.update(dict.fromkeys(members))
        former = self._names.get(event)
        if former is not None and former != name and self._published[former].number == event:
            del self._published[former]
            yield {"id": former, "redirect_to": name}
        self._published[name] = _Published(event, record["origins"], digest)
        self._names[event] = name

    def _end(self, number: int, moved: dict[int, None]) -> Iterator[dict[str, Any]]:
        """The event that this story named, if it names none any more."""
        graph = self._engine.events
        if number not in self._names or graph.event_of(number) == number:
            return
        name = self._names.pop(number)
        moved[number] = None
        if self._published[name].number != number:
            return  # another number of the same story names it now
        del self._published[name]
        into = graph.event_of(number)
        yield {"id": name} if into is None else {"id": name, "redirect_to": self._engine.stories.id_of(into)}

    def _record(self, name: ArticleId, members: Sequence[int]) -> dict[str, Any]:
        stories = sorted(
            (self._story(number) for number in members), key=lambda story: (story["first_published"], story["story"])
        )
        leading = min(stories, key=lambda story: (-story["articles"], story["first_published"], story["story"]))
        spans = [self._summaries.span(number) for number in members]
        return {
            "id": name,
            "headline": leading["headline"],
            "first_published": timestamp(min(first for first, _ in spans)),
            "last_published": timestamp(max(last for _, last in spans)),
            "stories": _first_and_newest(stories),
            "stories_count": len(stories),
            "articles": sum(story["articles"] for story in stories),
            "agencies": sorted({agency for story in stories for agency in story["agencies"]}),
            "origins": sorted({origin for story in stories for origin in story["origins"]}),
        }

    def _story(self, number: int) -> dict[str, Any]:
        return self._stories.get(number, self._describe)

    def _describe(self, number: int) -> dict[str, Any]:
        engine, story = self._engine, self._engine.stories.known.get(number)
        canonical = number if story is None else story.canonical
        decisions = [decision for decision, _ in self._summaries.decisions(number)]
        return {
            "story": engine.stories.id_of(number),
            "headline": engine.window.features(canonical).headline,
            "first_published": timestamp(self._summaries.span(number)[0]),
            "articles": 1 if story is None else len(story),
            "outlets": 1 if story is None else len(story.outlets),
            "agencies": sorted({agency for decision in decisions for agency in decision.agencies}),
            "origins": origins(decisions, engine.window.outlet(canonical)),
        }

    def _report(self, number: int) -> StoryReport:
        """A story as it is compared with others: by what those that stand for it have in common.

        A digest is compared with nothing: it is about several events, and would make one of them.
        """
        engine, story = self._engine, self._engine.stories.known.get(number)
        standing = [number] if story is None else story.representatives
        about = sorted(
            (article for article in standing if not self._is_digest(article)),
            key=lambda article: (-engine.window.profile(article).tokens, engine.window.identity(article)),
        )
        packed = terms.common([engine.window.features(article).terms for article in about]) if about else b""
        alone = story is None or len(story.outlets) == 1
        return StoryReport(packed, self._summaries.span(number)[0], engine.window.outlet(standing[0]) if alone else "")

    def _is_digest(self, article: int) -> bool:
        code = self._engine.stories.code_of(article)
        return code is not None and self._engine.decisions[code].is_digest


def origins(decisions: Iterable[Decision], outlet: str) -> list[str]:
    """Who found out what a story tells: agencies, else the outlet whose reporting it is.

    Two takes of one agency are one origin, and so is a rewrite of what it filed. Whoever only puts together what others
    tell (a digest), or was paid to tell it, has found out nothing.
    """
    reports = [decision for decision in decisions if not decision.paid and not decision.is_digest]
    agencies = {
        agency
        for decision in reports
        if decision.origin_class not in _NO_REPORT
        for agency in decision.agencies
        if agency != UNNAMED
    }
    return sorted(agencies) or ([outlet] if reports else [])


def _first_and_newest(stories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(stories) <= MOST_STORIES:
        return stories
    return stories[:FIRST_STORIES] + stories[FIRST_STORIES - MOST_STORIES :]
