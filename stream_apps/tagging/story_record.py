"""What is published of a story: a pure function of its summary, the carriers that are told of and the sums over all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson

from schemas.internal_records import StorySummary
from schemas.public_records import Article, Carrier, Place, Story, StoryCorrection, StoryEntity
from schemas.record import ArticleId
from stream_apps.tagging.corrections import Correction, stale_since
from stream_apps.tagging.members import Entry, Members
from stream_apps.tagging.rows import Sums

MAX_ENTITIES = 50
"""Entities of a story that are told, the most salient first: enough for facets, bounded for a story of any size."""
FIRST_CARRIERS, NEWEST_CARRIERS = 50, 49
"""Carriers that are told of a larger story, beside the canonical article."""
MAX_CARRIED_BY = 100
UNIT = 10_000
"""Salience is added up in whole numbers of this share, so that the order of the sum is of no account."""


def carrier(article: Article, place: Place) -> bytes:
    """A carrier as JSON, staleness apart: that is another article's doing."""
    return Carrier(
        article=article.id,
        outlet=article.outlet,
        url=article.url,
        headline=article.headline,
        byline=article.byline,
        published=article.published,
        lag=place.lag,
        relation=place.relation,
        containment=place.containment,
        coverage=place.coverage,
        origin_class=place.origin_class,
        agencies=place.agencies,
        undisclosed=place.undisclosed,
        removed=place.removed,
    ).to_bytes()


def carriers_of(members: Members, canonical: Entry | None) -> list[Entry]:
    """The carriers that are told, by publication, then id: the canonical article, the first and the newest."""
    if len(members) <= FIRST_CARRIERS + NEWEST_CARRIERS + 1:
        return list(members)
    newest = range(len(members) - NEWEST_CARRIERS, len(members))
    chosen = {members[number] for number in (*range(FIRST_CARRIERS), *newest)} | ({canonical} if canonical else set())
    return sorted(chosen)


def with_staleness(carried: Mapping[ArticleId, bytes], carriers: Sequence[Entry], found: Sequence[Correction]) -> bytes:
    """The carriers as a JSON list."""
    return b"".join((b"[", b",".join(_stale(carried[entry.article], entry, found) for entry in carriers), b"]"))


def _stale(one: bytes, entry: Entry, found: Sequence[Correction]) -> bytes:
    if not entry.carried:
        return one
    record = Carrier.from_bytes(one)
    since = stale_since(record.published, entry.carried, found)
    return record.model_copy(update={"stale": True, "stale_since": since}).to_bytes()


def corrections_of(members: Members, found: Sequence[Correction]) -> tuple[StoryCorrection, ...]:
    """The corrections with the articles that do not follow them."""
    return tuple(
        correction.published(entry.article for entry in members.carrying(number, MAX_CARRIED_BY))
        for number, correction in enumerate(found)
    )


def entities(sums: Sums, names: Mapping[str, tuple[str, str]], articles: int) -> tuple[StoryEntity, ...]:
    """The entities that the context names, with the number of articles that name each and its mean salience."""
    counted = [
        StoryEntity(
            id=identity, name=names[identity][0], type=names[identity][1], articles=count,
            salience=round(total / UNIT / articles, 4),
        )
        for identity, (count, total) in sums.items() if count and identity in names
    ]  # fmt: skip
    return tuple(sorted(counted, key=lambda e: (-e.salience, e.id))[:MAX_ENTITIES])


def story(
    identity: ArticleId,
    version: int,
    summary: StorySummary,
    *,
    changed: datetime | None,
    head: Mapping[str, str | None],
    outlets: Iterable[str],
    named: tuple[StoryEntity, ...],
    members: Members,
    found: Sequence[Correction],
) -> Story:
    """The record without its carriers. ``head``: headline and language of the canonical article."""
    return Story(
        id=identity,
        version=version,
        headline=head["headline"] or "",
        canonical_article=summary.canonical_article,
        language=head["language"],
        first_published=summary.first_published,
        last_published=summary.last_published,
        first_seen=summary.first_seen,
        changed=changed,
        first_outlet=summary.first_outlet,
        agencies=summary.agencies,
        origin_classes=summary.origin_classes,
        articles_count=summary.articles,
        outlets_count=summary.outlets,
        undisclosed_count=summary.undisclosed,
        stale_count=members.stale() if found else 0,
        outlets=tuple(sorted(set(outlets))),
        includes=summary.includes,
        entities=named,
        event=summary.event,
        corrections=corrections_of(members, found) if found else (),
    )


def with_field(record: bytes, name: str, value: bytes) -> bytes:
    """A record's JSON with one more field, whose value is JSON already."""
    return b"".join((record[:-1], b',"', name.encode(), b'":', value, b"}"))


def head_of(article: bytes) -> dict[str, str | None]:
    """Headline and language of an article in JSON."""
    content = orjson.loads(article)
    return {"headline": content.get("headline"), "language": content.get("language")}
