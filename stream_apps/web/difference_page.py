"""The data of the page of differences between two texts, from the articles' documents. Pure.

``pages/difference.py`` has the handler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final, Literal

from stream_apps.evidence.comparing import ChangedWords, Op, Part, Passage, compare_texts
from stream_apps.evidence.facts import Fact, FactKind, Named, Stated, named_in, own_facts, stated
from stream_apps.evidence.revisions import kept_revisions
from stream_apps.evidence.sheet import Paragraph
from stream_apps.evidence.sources import sheet_of

MAX_WORDS: Final = 4_000
"""Words of each text that are compared: what it costs grows with their square."""
CONTEXT: Final = 6
"""Words that stand around a disagreement."""
Layout = Literal["side", "inline"]


@dataclass(frozen=True)
class Bit:
    """Words of one kind within a paragraph. ``fact``: a number or name that the other text does not state."""

    text: str
    op: Op
    fact: FactKind | None = None


@dataclass(frozen=True)
class Row:
    """Paragraphs of a beside the same ones of b, counted from 1. A moved one is in its place in b."""

    kind: str
    moved: bool
    a: tuple[int, ...]
    b: tuple[int, ...]
    left: tuple[Bit, ...]
    right: tuple[Bit, ...]
    inline: tuple[Bit, ...]


@dataclass(frozen=True)
class Disagreement:
    """A place where one text says ``a`` and the other ``b``, with the shared words around it."""

    kind: FactKind
    a: str
    b: str
    before: str
    after: str


@dataclass(frozen=True)
class Note:
    """An annotation, with its credits. ``paragraph`` counts from 1."""

    paragraph: int
    text: str
    kind: str
    credits: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """One of the two texts. ``revisions``: the numbers of all stored texts of the article."""

    id: str
    story: str
    outlet: str
    headline: str
    byline: str | None
    published: str
    revision: int
    revisions: tuple[int, ...]
    words: int
    cut: bool
    """Only the first ``MAX_WORDS`` words are compared."""
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class DifferencePage:
    """The model of the page and its JSON twin. ``shared`` counts the words that both have in similar paragraphs."""

    a: Side
    b: Side
    rows: tuple[Row, ...]
    disagreements: tuple[Disagreement, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    """Numbers and names that the other text does not have, where nothing else stands in their place."""
    shared: int
    passages: tuple[Passage, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Count the paragraphs of each kind; ``moved`` ones count by their kind, too."""
        kinds = {kind: sum(row.kind == kind for row in self.rows) for kind in ("same", "changed", "added", "cut")}
        return {**kinds, "moved": sum(row.moved for row in self.rows)}


def difference_page(
    a: Mapping[str, Any], b: Mapping[str, Any], newest: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> DifferencePage:
    """Make the page. ``a`` and ``b`` have the texts to compare; ``newest`` are the same articles with all texts."""
    sheets = tuple(sheet_of(document) for document in (a, b))
    left, right = (_first_words(sheet.paragraphs) for sheet in sheets)
    found = compare_texts(left, right)
    sides = _Sides.of(a, b, left, right)
    described = [_described(part, sides) for part in found.parts]
    disagreements = tuple(d for one in described for d in one.disagreements)
    return DifferencePage(
        a=_side(a, newest[0], sheets[0].paragraphs, left, found.words_a),
        b=_side(b, newest[1], sheets[1].paragraphs, right, found.words_b),
        rows=tuple(one.row for one in described),
        disagreements=disagreements,
        only_a=_only((text for one in described for text in one.left_facts), {d.a for d in disagreements}),
        only_b=_only((text for one in described for text in one.right_facts), {d.b for d in disagreements}),
        shared=found.shared,
        passages=found.passages,
    )


def _first_words(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs up to ``MAX_WORDS`` words of the story; a longer paragraph is cut."""
    kept, left = [], MAX_WORDS
    for paragraph in paragraphs:
        words = paragraph.story.split()
        if left <= 0:
            break
        kept.append(Paragraph(" ".join(words[:left]), paragraph.annotations))
        left -= len(words)
    return kept


@dataclass(frozen=True)
class _Sides:
    """The names and facts of both texts."""

    named: tuple[Named, Named]
    stated: tuple[Stated, Stated]

    @classmethod
    def of(
        cls, a: Mapping[str, Any], b: Mapping[str, Any], left: Sequence[Paragraph], right: Sequence[Paragraph]
    ) -> _Sides:
        named_a, named_b = (named_in(document.get("entity_mentions", ())) for document in (a, b))
        words_a, words_b = ([word for p in side for word in p.story.split()] for side in (left, right))
        return cls((named_a, named_b), (stated(words_a, named_a), stated(words_b, named_b)))


@dataclass(frozen=True)
class _Described:
    row: Row
    disagreements: tuple[Disagreement, ...]
    left_facts: tuple[str, ...]
    right_facts: tuple[str, ...]


def _described(part: Part, sides: _Sides) -> _Described:
    words_a, words_b = part.text_a.split(), part.text_b.split()
    ops_a, ops_b = _ops(part, "cut", len(words_a)), _ops(part, "added", len(words_b))
    facts_a = own_facts(words_a, sides.named[0], sides.stated[1])
    facts_b = own_facts(words_b, sides.named[1], sides.stated[0])
    row = Row(
        kind=part.kind,
        moved=part.moved,
        a=tuple(number + 1 for number in part.a),
        b=tuple(number + 1 for number in part.b),
        left=_bits(words_a, ops_a, facts_a),
        right=_bits(words_b, ops_b, facts_b),
        inline=_inline(part, facts_a, facts_b),
    )
    disagreements = tuple(_disagreements(part.changes, words_a, words_b, facts_a, facts_b))
    return _Described(row, disagreements, _texts(words_a, facts_a), _texts(words_b, facts_b))


def _ops(part: Part, own: Op, number: int) -> list[Op]:
    """Return for each word of one side whether the other has it, too."""
    if part.kind == "changed":
        return [change.op for change in part.changes if change.op in ("kept", own) for _ in change.text.split()]
    return [own if part.kind in ("cut", "added") else "kept"] * number


def _bits(words: Sequence[str], ops: Sequence[Op], facts: Sequence[Fact]) -> tuple[Bit, ...]:
    """Return the words in runs of one style; a fact is marked as a whole."""
    marks: list[tuple[Op, FactKind | None, int]] = [(op, None, -1) for op in ops]
    for number, fact in enumerate(facts):
        for place in range(fact.start, fact.end):
            marks[place] = (ops[place], fact.kind, number)
    runs = groupby(zip(words, marks, strict=True), key=lambda each: each[1])
    return tuple(Bit(" ".join(word for word, _ in run), op, fact) for (op, fact, _), run in runs)


def _inline(part: Part, facts_a: Sequence[Fact], facts_b: Sequence[Fact]) -> tuple[Bit, ...]:
    """Merge both texts: cut words come before their replacement."""
    if part.kind != "changed":
        words = (part.text_b or part.text_a).split()
        op: Op = "cut" if part.kind == "cut" else "added" if part.kind == "added" else "kept"
        return _bits(words, [op] * len(words), facts_a if part.kind == "cut" else facts_b)
    bits: list[Bit] = []
    for change, start_a, start_b in _walk(part.changes):
        words = change.text.split()
        start, facts = (start_a, facts_a) if change.op == "cut" else (start_b, facts_b)
        bits += _bits(words, [change.op] * len(words), _within(facts, start, len(words)))
    return tuple(bits)


def _walk(changes: Sequence[ChangedWords]) -> Iterator[tuple[ChangedWords, int, int]]:
    """Yield each run with its start in both texts."""
    at_a = at_b = 0
    for change in changes:
        yield change, at_a, at_b
        length = len(change.text.split())
        at_a += length if change.op != "added" else 0
        at_b += length if change.op != "cut" else 0


def _within(facts: Sequence[Fact], start: int, length: int) -> list[Fact]:
    """Return the parts of facts within a run of words, counted from its start."""
    return [
        Fact(fact.kind, max(fact.start - start, 0), min(fact.end - start, length), fact.keys)
        for fact in facts
        if fact.start < start + length and fact.end > start
    ]


def _disagreements(
    changes: Sequence[ChangedWords],
    words_a: Sequence[str],
    words_b: Sequence[str],
    facts_a: Sequence[Fact],
    facts_b: Sequence[Fact],
) -> Iterator[Disagreement]:
    """Return the exchanged words that state facts of one kind in both texts."""
    for (cut, start_a, _), (added, _, start_b) in pairwise(_walk(changes)):
        if (cut.op, added.op) != ("cut", "added"):
            continue
        end_b = start_b + len(added.text.split())
        there_a = _overlapping(facts_a, start_a, start_a + len(cut.text.split()))
        there_b = _overlapping(facts_b, start_b, end_b)
        kinds: tuple[FactKind, ...] = ("number", "name")
        for kind in kinds:
            of_a, of_b = ([fact for fact in there if fact.kind == kind] for there in (there_a, there_b))
            for one, other in zip(of_a, of_b, strict=False):
                yield Disagreement(
                    kind,
                    _text(words_a, one),
                    _text(words_b, other),
                    " ".join(words_b[max(0, other.start - CONTEXT) : other.start]),
                    " ".join(words_b[other.end : other.end + CONTEXT]),
                )


def _overlapping(facts: Sequence[Fact], start: int, end: int) -> list[Fact]:
    return [fact for fact in facts if fact.start < end and fact.end > start]


def _text(words: Sequence[str], fact: Fact) -> str:
    """Return the words of a fact, without punctuation at its ends."""
    return " ".join(words[fact.start : fact.end]).strip("\"'\u2018\u2019\u201c\u201d.,;:!?()")


def _texts(words: Sequence[str], facts: Sequence[Fact]) -> tuple[str, ...]:
    return tuple(_text(words, fact) for fact in facts)


def _only(texts: Iterator[str], elsewhere: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text not in elsewhere))


def _side(
    document: Mapping[str, Any],
    newest: Mapping[str, Any],
    every: Sequence[Paragraph],
    compared: Sequence[Paragraph],
    words: int,
) -> Side:
    length = sum(len(paragraph.story.split()) for paragraph in every)
    return Side(
        id=document["id"],
        story=document["story"],
        outlet=document["outlet"],
        headline=document["headline"],
        byline=document.get("byline"),
        published=document["published"],
        revision=document["revision"],
        revisions=tuple(kept_revisions(newest)),
        words=words,
        cut=length > MAX_WORDS,
        notes=tuple(_notes(compared)),
    )


def _notes(paragraphs: Sequence[Paragraph]) -> Iterator[Note]:
    for number, paragraph in enumerate(paragraphs, 1):
        for one in paragraph.annotations:
            yield Note(number, one.text, one.kind, one.credits)
