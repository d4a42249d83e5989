"""A family told as one story: a pure function of its finished articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from schemas.records import (
    ArticleId,
    Carrier,
    Entity,
    EventPlace,
    PublishedArticle,
    Story,
    StoryCorrection,
    StoryEntity,
    StoryEvent,
    StoryLink,
)
from stream_apps.tagging.corrections import corrections, is_stale, stale_since

MAX_ENTITIES = 50
"""Entities of a story that are told, the most salient first: enough for facets, bounded for a story of any size."""


def story(
    family: ArticleId, articles: Sequence[PublishedArticle], version: int, event: EventPlace | None = None
) -> Story:
    """The story of ``articles``, which all belong to ``family``. The headline is the canonical article's."""
    head = _canonical(articles)
    corrected = corrections(articles)
    ordered = sorted(articles, key=lambda a: (a.article.published, a.article.id))
    return Story(
        id=family,
        version=version,
        headline=head.article.headline,
        canonical_article=head.article.id,
        language=head.article.language,
        first_published=ordered[0].article.published,
        last_published=ordered[-1].article.published,
        agencies=tuple(sorted({agency for a in articles for agency in a.membership.agencies})),
        outlets=tuple(sorted({a.article.outlet for a in articles})),
        carriers=tuple(_carrier(article, corrected) for article in ordered),
        links=_links(articles),
        includes=tuple(sorted({family for a in articles for family in a.membership.includes})),
        entities=_entities(articles),
        corrections=corrected,
        event=_event(event) if event and event.families > 1 else None,
    )


def _event(place: EventPlace) -> StoryEvent:
    return StoryEvent(
        id=place.event,
        families=place.families,
        articles=place.articles,
        outlets=place.outlets,
        origins=place.origins,
    )


def _links(articles: Sequence[PublishedArticle]) -> tuple[StoryLink, ...]:
    """Each link once, of those between two articles that are here."""
    here = {article.article.id for article in articles}
    return tuple(
        StoryLink(
            a=article.article.id,
            b=link.other,
            relation=link.relation,
            containment_a=link.containment,
            containment_b=link.coverage,
            shared=link.shared,
        )
        for article in sorted(articles, key=lambda a: a.article.id)
        for link in article.membership.links
        if link.other in here and article.article.id < link.other
    )


def _canonical(articles: Sequence[PublishedArticle]) -> PublishedArticle:
    """The canonical article; while it is still on its way here, the article that comes first by id."""
    wanted = {article.membership.canonical_article for article in articles}
    return min(articles, key=lambda a: (a.article.id not in wanted, a.article.id))


def _carrier(record: PublishedArticle, corrected: Sequence[StoryCorrection]) -> Carrier:
    article, membership = record.article, record.membership
    return Carrier(
        article=article.id,
        outlet=article.outlet,
        url=article.url,
        headline=article.headline,
        byline=article.byline,
        published=article.published,
        lag=membership.lag,
        relation=membership.relation,
        containment=membership.containment,
        coverage=membership.coverage,
        origin_class=membership.origin_class,
        agencies=membership.agencies,
        undisclosed=membership.undisclosed,
        removed=membership.removed,
        stale=is_stale(article, corrected),
        stale_since=stale_since(article, corrected),
    )


def _entities(articles: Sequence[PublishedArticle]) -> tuple[StoryEntity, ...]:
    """Every entity with the number of articles that name it and its mean salience over all of them."""
    found: defaultdict[str, list[Entity]] = defaultdict(list)
    for article in articles:
        for entity in article.entities:
            found[entity.id].append(entity)
    told = [
        StoryEntity(
            id=entity_id,
            name=named[0].name,
            type=named[0].type,
            articles=len(named),
            salience=round(sum(entity.salience for entity in named) / len(articles), 4),
        )
        for entity_id, named in found.items()
    ]
    return tuple(sorted(told, key=lambda e: (-e.salience, e.id))[:MAX_ENTITIES])
