# ruff: noqa: INP001 -- a script, not a package
"""The page of all fields of the indices: ``python docs/generate_data_dictionary.py`` writes it, a test compares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from schemas import dead_letters
from schemas import elasticsearch as templates
from schemas.elasticsearch import INDEX_KINDS, IndexKind
from schemas.examples import EXAMPLES
from schemas.feed_records import Feed, FeedState
from schemas.public_records import (
    Dateline,
    Departure,
    Entity,
    EntityType,
    Event,
    Media,
    PublishedArticle,
    Revision,
    Story,
    StoryCorrection,
    StoryEntity,
)
from schemas.topics import DEAD_LETTERS, FEED_STATE, FEEDS
from stream_apps.indexing.dead_letter_documents import dead_letter_document, noted
from stream_apps.indexing.documents import FACETS, article_document, event_document, story_document
from stream_apps.indexing.feed_documents import with_message
from stream_apps.runtime.stage_interface import Incoming

PAGE = Path(__file__).with_name("data-dictionary.md")
LONGEST = 60
HEAD = """\
# Data dictionary

<!-- Written by `python docs/generate_data_dictionary.py` from `schemas/elasticsearch/`; meanings: `meanings.yml`. -->

What stands in Elasticsearch: five indices behind aliases, `PREFIX-articles` to `PREFIX-dead-letters` (`PREFIX` is
`elasticsearch.index_prefix`, `wirecopy` unless set). Everything that is counted or filtered is a flat field, so that
Kibana can use it; what is only shown is *stored*: it comes with the document and cannot be searched. Times are UTC.
An event, a story or an article is written again when its own record changes; `_version` is the record's version.

Sub-fields: `.folded` is without case and accents, for filters; `.words` and `.exact` are searched word by word, as
written; `.raw` is the whole text for sorting and counting. `KIND` is one of
KINDS.

Points, countries and states of places come from `stream_apps/geography/locations.json`: GeoNames (CC BY 4.0) for towns,
Indian states and districts, Natural Earth (public domain) for countries. Of two places of one name the larger is
meant, where one in India counts twenty times what it has in people. States and countries have a code and no point:
what is told of Maharashtra did not happen in the middle of it.
""".replace("KINDS", ", ".join(f"`{kind}`" for kind in FACETS.values()))
ABOUT: Mapping[IndexKind, str] = {
    "articles": "One document an article, by article id.",
    "stories": "One document a story, the copies of one text, by story id. Counts are of all its articles.",
    "events": "One document an event, stories that tell of one happening, by event id.",
    "feeds": "One document a feed, by feed id: what is listed and how polling fares.",
    "dead-letters": "One document a message that could not be processed, without what was in it.",
}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXT = {"text", "match_only_text"}


def page() -> str:
    """The whole page, with a line feed at its end."""
    meanings = yaml.safe_load(resources.files("schemas.elasticsearch").joinpath("meanings.yml").read_text("utf-8"))
    return "\n".join([HEAD, *(line for kind in INDEX_KINDS for line in _section(kind, meanings[kind]))])


def _section(kind: IndexKind, meanings: Mapping[str, str]) -> Iterator[str]:
    yield f"## `{kind}`\n\n{ABOUT[kind]}\n"
    yield "| field | type | meaning | example |\n|---|---|---|---|"
    document, fields = example(kind), templates.fields(kind)
    for name, meaning in meanings.items():
        path = name.replace("KIND", "person")
        if "properties" not in fields[path]:
            also = [other.removeprefix(path) for other in fields if other.rpartition(".")[0] == path]
            yield _row(_shown(name, also), _type(fields[path]), meaning, _example(document, path))
    yield ""


def spread(meanings: Mapping[str, str]) -> dict[str, str]:
    """The meanings by field: ``KIND`` replaced by each kind of entity."""
    found = {}
    for name, meaning in meanings.items():
        kinds = FACETS.values() if "KIND" in name else ("",)
        found |= {name.replace("KIND", kind): meaning for kind in kinds}
    return found


def _shown(name: str, also: list[str]) -> str:
    return " ".join(f"`{part}`" for part in (name, *also))


def _type(field: Mapping[str, Any]) -> str:
    if field.get("enabled") is False or (field.get("index") is False and not field.get("doc_values", True)):
        return "stored"
    if field.get("index") is False:
        return "stored"
    return str(field["type"])


def _example(document: Mapping[str, Any], name: str) -> str:
    value: Any = document
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None or value == []:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{_cut(text)}`"


def _cut(text: str) -> str:
    one_line = re.sub(r"[\s`|]+", " ", text)
    return one_line if len(one_line) <= LONGEST else one_line[: LONGEST - 1] + "…"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


# ---- examples: documents of invented records ---------------------------------------------------------------------


def example(kind: IndexKind) -> Mapping[str, Any]:
    """A document of the kind, as indexing writes it."""
    document = _documents()[kind]
    return {**document, "indexed": "2026-11-20T12:00:00.200Z"}


def _documents() -> dict[IndexKind, Any]:
    return {
        "articles": article_document(_article()),
        "stories": story_document(_story()),
        "events": event_document(Event.from_bytes(_public("events"))),
        "feeds": _feed(),
        "dead-letters": _dead_letter(),
    }


def _public(topic: str) -> bytes:
    """The first example of a topic in the contract for consumers."""
    return next(iter(EXAMPLES[topic].values())).to_bytes()


def _article() -> PublishedArticle:
    """The example of the contract with more of what an article may have."""
    record = PublishedArticle.from_bytes(_public("articles"))
    nine, story = record.article.published, record.place.story
    article = record.article.model_copy(
        update={
            "guid": "https://ledger.example/?p=4711",
            "text": f"{record.article.text}\nThe store cost Rs 1,250 crore.",
            "byline": "PTI",
            "creditline": "(PTI)",
            "dateline": Dateline(place="Devgarh", date="Nov 20", span=(0, 22)),
            "subjects": ("Coast", "Fisheries"),
            "signal": "corrected",
            "revision": 2,
            "media": (Media(href="https://img.ledger.example/ice.jpg", title="Ice"),),
        }
    )
    place = record.place.model_copy(
        update={
            "includes": (story,),
            "removed": nine + timedelta(days=2),
            "previous_story": Departure(story=story, revision=2, at=nine),
        }
    )
    return record.model_copy(
        update={
            "article": article,
            "place": place,
            "entities": (*record.entities, *map(_entity, NAMED)),
            "revisions": (Revision(revision=1, versioncreated=nine, headline="Cold store opens", text="Devgarh …"),),
            "revisions_count": 1,
            "stale": True,
            "stale_since": nine + timedelta(hours=2),
            "tagged_chars": 200_000,
        }
    )


NAMED: tuple[tuple[str, str, EntityType, float], ...] = (
    ("x:person:ilaiyaperumal-naskar", "Ilaiyaperumal Naskar", "PERSON", 0.9),
    ("nc:place:ratnagiri", "Ratnagiri", "PLACE", 0.4),
)


def _entity(named: tuple[str, str, EntityType, float]) -> Entity:
    identity, name, kind, salience = named
    return Entity(id=identity, name=name, type=kind, method="model", confidence=0.9, salience=salience, mentions=())


def _story() -> Story:
    story = Story.from_bytes(_public("stories"))
    assert story.first_seen is not None
    entities = (*story.entities, *(StoryEntity(id=i, name=n, type=t, articles=2, salience=s) for i, n, t, s in NAMED))
    corrected = StoryCorrection(article=story.id, signal="corrected", at=story.last_published, old=("4,000 tonnes",))
    return story.model_copy(
        update={
            "entities": entities,
            "includes": (story.id,),
            "changed": story.first_seen + timedelta(minutes=12),
            "corrections": (corrected,),
        }
    )


def _feed() -> Mapping[str, Any]:
    feed = Feed(
        id="ledger-national", url="https://ledger.example/national.xml", outlet="ledger.example", language="en-IN",
        title="Ledger: national", tags=("national",), origin="feeds.yml",
    )  # fmt: skip
    state = FeedState(
        feed=feed.id, url=feed.url, outlet=feed.outlet, interval=300, next_poll=NOON + timedelta(minutes=5),
        last_poll=NOON, last_success=NOON - timedelta(hours=1), newest_entry=NOON - timedelta(hours=2), failures=3,
        parked=NOON, quiet_since=NOON - timedelta(hours=1), hub="https://hub.example/",
        last_error="503 Service Unavailable", typical_gap=720, longest_silence=21600, window=40,
    )  # fmt: skip
    at, key = int(NOON.timestamp() * 1000), feed.id.encode()
    listed = with_message(None, Incoming(FEEDS.name, 0, 4, key, feed.to_bytes(), at))
    return with_message(listed, Incoming(FEED_STATE.name, 0, 9, key, state.to_bytes(), at))


def _dead_letter() -> Mapping[str, Any]:
    headers = dead_letters.headers("tagging", "schema", "Resolved.texts.0.headline: Field required", "resolved")
    fixed = [(name, b"2026-11-20T12:00:00.000+00:00" if name.endswith("time") else said) for name, said in headers]
    fixed.append((dead_letters.PAUSED_HEADER, b"ledger.example"))
    at = int(NOON.timestamp() * 1000)
    letter = dead_letter_document(Incoming(DEAD_LETTERS.name, 2, 17, b"0a1b2c", b"{}", at, fixed))
    return noted(letter, Incoming(DEAD_LETTERS.name, 2, 30, b"", b"", at, [("x-dlq-reason", b"sent_again")]))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
