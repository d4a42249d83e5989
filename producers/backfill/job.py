"""A backfill as a job that can be interrupted: its id, its position, its counts. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from producers.backfill.inputs import Input
from producers.backfill.selection import Terms
from schemas.feed_records import RawEntry
from wirecopy.settings import KafkaSettings

_MOST_OUTLETS = 500
_MOST_PROBLEMS = 100


class Position(NamedTuple):
    """The acknowledged part of a job: files, units of the next file, entries of the next unit."""

    file: int = 0
    unit: int = 0
    entry: int = 0


def job_id(inputs: Sequence[Input], terms: Terms, kafka: KafkaSettings, *, pages: bool) -> str:
    """Return the id of a job: the same for the same unchanged files, read by the same terms into the same topics.

    Rate, limits and display do not count: they may differ from one run to the next.
    """
    what = [
        [[ascii(str(given.path.absolute())), given.size, given.modified] for given in inputs],
        dataclasses.asdict(terms),
        kafka.bootstrap,
        kafka.topic_prefix,
        pages,
    ]
    return hashlib.blake2b(orjson.dumps(what, default=str), digest_size=8).hexdigest()


@dataclass
class Counts:
    """The counts of a job. ``other``: records of an archive that are no feeds; ``problems``: what was not read.

    ``outlets`` published what was sent.
    """

    sent: int = 0
    older: int = 0
    outside: int = 0
    removed: int = 0
    dead: int = 0
    other: int = 0
    files: int = 0
    bytes: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    outlets: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """Count all entries read, without dead letters."""
        return self.sent + self.older + self.outside + self.removed

    def count(self, record: RawEntry) -> None:
        """Count a record that is sent."""
        self.sent += 1
        known = record.outlet in self.outlets or len(self.outlets) < _MOST_OUTLETS
        self.outlets[record.outlet if known else "(others)"] += 1
        moment = record.published or record.updated
        if moment is not None:
            self.earliest = min(self.earliest or moment, moment)
            self.latest = max(self.latest or moment, moment)

    def problem(self, what: str) -> None:
        """Record a problem: something that could not be read."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(what)

    def to_json(self) -> str:
        return orjson.dumps(self.as_dict()).decode()

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"outlets": dict(self.outlets), "reasons": dict(self.reasons)}

    @classmethod
    def from_json(cls, text: str) -> Counts:
        said = orjson.loads(text)
        for name in ("earliest", "latest"):
            said[name] = datetime.fromisoformat(said[name]) if said[name] else None
        for name in ("outlets", "reasons"):
            said[name] = Counter(said[name])
        return cls(**said)
