"""What is published of a story: a pure function of its summary, the carriers that are told of and the sums over all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson

from schemas.public_records import Article, Carrier, Place, StoryCorrection
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


def entities(sums: Sums, names: Mapping[str, tuple[str, str]], articles: int) -> list[Mapping[str, object]]:
    """The entities that the context names, with the number of articles that name each and its mean salience.

    Each as JSON has a ``StoryEntity``.
    """
    counted = [
        (-round(total / UNIT / articles, 4), identity, count)
        for identity, (count, total) in sums.items()
        if count and identity in names
    ]
    return [
        {"id": identity, "name": names[identity][0], "type": names[identity][1], "articles": count, "salience": -less}
        for less, identity, count in sorted(counted)[:MAX_ENTITIES]
    ]


def story(
    summary: bytes,
    *,
    changed: datetime | None,
    canonical: bytes,
    outlets: Iterable[str],
    named: Sequence[Mapping[str, object]],
    members: Members,
    found: Sequence[Correction],
) -> bytes:
    """What a ``Story`` says beside its id, its version and its carriers, as JSON; what is empty is left out.

    ``summary``, ``canonical``: JSON of the ``StorySummary``, and of the canonical article.
    """
    known, article = orjson.loads(summary), orjson.loads(canonical)
    content = {
        "headline": article["headline"],
        "canonical_article": known["canonical_article"],
        "language": article.get("language"),
        "first_published": known["first_published"],
        "last_published": known["last_published"],
        "first_seen": known["first_seen"],
        "changed": changed,
        "first_outlet": known["first_outlet"],
        "agencies": known.get("agencies"),
        "origin_classes": known.get("origin_classes"),
        "articles_count": known["articles"],
        "outlets_count": known["outlets"],
        "undisclosed_count": known.get("undisclosed"),
        "stale_count": members.stale() if found else 0,
        "outlets": sorted(set(outlets)),
        "includes": known.get("includes"),
        "entities": named,
        "event": known.get("event"),
        "corrections": [orjson.Fragment(one.to_bytes()) for one in corrections_of(members, found)],
    }
    return orjson.dumps({name: value for name, value in content.items() if value}, option=orjson.OPT_UTC_Z)


def redirect(to: ArticleId) -> bytes:
    """The same of a story that was merged into another."""
    return orjson.dumps({"redirect_to": to})


def record(identity: ArticleId, version: int, content: bytes, carriers: bytes) -> bytes:
    """A ``Story``. ``carriers``: a JSON list, or nothing."""
    head = orjson.dumps({"id": identity, "version": version})
    last = (b',"carriers":', carriers, b"}") if carriers else (b"}",)
    return b"".join((head[:-1], b",", content[1:-1], *last))
