"""Runs the dedup stages over a file of articles, in one process and without servers, and scores them."""

from __future__ import annotations

import csv
import html
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson
from dateutil import parser as dates

from schemas.clean import Clean
from schemas.feed_records import RawEntry
from schemas.ids import article_id
from schemas.public_records import Article, Event, Place
from schemas.record import ArticleId
from schemas.topics import CLEAN, DEAD_LETTERS, RAW
from stream_apps.dedup.publishing import Publication
from stream_apps.dedup.replay import Replay
from stream_apps.dedup.state import event_bytes
from stream_apps.fingerprint import app as fingerprint
from stream_apps.fingerprint.boilerplate import HOLDERS
from stream_apps.runtime.memory_broker import MemoryBroker
from stream_apps.runtime.stage_interface import Outgoing
from wirecopy.errors import BadInput
from wirecopy.settings import KafkaSettings, Settings

DAY_BEFORE = datetime(2025, 12, 31, tzinfo=UTC)
BATCH = 100
"""Articles at once."""
SEEN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first line counts as seen; in the order of the file every other a millisecond later, so that none leaves the
window."""


@dataclass(frozen=True)
class Result:
    """The stages' results for each article, by the ids of the file."""

    articles: Mapping[str, Article]
    places: Mapping[str, Place]
    names: Mapping[ArticleId, str]
    """Article id to the id in the file."""
    events: Mapping[ArticleId, ArticleId]
    """Story to event, of stories that are not alone with what they tell."""
    seconds: float

    def report(self) -> dict[str, Any]:
        """Return the output of ``wirecopy eval dedup``."""
        return {
            "stories": {name: self.names[place.story] for name, place in self.places.items()},
            "links": list(self._links()),
            "events": {n: self.names[self.events.get(p.story, p.story)] for n, p in self.places.items()},
            "articles": {name: self._article(name, place) for name, place in self.places.items()},
            "seconds": round(self.seconds, 3),
        }

    def _links(self) -> Iterator[list[Any]]:
        """Return every link once: usually the younger article has it, the older one where that is not canonical."""
        found: dict[tuple[str, str], list[Any]] = {}
        for name, place in self.places.items():
            for link in place.links:
                one, two = sorted((name, self.names[link.other]))
                found[one, two] = [one, two, link.relation, round(max(link.containment, link.coverage), 4)]
        yield from (found[pair] for pair in sorted(found))

    def _article(self, name: str, place: Place) -> dict[str, Any]:
        return {
            "credits": [credit.model_dump(mode="json") for credit in self.articles[name].credits],
            "origin_class": place.origin_class,
            "undisclosed": place.undisclosed,
            "relation": place.relation,
            "canonical": self.names[place.canonical_article],
        }


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the objects of a JSON-lines file. Raises ``BadInput`` with the number of a bad line."""
    try:
        lines = path.open("rb")
    except OSError as error:
        raise BadInput("unreadable", f"{path}: {error.strerror}") from None
    with lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                item = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadInput("not_json", f"{path.name} line {number}: {error}") from None
            if not isinstance(item, dict) or "id" not in item or "text" not in item:
                raise BadInput("not_an_article", f"{path.name} line {number}: needs at least id and text")
            yield item


def find_stories(items: Iterable[Mapping[str, Any]], *, learn: bool = True) -> Result:
    """Run the stages over articles in the order given: ``id, text, title?, byline?, source?, url?, published?``.

    With ``learn`` the file is read twice: first to learn its outlets' boilerplate, as if on the day before.
    """
    entries = [_entry(item, SEEN + timedelta(milliseconds=number)) for number, item in enumerate(items)]
    return _find(entries, _teaching(entry for _, entry in entries) if learn else ())


def find_stories_by_date(
    items: Iterable[Mapping[str, Any]], stories: Mapping[str, str] = MappingProxyType({})
) -> Result:
    """Run the stages over articles as if each had been seen when it was published, as a live service would have.

    Boilerplate is learned from the days before, and copies are looked for within the window. An undated article counts
    as seen with the first dated one of its story among ``stories`` (id to story, as ``find_stories`` found them): a
    service would have fetched it in those days. Without such a one it counts as seen with the last of all.
    """
    listed = list(items)
    moments = {str(item["id"]): _moment(item.get("published")) for item in listed}
    last = max((moment for moment in moments.values() if moment), default=SEEN)
    first = _first_dated(moments, stories)
    seen = {name: moment or first.get(stories.get(name, ""), last) for name, moment in moments.items()}
    entries = [_entry(item, seen[str(item["id"])]) for item in listed]
    return _find(sorted(entries, key=lambda named: named[1].first_seen), ())


def _first_dated(moments: Mapping[str, datetime | None], stories: Mapping[str, str]) -> dict[str, datetime]:
    """Return when the first dated article of each story was published."""
    first: dict[str, datetime] = {}
    for name, story in stories.items():
        if moment := moments.get(name):
            first[story] = min(moment, first.get(story, moment))
    return first


def count_undated(items: Iterable[Mapping[str, Any]]) -> int:
    """Count the articles without a date of publication."""
    return sum(_moment(item.get("published")) is None for item in items)


def _find(entries: Sequence[tuple[str, RawEntry]], lessons: Iterable[RawEntry]) -> Result:
    names = {entry.article: name for name, entry in entries}
    started = time.perf_counter()
    settings = Settings(kafka=KafkaSettings(partitions=1))
    broker = MemoryBroker(partitions=1)
    broker.attach([fingerprint.stage(settings)])
    _feed(broker, lessons)
    conclusions = _Conclusions(settings.dedup.window_days)
    for start in range(0, len(entries), BATCH):
        broker.sent.clear()
        _feed(broker, [entry for _, entry in entries[start : start + BATCH]])
        for letter in broker.sent[DEAD_LETTERS.name]:
            raise BadInput("refused", f"{names[letter.key.decode()]}: {dict(letter.headers)}")
        conclusions.take_batch([message.value for message in broker.sent[CLEAN.name]])
    conclusions.settle()
    seconds = time.perf_counter() - started
    articles = [Clean.from_bytes(value).read_article() for value in conclusions.clean]
    return Result(
        articles={names[article.id]: article for article in articles},
        places={names[article]: place for article, place in conclusions.places().items()},
        names=names,
        events={member.story: event.id for event in conclusions.events() for member in event.stories},
        seconds=seconds,
    )


class _Conclusions(Replay):
    """Keeps the last message of each article and event, so that memory does not grow with the number of messages."""

    def __init__(self, window_days: int) -> None:
        super().__init__(window_days)
        self._places: dict[ArticleId, bytes] = {}
        self._events: dict[str, bytes] = {}

    def places(self) -> Mapping[ArticleId, Place]:
        return {article: Place.from_bytes(place) for article, place in self._places.items()}

    def events(self) -> list[Event]:
        """Return the current events."""
        return [Event.from_bytes(event) for event in self._events.values()]

    def _send(self, publication: Publication) -> None:
        for draft in publication.stories:
            self._places |= {member["article"]: orjson.dumps(member["place"]) for member in draft.members}
        self._events |= {event["id"]: event_bytes(event, self.state.version) for event in publication.events}


def _feed(broker: MemoryBroker, entries: Iterable[RawEntry]) -> None:
    broker.send([Outgoing(RAW, entry.article.encode(), entry.to_bytes()) for entry in entries])
    broker.run()


def _teaching(entries: Iterable[RawEntry]) -> Iterator[RawEntry]:
    """Return the entries of outlets with enough articles to learn from, dated a day earlier."""
    of_outlet: defaultdict[str, list[RawEntry]] = defaultdict(list)
    for entry in entries:
        of_outlet[entry.outlet].append(entry)
    for published in of_outlet.values():
        if len(published) >= HOLDERS:
            yield from (entry.model_copy(update={"first_seen": DAY_BEFORE}) for entry in published)


def score_pairs(stories: Mapping[str, str], pairs: Path) -> dict[str, float]:
    """Return precision, recall and F1 of "in one story" over labelled pairs (columns ``id_a, id_b, gold_reuse``).

    A found pair that the file does not list counts as wrong: the file has to list every pair that shares text.
    """
    try:
        with pairs.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        labelled = {frozenset((row["id_a"], row["id_b"])): row["gold_reuse"].strip().lower() for row in rows}
    except (OSError, KeyError) as error:
        raise BadInput("unreadable", f"{pairs}: needs the columns id_a, id_b, gold_reuse ({error})") from None
    gold = {pair for pair, label in labelled.items() if label in {"1", "true"}}
    found = set(pairs_of(stories))
    right = len(gold & found)
    precision = right / len(found) if found else 0.0
    recall = right / len(gold) if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def pairs_of(stories: Mapping[str, str]) -> Iterator[frozenset[str]]:
    """Yield every pair of articles of one story."""
    members: dict[str, list[str]] = {}
    for name, story in stories.items():
        members.setdefault(story, []).append(name)
    for names in members.values():
        yield from map(frozenset, combinations(names, 2))


def _entry(item: Mapping[str, Any], seen: datetime) -> tuple[str, RawEntry]:
    name = str(item["id"])
    url = item.get("url") or None
    outlet = str(item.get("source") or (urlsplit(url).hostname if url else None) or f"unknown-{name}")
    entry = RawEntry(
        article=article_id(outlet, name),
        revision=1,
        content_hash="",
        feed="eval",
        outlet=outlet,
        guid=name,
        url=url,
        headline=html.escape(item.get("title") or ""),
        byline=item.get("byline") or None,
        content=_as_html(item["text"]),
        published=_moment(item.get("published")),
        first_seen=seen,
        fetched=max(seen, _moment(item.get("published")) or seen),
    )
    return name, entry


def _as_html(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n"))


def _moment(published: str | None) -> datetime | None:
    if not published:
        return None
    moment = dates.parse(published)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
