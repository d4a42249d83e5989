"""Our own pipeline over the set: every text as if it had been fetched when it was published, through all stages.

The same stages that run behind Kafka, in one process: fingerprint, the engine, tagging. Boilerplate is learned from the
days before, and copies are looked for within the window.
"""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench.resolution import id_of
from producers.formats.dates import Listed, customs_of, from_feed
from schemas.clean import Clean
from schemas.feed_records import RawEntry
from schemas.ids import article_id
from schemas.public_records import Carrier, Event, Place, PublishedArticle, Story, StoryCorrection
from schemas.topics import ARTICLES, CLEAN, EVENTS, RAW, RESOLVED, STORIES, TAGGING_STATE
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint import app as fingerprint
from stream_apps.runtime.memory_broker import MemoryBroker, latest
from stream_apps.runtime.stage_interface import Outgoing, StageSpec
from stream_apps.tagging import alias_files
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.stage import TaggingStage
from stream_apps.tagging.text_reader import Model
from wirecopy.settings import KafkaSettings, Settings, TextSettings

Line = Mapping[str, Any]

_SIGNALS = {"corrected": "corrected", "refile": "corrected"}
"""How the set calls a signal; all others of a correction take a story back."""


class NoNames:
    """Stands in for the model where names are not asked for: everything else is as it is with it."""

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        return [() for _ in paragraphs]


@dataclass(frozen=True)
class Answers:
    """What the stages said last of each article, by its id in the set; of one that left the window, before it did."""

    articles: Mapping[str, PublishedArticle]
    places: Mapping[str, Place]
    carriers: Mapping[str, Carrier]
    corrections: Sequence[StoryCorrection]
    event_of: Mapping[str, str]
    """By story; stories that are alone with what they tell have none."""
    names: Mapping[str, str]
    """The set's id by ours."""


def predict(folder: Path, *, names: bool = True, made: str | None = None) -> list[dict[str, Any]]:
    """The predictions for a folder's set, or for what of it was ``made`` so. Without ``names`` no model is needed."""
    chosen = [group for group in read(folder / "labels" / "groups.jsonl") if made in (None, group["made"])]
    members = {group["group"]: group["articles"] for group in chosen}
    wanted = {name for ids in members.values() for name in ids}
    lines = [line for line in read(folder / "articles.jsonl") if line["id"] in wanted]
    answers = asyncio.run(_run(lines, read(folder / "outlets.jsonl"), names=names))
    found = [*_articles(answers), *_dates(read(folder / "dates.jsonl"))]
    return found + list(_forms(read(folder / "labels" / "names.jsonl"), members, answers)) if names else found


# ---- through the stages -----------------------------------------------------------------------------------------


async def _run(lines: Sequence[Line], outlets: Sequence[Line], *, names: bool) -> Answers:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        settings = Settings(kafka=KafkaSettings(partitions=1), text=TextSettings(agencies=_sites(folder, outlets)))
        model = await stack.enter_async_context(ModelProcesses(settings.tagging)) if names else NoNames()
        return await _through(list(_entries(lines)), settings, model)


async def _through(entries: Sequence[tuple[str, RawEntry]], settings: Settings, model: Model) -> Answers:
    broker, replay = MemoryBroker(1), Replay(settings.dedup.window_days)
    broker.attach([fingerprint.stage(settings), _tagging(settings, model)])
    broker.send([Outgoing(RAW, entry.article.encode(), entry.to_bytes()) for _, entry in entries])
    await broker.drain()
    events = list(_one_by_one(replay, [message.value for message in broker.sent[CLEAN.name]]))
    broker.send(replay.sent[RESOLVED.name])
    await broker.drain()
    ours = {entry.article: name for name, entry in entries}
    stories = [Story.from_bytes(message.value) for message in broker.sent[STORIES.name]]
    published = (PublishedArticle.from_bytes(value) for value in latest(broker.sent[ARTICLES.name]).values())
    places = replay.places()
    left = timedelta(days=settings.dedup.window_days)
    by_time = sorted((entry.first_seen, entry.article) for _, entry in entries)
    leaves = {places[article].story: seen + left for seen, article in by_time}
    return Answers(
        articles={ours[one.article.id]: one for one in published},
        places={ours[article]: place for article, place in places.items()},
        carriers={ours[carrier.article]: carrier for story in stories for carrier in story.carriers},
        corrections=[correction for story in stories for correction in story.corrections],
        event_of=_event_of(events, leaves),
        names=ours,
    )


def _one_by_one(replay: Replay, values: Sequence[bytes]) -> Iterator[tuple[datetime, Event]]:
    """Take messages as they come, and tell each event with the time of the article that changed it.

    Written weeks apart they never wait together, as they would in batches.
    """
    for value in values:
        before = len(replay.sent[EVENTS.name])
        replay.take([value])
        now = Clean.from_bytes(value).read_article().first_seen
        for message in replay.sent[EVENTS.name][before:]:
            yield now, Event.from_bytes(message.value)


def _event_of(events: Iterable[tuple[datetime, Event]], leaves: Mapping[str, datetime]) -> Mapping[str, str]:
    """The event of each story. A story that leaves the window leaves its event too, and that is not meant here."""
    found: dict[str, str] = {}
    for now, event in events:
        listed = {one.story for one in event.stories}
        for story in [story for story, its in found.items() if its == event.id and story not in listed]:
            if now < leaves.get(story, now):
                del found[story]
        found |= dict.fromkeys(listed, event.id)
    return found


def _tagging(settings: Settings, model: Model) -> StageSpec:
    aliases = alias_files.configured(settings.tagging.aliases)
    return StageSpec(
        (RESOLVED,),
        lambda rows: TaggingStage(
            rows,
            model,
            "bench",
            aliases,
            window_days=settings.dedup.window_days,
            max_chars=settings.tagging.max_chars,
            cache_paragraphs=settings.tagging.cache_paragraphs,
        ),
        TAGGING_STATE,
    )


def _sites(folder: Path, outlets: Iterable[Line]) -> Path:
    """The agencies' own sites of the set, as a user of wirecopy would name them."""
    path = folder / "agencies.yml"
    own = [{"name": agency, "acronyms": [agency], "sites": [site]} for site, agency in _agencies(outlets)]
    path.write_text(yaml.safe_dump({"agencies": own}), encoding="utf-8")
    return path


def _agencies(outlets: Iterable[Line]) -> Iterator[tuple[str, str]]:
    yield from ((outlet["source"], outlet["agency"]) for outlet in outlets if "agency" in outlet)


def _entries(lines: Iterable[Line]) -> Iterator[tuple[str, RawEntry]]:
    """Every text of every article by time, with the article's id in the set."""
    texts = [
        (datetime.fromisoformat(at), line["id"], number, line, text)
        for line in lines
        for number, at, text in _texts(line)
    ]
    for at, name, number, line, text in sorted(texts, key=lambda one: one[:3]):
        published = datetime.fromisoformat(line["published"])
        yield (
            name,
            RawEntry(
                article=article_id(line["source"], name),
                revision=number,
                content_hash=str(number),
                feed=line["source"],
                outlet=line["source"],
                guid=name,
                headline=html.escape(text["title"]),
                byline=text["byline"] or None,
                content="".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in text["text"].split("\n")),
                published=published,
                updated=at,
                first_seen=published,
                fetched=at,
            ),
        )


def _texts(line: Line) -> Iterator[tuple[int, str, Line]]:
    """An article's texts, oldest first: number, when it was made, and what it says."""
    earlier = line.get("earlier", ())
    yield from ((number, one["at"], one) for number, one in enumerate(earlier, 1))
    yield len(earlier) + 1, line.get("updated", line["published"]), line


# ---- what was said, in the form of the set ----------------------------------------------------------------------


def _articles(answers: Answers) -> Iterator[dict[str, Any]]:
    signals = {answers.names[one.article]: _SIGNALS.get(one.signal, "withdrawn") for one in answers.corrections}
    for name, published in answers.articles.items():
        article, place, carrier = published.article, answers.places[name], answers.carriers[name]
        yield {
            "id": name,
            "story": place.story,
            "event": answers.event_of.get(place.story, place.story),
            "credits": [[credit.agency, credit.role] for credit in article.credits],
            "place": article.dateline.place if article.dateline else None,
            "origin": carrier.origin_class,
            "agency": _agency(answers, name),
            "undisclosed": carrier.undisclosed,
            "stale": carrier.stale,
            "signal": signals.get(name),
        }


def _agency(answers: Answers, name: str) -> str | None:
    """Whose text it is: of an agency's text, whose the canonical article is."""
    carrier, place = answers.carriers[name], answers.places[name]
    if not carrier.origin_class.startswith("wire"):
        return None
    canonical = answers.carriers.get(answers.names.get(place.canonical_article, ""), carrier)
    named = [agency for agency in (*canonical.agencies, *carrier.agencies) if agency != "agencies"]
    return named[0] if named else None


def _dates(dates: Iterable[Line]) -> Iterator[dict[str, Any]]:
    for date in dates:
        listed = Listed(timezone=date.get("timezone"))
        moment = from_feed(date["text"], customs_of(listed, date.get("language"), None, [date["text"]]))
        yield {"date": date["date"], "moment": moment.isoformat() if moment else None}


def _forms(labels: Iterable[Line], members: Mapping[str, Sequence[str]], answers: Answers) -> Iterator[dict[str, Any]]:
    """The entity of each form that the set asks for, over the articles of its group."""
    for group, form in sorted({(line["group"], form) for line in labels for form in line["forms"]}):
        articles = [answers.articles[name] for name in members[group]]
        texts = [({"text": one.article.text, "title": one.article.headline}, one.entities) for one in articles]
        yield {"group": group, "form": form, "entity": id_of(form, texts)}


def read(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
