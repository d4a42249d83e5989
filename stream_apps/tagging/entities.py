"""Mentions gathered into the entities of one article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.public_records import Entity, Mention
from stream_apps.tagging.name_resolution import Identities, Identity
from stream_apps.tagging.salience import salience
from stream_apps.tagging.spans import NameSpan

Field = Literal["text", "headline"]


@dataclass(frozen=True)
class _Gathered:
    identity: Identity
    mentions: list[Mention]

    def count(self) -> int:
        return len(self.mentions)

    def first(self) -> int | None:
        return min((m.start for m in self.mentions if m.field == "text"), default=None)


def to_entities(
    text: str, headline: str, in_text: Sequence[NameSpan], in_headline: Sequence[NameSpan], identities: Identities
) -> tuple[Entity, ...]:
    """One record an entity, its mentions in the order of the text, the most salient entity first."""
    gathered: dict[str, _Gathered] = {}
    for identity, mention in (
        *_mentions(text, "text", in_text, identities),
        *_mentions(headline, "headline", in_headline, identities),
    ):
        gathered.setdefault(identity.id, _Gathered(identity, [])).mentions.append(mention)
    most = max((one.count() for one in gathered.values()), default=0)
    entities = [_entity(one, most, len(text)) for one in gathered.values()]
    return tuple(sorted(entities, key=lambda entity: (-entity.salience, entity.id)))


def _mentions(
    text: str, field: Field, spans: Iterable[NameSpan], identities: Identities
) -> Iterator[tuple[Identity, Mention]]:
    for span in spans:
        surface = text[span.start : span.end]
        identity = identities.of(surface, span)
        mention = Mention(
            field=field,
            start=span.start,
            end=span.end,
            text=surface,
            method=identity.method,
            confidence=identity.confidence,
        )
        yield identity, mention


def _entity(one: _Gathered, most: int, length: int) -> Entity:
    # The mention that is surest says how the entity is known.
    surest = max(one.mentions, key=lambda m: m.confidence)
    return Entity(
        id=one.identity.id,
        name=one.identity.name,
        type=one.identity.type,
        method=surest.method,
        confidence=surest.confidence,
        salience=salience(
            one.count(), most, one.first(), length, in_headline=any(m.field == "headline" for m in one.mentions)
        ),
        mentions=tuple(one.mentions),
    )
