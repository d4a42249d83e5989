"""Seconds until the engine is ready again after ``kill -9``, with so many articles in its state.

The state is worked out here (``bench.filling``) and left as an engine leaves it: its snapshot, its position, its
messages. An engine starts from that and works off as many further messages as come between two snapshots, less one:
the worst case. Then its process is killed, and a new one started as a supervisor does. One more article waits for it:
it is ready when it has processed that one, so the time has everything in it, from the new process's first line of code
over the dead member's session, which the broker lets expire, to the state being read and what was not in it yet being
done again. No second engine stands by.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from bench import stream_clean
from bench.filling import filled
from bench.raw import sending
from bench.report import Measured, Table
from bench.site import Site, announce, site
from bench.stream import StreamArticle, stream
from bench.stream_process import Order, messages
from schemas.clean import Clean
from schemas.features import Features
from schemas.topics import CLEAN, ENGINE_STATE, Topic
from schemas.versions import epoch_at
from stream_apps.dedup import epoch, snapshot
from stream_apps.dedup.partition_engine import snapshot_path
from wirecopy.kafka import client_config
from wirecopy.local.process import Child
from wirecopy.settings import Settings

ENGINE = "engine"
"""The app whose process is killed."""
RATE = 50
"""Articles a second that the engine does at the least, on a busy machine."""
READY = 1800.0
"""Seconds that it may take to be ready."""
LOOK = 0.1
TAIL = 0.2
"""Part of the articles that the engine works off itself, at most …"""
BEGUN = datetime(2026, 6, 1, tzinfo=UTC)
"""The engine's epoch."""


@dataclass(frozen=True)
class Restored:
    """Seconds from the start of the new process until it was ready."""

    articles: int
    seconds: float


def measure(articles: int) -> Measured:
    """With so many articles. Raises as ``site`` does."""
    with site() as here:
        announce(f"filling the state with {articles:,} articles")
        tail = min(round(TAIL * articles), here.settings.dedup.snapshot_every - 1)
        leave(here, articles, tail)
        engine = here.workers(ENGINE)[ENGINE]
        here.settle(60 + tail / RATE, ENGINE, every=1.0)
        restored = _restored(here, engine, articles)
    return Measured([table(restored)], figures(restored))


def leave(here: Site, articles: int, tail: int) -> None:
    """Leave the state of so many articles of the last week, as an engine that ran would; the ``tail`` still waits."""
    order = Order(articles - tail, tail, last_seen=time.time())
    number, engines = epoch_at(BEGUN), here.settings.dedup.engines
    with sending(here.settings.kafka) as producer, messages(order) as values:
        row = epoch.Epoch(number, snapshot.RULES, engines).to_bytes()
        producer.send(_topic(here, ENGINE_STATE), key=epoch.KEY, value=row, partition=0)
        state = filled(_sent(here, producer, islice(values, order.filling)), number)
        snapshot.write(state, snapshot_path(_engines_settings(here), 0))
        for _ in _sent(here, producer, values):
            pass
        producer.flush()
    _commit(here, state.position)


def _engines_settings(here: Site) -> Settings:
    """The settings that the engine's process has: its folder is the workplace's."""
    faust = here.settings.faust.model_copy(update={"data_dir": here.folder / "faust"})
    return here.settings.model_copy(update={"faust": faust})


def _sent(here: Site, producer: KafkaProducer, values: Iterator[bytes]) -> Iterator[bytes]:
    """The values, each sent to the first engine."""
    topic = _topic(here, CLEAN)
    for value in values:
        article = Features.from_bytes(Clean.from_bytes(value).features).id.hex()
        producer.send(topic, key=article.encode(), value=value, partition=0)
        yield value


def _commit(here: Site, position: int) -> None:
    """Commit the position of the first engine, as one does that has nothing queued."""
    settings = here.settings.kafka
    consumer = KafkaConsumer(**client_config(settings), group_id=settings.group(ENGINE), enable_auto_commit=False)
    place = TopicPartition(_topic(here, CLEAN), 0)
    consumer.assign([place])
    consumer.commit({place: OffsetAndMetadata(position, "0", -1)})
    consumer.close()


def _topic(here: Site, topic: Topic) -> str:
    return topic.full_name(here.settings.kafka.topic_prefix)


def _restored(here: Site, engine: Child, articles: int) -> Restored:
    """Kill, start, wait."""
    assert engine.process is not None
    announce(f"{engine.name} is killed")
    here.children.remove(engine)  # or its end would be taken for a crash
    os.kill(engine.pid, signal.SIGKILL)
    engine.process.wait()
    with sending(here.settings.kafka) as producer:
        list(_sent(here, producer, iter([stream_clean.message(probe(articles))])))
        producer.flush()
    started = time.monotonic()
    here.start(engine)
    here.wait(lambda: here.behind(ENGINE) == 0, f"{engine.name} is ready", READY, LOOK)
    return Restored(articles, time.monotonic() - started)


def probe(articles: int) -> StreamArticle:
    """One that was not sent before, seen now."""
    one = next(stream(1))
    return replace(one, id=f"{articles:032x}", first_seen=time.time(), published=time.time())


def figures(restored: Restored) -> dict[str, float]:
    return {"articles": restored.articles, "seconds": round(restored.seconds, 2)}


def table(restored: Restored) -> Table:
    note = (
        f"From the start of a new process of `{ENGINE}` after `kill -9` until it has processed an article that was "
        "waiting, the broker's session of the dead one included; no second engine stands by."
    )
    return Table("restore", ("articles", "seconds"), [(restored.articles, round(restored.seconds, 2))], note)
