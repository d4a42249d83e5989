"""Credits against labels: how many are right, how sure they say they are, and what each rule adds.

The labelled articles are real (``DATA_DIR/real/credits``, not part of the project) and the invented ones of
``DATA_DIR/wire``. A third of the real ones, drawn by a hash of their ids, was kept back while rules were written.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bench import credits_ablation
from bench.report import Cell, Table
from schemas.public_records import Role
from stream_apps.text import agencies, calibration
from stream_apps.text.agencies import GENERIC, Catalogue
from stream_apps.text.calibration import Kind
from stream_apps.text.cli import reading_of
from stream_apps.text.credits import CreditReading, read_credits
from stream_apps.text.evidence import Said

SALT = "credits13"
"""Makes the draw of the third that was kept back; another one draws another third."""
_TEXT: frozenset[Role] = frozenset({"sole", "inputs"})


@dataclass(frozen=True)
class Labelled:
    """An article and what a person found in it.

    An agency in ``open`` may be sole or inputs, one in ``optional`` may be there or not.
    """

    line: Mapping[str, Any]
    credits: frozenset[tuple[str, str]]
    open: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    place: str | None = None
    stratum: str = ""

    @property
    def kept(self) -> bool:
        digest = hashlib.sha256(f"{SALT}{self.line['id']}".encode()).hexdigest()
        return int(digest, 16) % 3 == 0

    def wanted(self, *, text: bool) -> set[tuple[str, str]]:
        return {self._loosely(agency, role) for agency, role in self.credits if (role in _TEXT) == text}

    def found(self, reading: CreditReading, *, text: bool) -> dict[tuple[str, str], Said]:
        """What was read, less what may be read or not; a quoted agency that is labelled otherwise counts there."""
        said = (one for one in reading.said if (one.role in _TEXT) == text and one.agency not in self.optional)
        others = set() if text else {agency for agency, role in self.credits if role in _TEXT}
        return {self._loosely(one.agency, one.role): one for one in said if one.agency not in others}

    def _loosely(self, agency: str, role: str) -> tuple[str, str]:
        return agency, "*" if agency in self.open and role in _TEXT else role


@dataclass
class Score:
    """Counts of one sample."""

    counts: Counter[tuple[str, str]]

    def share(self, what: str, of: str) -> float:
        right, other = self.counts[what, "right"], self.counts[what, of]
        return round(right / (right + other), 3) if right + other else 1.0

    def row(self) -> list[float]:
        return [self.share(what, of) for what in ("text", "quoted", "place") for of in ("wrong", "missed")]


def measure(data: Path, calibrate: bool = False) -> list[Table]:
    """The tables; ``calibrate`` writes the table of confidences anew, from all real articles."""
    real, wire = list(read_real(data)), list(read_wire(data))
    if calibrate:
        kinds = counted(real, agencies.load())
        calibration.write(kinds, Path(calibration.__file__).with_name(calibration.FILE))
    tables = [_quality(real, wire), _calibration(real), _cost(wire)]
    return [*tables, credits_ablation.table(lambda: score(real).counts)]


def read_real(data: Path) -> Iterator[Labelled]:
    """The real articles with agencies' marks and traps."""
    for line in (data / "real" / "credits" / "items.jsonl").read_bytes().splitlines():
        item = orjson.loads(line)
        yield Labelled(
            line={key: value for key, value in item.items() if key in _FIELDS and value},
            credits=frozenset((agency, role) for agency, role in item["credits"]),
            open=frozenset(item.get("role_open", ())),
            optional=frozenset(item.get("optional", ())),
            place=item["place"] if item.get("place_scored", True) else None,
            stratum=item["stratum"],
        )


_FIELDS = ("id", "text", "byline", "title", "source", "url", "published")


def read_wire(data: Path) -> Iterator[Labelled]:
    """The invented articles of the wire set."""
    for line in (data / "wire" / "articles.jsonl").read_bytes().splitlines():
        item = orjson.loads(line)
        yield Labelled(
            line={key: value for key, value in item.items() if key in _FIELDS and value},
            credits=frozenset((GENERIC if agency == "Agencies" else agency, role) for agency, role in item["credits"]),
        )


def score(items: Sequence[Labelled], catalogue: Catalogue | None = None) -> Score:
    """What is read of the articles held against their labels."""
    counts: Counter[tuple[str, str]] = Counter()
    for item in items:
        reading = reading_of(item.line, catalogue or agencies.load())
        for what, text in (("text", True), ("quoted", False)):
            wanted, found = item.wanted(text=text), set(item.found(reading, text=text))
            counts[what, "right"] += len(wanted & found)
            counts[what, "wrong"] += len(found - wanted)
            counts[what, "missed"] += len(wanted - found)
            if text and item.stratum == "picture":
                counts["picture", "wrong"] += len(found - wanted)
        _count_place(item, reading, counts)
    return Score(counts)


def _count_place(item: Labelled, reading: CreditReading, counts: Counter[tuple[str, str]]) -> None:
    if item.place is None:
        return
    wanted = {place.casefold().strip() for place in item.place.split("/") if place}
    found = {place.casefold() for place in reading.dateline.places} if reading.dateline else set()
    right = bool(wanted & found)
    counts["place", "right"] += right
    counts["place", "wrong"] += bool(found) and not right
    counts["place", "missed"] += bool(wanted) and not right


def counted(items: Sequence[Labelled], catalogue: Catalogue) -> tuple[Kind, ...]:
    """How often each kind of credit was found and right."""
    found: Counter[tuple[Any, ...]] = Counter()
    right: Counter[tuple[Any, ...]] = Counter()
    for item in items:
        reading = reading_of(item.line, catalogue)
        for text in (True, False):
            wanted = item.wanted(text=text)
            for credit, said in item.found(reading, text=text).items():
                kind = (said.evidence, said.role, said.strength)
                found[kind] += 1
                right[kind] += credit in wanted
    return tuple(
        Kind(evidence=kind[0], role=kind[1], strength=kind[2], found=found[kind], right=right[kind])
        for kind in sorted(found, key=lambda kind: (-found[kind], kind))
    )


def _quality(real: list[Labelled], wire: list[Labelled]) -> Table:
    samples = {
        "real": real,
        "real, seen while rules were written": [item for item in real if not item.kept],
        "real, kept back": [item for item in real if item.kept],
        "wire set": wire,
    }
    columns = ("articles of", "count", "text P", "text R", "quoted P", "quoted R", "place P", "place R", "pictures")
    rows: list[list[Cell]] = [[name, len(items), *_scored(items)] for name, items in samples.items()]
    note = (
        "*text*: sole and inputs, agency and role. *pictures*: read as the text's. What was kept back has been read "
        "once since: docs/credits.md has its first run."
    )
    return Table("credits", columns, rows, note)


def _scored(items: list[Labelled]) -> list[float]:
    done = score(items)
    return [*done.row(), done.counts["picture", "wrong"]]


def _calibration(real: list[Labelled]) -> Table:
    """The confidence from the articles seen, against what was right of those kept back; the last row is the pool."""
    catalogue = agencies.load()
    seen = counted([item for item in real if not item.kept], catalogue)
    kept = {_key(kind): kind for kind in counted([item for item in real if item.kept], catalogue)}
    own = calibration.shares(seen)
    rows: list[list[Any]] = [
        [*_key(kind), kind.found, kind.right, own.get(_key(kind)), *_measured([kept.get(_key(kind))])] for kind in seen
    ]
    rest = [kind for key, kind in kept.items() if key not in own]
    pool = [kind for kind in seen if _key(kind) not in own]
    found, right = sum(kind.found for kind in pool), sum(kind.right for kind in pool)
    rows.append(["all others", "", "", found, right, calibration.pooled(seen), *_measured(rest)])
    columns = ("evidence", "role", "strength", "found", "right", "stated", "kept back", "right there", "share")
    return Table("calibration", columns, rows, "*stated* from the articles seen; the last columns are those kept back.")


def _key(kind: Kind) -> tuple[Any, Any, Any]:
    return kind.evidence, kind.role, kind.strength


def _measured(kinds: Sequence[Kind | None]) -> list[Any]:
    found = sum(kind.found for kind in kinds if kind)
    right = sum(kind.right for kind in kinds if kind)
    return [found, right, round(right / found, 2) if found else None]


def _cost(wire: list[Labelled]) -> Table:
    """Processor time of reading an article of the wire set, the best of several runs."""
    catalogue = agencies.load()
    best = min(_timed(wire, catalogue) for _ in range(5))
    return Table(
        "cost",
        ("milliseconds an article",),
        [[round(best * 1000 / len(wire), 3)]],
        "Processor time; as load goes up, so does it.",
    )


def _timed(items: list[Labelled], catalogue: Catalogue) -> float:
    texts = [(one["text"], one.get("byline"), one.get("title")) for one in (item.line for item in items)]
    started = time.process_time()
    for text, byline, title in texts:
        read_credits(text, byline, title, catalogue)
    return time.process_time() - started
