"""The data of the story page, from the story, its copies and its canonical article's text. Pure.

``pages/story.py`` has the handlers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from stream_apps.geography.gazetteer import locate
from stream_apps.indexing.finder import StoryView
from stream_apps.indexing.queries import MAX_SIBLINGS
from stream_apps.indexing.stale_view import corrections_of, said_at, stale_copies
from stream_apps.web.answers import Table
from stream_apps.web.marking import Piece, paragraphs
from stream_apps.web.place_map import MapPlace, PlaceMap, place_map
from stream_apps.web.story_line import StoryLine, story_line

SHOWN_CARRIERS: Final = 200
"""Carriers on the page; its CSV has all."""
NAMES: Final = 15
MAPPED: Final = 0.25
"""Share of the copies which name the town that most do, from which a town is on the map."""
NAME_TYPES: Final = {
    "PERSON": "People", "ORG": "Organisations", "PLACE": "Places", "NORP": "Groups", "FACILITY": "Facilities",
    "EVENT": "Events", "PRODUCT": "Products", "LAW": "Laws", "WORK": "Works",
}  # fmt: skip


@dataclass(frozen=True)
class CreditOf:
    """An agency that a carrier credits, and the places of the credit."""

    agency: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class CarrierRow:
    """One outlet's article in the story. ``place`` is its time between the first and the last, 0 to 1."""

    article: str
    outlet: str
    headline: str
    url: str | None
    byline: str | None
    published: str
    lag: float
    place: float
    canonical: bool
    relation: str | None
    containment: float
    coverage: float
    origin_class: str
    agencies: tuple[str, ...]
    credits: tuple[CreditOf, ...]
    undisclosed: bool
    stale_since: str | None
    stale_seconds: int
    signal: str | None
    removed: str | None
    revision: int
    previous_story: str | None


@dataclass(frozen=True)
class NameCount:
    id: str
    name: str
    articles: int


@dataclass(frozen=True)
class NameGroup:
    type: str
    title: str
    names: tuple[NameCount, ...]
    more: int


@dataclass(frozen=True)
class CorrectionOf:
    """A correction: the agency's words, the time, and the change."""

    signal: str
    at: str
    article: str
    outlet: str | None
    old: tuple[str, ...]
    new: tuple[str, ...]
    carried_by: int


@dataclass(frozen=True)
class EventOf:
    """The event of the story."""

    id: str
    origins: tuple[str, ...]
    stories: tuple[StoryLine, ...]
    more: bool


@dataclass(frozen=True)
class StoryPage:
    """The model of the page and its JSON twin."""

    id: str
    headline: str
    language: str | None
    canonical_article: str
    canonical_outlet: str
    agencies: tuple[str, ...]
    articles: int
    outlets: int
    first_published: str
    last_published: str
    first_outlet: str
    undisclosed: tuple[str, ...]
    """Outlets that carry agency text and credit nobody."""
    stale: int
    removed: int
    carriers: tuple[CarrierRow, ...]
    paragraphs: tuple[tuple[Piece, ...], ...]
    corrections: tuple[CorrectionOf, ...]
    names: tuple[NameGroup, ...]
    places: PlaceMap | None
    event: EventOf | None


def story_page(view: StoryView, canonical: Mapping[str, Any], now: datetime) -> StoryPage:
    """Make the page; ``canonical`` is the whole document of the canonical article."""
    copies, story = view.copies, view.story
    first, last = copies[0], copies[-1]
    agencies = story.get("agencies") or sorted({agency for copy in copies for agency in copy["agencies"]})
    stale = {one.article: one for one in stale_copies(view, now)}
    place = _placing(first["published"], last["published"])
    return StoryPage(
        id=view.id,
        headline=story.get("headline") or canonical["headline"],
        language=story.get("language") or canonical.get("language"),
        canonical_article=canonical["id"],
        canonical_outlet=canonical["outlet"],
        agencies=tuple(agencies),
        articles=len(copies),
        outlets=len({copy["outlet"] for copy in copies}),
        first_published=first["published"],
        last_published=last["published"],
        first_outlet=first["outlet"],
        undisclosed=tuple(dict.fromkeys(copy["outlet"] for copy in copies if copy.get("undisclosed"))),
        stale=len(stale),
        removed=sum("removed" in copy for copy in copies),
        carriers=tuple(_carrier(copy, place(copy["published"]), stale.get(copy["id"])) for copy in copies),
        paragraphs=paragraphs(canonical),
        corrections=tuple(_corrections(view)),
        names=tuple(_names(story.get("entity_counts", []))),
        places=_map(story.get("entity_counts", [])),
        event=_event(view),
    )


def _placing(first: str, last: str) -> Any:
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    length = (end - start).total_seconds() or 1.0
    return lambda stamp: round((datetime.fromisoformat(stamp) - start).total_seconds() / length, 4)


def _carrier(copy: Mapping[str, Any], place: float, stale: Any) -> CarrierRow:
    return CarrierRow(
        article=copy["id"],
        outlet=copy["outlet"],
        headline=copy["headline"],
        url=copy.get("url"),
        byline=copy.get("byline"),
        published=copy["published"],
        lag=copy["lag"],
        place=place,
        canonical=copy.get("canonical", False),
        relation=copy.get("relation"),
        containment=copy["containment"],
        coverage=copy["coverage"],
        origin_class=copy["origin_class"],
        agencies=tuple(copy["agencies"]),
        credits=_credits(copy.get("credits", [])),
        undisclosed=copy.get("undisclosed", False),
        stale_since=stale.since if stale else None,
        stale_seconds=stale.seconds if stale else 0,
        signal=copy.get("signal"),
        removed=copy.get("removed"),
        revision=copy["revision"],
        previous_story=copy.get("previous_story", {}).get("story"),
    )


def _credits(found: Sequence[Mapping[str, Any]]) -> tuple[CreditOf, ...]:
    """Return the credited agencies, each once; a quoted agency is no source of the text."""
    named: dict[str, list[str]] = {}
    for credit in found:
        if credit["role"] != "quoted":
            named.setdefault(credit["agency"], []).append(credit["evidence"])
    return tuple(CreditOf(agency, tuple(dict.fromkeys(where))) for agency, where in named.items())


def _corrections(view: StoryView) -> list[CorrectionOf]:
    known = {copy["id"]: copy for copy in (*view.copies, *view.notices)}
    return [
        CorrectionOf(
            signal=correction["signal"],
            at=said_at(correction, known),
            article=correction["article"],
            outlet=known.get(correction["article"], {}).get("outlet"),
            old=tuple(correction.get("old", ())),
            new=tuple(correction.get("new", ())),
            carried_by=len(correction["carried_by"]),
        )
        for correction in corrections_of(view)
    ]


def _names(counts: Sequence[Mapping[str, Any]]) -> list[NameGroup]:
    groups = []
    for kind, title in NAME_TYPES.items():
        found = [NameCount(e["id"], e["name"], e["articles"]) for e in counts if e["type"] == kind]
        if found:
            groups.append(NameGroup(kind, title, tuple(found[:NAMES]), max(0, len(found) - NAMES)))
    return groups


def _map(counts: Sequence[Mapping[str, Any]]) -> PlaceMap | None:
    """Map the towns that many copies name: places of a single outlet would only widen the map.

    Whole states and countries are no points.
    """
    found = [(entity, locate(entity["id"])) for entity in counts if entity["type"] == "PLACE"]
    towns = [
        MapPlace(entity["name"], place.latitude, place.longitude, entity["articles"])
        for entity, place in found
        if place and not place.area
    ]
    most = max((town.articles for town in towns), default=0)
    return place_map([town for town in towns if town.articles >= MAPPED * most])


def _event(view: StoryView) -> EventOf | None:
    event = view.story.get("event")
    if event is None:
        return None
    stories = tuple(map(story_line, view.siblings))
    return EventOf(event["id"], tuple(event["origins"]), stories, len(stories) >= MAX_SIBLINGS)


def story_table(page: StoryPage) -> Table:
    """Return the carriers for CSV."""
    head = ("published", "outlet", "headline", "byline", "url", "lag_seconds", "relation", "containment", "coverage",
            "origin", "agencies", "credits", "undisclosed", "stale_since", "removed", "article")  # fmt: skip
    rows = (
        (c.published, c.outlet, c.headline, c.byline, c.url, c.lag, c.relation or "canonical", c.containment,
         c.coverage, c.origin_class, " ".join(c.agencies), " ".join(k.agency for k in c.credits), c.undisclosed,
         c.stale_since, c.removed, c.article)
        for c in page.carriers
    )  # fmt: skip
    return Table(head, rows)
