"""Memory of the dedup app at a full window: what its stages keep of so many articles, by the structures that they use.

The articles are made up: random shingles and sentences, spread over the days of the window. Messages are left out: what
the stages would keep of them is put where they keep it, so that a million takes minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import numpy as np

from bench.report import Cell, Table
from schemas.records import Article, Credit, FamilyUpdate, Fingerprint, Link
from schemas.topics import FAMILIES
from stream_apps.dedup import packing
from stream_apps.fingerprint.boilerplate import Lesson
from stream_apps.fingerprint.epochs import Epochs, pack
from stream_apps.text.terms import TERMS
from stream_apps.dedup.families import COMMON, FamiliesStage
from stream_apps.text.shingles import sketch
from stream_apps.dedup.matching import MatchingStage
from stream_apps.dedup.owned import Matching, Text
from stream_apps.dedup.postings import PostingsStage
from stream_apps.dedup.range_days import Entry, microseconds
from stream_apps.runtime.messages import Incoming
from stream_apps.runtime.rows import Rows

WINDOW = 7
START = datetime(2026, 6, 1, tzinfo=UTC)
OUTLETS = 400
LINKED = 0.2
"""Share of articles that are copies; each has two links."""
WORDS_OF_A_SENTENCE = 22
TOPIC_WORDS = 20
PAGE = 4096
MODEL = "e" * 32
"""Id of the article whose rows are the model for all."""
OTHERS = ("a" * 32, "b" * 32)
"""What the linked ones are linked to: two of their family."""


@dataclass(frozen=True)
class Made:
    """A made-up article."""

    number: int
    seen: datetime
    shingles: np.typing.NDArray[np.uint32]

    @property
    def key(self) -> bytes:
        return blake2b(str(self.number).encode(), digest_size=16).digest()

    @property
    def outlet(self) -> str:
        return f"outlet-{self.number % OUTLETS}.example"

    @property
    def linked(self) -> bool:
        return self.number % round(1 / LINKED) == 0


def measure(articles: int, words: int, partitions: int) -> list[Table]:
    """Bytes an article of each stage, for articles of ``words`` words on average."""
    stages: dict[str, Callable[[Iterator[Made]], object]] = {
        "fingerprint": _fingerprint,
        "postings": lambda made: _postings(made, partitions),
        "matching": _matching,
        "families": _families,
    }
    rows: list[list[Cell]] = []
    kept: list[object] = []
    for name, fill in stages.items():
        before = _resident()
        kept.append(fill(_made(articles, words)))
        rows.append([name, round((_resident() - before) / articles)])
    rows.append(["all", sum(int(str(row[1])) for row in rows)])
    note = (
        f"Growth of resident memory, {articles:,} articles of {words} words on average in a window of {WINDOW} days, "
        f"{partitions} hash ranges in one process, {LINKED:.0%} of the articles with links."
    )
    return [Table("window", ("stage", "bytes an article"), rows, note)]


def _made(articles: int, words: int) -> Iterator[Made]:
    rng = np.random.default_rng(1)
    lengths = np.maximum(20, rng.lognormal(np.log(words) - 0.18, 0.6, articles)).astype(int)
    for number, length in enumerate(lengths.tolist()):
        seen = START + timedelta(days=WINDOW * number / articles)
        yield Made(number, seen, rng.integers(0, 2**32, length, np.uint32))


def _fingerprint(made: Iterator[Made]) -> object:
    epochs, rng = Epochs(Rows(), WINDOW), random.Random(1)
    outlets = epochs._loaded(0)  # noqa: SLF001  # without a message for each
    for one in made:
        sentences = len(one.shingles) // WORDS_OF_A_SENTENCE
        topic = frozenset(rng.choices(range(2**16), k=TOPIC_WORDS))
        lesson = Lesson(topic, frozenset(rng.getrandbits(32) for _ in range(sentences)))
        day = one.seen.date().toordinal()
        outlets[one.outlet].taught[day].add(one.key, pack(day, one.outlet, lesson))
    return epochs


def _postings(made: Iterator[Made], partitions: int) -> object:
    stage = PostingsStage(Rows(), WINDOW)
    ranges = [stage._range(owner) for owner in range(partitions)]  # noqa: SLF001  # without a message for each
    for one in made:
        hashes = sketch(one.shingles)
        owners = hashes % np.uint32(partitions)
        for owner, index in enumerate(ranges):
            entry = Entry(1, one.outlet, microseconds(one.seen), hashes[owners == owner])
            index.add(one.key.hex(), entry)
    return stage


def _matching(made: Iterator[Made]) -> object:
    rows = Rows()
    stage = MatchingStage(rows, WINDOW)
    for one in made:
        told = Fingerprint.model_construct(
            digest=one.key.hex(),
            tokens=len(one.shingles),
            quoted=0,
            specifics=bytes(60),
            shingles=one.shingles.tobytes(),
        )
        day, published = one.seen.date().toordinal(), one.seen.timestamp()
        text = Text(1, one.outlet, day, published, backfill=False, ranges=4, fingerprint=told)
        stage._keep(0, b"t" + one.key, text, is_new=True)  # noqa: SLF001  # as above
        if one.linked:
            state = Matching(parts={str(number): 1 for number in range(4)}, sent="0" * 16)
            state.shared["0"] = dict.fromkeys(OTHERS, (1, 20, False))
            state.asked = {other: [1, 1] for other in OTHERS}
            state.verdicts = {link.b: (1, 1, link.model_dump(mode="json")) for link in _links(one.key.hex())}
            rows.put(0, b"m" + one.key, state.to_bytes())
        rows.commit()
    return stage


def _families(made: Iterator[Made]) -> object:
    rows = Rows()
    alone, linked = _family_row(()), _family_row(_links(MODEL))
    for one in made:
        row = (linked if one.linked else alone).replace(MODEL.encode(), one.key.hex().encode())
        row = row.replace(START.isoformat().encode(), one.seen.isoformat(timespec="seconds").encode())
        terms = one.shingles.tobytes()[: 5 * TERMS]  # as many bytes as an article's terms have, and no two alike
        rows.put(0, one.key, len(terms).to_bytes(2, "big") + terms + packing.pack(row, COMMON))
        rows.commit()
    stage = FamiliesStage(rows, WINDOW)
    update = FamilyUpdate(id="f" * 32, revision=1, tokens=400)
    stage.handle(Incoming(FAMILIES.name, 0, 0, b"", update.to_bytes()))  # reads the rows
    return stage


def _family_row(links: tuple[Link, ...]) -> bytes:
    """What the stage itself writes of an article."""
    rows = Rows()
    article = _article(START).model_copy(update={"id": MODEL})
    update = FamilyUpdate(id=MODEL, revision=1, tokens=400, article=article, links=links)
    FamiliesStage(rows, WINDOW).handle(Incoming(FAMILIES.name, 0, 0, b"", update.to_bytes()))
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


def _article(seen: datetime) -> Article:
    return Article(
        id="0" * 32, revision=1, outlet="outlet-1.example", feed="f", text="A text.",
        headline="A headline of the usual length, of ten words or so, about what happened",
        published=seen, versioncreated=seen, first_seen=seen, fetched=seen,
        credits=(Credit(agency="PTI", role="sole", evidence="byline", confidence=0.9),),
    )  # fmt: skip


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE
