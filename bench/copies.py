"""Labelled articles, and how well and how fast a way of finding copies does on them."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.clusters import adjusted_rand
from bench.open.score import components
from stream_apps.evidence.evaluate import pairs_of, read_lines
from wirecopy.wireday.day import generate
from wirecopy.wireday.items import article, truth

CASES = Path(__file__).parent / "data" / "cases.jsonl"
"""Invented stories of the kinds that are hard to tell apart, or to recognise; labelled like ``wire``."""

PERIODIC = Path(__file__).parent / "data" / "periodic.jsonl"
"""Invented reports of markets, fuel, heat and an illness, of several days, and news that speaks of the same."""

Line = Mapping[str, Any]
Pair = frozenset[str]
Stories = Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """Labelled articles: the pairs that are copies, the story of each, and the event that each is about."""

    name: str
    lines: Sequence[Line]
    copies: frozenset[Pair]
    stories: Stories
    events: Mapping[str, str]


@dataclass(frozen=True)
class Score:
    """How stories compare with the labels."""

    precision: float
    recall: float
    f1: float
    ari: float
    in_one_event: float


def score(stories: Stories, sample: Sample, copies: frozenset[Pair] | None = None) -> Score:
    """Pairs in one story against the labelled copies; all others, or ``copies`` where given."""
    gold = sample.copies if copies is None else copies
    found = set(pairs_of(stories))
    right = len(found & gold)
    within = sum(len({sample.events[name] for name in pair}) == 1 for pair in found)
    return Score(
        right / max(1, len(found)),
        right / max(1, len(gold)),
        2 * right / max(1, len(found) + len(gold)),
        adjusted_rand(stories, sample.stories),
        within / len(found) if found else 1.0,
    )


def timed(work: Callable[[], Stories]) -> tuple[Stories, float]:
    """What it gives, and the seconds of processor time that it took: the machine is shared."""
    started = time.process_time()
    stories = work()
    return stories, time.process_time() - started


def samples(data: Path, scale: int) -> list[Sample]:
    """ECB+ and the stories of ``data``, our hard cases, and a wire day ``scale`` times as large."""
    return [_reuse(data / "dedup"), _labelled("wire", data / "wire" / "articles.jsonl"), cases(), _wire_day(scale)]


def cases() -> Sample:
    return _labelled("cases", CASES)


def periodic() -> Sample:
    return _labelled("periodic", PERIODIC)


def listed(folder: Path) -> frozenset[Pair]:
    """The pairs of ECB+ that are labelled one by one."""
    with (folder / "reuse_ecbplus.csv").open(newline="", encoding="utf-8") as rows:
        return frozenset(frozenset((r["id_a"], r["id_b"])) for r in csv.DictReader(rows) if r["gold_reuse"] == "1")


def _reuse(folder: Path) -> Sample:
    lines = list(read_lines(folder / "ecbplus.jsonl"))
    stories = components((line["id"] for line in lines), (_two(pair) for pair in listed(folder)))
    return _sample("ECB+", lines, stories, {line["id"]: line["event"] for line in lines})


def _labelled(name: str, path: Path) -> Sample:
    lines = list(read_lines(path))
    stories = {line["id"]: line.get("story") or line["family"] for line in lines}  # "family" in data labelled elsewhere
    return _sample(name, lines, stories, {line["id"]: line["event"] for line in lines})


def _wire_day(scale: int) -> Sample:
    items = list(generate(scale=scale).items())
    stories = {item.id: truth(item)["story"] for item in items}
    events = {item.id: truth(item)["event"] for item in items}
    name = "wire day" if scale == 1 else f"wire day x {scale}"
    return _sample(name, [article(item) for item in items], stories, events)


def _sample(name: str, lines: Sequence[Line], stories: Stories, events: Mapping[str, str]) -> Sample:
    return Sample(name, lines, frozenset(pairs_of(stories)), stories, events)


def _two(pair: Pair) -> tuple[str, str]:
    one, other = sorted(pair)
    return one, other
