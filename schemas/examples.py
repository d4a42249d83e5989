"""Invented messages of the public topics, as the contract for consumers shows them: of a story that two outlets carry.

They are records, so an example that no longer fits its schema cannot be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from schemas.ids import article_id
from schemas.public_records import (
    Article,
    Carrier,
    Credit,
    Entity,
    Event,
    EventStory,
    Mention,
    Place,
    PublishedArticle,
    Story,
    StoryEntity,
    StoryEvent,
    TextLink,
)
from schemas.record import Record
from schemas.topics import ARTICLES, EVENTS, STORIES
from schemas.versions import version

_NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_FILED, _COPY = article_id("ptinews.example", "cold-store"), article_id("ledger.example", "4711")
_RIVAL = article_id("ians.example", "cold-store")
_LINE = "Fisheries Minister Ilaiyaperumal Naskar opened a cold store at Devgarh harbour on Friday."
_EPOCH = 1292

_ARTICLE = PublishedArticle(
    article=Article(
        id=_COPY,
        revision=1,
        outlet="ledger.example",
        feed="ledger-national",
        url="https://ledger.example/cold-store-4711",
        headline="Cold store opens at Devgarh",
        text=f"Devgarh, Nov 20 (PTI) {_LINE}",
        language="en-IN",
        published=_NINE + timedelta(minutes=12),
        versioncreated=_NINE + timedelta(minutes=12),
        first_seen=_NINE + timedelta(minutes=13),
        fetched=_NINE + timedelta(minutes=13),
        credits=(Credit(agency="PTI", role="sole", evidence="dateline", span=(16, 21), confidence=0.99),),
        annotations=((0, 22),),
    ),
    place=Place(
        story=_FILED,
        canonical_article=_FILED,
        relation="near",
        containment=0.97,
        coverage=0.94,
        lag=720.0,
        origin_class="wire_verbatim",
        agencies=("PTI",),
        links=(TextLink(other=_FILED, relation="near", containment=0.97, coverage=0.94, shared=212, cover="f" * 16),),
    ),
    entities=(
        Entity(
            id="nc:place:devgarh",
            name="Devgarh",
            type="PLACE",
            method="alias",
            confidence=0.95,
            salience=0.6,
            mentions=(Mention(start=85, end=92), Mention(field="headline", start=20, end=27)),
        ),
    ),
    model="wirecopy_news 1",
    alias_version="1",
    version=version(_EPOCH, 5120),
)

_STORY = Story(
    id=_FILED,
    version=version(_EPOCH, 5121),
    headline="Cold store opens at Devgarh",
    canonical_article=_FILED,
    language="en-IN",
    first_published=_NINE,
    last_published=_NINE + timedelta(minutes=12),
    first_seen=_NINE + timedelta(minutes=1),
    first_outlet="ptinews.example",
    agencies=("PTI",),
    origin_classes=("wire_verbatim",),
    articles_count=2,
    outlets_count=2,
    outlets=("ledger.example", "ptinews.example"),
    carriers=(
        Carrier(
            article=_FILED,
            outlet="ptinews.example",
            headline="Cold store opens at Devgarh",
            published=_NINE,
            lag=0.0,
            containment=1.0,
            coverage=1.0,
            origin_class="wire_verbatim",
            agencies=("PTI",),
        ),
        Carrier(
            article=_COPY,
            outlet="ledger.example",
            url="https://ledger.example/cold-store-4711",
            headline="Cold store opens at Devgarh",
            published=_NINE + timedelta(minutes=12),
            lag=720.0,
            relation="near",
            containment=0.97,
            coverage=0.94,
            origin_class="wire_verbatim",
            agencies=("PTI",),
        ),
    ),
    entities=(StoryEntity(id="nc:place:devgarh", name="Devgarh", type="PLACE", articles=2, salience=0.6),),
    event=StoryEvent(id=min(_FILED, _RIVAL), origins=("IANS", "PTI")),
)

_EVENT = Event(
    id=min(_FILED, _RIVAL),
    version=version(_EPOCH, 5121, 1),
    headline="Cold store opens at Devgarh",
    first_published=_NINE,
    last_published=_NINE + timedelta(minutes=30),
    stories=(
        EventStory(
            story=_FILED,
            headline="Cold store opens at Devgarh",
            first_published=_NINE,
            articles=2,
            outlets=2,
            agencies=("PTI",),
            origins=("PTI",),
        ),
        EventStory(
            story=_RIVAL,
            headline="Ice for the boats of Devgarh",
            first_published=_NINE + timedelta(minutes=30),
            articles=1,
            outlets=1,
            agencies=("IANS",),
            origins=("IANS",),
        ),
    ),
    stories_count=2,
    articles=3,
    outlets_count=3,
    agencies=("IANS", "PTI"),
    origins=("IANS", "PTI"),
)

EXAMPLES: Mapping[str, Mapping[str, Record]] = {
    ARTICLES.name: {"An outlet's copy of an agency's story": _ARTICLE},
    STORIES.name: {
        "A story that two outlets carry": _STORY,
        "A story that was merged into another": Story(
            id=_RIVAL, version=version(_EPOCH, 6000), redirect_to=min(_FILED, _RIVAL)
        ),
    },
    EVENTS.name: {
        "Two stories of one event": _EVENT,
        "An event that went into another": Event(
            id=max(_FILED, _RIVAL), version=version(_EPOCH, 6000, 1), redirect_to=min(_FILED, _RIVAL)
        ),
        "An event that has ended": Event(id=min(_FILED, _RIVAL), version=version(_EPOCH, 7000)),
    },
}
"""By topic: what a message shows, and the message."""
