"""Dead letters in their topic, and the notes that say which were dealt with.

The topic is a log: messages are neither changed nor removed from its middle. So a letter that was sent again, or
purged, gets a note behind it, in its own partition. A letter without a note is open.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from schemas import dead_letters
from schemas.dead_letters import ATTEMPT_HEADER, CUT_HEADER, LETTER_HEADER, OPERATOR, PREFIX, Header

Done = Literal["sent again", "purged"]
REASONS: Final[Mapping[Done, str]] = {"sent again": "sent_again", "purged": "purged"}
"""What the header ``x-dlq-reason`` of a note says."""
MAX_ATTEMPTS: Final = 3
"""How often a message may have failed that is sent again, unless somebody says more."""
_DONE: Final[Mapping[str, Done]] = {reason: done for done, reason in REASONS.items()}
_ID: Final = re.compile(r"([0-9]{1,4}):([0-9]{1,18})")


class LetterId(NamedTuple):
    """The position of a letter in the topic ``dead-letters``, which never changes."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> LetterId:
        """Parse an id. Raises ``ValueError``.

        >>> LetterId.parse("2:118")
        LetterId(partition=2, offset=118)
        """
        found = _ID.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text[:40]!r} is no letter: write PARTITION:OFFSET, as `wirecopy dlq list` shows it")
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class Letter:
    """One dead letter. ``value`` may have been left out to save memory; ``size`` is its bytes."""

    id: LetterId
    key: bytes
    value: bytes
    size: int
    headers: tuple[Header, ...]
    written: datetime
    done: Done | None = None

    def header(self, name: str) -> str:
        """Return one of the headers with the reason; empty where it is missing."""
        return dict(self.headers).get(PREFIX + name, b"").decode(errors="replace")

    @property
    def stage(self) -> str:
        return self.header("stage")

    @property
    def reason(self) -> str:
        return self.header("reason")

    @property
    def attempt(self) -> int:
        """Return how often the message has failed."""
        return max(1, dead_letters.attempts(self.headers))

    @property
    def is_cut(self) -> bool:
        return CUT_HEADER in dict(self.headers)

    def number(self, name: str) -> int | None:
        """Return a header as a number, such as the message's partition; None where it is none."""
        said = self.header(name)
        return int(said) if said.isdigit() and len(said) < 19 else None


class Note(NamedTuple):
    """A note that a letter was dealt with."""

    letter: LetterId
    done: Done


@dataclass(frozen=True)
class Wanted:
    """A filter of letters. Empty fields match all; of several values one has to match."""

    ids: Collection[LetterId] = ()
    stages: Collection[str] = ()
    reasons: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    article: str | None = None
    done_too: bool = False

    @property
    def chooses(self) -> bool:
        """Return whether the filter has any condition."""
        return bool(self.ids or self.stages or self.reasons or self.since or self.until or self.article)

    def takes(self, letter: Letter) -> bool:
        return (
            (self.done_too or letter.done is None)
            and (not self.ids or letter.id in self.ids)
            and (not self.stages or letter.stage in self.stages)
            and (not self.reasons or letter.reason in self.reasons)
            and (self.since is None or letter.written >= self.since)
            and (self.until is None or letter.written < self.until)
            and (self.article is None or is_of(self.article, letter))
        )


def is_of(article: str, letter: Letter) -> bool:
    """Whether a letter is of this article (or story): its key begins with the id, or its value holds it.

    Ids are hexadecimal digits; the start of one is looked for in keys only.
    """
    wanted = article.lower().encode()
    return letter.key.startswith(wanted) or (len(wanted) == 32 and wanted in letter.value)


def read(record: Any) -> Letter | Note | None:
    """A message of the topic: a letter, a note, or none where a note makes no sense."""
    headers = tuple(record.headers or ())
    said = dict(headers)
    if dead_letters.is_note(headers):
        done = _DONE.get(said.get(PREFIX + "reason", b"").decode(errors="replace"))
        try:
            letter = LetterId.parse(said.get(LETTER_HEADER, b"").decode(errors="replace"))
        except ValueError:
            return None
        return None if done is None else Note(letter, done)
    value = record.value or b""
    written = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return Letter(LetterId(record.partition, record.offset), record.key or b"", value, len(value), headers, written)


def note_headers(letter: Letter, done: Done) -> list[Header]:
    """Of the message that notes what was done with a letter; it has the letter's key and no value."""
    why = dead_letters.headers(
        OPERATOR, REASONS[done], f"letter {letter.id} was {done}", letter.header("topic"), attempt=letter.attempt
    )
    return [*why, (LETTER_HEADER, str(letter.id).encode())]


def chosen(records: Iterable[Any], notes: Mapping[LetterId, Done], wanted: Wanted) -> Iterable[Letter]:
    """Yield the wanted letters, with their values, in the order of reading."""
    for record in records:
        letter = read(record)
        if isinstance(letter, Letter):
            letter = replace(letter, done=notes.get(letter.id))
            if wanted.takes(letter):
                yield letter


def without_value(letter: Letter) -> Letter:
    return replace(letter, value=b"")


# ---- throwing away ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """The result of reading the topic: ``chosen`` letters, without their values, and the size of the rest."""

    chosen: Sequence[Letter]
    open: frozenset[LetterId]
    """Letters that nobody has dealt with; those that were chosen are among them."""
    extents: Mapping[int, tuple[int, int]]
    """Of each partition that holds something: its first offset, and the one after its last."""

    def freed_by(self, notes: Iterable[LetterId]) -> dict[int, tuple[int, int]]:
        """What all is dealt with at the beginning of a partition, from the first offset to the one that must stay, once
        the chosen letters have these notes. Pure.
        """
        left: dict[int, int] = {}
        for letter in sorted(self.open - {one.id for one in self.chosen}):
            left.setdefault(letter.partition, letter.offset)
        noted = set(notes)
        freed = {}
        for number, (first, end) in self.extents.items():
            until = left.get(number, end)
            while LetterId(number, until) in noted:  # only those that lie right behind what was read
                until += 1
            if until > first:
                freed[number] = first, until
        return freed


def surveyed(records: Iterable[Any], wanted: Wanted) -> Survey:
    """Survey all messages of the topic in one pass; keeps only headers of chosen letters, and ids of the others."""
    letters: set[LetterId] = set()
    candidates: list[Letter] = []
    done: set[LetterId] = set()
    extents: dict[int, tuple[int, int]] = {}
    for record in records:
        first, _ = extents.get(record.partition, (record.offset, 0))
        extents[record.partition] = first, record.offset + 1
        found = read(record)
        if isinstance(found, Note):
            done.add(found.letter)
        elif found is not None:
            letters.add(found.id)
            if wanted.takes(found):
                candidates.append(without_value(found))
    return Survey([letter for letter in candidates if letter.id not in done], frozenset(letters - done), extents)


# ---- sending again ----------------------------------------------------------------------------------------------


class Resend(NamedTuple):
    """A message as it was, for the place that it came from."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[Header, ...]


def refusal(letter: Letter, streams: Collection[str], most_attempts: int) -> str | None:
    """Why a letter cannot be sent again; none if it can. ``streams``: topics that a stage takes, not compacted ones."""
    topic = letter.header("topic")
    reasons = (
        (letter.stage == "producer", "a producer reads its feed anew by itself: see `wirecopy feeds status`"),
        (
            letter.stage == "indexing",
            "of a compacted topic: an old record would hide a newer one; let indexing read its topics again",
        ),
        (topic not in streams, f"{topic[:60] or 'nothing'} is no topic that a stage takes"),
        (letter.is_cut, f"it was cut, from {letter.number('cut')} bytes"),
        (letter.number("partition") is None, "it does not say which partition it was in: an older version wrote it"),
        (letter.attempt >= most_attempts, f"failed {letter.attempt} times already (--max-attempts)"),
    )
    return next((why for holds, why in reasons if holds), None)


def resend(letter: Letter, prefix: str) -> Resend:
    """The message, for its topic and partition again; it says how often it has failed."""
    partition = letter.number("partition")
    assert partition is not None, "judged before"
    headers = (*dead_letters.of_original(letter.headers), (ATTEMPT_HEADER, str(letter.attempt).encode()))
    return Resend(f"{prefix}.{letter.header('topic')}.v1", partition, letter.key, letter.value, headers)
