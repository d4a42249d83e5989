"""Families and candidates held against labelled articles, by the stages in one process and without servers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.clusters import adjusted_rand, components
from bench.report import Table
from schemas.topics import COMPARISONS
from stream_apps.dedup.evaluate import Result, find_families, pairs_of, read_lines
from stream_apps.dedup.fingerprinting import publish
from stream_apps.dedup.wiring import stages
from stream_apps.runtime.memory import MemoryBroker
from wirecopy.settings import KafkaSettings, Settings
from wirecopy.wireday.day import generate
from wirecopy.wireday.items import article, truth

CASES = Path(__file__).parent / "data" / "cases.jsonl"
"""Invented stories of the kinds that are hard to tell apart, or to recognise; labelled like ``wire``."""
Line = Mapping[str, Any]
Pair = frozenset[str]


@dataclass(frozen=True)
class Sample:
    """Labelled articles: the pairs that are copies, the family of each, and the event that each is about, if known."""

    name: str
    lines: Sequence[Line]
    copies: frozenset[Pair]
    families: Mapping[str, str]
    events: Mapping[str, str] | None = None


def measure(data: Path, scale: int) -> list[Table]:
    """Over the articles of ``data`` and over a wire day ``scale`` times as large."""
    rows = [row(sample) for sample in (_reuse(data / "dedup"), _wire(data / "wire"), _wire_day(scale))]
    columns = ("articles of", "count", "precision", "recall", "F1", "ARI", "in one event", "candidates", "articles/s")
    note = (
        "Precision, recall and F1 of pairs in one family against the labelled copies; ARI against the families that "
        "the labels make; *in one event*: share of our pairs whose articles tell of one event, by people's judgement; "
        "*candidates*: comparisons an article; articles/s: HTML to family, in one process. The copies of "
        "ECB+ are derived from the text by shingles, so in part they judge themselves; its events are not."
    )
    return [Table("dedup", columns, rows, note)]


def row(sample: Sample) -> tuple[str, int, float, float, float, float, float | None, float, float]:
    """One line of the table."""
    result = find_families(sample.lines)
    ours = result.report()["families"]
    found = set(pairs_of(ours))
    right = len(found & sample.copies)
    precision, recall = right / max(1, len(found)), right / max(1, len(sample.copies))
    return (
        sample.name,
        len(sample.lines),
        round(precision, 4),
        round(recall, 4),
        round(2 * right / max(1, len(found) + len(sample.copies)), 4),
        round(adjusted_rand(ours, sample.families), 4),
        None if sample.events is None else round(_within(found, sample.events), 4),
        round(candidates(result), 2),
        len(sample.lines) / result.seconds,
    )


def candidates(result: Result) -> float:
    """Comparisons an article, when the cleaned articles pass the stages again."""
    broker = MemoryBroker(partitions=1)
    broker.attach(stages(Settings(kafka=KafkaSettings(partitions=1)))[1:])
    for one in result.articles.values():
        broker.send(publish(one, 1))
    broker.run()
    return len(broker.sent[COMPARISONS.name]) / len(result.articles)


def _within(found: Iterable[Pair], events: Mapping[str, str]) -> float:
    same = [len({events[name] for name in pair}) == 1 for pair in found]
    return sum(same) / max(1, len(same))


def _reuse(folder: Path) -> Sample:
    lines = list(read_lines(folder / "ecbplus.jsonl"))
    with (folder / "reuse_ecbplus.csv").open(newline="", encoding="utf-8") as rows:
        gold = [(row["id_a"], row["id_b"]) for row in csv.DictReader(rows) if row["gold_reuse"] == "1"]
    families = components((line["id"] for line in lines), gold)
    events = {line["id"]: line["event"] for line in lines}
    return Sample("ECB+", lines, frozenset(map(frozenset, gold)), families, events)


def _wire(folder: Path) -> Sample:
    lines = list(read_lines(folder / "articles.jsonl"))
    families = {line["id"]: line["family"] for line in lines}
    return Sample("wire", lines, frozenset(pairs_of(families)), families, {line["id"]: line["event"] for line in lines})


def _wire_day(scale: int) -> Sample:
    items = list(generate(scale=scale).items())
    families = {item.id: truth(item)["family"] for item in items}
    events = {item.id: truth(item)["story"] for item in items}
    name = "wire day" if scale == 1 else f"wire day, scale {scale}"
    return Sample(name, [article(item) for item in items], frozenset(pairs_of(families)), families, events)
