"""Mentions gathered into the entities of one article."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from schemas.public_records import MentionField
from stream_apps.tagging.name_resolution import Identities, Identity
from stream_apps.tagging.salience import salience
from stream_apps.tagging.spans import NameSpan

_CONFIDENCE = attrgetter("confidence")


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


def to_entities(
    text: str, headline: str, found: Iterable[Named], is_publisher: Callable[[Identity, Iterable[str]], bool]
) -> bytes:
    """The entities as a JSON list of ``Entity``, their mentions in the order of the text, the most salient first.

    ``is_publisher``: of an identity with its spellings here; what publishes the text is left out, and counts all the
    same where it is the most named. Written without records: half of the time.
    """
    gathered: dict[str, list[Named]] = {}
    for one in found:
        gathered.setdefault(one.identity.id, []).append(one)
    most = max(map(len, gathered.values()), default=0)
    entities = [
        _entity(each, spellings, most, len(text))
        for each in gathered.values()
        for spellings in [[_spelling(text, headline, one) for one in each]]
        if not is_publisher(each[0].identity, spellings)
    ]
    return orjson.dumps(sorted(entities, key=lambda entity: (-entity["salience"], entity["id"])))


def _spelling(text: str, headline: str, one: Named) -> str:
    return (text if one.field == "text" else headline)[one.start : one.end]


def _entity(found: Sequence[Named], spellings: Sequence[str], most: int, length: int) -> dict[str, Any]:
    first = found[0].identity
    # The mention that is surest says how the entity is known.
    surest = max((one.identity for one in found), key=_CONFIDENCE)
    starts = [one.start for one in found if one.field == "text"]
    method = {"method": surest.method} if surest.method != "model" else {}
    return {
        "id": first.id,
        "name": first.name,
        "type": first.type,
        **method,
        "confidence": surest.confidence,
        "salience": salience(len(found), most, min(starts, default=None), length, in_headline=len(starts) < len(found)),
        "mentions": [_mention(one, words, first.name, surest) for one, words in zip(found, spellings, strict=True)],
    }


def _mention(one: Named, words: str, name: str, surest: Identity) -> dict[str, Any]:
    """What it has in common with its entity is left out."""
    identity, field, start, end = one
    mention: dict[str, Any] = {"start": start, "end": end} if field == "text" else {
        "field": field, "start": start, "end": end,
    }  # fmt: skip
    if words != name:
        mention["text"] = words
    if identity.method != surest.method:
        mention["method"] = identity.method
    if identity.confidence != surest.confidence:
        mention["confidence"] = identity.confidence
    return mention
