"""Documents of articles, stories and events: pure functions of the public records.

Two runs over the same articles give equal documents, except for processing times: ``fetched``, ``first_seen``,
``changed`` and ``indexed`` (which the sink stamps). ``version`` is not in a document, but the write's external
version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from schemas.public_records import (
    Article,
    Carrier,
    Credit,
    Departure,
    Entity,
    EntityType,
    Event,
    Place,
    PublishedArticle,
    Story,
    StoryCorrection,
    StoryEntity,
    StoryEvent,
)
from stream_apps.geography.gazetteer import locate
from stream_apps.indexing import entity_names
from stream_apps.indexing.character_filters import filtered
from stream_apps.indexing.entity_names import EntityNames
from stream_apps.indexing.quantities import quantity_terms
from stream_apps.text.annotations import without

Document = dict[str, Any]

PROCESSING_TIMES: Final = frozenset({"fetched", "first_seen", "changed", "indexed"})
MAX_MENTIONS: Final = 5_000
MAX_MEDIA: Final = 50
MAX_ENTITY_COUNTS: Final = 2_000
FOCUS_SALIENCE: Final = 0.5
FOCUS_COUNT: Final = 3
PROVISIONAL: Final = "x:"
FACETS: Final[dict[EntityType, str]] = {
    "PERSON": "person",
    "ORG": "org",
    "PLACE": "place",
    "NORP": "norp",
    "FACILITY": "facility",
    "EVENT": "event",
    "PRODUCT": "product",
    "LAW": "law",
    "WORK": "work",
}


class Facet(Protocol):
    """The common fields of an article's entities and a story's."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> EntityType: ...
    @property
    def salience(self) -> float: ...


FacetT = TypeVar("FacetT", bound=Facet)


def article_document(record: PublishedArticle, known: EntityNames = entity_names.NONE) -> Document:
    """Return the document of an article: it depends on the article's own message and place alone.

    Entities have their names of ``known``, too.
    """
    agencies = {*record.place.agencies, *(credit.agency for credit in record.article.credits)}
    about = _about(record.entities, known, agencies, [record.article.outlet], record.article.headline)
    return {
        **_text_fields(record.article),
        **_place_in_story(record.article.id, record.place),
        "entities": present(
            {
                **entity_facets(about, known),
                "model": record.model,
                "alias_version": record.alias_version,
                "tagged_chars": record.tagged_chars,
            }
        ),
        **present({"stale": record.stale, "stale_since": time_of(record.stale_since)}),
        "entity_mentions": _mentions(record.entities)[:MAX_MENTIONS],
        "revisions": [present(revision.model_dump(mode="json")) for revision in record.revisions],
        "revisions_count": record.revisions_count,
    }


def story_document(story: Story, known: EntityNames = entity_names.NONE) -> Document | None:
    """Return the document of a story; None where it was merged into another, and is to be deleted."""
    if story.redirect_to is not None:
        return None
    about = _about(story.entities, known, story.agencies, story.outlets, story.headline)
    return present(
        {
            "id": story.id,
            "headline": story.headline,
            "canonical_article": story.canonical_article,
            "language": story.language,
            "first_published": time_of(story.first_published),
            "last_published": time_of(story.last_published),
            "first_seen": time_of(story.first_seen),
            "changed": time_of(story.changed or story.first_seen),
            "first_outlet": story.first_outlet,
            "agencies": list(story.agencies),
            "outlets": list(story.outlets),
            "origin_classes": list(story.origin_classes),
            "articles_count": story.articles_count,
            "outlets_count": story.outlets_count,
            "undisclosed_count": story.undisclosed_count,
            "stale_count": story.stale_count,
            "origins_count": len(story.event.origins) if story.event else 1,
            "corrections_count": len(story.corrections),
            "carriers": [_carrier(carrier) for carrier in story.carriers],
            "includes": list(story.includes),
            "corrections": [_correction(correction) for correction in story.corrections] or None,
            "entities": entity_facets(about, known),
            "entity_counts": _entity_counts(about),
            "event": _event(story.event) if story.event else None,
        }
    )


def event_document(event: Event) -> Document | None:
    """Return the document of an event; None where it was merged into another or has ended."""
    if event.redirect_to is not None or not event.stories:
        return None
    return present(
        {
            "id": event.id,
            "headline": event.headline,
            "first_published": time_of(event.first_published),
            "last_published": time_of(event.last_published),
            "agencies": list(event.agencies),
            "origins": list(event.origins),
            "origins_count": len(event.origins),
            "stories_count": event.stories_count,
            "articles_count": event.articles,
            "outlets_count": event.outlets_count,
            "stories": [story.model_dump(mode="json") for story in event.stories],
        }
    )


def _event(event: StoryEvent) -> Document:
    return {"id": event.id, "origins": list(event.origins)}


def entity_facets(entities: Sequence[Facet], known: EntityNames = entity_names.NONE) -> Document:
    """Return flat arrays for facets: ``ids``, and ``id``, ``name`` and all ``names`` by type.

    ``focus``: the main entities of the text, at most three (after CLIFF). ``unlinked``: the number of entities with
    only a provisional id.
    """
    by_id = {entity.id: entity for entity in sorted(entities, key=lambda entity: (entity.id, entity.name))}
    facets: Document = {"ids": list(by_id)}
    for kind, field in FACETS.items():
        members = [entity for entity in by_id.values() if entity.type == kind]
        if members:
            facets[field] = {
                "id": [entity.id for entity in members],
                "name": [entity.name for entity in members],
                "names": [name for entity in members for name in entity_names.every_name(entity, known)],
            }
            if kind == "PLACE":
                facets[field] |= _location(members)
    ranked = sorted(by_id.values(), key=lambda entity: (-entity.salience, entity.id))
    facets["focus"] = [entity.id for entity in ranked[:FOCUS_COUNT] if entity.salience >= FOCUS_SALIENCE]
    facets["unlinked"] = sum(entity_id.startswith(PROVISIONAL) for entity_id in by_id)
    return facets


def _about(
    entities: Iterable[FacetT], known: EntityNames, agencies: Iterable[str], outlets: Iterable[str], headline: str
) -> list[FacetT]:
    """Drop organisations that are only the page's own agencies and outlet."""
    page = entity_names.Page(frozenset(agencies), frozenset(outlets), headline)
    return [
        entity
        for entity in entities
        if entity.type != "ORG" or not page.has_as_its_own(entity_names.every_name(entity, known))
    ]


def _location(places: Iterable[Facet]) -> Document:
    """Return the places known to the gazetteer: each country and state once, and the points of towns."""
    found = [location for place in places if (location := locate(place.id)) is not None]
    return {
        "point": list(dict.fromkeys(f"{town.latitude},{town.longitude}" for town in found if not town.area)),
        "country": sorted({location.country for location in found if location.country}),
        "state": sorted({location.state for location in found if location.state}),
    }


def _text_fields(article: Article) -> Document:
    body = without(article.text, article.annotations)
    return present(
        {
            "id": article.id,
            "revision": article.revision,
            "outlet": article.outlet,
            "feed": article.feed,
            "guid": article.guid,
            "url": article.url,
            "headline": article.headline,
            "byline": article.byline,
            "creditline": article.creditline,
            "credits": [_credit(credit) for credit in article.credits],
            "credited": sorted({credit.agency for credit in article.credits if credit.role != "quoted"}),
            "dateline": article.dateline and present({"place": article.dateline.place, "date": article.dateline.date}),
            "text": article.text,
            "body": filtered(body),
            "page": filtered("\n".join(article.text[start:end] for start, end in article.annotations)),
            "numbers": list(quantity_terms(f"{article.headline}\n{body}")),
            "annotations": [list(span) for span in article.annotations],
            "language": article.language,
            "subjects": list(article.subjects),
            "pubstatus": article.pubstatus,
            "signal": article.signal,
            "paid": article.paid,
            "published": time_of(article.published),
            "versioncreated": time_of(article.versioncreated),
            "first_seen": time_of(article.first_seen),
            "fetched": time_of(article.fetched),
            "truncated": article.truncated,
            "backfill": article.backfill,
            "full_text": article.full_text,
            "media": [present(medium.model_dump(mode="json")) for medium in article.media[:MAX_MEDIA]],
        }
    )


def _place_in_story(article: str, place: Place) -> Document:
    return present(
        {
            "story": place.story,
            "canonical_article": place.canonical_article,
            "canonical": place.canonical_article == article,
            "relation": place.relation,
            "containment": place.containment,
            "coverage": place.coverage,
            "lag": place.lag,
            "origin_class": place.origin_class,
            "agencies": list(place.agencies),
            "undisclosed": place.undisclosed,
            "links": [link.model_dump(mode="json") for link in place.links],
            "includes": list(place.includes),
            "removed": time_of(place.removed),
            "previous_story": _departure(place.previous_story) if place.previous_story else None,
        }
    )


def _departure(departure: Departure) -> Document:
    return {"story": departure.story, "revision": departure.revision, "at": time_of(departure.at)}


def _credit(credit: Credit) -> Document:
    start, end = credit.span or (None, None)
    return present(
        {
            "agency": credit.agency,
            "role": credit.role,
            "evidence": credit.evidence,
            "confidence": credit.confidence,
            "start": start,
            "end": end,
        }
    )


def _mentions(entities: Iterable[Entity]) -> list[Document]:
    """Return every mention in reading order, headline first."""
    found = [
        {
            "id": entity.id,
            "type": entity.type,
            "salience": entity.salience,
            **occurrence._asdict(),
        }
        for entity in entities
        for occurrence in entity.occurrences()
    ]
    return sorted(found, key=lambda mention: (mention["field"], mention["start"], mention["end"], mention["id"]))


def _entity_counts(entities: Iterable[StoryEntity]) -> list[Document]:
    ranked = sorted(entities, key=lambda entity: (-entity.articles, -entity.salience, entity.id))
    return [entity.model_dump(mode="json") for entity in ranked[:MAX_ENTITY_COUNTS]]


def _correction(correction: StoryCorrection) -> Document:
    return present({**correction.model_dump(mode="json"), "at": time_of(correction.at)})


def _carrier(carrier: Carrier) -> Document:
    times = {name: time_of(getattr(carrier, name)) for name in ("published", "removed", "stale_since")}
    return present({**carrier.model_dump(mode="json"), **times})


def time_of(moment: datetime | None) -> str | None:
    """Format a time for documents: UTC, to the millisecond."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def present(fields: Document) -> Document:
    """Return the fields that have a value."""
    return {key: value for key, value in fields.items() if value is not None}
