"""A small world of invented articles, and the dedup stages over a broker in memory, for tests of any delivery."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from schemas.ids import article_id
from schemas.records import Article, Credit, Membership, Resolved
from schemas.topics import RESOLVED
from stream_apps.dedup.fingerprinting import publish
from stream_apps.dedup.wiring import stages
from stream_apps.runtime.memory import Delivery, MemoryBroker
from stream_apps.runtime.messages import StageSpec
from wirecopy.settings import DedupSettings, KafkaSettings, Settings

WORDS = [
    f"{a}{b}" for a in ("ka", "ri", "mo", "tel", "su", "van", "dor", "pi") for b in ("na", "lo", "mit", "gar", "we")
]
START = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)


def prose(seed: int, words: int) -> list[str]:
    """A text of its own: no two seeds share more than a stray 4-gram."""
    rng = random.Random(seed)
    return [rng.choice(WORDS) for _ in range(words)]


def article(
    name: str, words: Sequence[str], *, outlet: str, minute: int = 0, agency: str | None = None, revision: int = 1
) -> Article:
    """An article of ``outlet`` seen ``minute`` minutes into the day."""
    seen = START + timedelta(minutes=minute)
    credit = (Credit(agency=agency, role="sole", evidence="byline", confidence=0.9),) if agency else ()
    return Article(
        id=article_id(outlet, name),
        revision=revision,
        outlet=outlet,
        feed=outlet,
        headline=name,
        text=" ".join(words),
        published=seen,
        versioncreated=seen,
        first_seen=seen,
        fetched=seen,
        credits=credit,
    )


def stages_of(partitions: int) -> tuple[StageSpec, ...]:
    """The stages of the dedup app, over this many partitions."""
    return stages(Settings(kafka=KafkaSettings(partitions=partitions), dedup=DedupSettings()))


def deliver(
    articles: Sequence[Article], *, partitions: int = 1, shuffle: random.Random | None = None, repeat: float = 0.0
) -> MemoryBroker:
    """A broker through which the stages have found the families of the articles, delivered in this order."""
    broker = MemoryBroker(partitions, Delivery(shuffle, repeat))
    broker.attach(stages_of(partitions)[1:])
    for one in articles:
        broker.send(publish(one, partitions))
    broker.run()
    return broker


def run(
    articles: Sequence[Article], *, partitions: int = 1, shuffle: random.Random | None = None, repeat: float = 0.0
) -> dict[str, dict[str, object]]:
    """The last membership of each article, less the version."""
    return last_memberships(deliver(articles, partitions=partitions, shuffle=shuffle, repeat=repeat))


def last_memberships(broker: MemoryBroker) -> dict[str, dict[str, object]]:
    """The last membership of each article that the families have told, less what tells of the past."""
    return {name: m.model_dump(exclude={"version", "left"}) for name, m in told_memberships(broker).items()}


def told_memberships(broker: MemoryBroker) -> dict[str, Membership]:
    """The last membership of each article that the families have told."""
    told = (Resolved.from_bytes(message.value).membership for message in broker.sent[RESOLVED.name])
    return {membership.article: membership for membership in told}
