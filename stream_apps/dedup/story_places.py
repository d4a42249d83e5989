"""The place of an article, computed from the members that represent its story, and the facts that its story counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.public_records import OriginClass
from schemas.record import ArticleId
from stream_apps.dedup.attribution import Attribution, attribute, compared
from stream_apps.dedup.compare import Overlap
from stream_apps.dedup.graph import Graph
from stream_apps.dedup.joining_rules import Sources
from stream_apps.dedup.origin import ComparedStory
from stream_apps.dedup.profile import Profile
from stream_apps.dedup.stories import Stories
from stream_apps.dedup.window import Window

MANY_SOURCES = 3
"""Fewest stories that an article must include to be a digest. One that takes from one or two is a report of its own."""


class Decision(NamedTuple):
    """The facts of a member that its story counts."""

    origin_class: OriginClass
    agencies: tuple[str, ...]
    undisclosed: bool
    paid: bool
    is_digest: bool
    includes: tuple[ArticleId, ...] = ()


class Decisions:
    """Decisions as small numbers: a few hundred distinct ones serve a million articles."""

    def __init__(self) -> None:
        self._codes: dict[Decision, int] = {}
        self._decisions: list[Decision] = []

    def code(self, decision: Decision) -> int:
        code = self._codes.setdefault(decision, len(self._decisions))
        if code == len(self._decisions):
            self._decisions.append(decision)
        return code

    def __getitem__(self, code: int) -> Decision:
        return self._decisions[code]


@dataclass(frozen=True)
class Placed:
    """An article's place as JSON takes it (``schemas.public_records.Place``), and what its story counts of it."""

    place: dict[str, Any]
    decision: Decision


class PlaceFinder:
    """Computes places over the engine's state."""

    def __init__(self, window: Window, graph: Graph, stories: Stories) -> None:
        self._window = window
        self._graph = graph
        self._stories = stories

    def place(self, article: int, stories: dict[int, ComparedStory]) -> Placed:
        """Compute the place of an article: a function of it and of the members that represent its story.

        ``stories``: what was compared of stories since the state last changed, by their numbers. It is added to.
        """
        me, profile = self._window.id(article), self._window.profile(article)
        story = self._compared(article, stories)
        alone = profile.agency_alone or not self._graph.links.of(article)
        found = None if alone else self._graph.sources(article)
        attribution = attribute(me, story, put_together=found is not None)
        includes = [] if found is None else self._includes(article, found)
        decision = Decision(
            attribution.origin_class,
            attribution.agencies,
            attribution.undisclosed,
            profile.paid,
            profile.roundup or len(includes) >= MANY_SOURCES,
            tuple(includes),
        )
        nearest = None if attribution.nearest is None else self._window.number_of(bytes.fromhex(attribution.nearest))
        evidence = self._evidence(article, nearest)
        return Placed(self._place_of(article, attribution, story.head, includes, evidence), decision)

    def _compared(self, article: int, stories: dict[int, ComparedStory]) -> ComparedStory:
        """Return those that represent the story of an article, and itself, beside each other."""
        story = self._stories.of(article)
        if story is None:
            return self._beside((article,), article)
        standing = dict.fromkeys((story.canonical, *story.representatives))
        if article not in standing:
            return self._beside((article, *standing), story.canonical)
        if story.number not in stories:
            stories[story.number] = self._beside(standing, story.canonical)
        return stories[story.number]

    def _beside(self, articles: Collection[int], canonical: int) -> ComparedStory:
        names = {self._window.id(number): self._window.profile(number) for number in articles}
        return compared(names, self._window.id(canonical), self._graph.among(articles))

    def _includes(self, article: int, found: Sources) -> list[ArticleId]:
        """Return the other stories that an article is put together from."""
        near = {self._window.id(number): number for number in self._graph.near(article)}
        mine = self._stories.number_of(article)
        others = {self._stories.number_of(near[name]) for group in found.groups for name in group}
        return sorted(self._stories.id_of(number) for number in others - {mine})

    def _place_of(
        self,
        article: int,
        attribution: Attribution,
        head: Profile,
        includes: list[ArticleId],
        evidence: list[dict[str, Any]],
    ) -> dict[str, Any]:
        overlap = attribution.overlap
        place: dict[str, Any] = {
            "story": self._stories.id_of(self._stories.number_of(article)),
            "canonical_article": head.id,
            "origin_class": attribution.origin_class,
            "agencies": attribution.agencies,
            "undisclosed": attribution.undisclosed,
            "links": evidence,
            "includes": includes,
        }
        if self._window.id(article) != head.id:
            place["lag"] = round(self._window.profile(article).published - head.published, 3)
        if overlap is not None:
            place |= _shares(overlap)
        return place

    def _evidence(self, article: int, nearest: int | None) -> list[dict[str, Any]]:
        """Return the links to the canonical or nearest article, and to older ones."""
        rank = self._window.rank
        older = sorted((n for n in self._graph.near(article) if rank(n) < rank(article)), key=rank)
        shown = dict.fromkeys(older if nearest is None else (nearest, *older))
        return [self._link(article, other) for other in shown]

    def _link(self, article: int, other: int) -> dict[str, Any]:
        overlap = self._graph.links.overlap(article, other)
        assert overlap is not None, "neighbours are linked"
        return {
            "other": self._window.id(other),
            **_shares(overlap),
            "shared": overlap.shared,
            "cover": f"{overlap.cover:016x}",
        }


def _shares(overlap: Overlap) -> dict[str, Any]:
    return {
        "relation": overlap.relation,
        "containment": round(overlap.containment, 4),
        "coverage": round(overlap.coverage, 4),
    }
