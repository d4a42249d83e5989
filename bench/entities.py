"""Entities held against labelled texts: our steps beside the model that they build on, and names to things."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import resolution
from bench.report import Table
from stream_apps.tagging import alias_files
from stream_apps.tagging.evaluation import Evaluation, evaluate
from stream_apps.tagging.lines import LabelledLine, read_lines, read_text
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.scoring import OVERALL, Score, overall
from wirecopy.settings import TaggingSettings

SHOWN = (*OVERALL, "NORP", "Facility", "Product")


@dataclass(frozen=True)
class Sample:
    """Labelled texts."""

    name: str
    lines: Sequence[LabelledLine]


def measure(data: Path, limit: int) -> list[Table]:
    """Over at most ``limit`` texts of each sample, evenly taken; all of them where it is 0."""
    samples = list(_samples(data / "entities", limit))
    scored = asyncio.run(_scored(samples))
    figures = resolution.figures(resolution.judge(data))
    note = (
        "F1 of exact spans, leading “the” and possessives set aside; overall: Person, Organization and Location. "
        "*model*: the spaCy pipeline alone, paragraph by paragraph; *wirecopy*: with our rules and aliases, each text "
        "a family of its own. Words a second with one model process, which the model's own share of the cores bounds."
    )
    columns = ("texts", "by", "count", "overall", *SHOWN, "words/s")
    rows = [_row(sample, by, found) for sample, by, found in scored]
    names = (
        "Pairs of forms in the invented wire events: do those that mean one thing get one id, and no others. "
        "*recall of found*: of those whose forms were both found; *types*: forms given the right type."
    )
    return [
        Table("entities", columns, rows, note),
        Table("resolution", tuple(name.replace("_", " ") for name in figures), [tuple(figures.values())], names),
    ]


def _samples(folder: Path, limit: int) -> list[Sample]:
    worldwide = _lines(folder / "worldwide.jsonl")
    indian = [line for line in worldwide if line.id.startswith("in_")]
    return [
        Sample("worldwide", spread(worldwide, limit)),
        Sample("worldwide, Indian", spread(indian, limit)),
        Sample("wikigold", spread(_lines(folder / "wikigold.jsonl"), limit)),
    ]


def spread(lines: Sequence[LabelledLine], limit: int) -> Sequence[LabelledLine]:
    """At most ``limit`` of the lines, from all over the file: it may be sorted."""
    if not limit or len(lines) <= limit:
        return lines
    return [lines[at * len(lines) // limit] for at in range(limit)]


async def _scored(samples: Sequence[Sample]) -> list[tuple[Sample, str, Evaluation]]:
    settings, aliases = TaggingSettings(), alias_files.built_in()
    found = []
    async with ModelProcesses(settings) as model:
        await model.warm()
        for sample in samples:
            for by, bare in (("model", True), ("wirecopy", False)):
                result = await evaluate(sample.lines, model, aliases, settings.max_chars, bare=bare)
                found.append((sample, by, result))
    return found


def _row(sample: Sample, by: str, found: Evaluation) -> tuple[str | int | float | None, ...]:
    by_label = [found.labels.get(label) for label in SHOWN]
    shown = [_f1(score) if score and score.gold else None for score in by_label]
    return (sample.name, by, len(sample.lines), _f1(overall(found.labels)), *shown, found.words / found.seconds)


def _f1(score: Score) -> float:
    return round(score.f1, 4)


def _lines(file: Path) -> list[LabelledLine]:
    return list(read_lines(read_text(file), LabelledLine, file.name))
