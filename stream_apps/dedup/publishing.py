"""The engine's publications: a record for each story that a batch has changed, and for each changed event.

Digests of the last publications are kept, so that only new records go out. Records are built once for each batch, from
the state at its end: their version is the clock of the batch's last message.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from schemas.record import ArticleId
from stream_apps.dedup.digests import AGAIN, NEVER, digest_of
from stream_apps.dedup.engine import Engine
from stream_apps.dedup.events.publishing import EventPublisher
from stream_apps.dedup.origin import ComparedStory
from stream_apps.dedup.summaries import Summaries

MOST_PLACES = 256
"""Places worked out in one batch, besides those of its own articles: the rest waits. Some 30 ms."""
MOST_TOKENS = 250_000
"""Words of these articles, whose texts go out with them where they move: some 2 MB."""


@dataclass
class Draft:
    """The record of one story in the making. ``texts`` are offsets in ``clean``."""

    story: ArticleId
    members: list[dict[str, Any]] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)
    left: list[ArticleId] = field(default_factory=list)
    expired: list[ArticleId] = field(default_factory=list)
    summary: dict[str, Any] | None = None
    redirect_to: ArticleId | None = None

    def to_bytes(self, version: int, articles: Sequence[bytes]) -> bytes:
        """Serialise as ``Resolved``; ``articles``: the JSON of its texts."""
        record: dict[str, Any] = {"story": self.story, "version": version}
        if self.members:
            record["members"] = [{**member, "place": _brief(member["place"])} for member in self.members]
        if self.summary:
            record["summary"] = _brief(self.summary)
        for name in ("left", "expired", "redirect_to"):
            if value := getattr(self, name):
                record[name] = value
        if articles:
            record["texts"] = [orjson.Fragment(article) for article in articles]
        return orjson.dumps(record)


@dataclass
class Publication:
    """The records that follow from a batch, by story and by event."""

    stories: list[Draft]
    events: list[dict[str, Any]]


class Publisher:
    """Builds records from an engine's state; remembers what was published."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._summaries = Summaries(engine)
        self._events = EventPublisher(engine, self._summaries)
        self._published = array("Q")
        """Article: digest of its place as last published."""
        self._published_in: dict[int, bytes] = {}
        """Article: the id of the story that it was published in, where that is not its own."""
        self._quoted_by: dict[int, set[int]] = {}
        """Story: the articles that include it."""
        self._departures: dict[int, dict[str, Any]] = {}

    def publish(self, *, most: int = MOST_PLACES, certain: bool = True) -> Publication:
        """Return the records that changed since the last call, with at most so many places beside those of new texts.

        With ``certain`` false they remain to be published: an earlier publication may have had another state.
        """
        drafts: dict[ArticleId, Draft] = {}
        self._grow()
        fresh, others = self._unsettled(most)
        redirects = self._redirects()
        stories: dict[int, ComparedStory] = {}
        for article in (*fresh, *others):
            self._place(article, drafts, stories)
        self._publish_late(drafts)
        changed = self._changed_stories()
        events = self._events.update(changed)
        for number in changed:
            self._summarise(number, drafts)
        self._complete(drafts, redirects)
        if not certain:
            self._doubt((*fresh, *others), changed)
        self._engine.forget_left()
        return Publication(list(drafts.values()), events)

    def _doubt(self, articles: Iterable[int], stories: Iterable[int]) -> None:
        """Queue these to be published once more."""
        for article in articles:
            self._published[article] = AGAIN
            self._engine.stories.unsettled[article] = None
        for number in stories:
            self._summaries.doubt(number)
            self._engine.stories.changed[number] = None

    @property
    def is_behind(self) -> bool:
        """Whether places are queued."""
        return bool(self._engine.stories.unsettled)

    # ---- places ---------------------------------------------------------------------------------------------

    def _grow(self) -> None:
        missing = len(self._engine.window.alive) - len(self._published)
        if missing > 0:
            self._published.extend([NEVER] * missing)
            self._summaries.grow(missing)

    def _unsettled(self, most: int) -> tuple[list[int], list[int]]:
        """Return the articles whose places are to be computed: those with new texts, and others."""
        engine = self._engine
        fresh, waiting = list(engine.fresh), engine.stories.unsettled
        for article, is_new in engine.fresh.items():
            waiting.pop(article, None)
            if is_new:
                self._begin(article)
            else:
                self._published[article] = AGAIN
                self._summaries.reset(article)
        for number, old in engine.replaced.items():
            self._succeed(number, old)
        engine.fresh.clear()
        engine.replaced.clear()
        others: list[int] = []
        tokens = 0
        for article in list(islice(waiting, most)):
            tokens += engine.window.profile(article).tokens if engine.window.alive[article] else 0
            if others and tokens > MOST_TOKENS:
                break
            others.append(article)
            del waiting[article]
        return fresh, [article for article in others if engine.window.alive[article]]

    def _begin(self, article: int) -> None:
        """Reset a number, which may have been another article's: nothing is published under it."""
        self._published[article] = NEVER
        self._published_in.pop(article, None)
        self._departures.pop(article, None)
        self._summaries.reset(article)

    def _succeed(self, number: int, old: int) -> None:
        """Carry over publications from an old text's number to the new one's."""
        if self._published[old] != NEVER:
            self._published[number] = AGAIN
        if old in self._published_in:
            self._published_in[number] = self._published_in.pop(old)
        if old in self._departures:
            self._departures[number] = self._departures.pop(old)
        self._published[old] = NEVER

    def _place(self, article: int, drafts: dict[ArticleId, Draft], stories: dict[int, ComparedStory]) -> None:
        engine = self._engine
        placed = engine.places.place(article, stories)
        engine.stories.code(article, engine.decisions.code(placed.decision))
        self._note_quoted(article, placed.place["includes"])
        place = placed.place
        if engine.stories.of(article) is not None:
            self._summaries.reset(article)
        if article in engine.removed:
            place["removed"] = engine.removed[article][1]
        departure = self._departure(article, place["story"])
        if departure is not None:
            place["previous_story"] = departure
        digest = digest_of(place)
        before, now = self._story_before(article), place["story"]
        if self._published[article] == digest and before == now:
            return
        draft = _draft(drafts, now)
        member = {"article": engine.window.id(article), "revision": engine.window.revisions[article], "place": place}
        draft.members.append(member)
        if self._published[article] in (NEVER, AGAIN) or before != now:
            draft.texts += self._texts(article, moved=before is not None and before != now)
        if before is not None and before != now:
            _draft(drafts, before).left.append(engine.window.id(article))
        self._published[article] = digest
        self._remember_story(article, now)

    def _story_before(self, article: int) -> ArticleId | None:
        """Return the story in which the article was last published."""
        if self._published[article] == NEVER:
            return None
        return self._published_in.get(article, self._engine.window.identity(article)).hex()

    def _remember_story(self, article: int, story: ArticleId) -> None:
        identity = bytes.fromhex(story)
        if identity == self._engine.window.identity(article):
            self._published_in.pop(article, None)
        else:
            self._published_in[article] = identity

    def _texts(self, article: int, *, moved: bool) -> list[int]:
        """Return the offset of the text in ``clean``, and of unsent earlier texts.

        For a moved article, of all earlier ones.
        """
        unsent = self._engine.passed_over.pop(article, [])
        past = self._engine.history.get(article, []) if moved else unsent
        return [*past, self._engine.window.offsets[article]]

    def _note_quoted(self, article: int, includes: Sequence[ArticleId]) -> None:
        if includes:
            for number in map(self._engine.stories.number_of, self._engine.graph.near(article)):
                self._quoted_by.setdefault(number, set()).add(article)

    def _departure(self, article: int, story: ArticleId) -> dict[str, Any] | None:
        """Return the last story that a new text took the article out of, unless it came back to it."""
        engine = self._engine
        members, made = engine.former_members.pop(article, ((), ""))
        left = {engine.stories.number_of(other) for other in members if engine.window.alive[other]}
        if left and engine.stories.number_of(article) not in left:
            self._departures[article] = {
                "story": engine.stories.id_of(min(left, key=engine.stories.id_of)),
                "revision": engine.window.revisions[article],
                "at": made,
            }
        if article in self._departures and self._departures[article]["story"] == story:
            del self._departures[article]
        return self._departures.get(article)

    def _publish_late(self, drafts: dict[ArticleId, Draft]) -> None:
        """Publish texts older than the known ones, as history."""
        for article, offset in self._engine.late:
            if self._engine.window.alive[article]:
                story = self._engine.stories.id_of(self._engine.stories.number_of(article))
                _draft(drafts, story).texts.append(offset)
        self._engine.late.clear()

    # ---- stories --------------------------------------------------------------------------------------------

    def _redirects(self) -> dict[bytes, int]:
        """Return ids of public stories that were merged, each with the number of the other story."""
        stories = self._engine.stories
        found = {identity: number for identity, number in stories.renamed.items() if self._was_published(identity)}
        stories.renamed.clear()
        return found

    def _was_published(self, identity: bytes) -> bool:
        """Whether a story of this id may be public: its first article was published, or has left the window."""
        article = self._engine.window.number_of(identity)
        return article is None or self._published[article] != NEVER

    def _number_of(self, identity: bytes) -> int | None:
        """Return the number of the story that has this id."""
        number = self._engine.stories.find(identity)
        if number is not None:
            return number
        article = self._engine.window.number_of(identity)
        return article if article is not None and self._engine.stories.of(article) is None else None

    def _complete(self, drafts: dict[ArticleId, Draft], redirects: dict[bytes, int]) -> None:
        """Add to every record the summary of its story, or where the story went."""
        stories = self._engine.stories
        for identity, number in redirects.items():
            into = stories.known.get(number)
            if into is not None and self._number_of(identity) is None:
                draft = drafts[identity.hex()] = Draft(identity.hex())
                draft.redirect_to = into.id
        for draft in drafts.values():
            if draft.summary is None and draft.redirect_to is None:
                found = self._number_of(bytes.fromhex(draft.story))
                draft.summary = None if found is None else self._summaries.summary(found, self._events.of(found))

    def _changed_stories(self) -> list[int]:
        """Return the stories that changed, and queue those that quote them."""
        engine = self._engine
        changed = list(engine.stories.changed)
        engine.stories.changed.clear()
        for number in changed:
            for article in self._quoted_by.pop(number, ()):
                if engine.window.alive[article]:
                    engine.stories.unsettled[article] = None
        return changed

    def _summarise(self, number: int, drafts: dict[ArticleId, Draft]) -> None:
        engine = self._engine
        if not engine.is_story(number):
            self._summaries.drop(number)
            return
        story = engine.stories.known.get(number)
        expired = [identity.hex() for identity in story.expired] if story else []
        identity = engine.stories.id_of(number)
        summary, is_new = self._summaries.changed(number, self._events.of(number))
        if not is_new and not expired and identity not in drafts:
            return
        draft = _draft(drafts, identity)
        draft.summary = summary
        draft.expired = expired
        if story is not None:
            story.expired = []


def _brief(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a reader takes for granted: lists without entries, counts of 0, false. A share of 0 is none."""
    return {name: value for name, value in record.items() if value or isinstance(value, float)}


def _draft(drafts: dict[ArticleId, Draft], story: ArticleId) -> Draft:
    return drafts.setdefault(story, Draft(story))
