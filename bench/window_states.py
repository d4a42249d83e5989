"""How the state of each stage is filled for ``bench window``: what a week of articles leaves in it, and nothing else.

Messages are left out: what the stages would keep of them is put where they keep it, so that a million takes minutes.
``STATES`` is what there is to know: a stage that keeps a state has a function here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from bench.stream import DAYS, START, StreamArticle
from schemas.records import Article, Credit, FamilyProfile, FamilyUpdate, Fingerprint, Link, Membership
from schemas.topics import FAMILIES, FAMILY_PROFILES
from stream_apps.dedup import packing
from stream_apps.dedup.boilerplate import Lesson
from stream_apps.dedup.epochs import Epochs, pack
from stream_apps.dedup.events.stage import EventsStage
from stream_apps.dedup.families import COMMON, FamiliesStage
from stream_apps.dedup.fingerprint import sketch
from stream_apps.dedup.matching import MatchingStage
from stream_apps.dedup.owned import Matching, Text
from stream_apps.dedup.postings import PostingsStage
from stream_apps.dedup.range_days import Entry, microseconds
from stream_apps.runtime.messages import Incoming
from stream_apps.runtime.rows import Rows
from stream_apps.tagging.desk import Member

Stream = Iterator[StreamArticle]

PARTITIONS = 4
"""Hash ranges in one process."""
WORDS_OF_A_SENTENCE = 22
TOPIC_WORDS = 20
CHARACTERS = 6
"""Of a word and the blank behind it."""
MODEL = "e" * 32
"""Id of the article whose rows are the model for all."""
OTHERS = ("a" * 32, "b" * 32)
"""What a copy is linked to: two of its family."""
SHOWN = datetime.fromtimestamp(START, UTC)
MOST_EVENTS = 30_000
"""Articles whose stories are put into the graph of events one by one: beyond it takes hours, and no more each."""


@dataclass(frozen=True)
class State:
    """``fill`` returns what it has filled, for it to be kept. It takes ``most`` articles at most."""

    fill: Callable[[Stream], object]
    most: int | None = None


def _fingerprint(made: Stream) -> object:
    epochs, rng = Epochs(Rows(), DAYS), random.Random(1)
    outlets = epochs._loaded(0)  # noqa: SLF001  # without a message for each
    for one in made:
        sentences = len(one.shingles) // WORDS_OF_A_SENTENCE
        topic = frozenset(rng.choices(range(2**16), k=TOPIC_WORDS))
        lesson = Lesson(topic, frozenset(rng.getrandbits(32) for _ in range(sentences)))
        day = _day(one)
        outlets[one.outlet].taught[day].add(bytes.fromhex(one.id), pack(day, one.outlet, lesson))
    return epochs


def _postings(made: Stream) -> object:
    stage = PostingsStage(Rows(), DAYS)
    ranges = [stage._range(owner) for owner in range(PARTITIONS)]  # noqa: SLF001  # without a message for each
    for one in made:
        hashes = sketch(one.shingles)
        owners = hashes % np.uint32(PARTITIONS)
        for owner, index in enumerate(ranges):
            entry = Entry(1, one.outlet, microseconds(_seen(one)), hashes[owners == owner])
            index.add(one.id, entry)
    return stage


def _matching(made: Stream) -> object:
    rows = Rows()
    stage = MatchingStage(rows, DAYS)
    for one in made:
        told = Fingerprint.model_construct(
            digest=one.id,
            tokens=len(one.shingles),
            quoted=0,
            specifics=bytes(60),
            shingles=one.shingles.tobytes(),
        )
        day, published = _day(one), one.published
        text = Text(1, one.outlet, day, published, backfill=False, ranges=4, fingerprint=told)
        stage._keep(0, b"t" + bytes.fromhex(one.id), text, is_new=True)  # noqa: SLF001  # as above
        if one.copy:
            state = Matching(parts={str(number): 1 for number in range(4)}, sent="0" * 16)
            state.shared["0"] = dict.fromkeys(OTHERS, (1, 20, False))
            state.asked = {other: [1, 1] for other in OTHERS}
            state.verdicts = {link.b: (1, 1, link.model_dump(mode="json")) for link in _links(one.id)}
            rows.put(0, b"m" + bytes.fromhex(one.id), state.to_bytes())
        rows.commit()
    return stage


def _families(made: Stream) -> object:
    rows = Rows()
    alone, linked = _family_row(()), _family_row(_links(MODEL))
    for one in made:
        row = (linked if one.copy else alone).replace(MODEL.encode(), one.id.encode())
        row = row.replace(SHOWN.isoformat().encode(), _seen(one).isoformat(timespec="seconds").encode())
        terms = len(one.terms).to_bytes(2, "big") + one.terms
        rows.put(0, bytes.fromhex(one.id), terms + packing.pack(row, COMMON))
        rows.commit()
    stage = FamiliesStage(rows, DAYS)
    update = FamilyUpdate(id="f" * 32, revision=1, tokens=400)
    stage.handle(Incoming(FAMILIES.name, 0, 0, b"", update.to_bytes()))  # reads the rows
    return stage


def _family_row(links: tuple[Link, ...]) -> bytes:
    """What the stage itself writes of an article."""
    rows = Rows()
    article = _article(SHOWN).model_copy(update={"id": MODEL})
    update = FamilyUpdate(id=MODEL, revision=1, tokens=400, article=article, links=links)
    FamiliesStage(rows, DAYS).handle(Incoming(FAMILIES.name, 0, 0, b"", update.to_bytes()))
    (change,) = rows.take_changes()
    assert change.value is not None
    terms = int.from_bytes(change.value[:2], "big")
    return packing.unpack(change.value[2 + terms :], COMMON)


def _links(article: str) -> tuple[Link, ...]:
    shares = {"containment_a": 0.7123456, "containment_b": 0.9123456, "shared": 200, "cover_a": 2**63, "cover_b": 2**62}
    return tuple(
        Link.model_validate(
            {"a": article, "b": other, "a_revision": 1, "b_revision": 1, "relation": "partial", **shares}
        )
        for other in OTHERS
    )


def _events(made: Stream) -> object:
    stage, told = EventsStage(Rows(), DAYS), set[int]()
    for one in made:
        if one.story in told:
            continue
        told.add(one.story)
        moment = _seen(one)
        profile = FamilyProfile(
            family=one.id, version=one.number, headline=one.headline, terms=one.terms, first_published=moment,
            last_published=moment, seen=moment.date().isoformat(), articles=1, outlets=(one.outlet,),
            origins=(one.outlet,),
        )  # fmt: skip
        stage.handle(Incoming(FAMILY_PROFILES.name, 0, one.number, b"", profile.to_bytes()))
        stage._rows.commit()  # noqa: SLF001  # as the runtime does
    return stage


def _tagging(made: Stream) -> object:
    """Rows alone: what is remembered besides has a limit."""
    rows = Rows()
    membership = Membership(article=MODEL, revision=1, version=0, family=MODEL, canonical_article=MODEL)
    row = Member(membership, _article(SHOWN), (), [(0, 8, "PERSON")] * 12, "0" * 32, "2026-06-01", 1).to_bytes()
    for one in made:
        text = one.shingles.tobytes().hex()[: CHARACTERS * one.tokens]
        own = row.replace(MODEL.encode(), one.id.encode()).replace(b"A text.", text.encode())
        rows.put(0, f"{one.story:032x}/{one.id}".encode(), own)
        rows.commit()
    return rows


def _seen(one: StreamArticle) -> datetime:
    return datetime.fromtimestamp(one.first_seen, UTC)


def _day(one: StreamArticle) -> int:
    return _seen(one).date().toordinal()


def _article(seen: datetime) -> Article:
    return Article(
        id="0" * 32, revision=1, outlet="outlet-1.example", feed="f", text="A text.",
        headline="A headline of the usual length, of ten words or so, about what happened",
        published=seen, versioncreated=seen, first_seen=seen, fetched=seen,
        credits=(Credit(agency="PTI", role="sole", evidence="byline", confidence=0.9),),
    )  # fmt: skip


STATES: Mapping[str, State] = {
    "fingerprint": State(_fingerprint),
    "postings": State(_postings),
    "matching": State(_matching),
    "families": State(_families),
    "events": State(_events, MOST_EVENTS),
    "tagging": State(_tagging),
}
"""By what each is called in the table and in JSON."""
