"""Passages as spaCy's examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from spacy.tokens import Span
from spacy.training import Example

from stream_apps.tagging.training.corpus import Passage

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LONGEST = 300
"""Tokens: longer passages are left out, few and slow."""


def to_examples(nlp: Language, passages: Iterable[Passage]) -> list[Example]:
    """An example a passage. A span that cuts a word is widened to it; of spans that then meet, the first stays."""
    made = (to_example(nlp, passage) for passage in passages)
    return [example for example in made if 0 < len(example) <= LONGEST]


def to_example(nlp: Language, passage: Passage) -> Example:
    """What is to be learned from a passage: its spans, and nothing where it says nothing."""
    doc = nlp.make_doc(passage.text)
    reference = doc.copy()
    spans = list(_spans(reference, passage.spans))
    taken = {token for span in spans for token in range(span.start, span.end)}
    unknown = _spans(reference, [(begin, end, "unknown") for begin, end in passage.unknown])
    missing = [span for span in unknown if taken.isdisjoint(range(span.start, span.end))]
    reference.set_ents(spans, missing=missing, default="outside")
    return Example(doc, reference)


def _spans(doc: Doc, wanted: Iterable[tuple[int, int, str]]) -> Iterator[Span]:
    end = 0
    for begin, finish, label in wanted:
        found = doc.char_span(begin, finish, label=label, alignment_mode="expand")
        if found is not None and found.start >= end and not found.text.isspace():
            end = found.end
            yield found
