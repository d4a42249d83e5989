"""Events found in the plainest way, slowly: what the packed graph must agree with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from stream_apps.dedup.events import clusters, graph, reports
from stream_apps.dedup.events.graph import StoryReport
from stream_apps.dedup.events.similarity import SCALE, similarity

Edges = Mapping[tuple[bytes, bytes], int]


def plain_events(known: Mapping[bytes, StoryReport], most: int = graph.MOST) -> set[frozenset[bytes]]:
    """The events of stories by identity, those of one story left out."""
    edges = {pair: value for pair in combinations(sorted(known), 2) if (value := _alike(*(known[one] for one in pair)))}
    found = {frozenset(event) for piece in _pieces(known, edges, most) for event in _events(piece, edges, most)}
    return {event for event in found if len(event) > 1}


def _alike(one: StoryReport, other: StoryReport) -> int:
    """0 where two stories are no neighbours."""
    words = [set(report.terms.heaviest(graph.KEYWORDS)) for report in (one, other)]
    if len(words[0] & words[1]) < graph.SHARED_KEYWORDS:
        return 0
    alike = similarity(one.terms, other.terms, one.published - other.published)
    if one.outlet and one.outlet == other.outlet:
        alike *= reports.ONE_OUTLET
    whole = round(min(alike, 1.0) * SCALE)
    return whole if whole >= clusters.LEAST * SCALE else 0


def _pieces(known: Mapping[bytes, StoryReport], edges: Edges, most: int) -> set[frozenset[bytes]]:
    return {_piece(story, edges, most) for story in known}


def _piece(story: bytes, edges: Edges, most: int) -> frozenset[bytes]:
    for threshold in graph.LADDER:
        piece = _connected(story, [pair for pair, value in edges.items() if value >= threshold * SCALE])
        if len(piece) <= most:
            break
    return piece


def _connected(story: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> frozenset[bytes]:
    found = {story}
    while more := {end for pair in pairs if found & set(pair) for end in pair} - found:
        found |= more
    return frozenset(found)


def _events(piece: frozenset[bytes], edges: Edges, most: int) -> list[list[bytes]]:
    if len(piece) > most:
        return [sorted(piece)]
    names = sorted(piece)
    places = plain_clusters(len(names), lambda a, b: edges.get((names[a], names[b]), 0))
    return [[names[place] for place in cluster] for cluster in places]


def plain_clusters(count: int, alike: Callable[[int, int], int]) -> list[list[int]]:
    """``alike`` is asked with the smaller number first."""
    groups = [[number] for number in range(count)]
    while joined := _likest(groups, alike):
        groups[joined[0]] = sorted(groups[joined[0]] + groups[joined[1]])
        del groups[joined[1]]
    return groups


def _likest(groups: list[list[int]], alike: Callable[[int, int], int]) -> tuple[int, int] | None:
    _, *joined = min(((-average, a, b) for average, a, b in _allowed(groups, alike)), default=(0.0,))
    return (joined[0], joined[1]) if joined else None


def _allowed(groups: list[list[int]], alike: Callable[[int, int], int]) -> Iterator[tuple[float, int, int]]:
    inside = [_mean([alike(*sorted(pair)) for pair in combinations(group, 2)]) for group in groups]
    for a, b in combinations(range(len(groups)), 2):
        average = _mean([alike(min(x, y), max(x, y)) for x in groups[a] for y in groups[b]])
        if average >= max(clusters.COHESION * min(inside[a], inside[b]), clusters.LEAST * SCALE):
            yield average, a, b


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
