"""Mentions gathered into the entities of one article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schemas.public_records import Entity, Mention
from stream_apps.tagging.name_resolution import Identities, Identity
from stream_apps.tagging.salience import salience
from stream_apps.tagging.spans import NameSpan

Field = Literal["text", "headline"]


class Named(NamedTuple):
    """A name in an article, and what it stands for."""

    identity: Identity
    field: Field
    start: int
    end: int


@dataclass(frozen=True)
class _Gathered:
    identity: Identity
    mentions: list[Mention]

    def count(self) -> int:
        return len(self.mentions)

    def first(self) -> int | None:
        return min((m.start for m in self.mentions if m.field == "text"), default=None)


def named(
    text: str, headline: str, in_text: Sequence[NameSpan], in_headline: Sequence[NameSpan], identities: Identities
) -> list[Named]:
    """What each name stands for, in the order of the text, the headline last."""
    return [*_named(text, "text", in_text, identities), *_named(headline, "headline", in_headline, identities)]


def _named(text: str, field: Field, spans: Iterable[NameSpan], identities: Identities) -> Iterator[Named]:
    for span in spans:
        yield Named(identities.of(text[span.start : span.end], span), field, span.start, span.end)


def to_entities(text: str, headline: str, found: Iterable[Named]) -> tuple[Entity, ...]:
    """One record an entity, its mentions in the order of the text, the most salient entity first."""
    gathered: dict[str, _Gathered] = {}
    for one in found:
        mention = _mention(text if one.field == "text" else headline, one)
        gathered.setdefault(one.identity.id, _Gathered(one.identity, [])).mentions.append(mention)
    most = max((one.count() for one in gathered.values()), default=0)
    entities = [_entity(one, most, len(text)) for one in gathered.values()]
    return tuple(sorted(entities, key=lambda entity: (-entity.salience, entity.id)))


def _mention(text: str, one: Named) -> Mention:
    return Mention(
        field=one.field,
        start=one.start,
        end=one.end,
        text=text[one.start : one.end],
        method=one.identity.method,
        confidence=one.identity.confidence,
    )


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
