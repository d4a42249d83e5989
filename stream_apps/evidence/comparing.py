"""Compares two texts paragraph by paragraph: same, changed, moved, cut and added.

``stream_apps/dedup/compare.py`` measures the overlap by which the engine decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from stream_apps.evidence.sheet import Paragraph

ALIKE = 0.4
"""Share of the words of the shorter of two paragraphs, in the same order, from which the one is the other, changed."""
JOINED = 0.1
"""By how much a neighbour must make two paragraphs more alike to have been joined to one of them."""
PASSAGE = 5
"""Fewest words in a row that are told as a shared passage."""

_WORD = re.compile(r"\S+")
_BARE = re.compile(r"[^\w%$\u20b9.]+|\.$|\.(?=\D)")
Kind = Literal["same", "changed", "cut", "added"]
Op = Literal["kept", "cut", "added"]


@dataclass(frozen=True)
class ChangedWords:
    """A run of words within a changed paragraph."""

    op: Op
    text: str


@dataclass(frozen=True)
class Part:
    """A part of the comparison: paragraphs of a (counted from 0) beside paragraphs of b."""

    kind: Kind
    a: tuple[int, ...]
    b: tuple[int, ...]
    text_a: str
    text_b: str
    moved: bool = False
    changes: tuple[ChangedWords, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A run of words that both texts share."""

    words: int
    text: str


@dataclass(frozen=True)
class Comparison:
    """The parts in the order of b, with cut paragraphs of a in their place; words are those of the stories."""

    parts: tuple[Part, ...]
    words_a: int
    words_b: int
    shared: int
    passages: tuple[Passage, ...]
    """The longest shared passages, the longest first."""


def compare_texts(a: Sequence[Paragraph], b: Sequence[Paragraph], longest: int = 3) -> Comparison:
    """Compare the stories of two articles. Case, quotation marks and punctuation do not count."""
    left = {i: _Words.of(p.story) for i, p in enumerate(a) if p.story}
    right = {i: _Words.of(p.story) for i, p in enumerate(b) if p.story}
    groups = _joined(_pairs(left, right), left, right)
    parts = tuple(_in_order(groups, left, right))
    found = sorted((p for group in groups for p in _passages(group, left, right)), key=lambda p: (-p.words, p.text))
    shared = sum(_shared(_gather(left, one.a), _gather(right, one.b)) for one in groups)
    words_a, words_b = (sum(len(words.bare) for words in side.values()) for side in (left, right))
    return Comparison(parts, words_a, words_b, shared, tuple(found[:longest]))


@dataclass(frozen=True)
class _Words:
    """The words of a paragraph as printed, and bare for comparison."""

    printed: tuple[str, ...]
    bare: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Words:
        printed = _WORD.findall(text)
        bare = [_BARE.sub("", word).casefold() for word in printed]
        kept = [(p, w) for p, w in zip(printed, bare, strict=True) if w]
        return cls(tuple(p for p, _ in kept), tuple(w for _, w in kept))

    @property
    def text(self) -> str:
        return " ".join(self.printed)


@dataclass(frozen=True)
class _Group:
    """Paragraphs of a that match paragraphs of b."""

    a: tuple[int, ...]
    b: tuple[int, ...]


_Side = dict[int, _Words]


def _matcher(a: _Words, b: _Words) -> SequenceMatcher[str]:
    return SequenceMatcher(a=a.bare, b=b.bare, autojunk=False)


def _shared(a: _Words, b: _Words) -> int:
    return sum(block.size for block in _matcher(a, b).get_matching_blocks())


def _similarity(a: _Words, b: _Words) -> float:
    """Return the share of the shorter paragraph that the other has in the same order; 0 where too few words match."""
    shorter = min(len(a.bare), len(b.bare))
    possible = (Counter(a.bare) & Counter(b.bare)).total()
    if not shorter or possible < ALIKE * shorter or possible < 3:
        return 0.0
    return _shared(a, b) / shorter


def _pairs(left: _Side, right: _Side) -> list[_Group]:
    """Pair each paragraph with the most similar one, the surest pairs first."""
    scored = [
        (_similarity(x, y), min(len(x.bare), len(y.bare)), i, j) for i, x in left.items() for j, y in right.items()
    ]
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    groups = []
    for score, _, i, j in sorted(scored, key=lambda s: (-s[0], -s[1], abs(s[2] - s[3]), s[2], s[3])):
        if score >= ALIKE and i not in taken_a and j not in taken_b:
            groups.append(_Group((i,), (j,)))
            taken_a.add(i)
            taken_b.add(j)
    return groups


def _joined(groups: list[_Group], left: _Side, right: _Side) -> list[_Group]:
    """Add to groups the unmatched neighbours that an outlet has joined to a paragraph, or split off it."""
    free_a = set(left) - {i for group in groups for i in group.a}
    free_b = set(right) - {j for group in groups for j in group.b}
    grown = []
    for group in sorted(groups, key=lambda g: g.b):
        for i in (group.a[0] - 1, group.a[-1] + 1):
            if i in free_a and _adds(left[i], _gather(right, group.b), _gather(left, group.a)):
                group = _Group(tuple(sorted((*group.a, i))), group.b)  # noqa: PLW2901  # it grows
                free_a.discard(i)
        for j in (group.b[0] - 1, group.b[-1] + 1):
            if j in free_b and _adds(right[j], _gather(left, group.a), _gather(right, group.b)):
                group = _Group(group.a, tuple(sorted((*group.b, j))))  # noqa: PLW2901
                free_b.discard(j)
        grown.append(group)
    return grown


def _adds(neighbour: _Words, other: _Words, beside: _Words) -> bool:
    """Return whether the other text's paragraph has a neighbour's words beyond those already matched."""
    missing = Counter(other.bare) - Counter(beside.bare)
    covered = (missing & Counter(neighbour.bare)).total()
    return covered >= (1 - JOINED - 0.1) * len(neighbour.bare) and _shared(neighbour, other) >= PASSAGE


def _gather(side: _Side, numbers: Sequence[int]) -> _Words:
    chosen = [side[number] for number in numbers]
    return _Words(
        tuple(word for words in chosen for word in words.printed),
        tuple(word for words in chosen for word in words.bare),
    )


def _in_order(groups: Sequence[_Group], left: _Side, right: _Side) -> Iterator[Part]:
    """Return the parts in the order of b; a cut paragraph of a comes after the last one kept before it."""
    by_b = {group.b[0]: group for group in groups}
    inner = {j for group in groups for j in group.b[1:]}
    stay = _in_place(sorted(groups, key=lambda g: g.b))
    matched = {i for group in groups for i in group.a}
    cut = [i for i in left if i not in matched]
    for j in sorted(right):
        group = by_b.get(j)
        if group is None:
            if j not in inner:
                yield Part("added", (), (j,), "", right[j].text)
            continue
        if group in stay:
            while cut and cut[0] < group.a[0]:
                yield Part("cut", (cut[0],), (), left[cut.pop(0)].text, "")
        yield _part(group, left, right, moved=group not in stay)
    for i in cut:
        yield Part("cut", (i,), (), left[i].text, "")


def _in_place(groups: Sequence[_Group]) -> set[_Group]:
    """Return the largest set of groups in the same order in both texts (longest rising subsequence); the rest moved."""
    ends: list[int] = []
    tails: list[list[_Group]] = []
    for group in groups:
        place = bisect_left(ends, group.a[0])
        chain = [*(tails[place - 1] if place else []), group]
        ends[place : place + 1] = [group.a[0]]
        tails[place : place + 1] = [chain]
    return set(tails[-1]) if tails else set()


def _part(group: _Group, left: _Side, right: _Side, *, moved: bool) -> Part:
    a, b = _gather(left, group.a), _gather(right, group.b)
    if a.bare == b.bare:
        return Part("same", group.a, group.b, a.text, b.text, moved)
    return Part("changed", group.a, group.b, a.text, b.text, moved, tuple(_changes(a, b)))


def _changes(a: _Words, b: _Words) -> Iterator[ChangedWords]:
    for _, start_a, end_a, start_b, end_b in (op for op in _matcher(a, b).get_opcodes()):
        if a.bare[start_a:end_a] == b.bare[start_b:end_b]:
            yield ChangedWords("kept", " ".join(b.printed[start_b:end_b]))
            continue
        if end_a > start_a:
            yield ChangedWords("cut", " ".join(a.printed[start_a:end_a]))
        if end_b > start_b:
            yield ChangedWords("added", " ".join(b.printed[start_b:end_b]))


def _passages(group: _Group, left: _Side, right: _Side) -> Iterator[Passage]:
    a, b = _gather(left, group.a), _gather(right, group.b)
    for block in _matcher(a, b).get_matching_blocks():
        if block.size >= PASSAGE:
            yield Passage(block.size, " ".join(b.printed[block.b : block.b + block.size]))
