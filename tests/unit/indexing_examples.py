"""Articles and stories of invented events, as the stages before indexing publish them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.public_records import (
    Article,
    Carrier,
    Credit,
    Dateline,
    Departure,
    Entity,
    Media,
    Mention,
    Place,
    PublishedArticle,
    Revision,
    Story,
    StoryCorrection,
    StoryEntity,
    StoryEvent,
    TextLink,
)

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
TEXT = (
    "Devgarh, Nov 20 (PTI) Fisheries Minister Ilaiyaperumal Naskar opened a cold store at Devgarh harbour on Friday.\n"
    "Naskar said the store’s 400 tonnes would serve the boats of the whole coast."
)


def article_id(number: int) -> str:
    return f"{number:032x}"


def article(number: int = 1, **changes: Any) -> Article:
    values: dict[str, Any] = {
        "id": article_id(number),
        "revision": 2,
        "outlet": f"outlet{number}.example",
        "feed": f"outlet{number}-national",
        "guid": f"https://outlet{number}.example/?p={number}",
        "url": f"https://outlet{number}.example/cold-store-{number}",
        "headline": "Naskar opens cold store at Devgarh harbour",
        "byline": "PTI",
        "text": TEXT,
        "language": "en-IN",
        "subjects": ("Fisheries", "Coast"),
        "signal": "corrected",
        "published": NOON + timedelta(minutes=number),
        "versioncreated": NOON + timedelta(minutes=number + 5),
        "first_seen": NOON + timedelta(minutes=number + 1),
        "fetched": NOON + timedelta(minutes=number + 6),
        "dateline": Dateline(place="Devgarh", date="Nov 20", span=(0, 22)),
        "creditline": "(PTI)",
        "credits": (
            Credit(agency="PTI", role="sole", evidence="dateline", span=(16, 21), confidence=0.99),
            Credit(agency="PTI", role="sole", evidence="byline", confidence=0.9),
        ),
        "annotations": ((0, 22),),
        "media": (
            Media(href="https://img.example/1.jpg", contenttype="image/jpeg", title="Ice", creditline="PTI Photo"),
        ),
    }
    return Article(**values | changes)


def place(number: int = 1, story: int = 1, canonical: int = 1, **changes: Any) -> Place:
    values: dict[str, Any] = {
        "story": article_id(story),
        "canonical_article": article_id(canonical),
        "relation": None if number == canonical else "near",
        "containment": 1.0 if number == canonical else 0.93,
        "coverage": 1.0 if number == canonical else 0.88,
        "lag": 60.0 * (number - canonical),
        "origin_class": "wire_verbatim",
        "agencies": ("PTI",),
        "links": (
            TextLink(
                other=article_id(number + 1),
                relation="near",
                containment=0.93,
                coverage=0.88,
                shared=41,
                cover="00000000ffffffff",
            ),
        ),
        "includes": (article_id(900),),
        "removed": NOON + timedelta(hours=5),
        "previous_story": Departure(story=article_id(901), revision=2, at=NOON + timedelta(hours=1)),
    }
    return Place(**values | changes)


def entities(text: str = TEXT) -> tuple[Entity, ...]:
    def mention(words: str, occurrence: int = 0) -> Mention:
        start = -1
        for _ in range(occurrence + 1):
            start = text.index(words, start + 1)
        return Mention(start=start, end=start + len(words), text=words, method="model", confidence=0.8)

    return (
        Entity(
            id="x:person:ilaiyaperumal-naskar",
            name="Ilaiyaperumal Naskar",
            type="PERSON",
            method="model",
            confidence=0.8,
            salience=0.9,
            mentions=(
                mention("Naskar", 1),
                mention("Ilaiyaperumal Naskar"),
                Mention(field="headline", start=0, end=6, text="Naskar", method="partial", confidence=0.7),
            ),
        ),
        Entity(
            id="nc:place:devgarh",
            name="Devgarh",
            type="PLACE",
            method="alias",
            confidence=0.95,
            salience=0.6,
            mentions=(mention("Devgarh", 1),),
        ),
        Entity(
            id="wd:Q1",
            name="Press Trust of India",
            type="ORG",
            method="acronym",
            confidence=0.95,
            salience=0.1,
            mentions=(mention("PTI"),),
        ),
    )


def published(
    number: int = 1, story: int = 1, canonical: int = 1, version: int = 7, **changes: Any
) -> PublishedArticle:
    return PublishedArticle(
        article=article(number, **changes),
        place=place(number, story, canonical),
        entities=entities(),
        revisions=(Revision(revision=1, versioncreated=NOON, headline="Cold store opened", text="Devgarh, Nov 20."),),
        revisions_count=1,
        stale=number == 3,
        stale_since=NOON + timedelta(hours=2) if number == 3 else None,
        model="en_core_web_sm 3.8.0",
        alias_version="1",
        version=version,
    )


def carrier(number: int, **changes: Any) -> Carrier:
    values: dict[str, Any] = {
        "article": article_id(number),
        "outlet": f"outlet{number}.example",
        "url": f"https://outlet{number}.example/cold-store-{number}",
        "headline": "Naskar opens cold store at Devgarh harbour",
        "byline": "PTI",
        "published": NOON + timedelta(minutes=number),
        "lag": 60.0 * (number - 1),
        "relation": None if number == 1 else "near",
        "containment": 1.0,
        "coverage": 1.0,
        "origin_class": "wire_verbatim" if number == 1 else "wire_abridged",
        "agencies": ("PTI",),
        "undisclosed": number == 3,
        "removed": NOON + timedelta(hours=5) if number == 1 else None,
        "stale": number == 3,
        "stale_since": NOON + timedelta(hours=2) if number == 3 else None,
    }
    return Carrier(**values | changes)


def story(number: int = 1, numbers: tuple[int, ...] = (1, 2, 3), version: int = 9, **changes: Any) -> Story:
    carriers = tuple(carrier(each) for each in numbers)
    values: dict[str, Any] = {
        "id": article_id(number),
        "version": version,
        "headline": "Naskar opens cold store at Devgarh harbour",
        "canonical_article": article_id(numbers[0]),
        "language": "en-IN",
        "first_published": carriers[0].published,
        "last_published": carriers[-1].published,
        "first_seen": carriers[0].published + timedelta(minutes=1),
        "changed": carriers[-1].published + timedelta(minutes=2),
        "first_outlet": carriers[0].outlet,
        "agencies": ("PTI",),
        "origin_classes": tuple(sorted({carrier.origin_class for carrier in carriers})),
        "articles_count": len(carriers),
        "outlets_count": len(carriers),
        "undisclosed_count": sum(carrier.undisclosed for carrier in carriers),
        "stale_count": sum(carrier.stale for carrier in carriers),
        "outlets": tuple(carrier.outlet for carrier in carriers),
        "carriers": carriers,
        "includes": (article_id(900),),
        "corrections": (
            StoryCorrection(
                article=article_id(1),
                signal="corrected",
                at=NOON + timedelta(hours=2),
                old=("The store’s 4,000 tonnes would serve the coast.",),
                new=("The store’s 400 tonnes would serve the coast.",),
                carried_by=(article_id(3),) if 3 in numbers else (),
            ),
        ),
        "entities": tuple(
            StoryEntity(
                id=entity.id, name=entity.name, type=entity.type, articles=len(numbers), salience=entity.salience
            )
            for entity in entities()
        ),
        "event": StoryEvent(id=article_id(77), origins=("PTI", "outlet9.example")),
    }
    return Story(**values | changes)


def redirected(number: int, to: int, version: int) -> Story:
    return Story(id=article_id(number), version=version, redirect_to=article_id(to))
