"""Which stories tell of one event: a pure function of the stories that are known, kept up while they come and go.

Stories that share some of their weightiest words are compared; those alike enough are neighbours. Average linkage needs
all pairs of a group, and over days everything is somehow connected: so the graph is taken apart at the least rung of a
ladder of thresholds at which a piece is small enough, and each piece is clustered by itself. A piece and its rung are
the same for each of its stories, so the pieces partition the graph, whatever the order of arrival.

Everything is packed, and refers to a story by its place (see ``Reports``). Places depend on the order of arrival:
no decision does on places.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.events.clusters import LEAST, clusters
from stream_apps.dedup.events.columns import Numbers, grown
from stream_apps.dedup.events.edges import Edges
from stream_apps.dedup.events.postings import Postings
from stream_apps.dedup.events.reports import Reports, StoryReport
from stream_apps.dedup.events.rings import Rings
from stream_apps.dedup.events.similarity import least_quantised

__all__ = ["EventGraph", "StoryReport"]

KEYWORDS = 12
"""The weightiest words of a story, by which others are found …"""
SHARED_KEYWORDS = 2
"""… that have at least so many of them too."""
LADDER = (LEAST, 0.08, 0.12, 0.18, 0.25, 0.33, 0.42, 0.52, 0.64, 0.8)
MOST = 150
"""Stories of a piece: clustering takes the square of it. On the last rung a piece of any size is one event."""

_LEVELS = np.array([least_quantised(threshold) for threshold in LADDER])
_LAST = len(LADDER) - 1


class EventGraph:
    """The stories in the window and the event of each. Can be pickled; nothing is computed anew when it is read.

    An event is named by the number of its story with the smallest identity. A story that is alone has none.
    """

    def __init__(self) -> None:
        self._reports = Reports()
        self._postings = Postings()
        self._edges = Edges()
        self._pieces = Rings()
        self._rungs: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        """The threshold of ``LADDER`` at which the piece of a story was small enough."""
        self._events = Rings()
        """In the order of identities; a story that is alone is a group too."""

    def __contains__(self, story: int) -> bool:
        return self._reports.find(story) is not None

    def __len__(self) -> int:
        return len(self._reports)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held; takes milliseconds to count."""
        parts = (self._reports, self._postings, self._edges, self._pieces, self._rungs, self._events)
        return sum(part.nbytes for part in parts)

    def event_of(self, story: int) -> int | None:
        """The story that names the event; None where the story is alone or unknown."""
        place = self._reports.find(story)
        if place is None or self._events.is_alone(place):
            return None
        return self._reports.stories([self._events.first(place)])[0]

    def members(self, event: int) -> Sequence[int]:
        """The stories of an event by identity; none where the number names no event."""
        place = self._reports.find(event)
        if place is None or self._events.first(place) != place:
            return ()
        members = self._events.group(place)
        return self._reports.stories(members) if len(members) > 1 else ()

    def put(self, story: int, identity: bytes, report: StoryReport) -> set[int]:
        """Take a story in, or what is new of it. The stories whose event has other members now, or had."""
        place = self._reports.find(story)
        if place is None:
            return self._named(self._take_in(story, identity, report))
        if self._reports.identity(place) != identity:
            return self._rename(story, identity, report)
        if self._reports.is_same(place, report):
            return set()
        return self._named(self._replace(place, report))

    def remove(self, story: int) -> set[int]:
        """Forget a story. The other stories whose event changed."""
        place = self._reports.find(story)
        if place is None:
            return set()
        start = {*self._parted(place), *self._pieces.dissolve(place)} - {place}
        members = self._events.dissolve(place)
        self._forget_words(place)
        self._edges.clear(place)
        self._reports.drop(place)
        return self._named({*members, *self._settle(start, place)} - {place})

    # ---- stories --------------------------------------------------------------------------------------------

    def _take_in(self, story: int, identity: bytes, report: StoryReport) -> set[int]:
        place = self._reports.add(story, identity)
        self._make_room()
        self._learn(place, report)
        self._rungs[place] = self._lowest(place)
        return self._settle({place, *self._reached(place)}, place, only_more=True)

    def _replace(self, place: int, report: StoryReport) -> set[int]:
        self._forget_words(place)
        parted = self._parted(place)
        if not self._learn(place, report):
            return set()
        return self._settle({place, *parted, *self._pieces.group(place), *self._reached(place)}, place)

    def _rename(self, story: int, identity: bytes, report: StoryReport) -> set[int]:
        before = self.event_of(story)
        changed = self.remove(story) | self.put(story, identity, report)
        return changed | {story} if before is not None else changed

    def _learn(self, place: int, report: StoryReport) -> bool:
        """Whether that changed anything that is alike."""
        self._reports.write(place, report)
        words = self._reports.heaviest(place, KEYWORDS)
        others = self._sharing(words)
        alike = self._reports.alike(place, others)
        for word in words:
            self._postings.add(word, place)
        near = alike >= _LEVELS[0]
        return self._edges.put(place, others[near], alike[near])

    def _sharing(self, words: Sequence[int]) -> Numbers:
        """The stories that have some of these words among their weightiest."""
        found = np.sort(self._postings.of(words))
        often = found[SHARED_KEYWORDS - 1 :]
        return np.unique(often[often == found[: len(often)]])

    def _forget_words(self, place: int) -> None:
        for word in self._reports.heaviest(place, KEYWORDS):
            self._postings.discard(word, place)

    def _make_room(self) -> None:
        if self._reports.end > len(self._rungs):
            size = self._reports.end + self._reports.end // 4 + 64
            self._rungs = grown(self._rungs, size)
            for part in (self._edges, self._pieces, self._events):
                part.grow(size)

    def _named(self, places: set[int]) -> set[int]:
        return set(self._reports.stories(places))

    # ---- what a change can reach ----------------------------------------------------------------------------

    def _reached(self, place: int) -> list[int]:
        """The neighbours whose pieces a new story is connected to.

        On the rungs below its own a neighbour was in a group too large already, and one more only makes it larger.
        """
        others, alike = self._edges.of(place)
        return _listed(others[alike >= _LEVELS[self._rungs[others]]])

    def _parted(self, place: int) -> list[int]:
        """The neighbours whose pieces may grow when a story goes.

        The group of a neighbour on the rung below its own was too large, and may be small enough without the story. A
        neighbour less alike than that rung is in that group only through other neighbours of the story.
        """
        others, alike = self._edges.of(place)
        return _listed(others[alike >= _LEVELS[np.maximum(self._rungs[others], 1) - 1]])

    def _lowest(self, place: int) -> int:
        """A rung below which a new story is in a group that is too large: that of a neighbour."""
        others, alike = self._edges.of(place)
        joined = np.searchsorted(_LEVELS, alike, side="right")
        return int(np.minimum(self._rungs[others], joined).max(initial=0))

    # ---- pieces and events ----------------------------------------------------------------------------------

    def _settle(self, start: set[int], moved: int, *, only_more: bool = False) -> set[int]:
        """Take the pieces that a change at ``start`` can reach apart anew. Members of events that changed.

        ``moved``: the story whose edges changed. A piece without it that was a piece before has the same events.
        ``only_more``: edges only came, so that what was too large on a rung still is.
        """
        waiting, changed = set(start), set[int]()
        while waiting:
            piece = self._piece(waiting.pop(), may_fall=not only_more)
            waiting.difference_update(piece.tolist())
            if self._pieces.is_group(piece) and moved not in piece:
                continue
            mates = {mate for first in self._pieces.firsts(piece) for mate in self._pieces.dissolve(first)}
            waiting |= mates.difference(piece.tolist())
            self._pieces.put(piece)
            changed |= self._divide(piece)
        return changed

    def _piece(self, place: int, *, may_fall: bool) -> Numbers:
        """The piece that a story is in. Looked for from the rung where it was."""
        rung = int(self._rungs[place])
        piece = self._connected(place, rung)
        if may_fall and len(piece) <= MOST:
            while rung > 0 and len(larger := self._connected(place, rung - 1)) <= MOST:
                rung, piece = rung - 1, larger
        while len(piece) > MOST and rung < _LAST:
            rung += 1
            piece = self._connected(place, rung)
        self._rungs[piece] = rung
        return piece

    def _connected(self, place: int, rung: int) -> Numbers:
        return self._edges.connected(place, int(_LEVELS[rung]), MOST if rung < _LAST else None)

    def _divide(self, piece: Numbers) -> set[int]:
        """The events of one piece. Members of those that are not as they were."""
        changed: set[int] = set()
        for members in self._clusters(self._reports.by_identity(piece)):
            if self._events.is_group(members):
                continue
            before = [self._events.dissolve(first) for first in self._events.firsts(members)]
            self._events.put(members)
            for group in (*before, members.tolist()):
                if len(group) > 1:
                    changed.update(group)
        return changed

    def _clusters(self, piece: Numbers) -> list[Numbers]:
        """In the order of identities within each."""
        if len(piece) > MOST or len(piece) == 1:
            return [piece]
        return [piece[sorted(cluster)] for cluster in clusters(self._edges.matrix(piece))]


def _listed(places: Numbers) -> list[int]:
    found: list[int] = places.tolist()
    return found
