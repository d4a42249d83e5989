"""The wire day, version by version, through the stages in memory: what is told of it, held against its truth."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from schemas.feed_records import RawEntry
from schemas.public_records import Carrier, Story
from schemas.topics import CLEAN, RAW, RESOLVED, STORIES, TAGGING_STATE
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint import app as fingerprint
from stream_apps.runtime.memory_broker import MemoryBroker, latest
from stream_apps.runtime.stage_interface import Outgoing, StageSpec
from stream_apps.tagging import alias_set
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.stage import TaggingStage
from wirecopy.settings import KafkaSettings, Settings
from wirecopy.wireday.day import WireDay, generate
from wirecopy.wireday.items import Item


class NoNames:
    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        return [() for _ in paragraphs]


@dataclass(frozen=True)
class Published:
    items: dict[str, Item]
    carriers: dict[str, Carrier]
    stories: list[Story]


@pytest.fixture(scope="module")
def published() -> Published:
    day = generate(seed=11)
    tagging = StageSpec((RESOLVED,), lambda rows: TaggingStage(
        rows, NoNames(), "none", alias_set.compile_entities([]), window_days=7, max_chars=100_000, cache_paragraphs=10
    ), TAGGING_STATE)  # fmt: skip
    broker, replay = MemoryBroker(1), Replay(7)
    broker.attach([fingerprint.stage(Settings(kafka=KafkaSettings(partitions=1))), tagging])
    broker.send([Outgoing(RAW, entry.article.encode(), entry.to_bytes()) for entry in entries(day)])
    broker.run()
    replay.take([message.value for message in broker.sent[CLEAN.name]])
    broker.send(replay.sent[RESOLVED.name])
    broker.run()
    stories = [Story.from_bytes(value) for value in latest(broker.sent[STORIES.name]).values()]
    carriers = {carrier.article: carrier for story in stories for carrier in story.carriers}
    return Published({item.id: item for item in day.items()}, carriers, stories)


def entries(day: WireDay) -> Iterator[RawEntry]:
    """Every version of every item as a producer publishes it, by time."""
    versions = [(v.at, item.id, n, item, v) for item in day.items() for n, v in enumerate(item.versions, 1)]
    for at, _, number, item, version in sorted(versions, key=lambda entry: entry[:3]):
        yield RawEntry(
            article=item.id,
            revision=number,
            content_hash=str(number),
            feed=item.outlet.id,
            outlet=item.outlet.host,
            guid=item.guid,
            headline=html.escape(version.headline),
            byline=version.byline,
            content="".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in version.paragraphs),
            published=item.published,
            updated=at,
            first_seen=item.published,
            fetched=at,
        )


def precision_and_recall(found: set[str], wanted: set[str]) -> tuple[float, float]:
    right = len(found & wanted)
    return right / max(1, len(found)), right / max(1, len(wanted))


def test_origin_classes_are_those_of_the_truth(published: Published) -> None:
    assert published.carriers.keys() == published.items.keys()
    right = sum(published.carriers[name].origin_class == item.relation for name, item in published.items.items())
    assert right / len(published.items) >= 0.97


def test_undisclosed_wire_is_that_of_the_truth(published: Published) -> None:
    found = {name for name, carrier in published.carriers.items() if carrier.undisclosed}
    precision, recall = precision_and_recall(
        found, {name for name, item in published.items.items() if item.undisclosed}
    )
    assert min(precision, recall) >= 0.97


def test_copies_that_still_have_the_error_are_those_of_the_truth(published: Published) -> None:
    found = {name for name, carrier in published.carriers.items() if carrier.stale}
    wanted = {name for name, item in published.items.items() if item.stale}
    assert len(wanted) >= 8
    assert min(precision_and_recall(found, wanted)) >= 0.95


def test_a_copy_is_stale_from_the_hour_of_the_correction(published: Published) -> None:
    filings = {
        item.event: item for item in published.items.values() if item.kind == "filing" and len(item.versions) > 1
    }
    for name, item in published.items.items():
        if item.stale:
            since = published.carriers[name].stale_since
            assert since is None or since == max(filings[item.event].versions[1].at, item.published)


def test_kills_and_withdrawals_mark_their_story(published: Published) -> None:
    signals = {correction.signal for story in published.stories for correction in story.corrections}
    assert {"corrected", "kill", "withdrawn"} <= signals
