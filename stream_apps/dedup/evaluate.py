"""The dedup stages over a file of articles, in one process and without servers, and how well they did."""

from __future__ import annotations

import csv
import html
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from dateutil import parser as dates

from schemas.ids import article_id
from schemas.records import Article, ArticleId, EventPlace, Membership, RawEntry, Resolved
from schemas.topics import DEAD_LETTERS, EVENT_PLACES, RAW, RESOLVED
from stream_apps.fingerprint.boilerplate import HOLDERS
from stream_apps.dedup.wiring import stages
from stream_apps.runtime.memory import MemoryBroker, latest
from stream_apps.runtime.messages import Outgoing
from wirecopy.errors import BadInput
from wirecopy.settings import KafkaSettings, Settings

DAY_BEFORE = datetime(2025, 12, 31, tzinfo=UTC)
SEEN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first line counts as seen; every other a millisecond later, so that none leaves the window."""


@dataclass(frozen=True)
class Result:
    """What the stages said of each article, by the ids of the file."""

    articles: Mapping[str, Article]
    memberships: Mapping[str, Membership]
    names: Mapping[ArticleId, str]
    """Article id to the id in the file."""
    events: Mapping[ArticleId, ArticleId]
    """Family to event, of families that are not alone with what they tell."""
    seconds: float

    def report(self) -> dict[str, Any]:
        """The answer of ``wirecopy eval dedup``."""
        return {
            "families": {name: self.names[m.family] for name, m in self.memberships.items()},
            "links": list(self._links()),
            "events": {n: self.names[self.events.get(m.family, m.family)] for n, m in self.memberships.items()},
            "articles": {name: self._article(name, m) for name, m in self.memberships.items()},
            "seconds": round(self.seconds, 3),
        }

    def _links(self) -> Iterator[list[Any]]:
        for name, membership in self.memberships.items():
            for link in membership.links:
                other = self.names[link.other]
                if name < other:
                    yield [name, other, link.relation, round(max(link.containment, link.coverage), 4)]

    def _article(self, name: str, membership: Membership) -> dict[str, Any]:
        return {
            "credits": [credit.model_dump(mode="json") for credit in self.articles[name].credits],
            "origin_class": membership.origin_class,
            "undisclosed": membership.undisclosed,
            "relation": membership.relation,
            "canonical": self.names[membership.canonical_article],
        }


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file. Raises ``BadInput`` with the number of a line that is none."""
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


def find_families(items: Iterable[Mapping[str, Any]], *, learn: bool = True) -> Result:
    """Run the stages over articles in the order given: ``id, text, title?, byline?, source?, url?, published?``.

    With ``learn`` the file is taken twice: the boilerplate of its outlets is learned from all of it first, as if from
    the day before.
    """
    entries = [_entry(item, number) for number, item in enumerate(items)]
    names = {entry.article: name for name, entry in entries}
    started = time.perf_counter()
    broker = MemoryBroker(partitions=1)
    fingerprinting, *others = stages(Settings(kafka=KafkaSettings(partitions=1)))
    broker.attach([fingerprinting])
    if learn:
        _feed(broker, _teaching(entry for _, entry in entries))
    broker.sent.clear()
    broker.attach(others)
    _feed(broker, [entry for _, entry in entries])
    seconds = time.perf_counter() - started
    for letter in broker.sent[DEAD_LETTERS.name]:
        raise BadInput("refused", f"{names[letter.key.decode()]}: {dict(letter.headers)}")
    resolved = [Resolved.from_bytes(message.value) for message in broker.sent[RESOLVED.name]]
    return Result(
        articles={names[r.article.id]: r.article for r in resolved if r.article},
        memberships={names[r.membership.article]: r.membership for r in resolved},
        names=names,
        events={p.family: p.event for p in map(EventPlace.from_bytes, latest(broker.sent[EVENT_PLACES.name]).values())},
        seconds=seconds,
    )


def _feed(broker: MemoryBroker, entries: Iterable[RawEntry]) -> None:
    broker.send([Outgoing(RAW, entry.article.encode(), entry.to_bytes()) for entry in entries])
    broker.run()


def _teaching(entries: Iterable[RawEntry]) -> Iterator[RawEntry]:
    """The entries of outlets with enough articles to learn from, a day earlier."""
    of_outlet: defaultdict[str, list[RawEntry]] = defaultdict(list)
    for entry in entries:
        of_outlet[entry.outlet].append(entry)
    for published in of_outlet.values():
        if len(published) >= HOLDERS:
            yield from (entry.model_copy(update={"first_seen": DAY_BEFORE}) for entry in published)


def score_pairs(families: Mapping[str, str], pairs: Path) -> dict[str, float]:
    """Precision, recall and F1 of "in one family" over labelled pairs (columns ``id_a, id_b, gold_reuse``).

    A pair of one family that the file does not list counts as wrong: the file is taken to list every pair that
    shares text.
    """
    try:
        with pairs.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        labelled = {frozenset((row["id_a"], row["id_b"])): row["gold_reuse"].strip().lower() for row in rows}
    except (OSError, KeyError) as error:
        raise BadInput("unreadable", f"{pairs}: needs the columns id_a, id_b, gold_reuse ({error})") from None
    gold = {pair for pair, label in labelled.items() if label in {"1", "true"}}
    found = set(pairs_of(families))
    right = len(gold & found)
    precision = right / len(found) if found else 0.0
    recall = right / len(gold) if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def pairs_of(families: Mapping[str, str]) -> Iterator[frozenset[str]]:
    """Every two articles of one family."""
    members: dict[str, list[str]] = {}
    for name, family in families.items():
        members.setdefault(family, []).append(name)
    for names in members.values():
        yield from map(frozenset, combinations(names, 2))


def _entry(item: Mapping[str, Any], number: int) -> tuple[str, RawEntry]:
    name = str(item["id"])
    url = item.get("url") or None
    outlet = str(item.get("source") or (urlsplit(url).hostname if url else None) or f"unknown-{name}")
    seen = SEEN + timedelta(milliseconds=number)
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
