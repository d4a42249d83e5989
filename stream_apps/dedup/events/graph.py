"""Which families tell of one event: a pure function of the families that are known, kept up while they come and go.

Families that share some of their weightiest words are compared; those alike enough are neighbours. Average linkage
needs all pairs of a group, and over days everything is somehow connected: so the graph is taken apart at the least rung
of a ladder of thresholds at which a piece is small enough, and each piece is clustered by itself. A piece and its rung
are the same for each of its families, so the pieces partition the graph, whatever the order of arrival.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stream_apps.dedup.events.clusters import LEAST, clusters
from stream_apps.dedup.events.likeness import likeness
from stream_apps.text.terms import Terms

KEYWORDS = 12
"""The weightiest words of a family, by which others are found …"""
SHARED_KEYWORDS = 2
"""… that have at least so many of them too."""
ONE_OUTLET = 0.5
"""What likeness counts between two stories that one and the same outlet carries alone."""
LADDER = (LEAST, 0.08, 0.12, 0.18, 0.25, 0.33, 0.42, 0.52, 0.64, 0.8)
MOST = 150
"""Families of a piece: clustering takes the square of it. On the last rung a piece of any size is one event."""


@dataclass(frozen=True)
class Report:
    """One family as it is compared. Kept packed: unpacking takes microseconds, and a window holds very many."""

    packed: bytes
    """See ``terms.pack``."""
    published: float
    """Seconds since 1970 of its first publication."""
    outlet: str = ""
    """Who alone carries it; empty where several do."""

    @property
    def terms(self) -> Terms:
        return Terms.unpack(self.packed)


class EventGraph:
    """The families in the window and the event of each: the smallest id of those that tell of it."""

    def __init__(self) -> None:
        self.events: dict[str, str] = {}
        self.members: dict[str, frozenset[str]] = {}
        """Event: its families."""
        self._reports: dict[str, Report] = {}
        self._keywords: defaultdict[int, set[str]] = defaultdict(set)
        self._edges: dict[str, dict[str, float]] = {}
        self._pieces: dict[str, frozenset[str]] = {}
        self._rungs: dict[str, float] = {}
        """The threshold at which the piece of a family was small enough."""

    def put(self, family: str, report: Report) -> set[str]:
        """Take a family in, or what is new of it. The events, old and new, that this changed."""
        if self._reports.get(family) == report:
            return set()
        near = self._take_out(family) if family in self._reports else set()
        self._take_in(family, report)
        return self._settle({family, *near, *self._reached(family)})

    def remove(self, family: str) -> set[str]:
        """Forget a family. The events, old and new, that this changed."""
        if family not in self._reports:
            return set()
        near = self._take_out(family)
        del self._pieces[family], self._rungs[family]
        return self._leave(family) | self._settle(near)

    # ---- the graph ------------------------------------------------------------------------------------------

    def _take_in(self, family: str, report: Report) -> None:
        terms = report.terms
        keywords = terms.heaviest(KEYWORDS)
        shared = Counter(other for word in keywords for other in self._keywords[word])
        edges = {}
        for other in (other for other, count in shared.items() if count >= SHARED_KEYWORDS):
            theirs = self._reports[other]
            alike = likeness(terms, theirs.terms, report.published - theirs.published)
            if report.outlet and report.outlet == theirs.outlet:
                alike *= ONE_OUTLET  # what it prints under everything may not have been learned yet
            if alike >= LEAST:
                edges[other] = self._edges[other][family] = alike
        self._reports[family], self._edges[family] = report, edges
        for word in keywords:
            self._keywords[word].add(family)

    def _take_out(self, family: str) -> set[str]:
        """Its neighbours, and whoever stood in one piece with it."""
        report, neighbours = self._reports.pop(family), self._edges.pop(family)
        for other in neighbours:
            self._edges[other].pop(family, None)
        for word in report.terms.heaviest(KEYWORDS):
            self._keywords[word].discard(family)
            if not self._keywords[word]:
                del self._keywords[word]
        return {*neighbours, *self._pieces[family]} - {family}

    def _reached(self, family: str) -> Iterator[str]:
        """The neighbours whose pieces a new family is connected to.

        On the rungs below its own a neighbour was in a group too large already, and one more only makes it larger.
        """
        for other, alike in self._edges[family].items():
            if alike >= self._rungs.get(other, LEAST):
                yield other

    # ---- pieces and events ----------------------------------------------------------------------------------

    def _settle(self, start: Iterable[str]) -> set[str]:
        """Take the pieces that a change at ``start`` can reach apart anew. The events that changed."""
        waiting = set(start)
        done: set[str] = set()
        changed: set[str] = set()
        while waiting:
            piece, rung = self._piece(min(waiting))
            waiting |= {other for family in piece for other in self._pieces.get(family, ()) if other in self._reports}
            done |= piece
            waiting -= done
            changed |= self._divide(piece)
            self._pieces.update(dict.fromkeys(piece, piece))
            self._rungs.update(dict.fromkeys(piece, rung))
        return changed

    def _piece(self, family: str) -> tuple[frozenset[str], float]:
        """The piece that a family is in, and its rung."""
        for threshold in LADDER[:-1]:
            piece = self._connected(family, threshold, MOST)
            if len(piece) <= MOST:
                return piece, threshold
        return self._connected(family, LADDER[-1], None), LADDER[-1]

    def _connected(self, family: str, threshold: float, most: int | None) -> frozenset[str]:
        """All that is connected by edges of at least ``threshold``; given up with more than ``most``."""
        found, queue = {family}, [family]
        while queue:
            for other, alike in self._edges[queue.pop()].items():
                if alike >= threshold and other not in found:
                    found.add(other)
                    queue.append(other)
            if most is not None and len(found) > most:
                break
        return frozenset(found)

    def _divide(self, piece: frozenset[str]) -> set[str]:
        """The events of one piece; those that are not as they were."""
        changed: set[str] = set()
        for cluster in self._clusters(piece):
            members, event = frozenset(cluster), min(cluster)
            if self.members.get(event) == members:
                continue
            for family in members:
                changed |= self._leave(family)
            for family in members:
                self.events[family] = event
            self.members[event] = members
            changed.add(event)
        return changed

    def _clusters(self, piece: frozenset[str]) -> Iterator[list[str]]:
        if len(piece) > MOST:
            yield sorted(piece)
        else:
            yield from clusters(sorted(piece), self._edges)

    def _leave(self, family: str) -> set[str]:
        """Take a family out of the event that it was of."""
        event = self.events.pop(family, None)
        if event is None:
            return set()
        left = self.members[event] - {family}
        if left:
            self.members[event] = left
        else:
            del self.members[event]
        return {event}
