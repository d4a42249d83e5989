"""Names within an article and its family: one id for one thing, whichever copy spells it out.

Everything here is a pure function of the set of texts and the alias set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from schemas.records import Entity
from stream_apps.tagging.alias_set import Alias, AliasSet
from stream_apps.tagging.entities import to_entities
from stream_apps.tagging.family import Evidence, Family, settle
from stream_apps.tagging.identity import FullerNames, Identities
from stream_apps.tagging.paragraphs import Mark, datelines
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.propagation import KnownForms
from stream_apps.tagging.reading import Reading, addable, alias_spans, overlay, read, seen_by_model_and_rules
from stream_apps.tagging.spans import Found, disjoint, touching

MatchedAlias = tuple[Found, Alias]


@dataclass(frozen=True)
class FamilyText:
    """An article of a family with what the model saw in it, in code points into ``text``.

    What follows from the article alone is worked out once, however often its family is resolved.
    """

    id: str
    headline: str
    text: str
    annotations: tuple[Mark, ...] = ()
    mentions: tuple[RawMention, ...] = ()

    @cached_property
    def in_body(self) -> Reading:
        return read(self.text, self.annotations)

    @cached_property
    def in_headline(self) -> Reading:
        return read(self.headline)

    @cached_property
    def in_datelines(self) -> Reading:
        return read(datelines(self.text, self.annotations))

    @cached_property
    def seen(self) -> Sequence[Found]:
        return seen_by_model_and_rules(self.in_body, self.mentions)

    @cached_property
    def seen_in_headline(self) -> Sequence[Found]:
        return seen_by_model_and_rules(self.in_headline, ())


@dataclass(frozen=True)
class _Draft:
    """A text under way: its words, and the names that were seen in it by itself."""

    reading: Reading
    spans: Sequence[Found]


@dataclass(frozen=True)
class _Drafts:
    """An article under way. Its datelines are no part of the story, but say where it happened."""

    article: FamilyText
    body: _Draft
    headline: _Draft
    datelines: _Draft


def resolve_family(articles: Sequence[FamilyText], aliases: AliasSet) -> dict[str, tuple[Entity, ...]]:
    """The entities of each article, the most salient first.

    The same set of articles gives the same answer in any order. A headline, whose capitals mislead the model, has the
    names that the family's texts or the aliases know; a dateline has the places among them.
    """
    drafts = _drafts(sorted(articles, key=lambda article: article.id), aliases)
    family = _settled((draft for each in drafts for draft in (each.body, each.headline)), aliases)
    forms = KnownForms(family, aliases)
    everyone = FullerNames.of(family, family.kinds)
    return {each.article.id: _entities(each, family, forms, everyone, aliases) for each in drafts}


def _entities(
    drafts: _Drafts, family: Family, forms: KnownForms, everyone: FullerNames, aliases: AliasSet
) -> tuple[Entity, ...]:
    body = forms.propagate(drafts.body.reading, drafts.body.spans)
    headline = forms.propagate(drafts.headline.reading, drafts.headline.spans)
    here = FullerNames.of(family, forms.forms_of((drafts.body.reading, body), (drafts.headline.reading, headline)))
    places = [s for s in forms.propagate(drafts.datelines.reading, drafts.datelines.spans) if s.type == "PLACE"]
    in_text = sorted([*places, *body], key=lambda span: span.start)
    identities = Identities(family, aliases, (here, everyone))
    return to_entities(drafts.article.text, drafts.article.headline, in_text, headline, identities)


def _drafts(articles: Sequence[FamilyText], aliases: AliasSet) -> list[_Drafts]:
    bodies = [article.in_body for article in articles]
    headlines = [article.in_headline for article in articles]
    context = "".join(reading.words for reading in (*bodies, *headlines))
    sure = _established((*bodies, *headlines), aliases, context)
    in_bodies = [list(alias_spans(reading, aliases, context, sure)) for reading in bodies]
    in_headlines = [list(alias_spans(reading, aliases, context, sure)) for reading in headlines]
    strong = {a.entity.id for found in (*in_bodies, *in_headlines) for _, a in found if a.strength != "weak"}
    return [
        _Drafts(
            article,
            _draft(body, article.seen, _usable(in_body, strong), sure),
            _draft(headline, article.seen_in_headline, _usable(in_headline, strong), sure),
            _datelines(article, aliases, context),
        )
        for article, body, headline, in_body, in_headline in zip(
            articles, bodies, headlines, in_bodies, in_headlines, strict=True
        )
    ]


def _datelines(article: FamilyText, aliases: AliasSet, context: str) -> _Draft:
    """Places that stand in the datelines. "(AP)" there is an agency, whatever it may be elsewhere."""
    reading = article.in_datelines
    known = (
        span
        for span, alias in alias_spans(reading, aliases, context)
        if span.type == "PLACE" and alias.strength == "strong"
    )
    return _Draft(reading, disjoint(known))


def _usable(matched: Iterable[MatchedAlias], strong: AbstractSet[str]) -> list[MatchedAlias]:
    """A weak alias counts only where a strong one of the same entity stands in the family."""
    return [(span, alias) for span, alias in matched if alias.strength != "weak" or alias.entity.id in strong]


def _established(readings: Iterable[Reading], aliases: AliasSet, context: str) -> set[str]:
    """Entities of which a name stands in the family that says enough by itself: a phrase, or a short form."""
    return {
        alias.entity.id
        for reading in readings
        for _, alias in alias_spans(reading, aliases, context)
        if alias.strength != "weak" and (len(alias.words) > 1 or alias.strength == "abbreviation")
    }


def _draft(reading: Reading, seen: Sequence[Found], matched: Iterable[MatchedAlias], sure: AbstractSet[str]) -> _Draft:
    known = [span for span, alias in matched if touching(seen, span) or addable(reading, span, alias, sure)]
    return _Draft(reading, overlay(reading, seen, known))


def _settled(drafts: Iterable[_Draft], aliases: AliasSet) -> Family:
    evidence = Evidence()
    for draft in drafts:
        evidence.add(draft.reading, draft.spans)
        evidence.define(draft.reading)
    return settle(evidence, aliases.places)
