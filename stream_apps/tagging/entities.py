"""Mentions gathered into the entities of one article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas.public_records import Entity, Mention, MentionField
from stream_apps.tagging.name_resolution import Identities, Identity
from stream_apps.tagging.salience import salience
from stream_apps.tagging.spans import NameSpan


class Named(NamedTuple):
    """A name in an article, and what it stands for."""

    identity: Identity
    field: MentionField
    start: int
    end: int


def named(
    text: str, headline: str, in_text: Sequence[NameSpan], in_headline: Sequence[NameSpan], identities: Identities
) -> list[Named]:
    """What each name stands for, in the order of the text, the headline last."""
    return [*_named(text, "text", in_text, identities), *_named(headline, "headline", in_headline, identities)]


def _named(text: str, field: MentionField, spans: Iterable[NameSpan], identities: Identities) -> Iterator[Named]:
    for span in spans:
        yield Named(identities.of(text[span.start : span.end], span), field, span.start, span.end)


def to_entities(text: str, headline: str, found: Iterable[Named]) -> tuple[Entity, ...]:
    """One record an entity, its mentions in the order of the text, the most salient entity first."""
    gathered: dict[str, list[Named]] = {}
    for one in found:
        gathered.setdefault(one.identity.id, []).append(one)
    most = max(map(len, gathered.values()), default=0)
    entities = [_entity(each, most, text, headline) for each in gathered.values()]
    return tuple(sorted(entities, key=lambda entity: (-entity.salience, entity.id)))


def _entity(found: Sequence[Named], most: int, text: str, headline: str) -> Entity:
    name = found[0].identity.name
    # The mention that is surest says how the entity is known.
    surest = max((one.identity for one in found), key=lambda identity: identity.confidence)
    starts = [one.start for one in found if one.field == "text"]
    return Entity(
        id=surest.id,
        name=name,
        type=found[0].identity.type,
        method=surest.method,
        confidence=surest.confidence,
        salience=salience(len(found), most, min(starts, default=None), len(text), in_headline=len(starts) < len(found)),
        mentions=tuple(_mention(text if one.field == "text" else headline, one, name, surest) for one in found),
    )


def _mention(text: str, one: Named, name: str, surest: Identity) -> Mention:
    """What it has in common with its entity is left out."""
    words, identity = text[one.start : one.end], one.identity
    return Mention(
        field=one.field,
        start=one.start,
        end=one.end,
        text=words if words != name else None,
        method=identity.method if identity.method != surest.method else None,
        confidence=identity.confidence if identity.confidence != surest.confidence else None,
    )
