"""A made-up stream of articles as the engine takes them in: fast to make, and shaped like a week of news.

No text: what a fingerprint worker would have made of one. Two fifths and more are copies, of agency stories that have
up to 302; copies are identical, edited, cut or added to. Outlets and phrases have heavy tails, so that some outlets
carry very much and some hashes stand in very many texts. Stories share their subjects' names, for events.

Everything follows from the arguments, on any machine. Nothing is shared between two articles, as between two messages.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from schemas.public_records import Role

Hashes = npt.NDArray[np.uint32]

START = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
DAYS = 7
OUTLETS, OUTLET_TAIL = 400, 0.7
"""How many, and how the n-th is behind the first: by n to this power."""
SHINGLES, SPREAD, FEWEST = 345, 0.55, 30
"""Of a text that is no copy: a lognormal distribution about this mean, before copies are cut."""
AGENCY = 0.10
"""Share of the new texts that others copy."""
MOST_COPIES, COPIES_TAIL = 300, 1.2
"""Copies of one text at most, and the shape of their Pareto distribution: two in three have fewer than 5."""
DELAY = 2500
"""Articles that come between a text and a copy of it, on average; fewer in a short stream."""
IDENTICAL, EDITED, CUT = 0.30, 0.60, 0.85
"""Bounds: below the first a copy is identical; below the second edited; below the third cut as well; else added to."""
SOLE, INPUTS = 0.5, 0.7
"""Bounds: below the first a copy names the agency as its author, below the second as a source."""
AGENCIES = ("PTI", "IANS", "ANI", "UNI", "Reuters", "AP", "AFP", "Bloomberg")
PHRASES, PHRASE_TAIL, PHRASE = 20_000, 1.0, 3
"""Stock phrases of so many shingles; each text has two, the first ones very often."""
SPECIFICS = 30
NAMES, NAMES_OF_SUBJECT = 7, 9
"""Terms of a text that are names of its subject, out of so many."""
TERMS, BEATS, BEAT = 32, 40, 400
"""Terms of a text; the beats that the others are taken from, and the words of a beat."""
NAME = 0x40
"""The flag of a name, as ``terms`` are packed beside a weight."""


@dataclass(frozen=True, slots=True)
class StreamArticle:
    """What the engine is told of an article. Moments are in Unix seconds.

    ``story`` is the truth: the number of the text that this one is, or is a copy of.
    """

    number: int
    id: str
    outlet: str
    first_seen: float
    published: float
    headline: str
    credits: tuple[tuple[str, Role], ...]
    """Agencies, and what for."""
    tokens: int
    digest: bytes
    """16 bytes, equal for texts that are word for word the same."""
    quoted: int
    """64 bits."""
    specifics: bytes
    """16-bit numbers, sorted, little-endian."""
    shingles: Hashes
    """In the order of the text."""
    terms: bytes
    """Five bytes a term: all hashes, sorted, then weights and flags."""
    story: int
    copy: bool


@dataclass(frozen=True, slots=True)
class _Text:
    """What copies share."""

    story: int
    agency: str
    quoted: int
    digest: bytes
    specifics: bytes
    shingles: Hashes
    terms: bytes


def stream(articles: int, *, stories_a_subject: int = 5, seed: int = 7) -> Iterator[StreamArticle]:
    """So many articles, first seen evenly over ``DAYS`` days.

    ``stories_a_subject`` stories tell of one subject each (5: a quiet week; 87: everybody writes of the same).
    """
    return _Stream(articles, stories_a_subject, seed).articles()


def copies(one: StreamArticle, count: int, *, seed: int = 7) -> Iterator[StreamArticle]:
    """Copies of an article, each by an outlet of its own, a second after the one before."""
    source = _Stream(1, 1, seed)
    text = _Text(one.story, "", one.quoted, one.digest, one.specifics, one.shingles, one.terms)
    for number in range(1, count + 1):
        copied = source._copy(text)  # noqa: SLF001  # of this module
        yield replace(
            one,
            number=one.number + number,
            id=blake2b(b"%d of %d" % (number, one.number), digest_size=16).hexdigest(),
            outlet=f"copier-{number}.example",
            first_seen=one.first_seen + number,
            published=one.published + number,
            digest=copied.digest,
            shingles=copied.shingles,
            copy=True,
        )


class _Stream:
    def __init__(self, articles: int, stories_a_subject: int, seed: int) -> None:
        self._count = articles
        self._rng, self._chance = np.random.default_rng(seed), random.Random(seed)
        self._subjects = max(1, round(articles * 0.6 / stories_a_subject))
        self._delay = min(DELAY, articles / 40)
        self._stock = self._rng.integers(0, 2**32, (PHRASES, PHRASE), np.uint32)
        self._phrases = _tail(PHRASES, PHRASE_TAIL)
        self._beats = self._rng.integers(0, 2**32, (BEATS, BEAT), np.uint32)
        self._weights = self._rng.integers(2, 6, (BEATS, BEAT), np.uint8)
        self._waiting: list[tuple[int, int, _Text]] = []
        """Copies to come: at which article, a number of their own, of what."""
        self._stories = 0

    def articles(self) -> Iterator[StreamArticle]:
        outlets = np.searchsorted(_tail(OUTLETS, OUTLET_TAIL), self._rng.random(self._count)).tolist()
        lengths = self._rng.lognormal(np.log(SHINGLES) - 0.18, SPREAD, self._count)
        for number, length in enumerate(np.maximum(FEWEST, lengths).astype(int).tolist()):
            if self._waiting and self._waiting[0][0] <= number:
                original = heapq.heappop(self._waiting)[2]
                text, copy, role = self._copy(original), True, self._role()
            else:
                text, copy = self._text(length), False
                role = "sole" if self._announce(number, text) else None
            yield self._article(number, f"outlet-{outlets[number]}.example", text, role, copy=copy)

    def _article(self, number: int, outlet: str, text: _Text, role: Role | None, *, copy: bool) -> StreamArticle:
        seen = START + DAYS * 86400 * number / self._count
        return StreamArticle(
            number=number,
            id=blake2b(b"%d" % number, digest_size=16).hexdigest(),
            outlet=outlet,
            first_seen=seen,
            published=seen - self._chance.expovariate(1 / 300),
            headline=f"A headline of the usual length, {number} words about what happened, {text.story}",
            credits=((text.agency, role),) if role else (),
            tokens=len(text.shingles) + 3,
            digest=_own(text.digest),
            quoted=text.quoted,
            specifics=_own(text.specifics),
            shingles=text.shingles,
            terms=_own(text.terms),
            story=text.story,
            copy=copy,
        )

    def _text(self, length: int) -> _Text:
        """One that nobody has printed."""
        self._stories += 1
        shingles = self._rng.integers(0, 2**32, length, np.uint32)
        for _ in range(2):
            phrase = int(np.searchsorted(self._phrases, self._chance.random()))
            place = self._chance.randrange(length - PHRASE)
            shingles[place : place + PHRASE] = self._stock[phrase]
        return _Text(
            story=self._stories,
            agency=AGENCIES[self._stories % len(AGENCIES)],
            quoted=self._chance.getrandbits(64) & self._chance.getrandbits(64),
            digest=_digest(shingles),
            specifics=np.sort(self._rng.integers(0, 2**16, SPECIFICS, np.uint16)).astype("<u2").tobytes(),
            shingles=shingles,
            terms=self._terms(),
        )

    def _terms(self) -> bytes:
        """Names of a subject, and words of its beat; a hash met twice is told once."""
        subject = self._chance.randrange(self._subjects)
        names = _mixed(subject * 16 + np.array(self._chance.sample(range(NAMES_OF_SUBJECT), NAMES), np.uint64))
        beat, places = subject % BEATS, self._rng.integers(0, BEAT, TERMS - NAMES)
        hashes = np.concatenate((names, self._beats[beat, places]))
        marks = np.concatenate(
            (self._rng.integers(NAME | 5, NAME | 10, NAMES, np.uint8), self._weights[beat, places])
        )  # fmt: skip
        order = np.argsort(hashes)
        hashes, marks = hashes[order], marks[order]
        first = np.append(True, hashes[1:] != hashes[:-1])  # an element, not a switch
        return bytes(hashes[first].astype("<u4").tobytes() + marks[first].tobytes())

    def _announce(self, number: int, text: _Text) -> bool:
        """Whether it is an agency's: then its copies are to come."""
        if self._chance.random() >= AGENCY:
            return False
        count = min(MOST_COPIES, 1 + int(2 * (self._chance.paretovariate(COPIES_TAIL) - 1)))
        for _ in range(count + 1):
            at = number + 1 + int(self._chance.expovariate(1 / self._delay))
            heapq.heappush(self._waiting, (at, self._chance.getrandbits(62), text))
        return True

    def _copy(self, text: _Text) -> _Text:
        kind, shingles = self._chance.random(), text.shingles.copy()
        if kind < IDENTICAL:
            return replace(text, shingles=shingles)
        for _ in range(self._chance.randint(1, 6)):  # a word that is changed changes four shingles
            place = self._chance.randrange(len(shingles))
            shingles[place : place + 4] = self._fresh(len(shingles[place : place + 4]))
        if EDITED <= kind < CUT:
            shingles = shingles[: max(FEWEST - 2, int(len(shingles) * self._chance.uniform(0.5, 0.9)))].copy()
        elif kind >= CUT:
            shingles = np.concatenate((shingles, self._fresh(self._chance.randint(40, 120))))
        return replace(text, shingles=shingles, digest=_digest(shingles))

    def _fresh(self, count: int) -> Hashes:
        return self._rng.integers(0, 2**32, count, np.uint32)

    def _role(self) -> Role | None:
        kind = self._chance.random()
        return "sole" if kind < SOLE else "inputs" if kind < INPUTS else None


def _tail(count: int, power: float) -> npt.NDArray[np.float64]:
    """Cumulative shares of which the n-th is behind the first by n to a power."""
    shares = np.cumsum(1 / np.arange(1, count + 1) ** power)
    return np.asarray(shares / shares[-1])


def _mixed(numbers: npt.NDArray[np.uint64]) -> Hashes:
    """32 bits that look like chance."""
    return ((numbers * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)).astype(np.uint32)


def _digest(shingles: Hashes) -> bytes:
    return blake2b(shingles.tobytes(), digest_size=16).digest()


def _own(packed: bytes) -> bytes:
    """A copy that no other article holds."""
    return bytes(bytearray(packed))
