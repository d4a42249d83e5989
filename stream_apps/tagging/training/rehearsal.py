"""Rehearsal: what the base knows is learned again with the new, so that it is not forgotten.

Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal" (1995): the old network's own answers stand in for its
data, which is not at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stream_apps.tagging.training import labels
from stream_apps.tagging.training.corpus import Passage, Span
from wirecopy.wireday.events import Event, load_events

if TYPE_CHECKING:
    from spacy.language import Language

FINER = frozenset({"NORP", "EVENT", "LAW", "WORK_OF_ART", "PRODUCT"})
"""What the base may call a span that the data calls by a label of no known type, such as "miscellaneous"."""


def invented(base: Language) -> list[Passage]:
    """The wire day's invented events: the names that their authors list, and what else the base sees."""
    made: list[Passage] = []
    for event in load_events():
        second = event.second.paragraphs if event.second else ()
        texts = [event.headline, *event.alternatives, *event.paragraphs, *event.staff, *second]
        named = dict(_names(event))
        for text, seen in zip(texts, _seen(base, texts), strict=True):
            listed = list(_occurrences(text, named))
            spans = [*listed, *(s for s in seen if not any(s[0] < e and b < s[1] for b, e, _ in listed))]
            made.append(Passage(text, tuple(sorted(spans)), document=event.id, source="wireday"))
    return made


def _names(event: Event) -> Iterator[tuple[str, str]]:
    for person in event.people:
        yield person.split()[-1], "PERSON"
    for label, names in (("PERSON", event.people), ("ORG", event.organisations), ("GPE", event.places)):
        yield from ((name, label) for name in names)


def _occurrences(text: str, named: Mapping[str, str]) -> Iterator[Span]:
    """Where the names stand, the longer before the shorter."""
    if named:
        longest_first = "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True))
        for match in re.finditer(rf"(?<!\w)(?:{longest_first})(?!\w)", text):
            yield match.start(), match.end(), named[match.group()]


def settled(base: Language, passages: Sequence[Passage]) -> Iterator[Passage]:
    """The passages, with the base's word for spans of no known type where it sees exactly those."""
    open_ones = [passage for passage in passages if passage.unknown]
    said = dict(zip(map(id, open_ones), _seen(base, [p.text for p in open_ones]), strict=True))
    for passage in passages:
        found = [s for s in said.get(id(passage), ()) if s[:2] in passage.unknown and s[2] in FINER]
        known = {span[:2] for span in found}
        spans = tuple(sorted([*passage.spans, *found]))
        yield replace(passage, spans=spans, unknown=tuple(u for u in passage.unknown if u not in known))


def _seen(base: Language, texts: Iterable[str]) -> Iterator[tuple[Span, ...]]:
    given = labels.read_maps()["ontonotes"]
    for doc in base.pipe(texts, batch_size=32):
        spans = ((e.start_char, e.end_char, labels.translate(e.label_, given)) for e in doc.ents)
        yield tuple(span for span in spans if span[2] != labels.NONE)
