"""Which articles form a story: a pure function of the articles and the links between them.

Links that show a copy join two articles; stories are the connected components. One exception keeps strangers apart:
an article put together from several sources (a digest, a live blog, a copy merged from two agencies) shares text
with articles that share none with each other. It joins at most the story that gave most of it, and includes the
others. Every decision looks at one article, its links and the links among its neighbours, and at nothing learned
before: so neither order of arrival nor history matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.record import ArticleId
from stream_apps.dedup.compare import UNIONS, Overlap
from stream_apps.text.shingles import MASK_BITS

Links = Mapping[ArticleId, Mapping[ArticleId, Overlap]]
"""For each article, what it shares with each other: seen from the first (`a`), and there under both ids."""

SAME_PLACE = 0.3
"""Two sources that cover the same part of a text (this share of the smaller part) have that text from one story."""
SOURCE_SHARE = 0.8
"""A text of which another contains so much may be cut from that one."""
SOURCES_TOTAL = 0.4
"""Least share of a text that comes from its sources together: a shared sentence here and there tells nothing."""
MERGED_TOTAL = 0.6
"""Least share of a text that two sources must cover together for it to be a merged copy rather than a digest …"""
MERGED_MAIN = 0.35
"""… and least share of the one that gave most;"""
MAIN_LEAD = 2.0
"""or the main source gives this many times as much as the next."""
PASSAGE = 8
"""64ths of a text that another must cover to count as one of its sources, although too few for a copy."""
STRANGERS = 3
"""Unrelated sources from which an article counts as a digest that may not connect them; two may be of one event."""
MOST_SOURCES = 24
"""Neighbours of a digest at most: among more, who connects whom is not asked, for it takes the cube of their number."""
WHOLE = 0.75
"""A neighbour that covers this much of a text tells nothing about its parts."""


@dataclass(frozen=True)
class Sources:
    """The stories that one article was put together from, the main one first."""

    groups: tuple[tuple[ArticleId, ...], ...]
    merged: bool
    """A merged copy belongs to the story of its main source; a digest to none."""
    alike: frozenset[ArticleId] = frozenset()
    """Other articles put together from some of the same sources: copies neither of a source nor of this article."""

    @property
    def foreign(self) -> frozenset[ArticleId]:
        """The sources whose story it does not join."""
        return self.alike.union(*self.groups[self.merged :])


def weigh_alike(one: Overlap, other: Overlap) -> bool:
    """Whether an article decides the same with either of these overlaps with one neighbour, its sources apart.

    Of the links among its neighbours, decisions depend on which there are and which show copies (``is_union``), on
    nothing else.
    """
    return _weight(one) == _weight(other)


def cover_alike(one: Overlap, other: Overlap) -> bool:
    """Whether an article has the same sources with either of these overlaps with one neighbour."""
    return _part(one) == _part(other)


def is_union(overlap: Overlap) -> bool:
    """Whether a link shows a copy."""
    return overlap.relation in UNIONS


def _weight(overlap: Overlap) -> tuple[bool, bool, bool]:
    """Return what ``joins`` asks of an article's own link."""
    return is_union(overlap), overlap.relation == "derived", overlap.containment >= SOURCE_SHARE


def _part(overlap: Overlap) -> int:
    """Return what ``sources`` asks of an article's own link."""
    return overlap.cover if _is_part(overlap) else 0


def _is_part(overlap: Overlap) -> bool:
    """Whether a neighbour covers a part of a text and not nearly all of it."""
    return PASSAGE <= overlap.cover.bit_count() < WHOLE * MASK_BITS


def union_neighbours(links: Links, article: ArticleId) -> dict[ArticleId, Overlap]:
    """Return the neighbours that this article shares enough with to be a copy."""
    return {other: overlap for other, overlap in links.get(article, {}).items() if is_union(overlap)}


def sources(links: Links, article: ArticleId) -> Sources | None:
    """Return the separate stories that an article draws on; None where it is a copy of one, or of nothing."""
    neighbours = {other: overlap for other, overlap in links.get(article, {}).items() if _is_part(overlap)}
    total = _cover(neighbours, neighbours).bit_count() / MASK_BITS
    if total < SOURCES_TOTAL or _are_one(links, neighbours):
        return None
    few = len(neighbours) <= MOST_SOURCES
    alike = frozenset(other for other in neighbours if few and _put_together(links, neighbours, other))
    groups = _groups(links, neighbours.keys() - alike, neighbours)
    if len(groups) < 2:
        return None
    sizes = {group: _cover(neighbours, group).bit_count() / MASK_BITS for group in groups}
    ordered = sorted(groups, key=lambda group: (-sizes[group], group))
    main, second = sizes[ordered[0]], sizes[ordered[1]]
    two_agencies = len(groups) == 2 and total >= MERGED_TOTAL and main >= MERGED_MAIN
    return Sources(tuple(ordered), merged=two_agencies or main >= MAIN_LEAD * second, alike=alike)


def joins(links: Links, article: ArticleId, *, are_one: bool = False) -> set[ArticleId]:
    """Return the neighbours that this article accepts as copies, which puts it into their story.

    ``are_one``: all its neighbours are known to share text with each other, so that it has no several sources.
    """
    neighbours = union_neighbours(links, article)
    doubtful = {other for other in neighbours if _contradicted(links, neighbours, other)}
    found = None if are_one else sources(links, article)
    return set(neighbours) - doubtful - (found.foreign if found else frozenset())


def _contradicted(links: Links, neighbours: Mapping[ArticleId, Overlap], other: ArticleId) -> bool:
    """Whether the link to ``other`` is weak, and no text that nearly all of this one is taken from is a copy of it."""
    if neighbours[other].relation != "derived":
        return False
    origins = [one for one, overlap in neighbours.items() if overlap.containment >= SOURCE_SHARE and one != other]
    known = union_neighbours(links, other)
    return bool(origins) and not any(origin in known for origin in origins)


def _are_one(links: Links, neighbours: Iterable[ArticleId]) -> bool:
    """Whether all share text with each other, as copies of one story do: then they are one group, and none is alike."""
    before: list[ArticleId] = []
    for one in neighbours:
        row = links.get(one, {})
        if any(other not in row for other in before):
            return False
        before.append(one)
    return True


def _put_together(links: Links, neighbours: Mapping[ArticleId, Overlap], other: ArticleId) -> bool:
    """Whether a neighbour is another digest: it has text of several others that share nothing with each other."""
    parts = [one for one in neighbours if one != other and one in links.get(other, {})]
    return len(parts) >= STRANGERS and len(_groups(links, parts, neighbours)) >= STRANGERS


def _groups(
    links: Links, members: Iterable[ArticleId], neighbours: Mapping[ArticleId, Overlap]
) -> list[tuple[ArticleId, ...]]:
    """Group neighbours by story: two of a group share text with each other, or cover the same part of this one."""
    groups: list[tuple[ArticleId, ...]] = []
    left = sorted(members)
    while left:
        group, queue = [left[0]], [left.pop(0)]
        while queue:
            one = queue.pop()
            same = [other for other in left if _one_story(links, neighbours, one, other)]
            left = [other for other in left if other not in same]
            group += same
            queue += same
        groups.append(tuple(sorted(group)))
    return groups


def _one_story(links: Links, neighbours: Mapping[ArticleId, Overlap], one: ArticleId, other: ArticleId) -> bool:
    if other in links.get(one, {}):
        return True
    mine, theirs = neighbours[one].cover, neighbours[other].cover
    smaller = min(mine.bit_count(), theirs.bit_count())
    return smaller > 0 and (mine & theirs).bit_count() >= SAME_PLACE * smaller


def _cover(neighbours: Mapping[ArticleId, Overlap], members: Iterable[ArticleId]) -> int:
    cover = 0
    for member in members:
        cover |= neighbours[member].cover
    return cover
