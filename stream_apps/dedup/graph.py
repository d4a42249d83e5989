"""The graph of articles: each end of a link decides from a bounded view whether it accepts the other as its copy.

An article decides about another from its eight oldest neighbours, the other, and the links among these. So a decision
costs the same in a story of five copies and of five thousand, and depends on the texts alone.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from itertools import islice

from schemas.record import ArticleId
from stream_apps.dedup.cache import Cache
from stream_apps.dedup.compare import Overlap
from stream_apps.dedup.decision_queue import DecisionQueue
from stream_apps.dedup.joining_rules import Sources, cover_alike, is_union, joins, sources, weigh_alike
from stream_apps.dedup.links import Links
from stream_apps.dedup.views import View
from stream_apps.dedup.window import Window

NEAR = 8
"""Neighbours that an article decides from: the oldest."""
_VIEWS = 1_000
"""Articles whose view is remembered: those of the stories that copies come in for."""


class Graph:
    """The links, and the decisions that follow from them.

    Decisions are queued; ``decide`` makes some of them. Those that come up ``at_once`` do not wait for earlier ones.
    """

    def __init__(self, window: Window) -> None:
        self.links = Links()
        self._window = window
        self._near: dict[int, list[int]] = {}
        """The oldest neighbours of those who have more than that, by rank."""
        self._later = DecisionQueue()
        self._now = DecisionQueue()
        self._queue = self._later
        """Where decisions that come up are queued."""
        self.unsettled: dict[int, None] = {}
        """Articles whose view has changed, and so perhaps their place."""
        self._views: Cache[int, View] = Cache(_VIEWS)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_views"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, _views=Cache(_VIEWS))

    @property
    def is_busy(self) -> bool:
        """Whether anything is undecided."""
        return bool(self._later or self._now)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Queue what comes up before all that waits."""
        self._queue = self._now
        try:
            yield
        finally:
            self._queue = self._later

    # ---- links ----------------------------------------------------------------------------------------------

    def connect(self, a: int, b: int, overlap: Overlap) -> None:
        """Link two articles."""
        self.links.put(a, b, overlap)
        self._gained(a, b)
        self._gained(b, a)
        self._seen_by_others(a, b)

    def change(self, a: int, b: int, overlap: Overlap) -> bool:
        """Change the overlap of two linked articles. Returns whether the two were joined and cannot be any more."""
        joined, before = self.links.is_joined(a, b), self._overlap(a, b)
        if not self.links.change(a, b, overlap):
            return False
        after = self._overlap(a, b)
        for one, other, was, now in ((a, b, before, after), (b, a, before.reversed(), after.reversed())):
            self.unsettled[one] = None
            self._views.pop(one)
            if not weigh_alike(was, now):
                self._reconsider(one, other)
            elif not cover_alike(was, now):
                self._queue.covered_anew.setdefault(one, {})[other] = None
        if is_union(before) != is_union(after):
            self._seen_by_others(a, b)
        return joined and not self.links.is_joined(a, b)

    def _overlap(self, a: int, b: int) -> Overlap:
        """Return what two linked articles share, with the digits that decisions see."""
        overlap = self.links.overlap(a, b)
        assert overlap is not None, "linked"
        return overlap

    def _reconsider(self, article: int, other: int) -> None:
        """Queue the decisions of an article that depend on its link with another."""
        if other in self.near(article):
            self._see_anew(article)
        else:
            self._queue.put(article, [other])

    def disconnect(self, a: int, b: int) -> bool:
        """Remove a link. Returns whether the two were joined."""
        joined = self.links.is_joined(a, b)
        self._seen_by_others(a, b)
        self.links.drop(a, b)
        self._lost(a, b)
        self._lost(b, a)
        return joined

    def isolate(self, article: int) -> list[int]:
        """Remove all links of an article. Returns the articles that it was joined with."""
        joined = list(self.links.joined(article))
        for other in self.links.drop_all(article):
            self._lost(other, article)
        for queue in (self._now, self._later):
            queue.drop(article)
        for known in (self._near, self.unsettled):
            known.pop(article, None)
        self._views.pop(article)
        return joined

    def near(self, article: int) -> Sequence[int]:
        """Return the oldest neighbours."""
        links = self.links.of(article)
        if len(links) <= NEAR:
            return list(links)
        near = self._near.get(article)
        if near is None:
            near = self._near[article] = sorted(links, key=self._window.rank)[:NEAR]
        return near

    def _gained(self, article: int, other: int) -> None:
        near = self._near.get(article)
        if near is None or len(self.links.of(article)) <= NEAR:
            self._see_anew(article)
        elif self._window.rank(other) < self._window.rank(near[-1]):
            insort(near, other, key=self._window.rank)
            near.pop()
            self._see_anew(article)
        else:
            self._queue.put(article, [other])

    def _lost(self, article: int, other: int) -> None:
        for queue in (self._now, self._later):
            queue.drop_pair(article, other)
        near = self._near.get(article)
        if near is None or other in near:
            self._near.pop(article, None)
            self._see_anew(article)

    def _see_anew(self, article: int) -> None:
        self._views.pop(article)
        self._queue.changed[article] = None

    def _seen_by_others(self, a: int, b: int) -> None:
        """Queue the decisions that depend on the link between two articles, which is new or removed."""
        of_a, of_b = self.links.of(a), self.links.of(b)
        fewer, more = (of_a, of_b) if len(of_a) <= len(of_b) else (of_b, of_a)
        for common in [article for article in fewer if article in more]:
            near = self.near(common)
            if a in near and b in near:
                self._see_anew(common)
            elif a in near or b in near:
                self._queue.put(common, [b if a in near else a])

    # ---- decisions ------------------------------------------------------------------------------------------

    def decide_new(self, most: int) -> Iterator[tuple[int, int, bool]]:
        """Decide what came up ``at_once``, from at most ``most`` views; the rest waits as all else does."""
        with self.at_once():
            yield from self._decide(self._now, most)
        self._now.move_to(self._later)

    def decide(self, most: int) -> Iterator[tuple[int, int, bool]]:
        """Decide from at most ``most`` views. Returns the pairs that were joined or parted."""
        return self._decide(self._later, most)

    def _decide(self, queue: DecisionQueue, most: int) -> Iterator[tuple[int, int, bool]]:
        self._review(queue, most)
        while queue.undecided and most > 0:
            article = next(iter(queue.undecided))
            waiting = queue.undecided.pop(article)
            near, alike = set(self.near(article)), self._are_one(article)
            in_view = [other for other in waiting if other in near]
            beyond = [other for other in waiting if other not in near]
            if in_view:
                most -= 1
                accepted = joins(self.view(article), self._window.id(article), are_one=alike)
                yield from self._accept(article, in_view, accepted)
            now, later = beyond[: max(0, most)], beyond[max(0, most) :]
            for other in now:
                are_one = alike and near <= self.links.of(other).keys()
                accepted = joins(self.view(article, other), self._window.id(article), are_one=are_one)
                yield from self._accept(article, [other], accepted)
            most -= len(now)
            if later:
                queue.put(article, later)

    def _review(self, queue: DecisionQueue, most: int) -> None:
        for article, others in queue.covered_anew.items():
            self._weigh_parts(article, others.keys() & self.links.of(article).keys())
        queue.covered_anew.clear()
        for article in list(islice(queue.changed, most)):
            del queue.changed[article]
            self.unsettled[article] = None
            unions = self.links.unions(article)
            if unions:
                queue.put(article, unions)

    def _accept(self, article: int, others: Iterable[int], accepted: set[ArticleId]) -> Iterator[tuple[int, int, bool]]:
        for other in others:
            if other not in self.links.of(article):
                continue
            before = self.links.is_joined(article, other)
            joined = self.links.accept(article, other, accepted=self._window.id(other) in accepted)
            if joined != before:
                yield article, other, joined

    def view(self, article: int, other: int | None = None) -> View:
        """Return the view from which an article decides.

        Its oldest neighbours, another one, and the links among them.
        """
        view = self._views.get(article, self._near_view)
        if other is None or self._window.id(other) in view:
            return view
        return view.and_also(self._window.id(other), other)

    def _near_view(self, article: int) -> View:
        return self.among((article, *self.near(article)))

    def among(self, articles: Iterable[int]) -> View:
        """Return the links among some articles."""
        return View(self.links, {self._window.id(number): number for number in articles})

    def sources(self, article: int) -> Sources | None:
        """Return the stories that an article draws on, by its view; None where it is a copy of one."""
        return None if self._are_one(article) else sources(self.view(article), self._window.id(article))

    # ---- neighbours that share text with each other ---------------------------------------------------------

    def _are_one(self, article: int) -> bool:
        """Whether the oldest neighbours all share text with each other."""
        near = self.near(article)
        rows = map(self.links.of, near)
        return all(other in row for number, row in enumerate(rows) for other in near[:number])

    def _weigh_parts(self, article: int, others: AbstractSet[int]) -> None:
        """Queue the decisions that may depend on what part of an article these neighbours have.

        None does that is made among neighbours who all share text with each other.
        """
        near = set(self.near(article))
        if not self._are_one(article):
            for other in sorted(others):
                self._reconsider(article, other)
            return
        decided = others if near.isdisjoint(others) else set(self.links.unions(article))
        apart = [other for other in sorted(decided - near) if not near <= self.links.of(other).keys()]
        if apart:
            self._queue.put(article, apart)
