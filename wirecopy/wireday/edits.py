"""What an outlet does to agency text: cut it, add to it, merge it with another's, quote a piece of it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from wirecopy.wireday.events import Paragraphs

LEAST_KEPT = 0.45
"""Share of an agency's words that an abridgement keeps at least: below, one could argue whose text it is."""

MOST_OF_SECOND = 0.3
"""Share of the second agency's words in a merged copy at most, so that the first clearly gave most of it."""

# Two small letters or digits before the stop, so that `Dr. Sen` and `S. Rao` stay in one piece.
_SENTENCE_END = re.compile(r"(?:(?<=[a-z0-9)]{2}[.!?])|(?<=[a-z0-9)]{2}[.!?][\"'])) (?=[A-Z\"'])")


def words(paragraphs: Iterable[str]) -> int:
    return sum(len(paragraph.split()) for paragraph in paragraphs)


def sentences(paragraph: str) -> list[str]:
    return _SENTENCE_END.split(paragraph)


def abridged(paragraphs: Paragraphs, rng: random.Random, least: float = LEAST_KEPT, most: float = 0.78) -> Paragraphs:
    """The text with its tail cut, and now and then a paragraph of the middle gone.

    Keeps between ``least`` and ``most`` of the words, to the sentence; the lead stays whole.
    """
    total = words(paragraphs)
    target = rng.uniform(least + 0.05, most) * total
    kept = list(paragraphs)
    if len(kept) > 4 and rng.random() < 0.4:
        middle = rng.randrange(1, len(kept) - 2)
        if words(kept) - words(kept[middle : middle + 1]) >= target:
            del kept[middle]
    while len(kept) > 1 and words(kept) > target:
        last = kept.pop()
        if words(kept) < least * total:
            kept.append(_opening(last, least * total - words(kept)))
            break
    return tuple(kept) if words(kept) <= most * total else _without_one(kept, least * total)


def _without_one(kept: list[str], least: float) -> Paragraphs:
    """Less one paragraph, the last that can be spared, where the tail is one long sentence that cannot be cut."""
    for index in reversed(range(1, len(kept))):
        rest = (*kept[:index], *kept[index + 1 :])
        if words(rest) >= least:
            return rest
    return tuple(kept)


def _opening(paragraph: str, enough: float) -> str:
    """The first sentences of a paragraph, as many as it takes to have ``enough`` words."""
    kept: list[str] = []
    for sentence in sentences(paragraph):
        kept.append(sentence)
        if words(kept) >= enough:
            break
    return " ".join(kept)


def plus_staff(paragraphs: Paragraphs, staff: Paragraphs, rng: random.Random) -> Paragraphs:
    """The text with the outlet's own paragraphs somewhere after the lead, in their order."""
    places = sorted(rng.randint(1, len(paragraphs)) for _ in staff)
    mixed = list(paragraphs)
    for place, own in reversed(list(zip(places, staff, strict=True))):
        mixed.insert(place, own)
    return tuple(mixed)


def merged(first: Paragraphs, second: Paragraphs, rng: random.Random) -> Paragraphs:
    """One agency's text with a little of another's worked in: what both report is taken from the first."""
    allowed = MOST_OF_SECOND * words(second)
    tail = sorted(range(1, len(second)), key=lambda i: len(second[i].split()))
    taken: list[int] = []
    for index in tail:
        if not taken or words(second[i] for i in (*taken, index)) <= allowed:
            taken.append(index)
    return plus_staff(first, tuple(second[i] for i in sorted(taken)), rng)


def brief(paragraphs: Paragraphs, least: int = 30, most: int = 48) -> str:
    """The opening of a text in ``least`` to ``most`` words: whole sentences if they fit, else cut at a comma."""
    taken: list[str] = []
    for sentence in sentences(" ".join(paragraphs[:2])):
        if taken and words((*taken, sentence)) > most:
            break
        taken.append(sentence)
        if words(taken) >= least:
            break
    text = " ".join(taken)
    return text if words((text,)) <= most else _cut(text, most)


def _cut(text: str, most: int) -> str:
    head = " ".join(text.split()[:most])
    comma = head.rfind(",")
    return (head[:comma] if len(head[: max(comma, 0)].split()) >= most // 2 else head).rstrip(",;: ") + "."
