"""Names within an article and its story: one id for one thing, whichever copy spells it out.

An article is read in the light of a *context*: its story's canonical article and eight oldest ones. Everything here is
a pure function of the article's text, the set of the context's texts and the alias set; so a further copy of a large
story costs what the tenth did, and leaves the others as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple

from pydantic import TypeAdapter

from schemas.public_records import Entity
from stream_apps.tagging.alias_set import Alias, AliasSet
from stream_apps.tagging.entities import Named, named, to_entities
from stream_apps.tagging.line_memory import LineMemory
from stream_apps.tagging.name_evidence import Evidence, Settled, settle
from stream_apps.tagging.name_resolution import FullerNames, Identities
from stream_apps.tagging.paragraphs import Mark, datelines
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.propagation import KnownForms
from stream_apps.tagging.publishers import is_publisher
from stream_apps.tagging.reading import UnmarkedText, addable, alias_spans, designated, overlay, read
from stream_apps.tagging.spans import NameSpan, disjoint, touching

MatchedAlias = tuple[NameSpan, Alias]
Entities = tuple[Entity, ...]
_ENTITIES = TypeAdapter(Entities)


@dataclass(frozen=True)
class StoryText:
    """An article's text with what the model saw in it, in code points into ``text``.

    What follows from the text alone is worked out once, however often it is resolved.
    """

    id: str
    headline: str
    text: str
    annotations: tuple[Mark, ...] = ()
    mentions: tuple[RawMention, ...] = ()
    publishing: frozenset[str] = frozenset()
    """Who publishes it, as ``publishers`` says."""
    lines: LineMemory = field(default_factory=LineMemory, compare=False, repr=False)
    """What is remembered of lines that stand in other texts too."""

    @cached_property
    def in_body(self) -> UnmarkedText:
        return read(self.text, self.annotations, self.lines.line)

    @cached_property
    def in_headline(self) -> UnmarkedText:
        return read(self.headline, (), self.lines.line)

    @cached_property
    def in_datelines(self) -> UnmarkedText:
        return read(datelines(self.text, self.annotations), (), self.lines.line)

    @cached_property
    def seen(self) -> Sequence[NameSpan]:
        return self.lines.seen(self.in_body, self.mentions)

    @cached_property
    def seen_in_headline(self) -> Sequence[NameSpan]:
        # No people by title or age: in a headline every word may have a capital.
        return designated(self.in_headline)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The folded words of all that names are looked for in."""
        readings = (self.in_body, self.in_headline, self.in_datelines)
        return frozenset(word for reading in readings for word in reading.words)

    def work_ahead(self, aliases: AliasSet) -> None:
        """Do what can be done before the model has answered."""
        for reading in (self.in_body, self.in_headline, self.in_datelines):
            reading.matches(aliases)
        _ = self.seen_in_headline, self.vocabulary

    def with_mentions(self, mentions: tuple[RawMention, ...]) -> StoryText:
        """The same text with what the model has seen in it; keeps what was worked out before."""
        if mentions == self.mentions:
            return self
        text = replace(self, mentions=mentions)
        text.__dict__.update((name, value) for name, value in self.__dict__.items() if name in _WITHOUT_MODEL)
        return text

    def draft(self, light: _Light, aliases: AliasSet) -> _Draft:
        """The names that stand in the text in this light; the draft before where they are the same."""
        known = _KnownAliases(
            light.usable(self.in_body, self.seen, aliases),
            light.usable(self.in_headline, self.seen_in_headline, aliases),
            tuple(_places(alias_spans(self.in_datelines, aliases, light.spoken.has))),
        )
        before: _Draft | None = self.__dict__.get("_draft")
        if before is None or before.known != known:
            before = self.__dict__["_draft"] = _Draft(
                self, known, overlay(self.in_body, self.seen, known.body),
                overlay(self.in_headline, self.seen_in_headline, known.headline), disjoint(known.datelines),
            )  # fmt: skip
        return before

    def entities(self, found: Sequence[Named], aliases: AliasSet) -> bytes:
        """The entities of these names; those before where they are the same, as they mostly are in another light."""
        before: tuple[AliasSet, Sequence[Named], bytes] | None = self.__dict__.get("_entities")
        if before is None or before[0] is not aliases or before[1] != found:
            entities = to_entities(self.text, self.headline, found, partial(is_publisher, self.publishing, aliases))
            before = self.__dict__["_entities"] = (aliases, found, entities)
        return before[2]


_WITHOUT_MODEL = frozenset({"in_body", "in_headline", "in_datelines", "seen_in_headline", "vocabulary"})


class _KnownAliases(NamedTuple):
    """The aliases that stand in a text and count there."""

    body: tuple[NameSpan, ...]
    headline: tuple[NameSpan, ...]
    datelines: tuple[NameSpan, ...]


@dataclass(frozen=True, eq=False)
class _Draft:
    """A text under way: the names that were seen in it. Its datelines say where it happened; they are not the story."""

    text: StoryText
    known: _KnownAliases
    body: Sequence[NameSpan]
    headline: Sequence[NameSpan]
    datelines: Sequence[NameSpan]

    @cached_property
    def evidence(self) -> Evidence:
        """What the text by itself says of its names."""
        evidence = Evidence()
        for reading, spans in ((self.text.in_body, self.body), (self.text.in_headline, self.headline)):
            evidence.add(reading, spans)
            evidence.define(reading)
        return evidence


class _Spoken:
    """The words of some texts, and of those ``beside`` them."""

    def __init__(self, readings: Sequence[UnmarkedText], beside: _Spoken | None) -> None:
        self._readings = readings
        self._beside = beside
        self._known: dict[str, bool] = {}

    def has(self, phrase: str) -> bool:
        """Whether a phrase stands in one of the texts."""
        known = self._known.get(phrase)
        if known is None:
            here = any(reading.has(phrase) for reading in self._readings)
            known = self._known[phrase] = here or (self._beside is not None and self._beside.has(phrase))
        return known


@dataclass(frozen=True)
class _Light:
    """What decides which aliases count: the words of all texts, and the entities that are named in certain ways."""

    spoken: _Spoken
    sure: AbstractSet[str]
    """Named by a phrase or a short form, which says enough by itself."""
    strong: AbstractSet[str]
    """Named by more than a weak alias."""

    @classmethod
    def of(cls, texts: Sequence[StoryText], aliases: AliasSet, beside: _Light | None = None) -> _Light:
        """That of ``texts``, and of the light ``beside`` them."""
        readings = [reading for text in texts for reading in (text.in_body, text.in_headline)]
        spoken = _Spoken(readings, beside.spoken if beside else None)
        sure = _established(readings, aliases, spoken)
        sure |= beside.sure if beside else frozenset()
        found = [alias for reading in readings for _, alias in alias_spans(reading, aliases, spoken.has, sure)]
        strong = {alias.entity.id for alias in found if alias.strength != "weak"}
        return cls(spoken, sure, strong | beside.strong if beside else strong)

    def usable(self, reading: UnmarkedText, seen: Sequence[NameSpan], aliases: AliasSet) -> tuple[NameSpan, ...]:
        """Aliases in a text; a weak one where the story names just one entity of it by a strong one too."""
        matched = alias_spans(reading, aliases, self.spoken.has, self.sure)
        weak = {(span.start, span.entity) for span, alias in matched if alias.strength == "weak" and self._names(alias)}
        named = [start for start, _ in weak]
        return tuple(
            span
            for span, alias in matched
            if (alias.strength != "weak" or (named.count(span.start) == 1 and self._names(alias)))
            and (touching(seen, span) or addable(reading, span, alias, self.sure))
        )

    def _names(self, alias: Alias) -> bool:
        return alias.entity.id in self.strong


class Names:
    """What texts settle about names, ready to be found."""

    def __init__(self, settled: Settled, aliases: AliasSet) -> None:
        self.settled = settled
        self._aliases = aliases
        self._forms = KnownForms(settled, aliases)
        self._fuller = FullerNames(settled)

    def entities(self, draft: _Draft) -> bytes:
        """The entities of a text as JSON, the most salient first."""
        text, forms = draft.text, self._forms
        body = forms.propagate(text.in_body, draft.body)
        headline = forms.propagate(text.in_headline, draft.headline)
        places = [s for s in forms.propagate(text.in_datelines, draft.datelines) if s.type == "PLACE"]
        in_text = sorted([*places, *body], key=lambda span: span.start)
        here = partial(forms.forms_of, (text.in_body, body), (text.in_headline, headline))
        identities = Identities(self.settled, self._aliases, self._fuller, here)
        return text.entities(named(text.text, text.headline, in_text, headline, identities), self._aliases)


class Context:
    """The texts in whose light the names of a story's articles are read, and what they settle."""

    def __init__(self, texts: Iterable[StoryText], aliases: AliasSet, before: Context | None = None) -> None:
        """``before``: an earlier context of the story, whose answers are taken over where they must be the same."""
        ordered = sorted(texts, key=lambda text: text.id)
        self._aliases = aliases
        self._light = _Light.of(ordered, aliases)
        self._drafts = {text.id: text.draft(self._light, aliases) for text in ordered}
        self._evidence = _sum([draft.evidence for draft in self._drafts.values()])
        self._names = Names(settle(self._evidence, aliases.places), aliases)
        self._found = self._taken_over(before) if before else {}
        self.as_before = frozenset(self._found)
        """Texts of the context whose entities are those that the context before gave."""

    def entities(self, text: StoryText) -> bytes:
        """The entities of a text, of the context or not, as a JSON list of ``Entity``, the most salient first.

        A headline, whose capitals mislead the model, has the names that the texts or the aliases know; a dateline has
        the places among them.
        """
        draft = self._drafts.get(text.id)
        if draft is None or draft.text != text:
            return self._of_another(text)
        if text.id not in self._found:
            self._found[text.id] = self._names.entities(draft)
        return self._found[text.id]

    def _of_another(self, text: StoryText) -> bytes:
        """A text that names nothing new is read in the light of the context alone, any other in that of both."""
        draft = text.draft(_Light.of([text], self._aliases, self._light), self._aliases)
        if self._evidence.has_all_of(draft.evidence):
            return self._names.entities(draft)
        evidence = _sum([self._evidence, draft.evidence])
        return Names(settle(evidence, self._aliases.places), self._aliases).entities(draft)

    def _taken_over(self, before: Context) -> dict[str, bytes]:
        """What was found before in texts of which nothing has changed, nor any name that could stand in them."""
        changed = self._names.settled.changed_since(before._names.settled)
        same = (name for name, draft in self._drafts.items() if draft is before._drafts.get(name))
        kept = [name for name in same if name in before._found]
        return {name: before._found[name] for name in kept if not changed.touches(self._drafts[name].text.vocabulary)}


def _sum(parts: Sequence[Evidence]) -> Evidence:
    """What the parts say together; the one itself where there is one."""
    if len(parts) == 1:
        return parts[0]
    whole = Evidence()
    for part in parts:
        whole.include(part)
    return whole


def read_entities(content: bytes) -> Entities:
    """The records of what a context gives."""
    return _ENTITIES.validate_json(content)


def resolve_story(texts: Sequence[StoryText], aliases: AliasSet) -> Mapping[str, Entities]:
    """The entities of each text in the light of all of them. The same set of texts gives the same answer always."""
    context = Context(texts, aliases)
    return {text.id: read_entities(context.entities(text)) for text in sorted(texts, key=lambda text: text.id)}


def _established(readings: Iterable[UnmarkedText], aliases: AliasSet, spoken: _Spoken) -> AbstractSet[str]:
    """Entities of which a name stands in the texts that says enough by itself: a phrase, or a short form."""
    return {
        alias.entity.id
        for reading in readings
        for _, alias in alias_spans(reading, aliases, spoken.has)
        if alias.strength != "weak" and (len(alias.words) > 1 or alias.strength == "abbreviation")
    }


def _places(matched: Iterable[MatchedAlias]) -> Iterable[NameSpan]:
    """Places that stand in the datelines. "(AP)" there is an agency, whatever it may be elsewhere."""
    return (span for span, alias in matched if span.type == "PLACE" and alias.strength == "strong")
