"""A small world of invented articles, and the engine over messages in memory, for tests of any delivery."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.clean import Clean
from schemas.ids import article_id
from schemas.internal_records import StorySummary
from schemas.public_records import Article, Credit, Event
from schemas.topics import EVENTS
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint.features import features

WORDS = [
    f"{a}{b}" for a in ("ka", "ri", "mo", "tel", "su", "van", "dor", "pi") for b in ("na", "lo", "mit", "gar", "we")
]
START = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
ORDERS = ("natural", "reverse", "jittered", "random")


def prose(seed: int, words: int) -> list[str]:
    """A text of its own: no two seeds share more than a stray 4-gram."""
    rng = random.Random(seed)
    return [rng.choice(WORDS) for _ in range(words)]


def article(
    name: str,
    words: Sequence[str],
    *,
    outlet: str,
    minute: float = 0,
    agency: str | None = None,
    role: Any = "sole",
    revision: int = 1,
) -> Article:
    """An article of ``outlet`` seen ``minute`` minutes into the day."""
    seen = START + timedelta(minutes=minute)
    credit = (Credit(agency=agency, role=role, evidence="byline", confidence=0.9),) if agency else ()
    return Article(
        id=article_id(outlet, name),
        revision=revision,
        outlet=outlet,
        feed=outlet,
        headline=name,
        text=" ".join(words),
        published=seen,
        versioncreated=seen + timedelta(minutes=revision - 1),
        first_seen=seen,
        fetched=seen,
        credits=credit,
    )


def copies(count: int, seed: int = 1, *, spread: float = 1.0) -> Iterator[Article]:
    """Copies of one text by different outlets: cut, edited, with own paragraphs, one in five identical."""
    rng = random.Random(seed)
    whole = prose(seed, 320)
    for number in range(count):
        words = list(whole) if number == 0 or rng.random() < 0.2 else _edited(rng, whole, number + 1000 * seed)
        agency, role = rng.choice([("PTI", "sole"), ("PTI", "sole"), ("PTI", "inputs"), (None, "sole")])
        agency = "PTI" if number == 0 else agency
        yield article(
            f"copy {number}", words, outlet=f"o{number}.example", minute=number * spread, agency=agency, role=role
        )


def _edited(rng: random.Random, whole: Sequence[str], number: int) -> list[str]:
    words = list(whole)
    for _ in range(rng.randrange(6)):
        words[rng.randrange(len(words))] = f"edit{rng.randrange(10_000)}"
    kind = rng.random()
    if kind < 0.4:
        words = words[: rng.randrange(len(words) // 2, len(words))]
    elif kind < 0.7:
        words += prose(number, 40)
    return words


def nearly_identical(count: int) -> Iterator[Article]:
    """Copies that differ in a word or not at all."""
    rng = random.Random(3)
    whole = prose(77, 200)
    for number in range(count):
        words = list(whole)
        if rng.random() < 0.3:
            words[rng.randrange(len(words))] = f"edit{number}"
        yield article(f"near {number}", words, outlet=f"n{number}.example", minute=number * 0.1, agency="UNI")


def of_one_outlet(count: int) -> Iterator[Article]:
    """Items of one outlet within a day: a few stories with updates, over a line of furniture that all of them have."""
    rng = random.Random(5)
    furniture = prose(999, 12)
    for number in range(count):
        story = rng.randrange(count // 6)
        words = prose(2000 + story, 180)
        start = rng.randrange(60)
        update = words[start:] + prose(3000 + number, rng.randrange(60))
        yield article(f"item {number}", [*update, *furniture], outlet="one.example", minute=number * 2)


def message(one: Article) -> bytes:
    """An article as it stands in ``clean``."""
    return Clean(features(one).to_bytes(), one.to_bytes()).to_bytes()


def removal(one: Article, minutes: float = 600) -> bytes:
    """The news that an article was found gone from its feed."""
    return Clean.removal(one.id, one.revision, START + timedelta(minutes=minutes)).to_bytes()


def ordered(articles: Sequence[Article], order: str, seed: int = 1) -> list[Article]:
    """The articles in an order of arrival. The revisions of one article come in theirs, as their partition has it."""
    rng = random.Random(seed)
    places = {id(one): number for number, one in enumerate(articles)}
    keys = {
        "natural": lambda one: float(places[id(one)]),
        "reverse": lambda one: -float(places[id(one)]),
        "jittered": lambda one: places[id(one)] + rng.uniform(-20, 20),
        "random": lambda _: rng.random(),
    }
    shuffled = sorted(articles, key=keys[order])
    waiting: dict[str, list[Article]] = {}
    for one in articles:
        waiting.setdefault(one.id, []).append(one)
    return [waiting[one.id].pop(0) for one in shuffled]


def deliver(values: Iterable[bytes], *, batch: int = 20, window_days: int = 7) -> Replay:
    """The engine after these messages, with all that waited worked off."""
    replay = Replay(window_days)
    replay.take(list(values), batch=batch)
    return replay


def run(articles: Iterable[Article], *, batch: int = 20) -> Mapping[str, Mapping[str, object]]:
    """The last place of each article."""
    return result(deliver(map(message, articles), batch=batch))["places"]


def result(replay: Replay) -> dict[str, dict[str, Any]]:
    """What a consumer knows at the end: places, stories and events, less versions and what tells of the past."""
    places: dict[str, Any] = {}
    stories: dict[str, StorySummary] = {}
    for record in replay.resolved():
        for member in record.members:
            places[member.article] = member.place.model_dump(exclude={"previous_story"})
        if record.summary is None:
            stories.pop(record.story, None)
        else:
            stories[record.story] = record.summary
    events: dict[str, Any] = {}
    for sent in replay.sent[EVENTS.name]:
        event = Event.from_bytes(sent.value)
        events.pop(event.id, None)
        if event.stories:
            events[event.id] = event.model_dump(exclude={"version"})
    return {"places": places, "stories": {name: told.model_dump() for name, told in stories.items()}, "events": events}


def stories_of(places: Mapping[str, Mapping[str, object]]) -> dict[str, set[str]]:
    """The articles of each story."""
    found: dict[str, set[str]] = {}
    for name, place in places.items():
        found.setdefault(str(place["story"]), set()).add(name)
    return found
