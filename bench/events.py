"""Events held against labelled ones: by the stages, with each signal taken away, and by TF-IDF with average linkage."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench import graph
from bench.copies import Line, Sample, samples
from bench.copies import periodic as periodic_reports
from bench.report import Cell, Table
from stream_apps.dedup.events import clusters, periodic, similarity
from stream_apps.evidence.evaluate import find_stories
from stream_apps.text import terms
from wirecopy.errors import BadInput

CROWD = 20_000
"""Stories of which the graph is timed here; ``bench graph`` takes more."""
THRESHOLDS = (0.05, 0.09, 0.13, 0.17, 0.21, 0.25, 0.29, 0.33, 0.37)
SIGNALS: dict[str, Mapping[tuple[Any, str], Any]] = {
    "all": {},
    "no cohesion asked for": {(clusters, "COHESION"): 0.0},
    "time not looked at": {(similarity, "SAME_TIME"): 1e9},
    "half of the words": {(terms, "TERMS"): 16},
    "reports of all days as one": {(periodic, "BY_DAY"): 0},
    "reports of all places as one": {(periodic, "BY_PLACE"): 0},
}


def measure(data: Path, scale: int) -> list[Table]:
    """Over the articles of ``data``, a wire day ``scale`` times as large, and our periodic reports."""
    chosen = [*(sample for sample in samples(data, scale) if sample.name != "cases"), periodic_reports()]
    return [_quality(chosen), _ablation(chosen), *graph.measure(CROWD).tables]


def b_cubed(found: Mapping[str, str], gold: Mapping[str, str]) -> tuple[float, float, float]:
    """Precision, recall and F1 (Bagga and Baldwin, "Entity-based cross-document coreferencing", 1998)."""
    ours, theirs = _groups(found, gold), _groups(gold, gold)
    shares = [(len(ours[found[name]] & theirs[gold[name]]), name) for name in gold]
    precision = sum(both / len(ours[found[name]]) for both, name in shares) / len(gold)
    recall = sum(both / len(theirs[gold[name]]) for both, name in shares) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def _groups(groups: Mapping[str, str], names: Mapping[str, str]) -> Mapping[str, set[str]]:
    members: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        members[groups[name]].add(name)
    return members


def _quality(chosen: Sequence[Sample]) -> Table:
    rows: list[list[Cell]] = []
    for sample in chosen:
        report = find_stories(sample.lines).report()
        rows.append(_row(sample, "wirecopy", "", report["events"]))
        rows.append(_row(sample, "stories as events", "", report["stories"]))
        peers = dict(_tf_idf(sample.lines, report["stories"]))
        best = max(peers, key=lambda t: b_cubed(peers[t], sample.events)[2])
        rows.append(_row(sample, "TF-IDF, average linkage", f"{best} (best)", peers[best]))
        rows.append(_row(sample, "TF-IDF, average linkage", "0.21", peers[0.21]))
    note = (
        "B³ over the labelled events. The peer is scikit-learn's TF-IDF and agglomerative clustering over our stories "
        "(the longest text of each), at the threshold that the labels of the sample favour most, and at one for all."
    )
    return Table("events", ("articles of", "count", "by", "threshold", "precision", "recall", "F1"), rows, note)


def _row(sample: Sample, by: str, threshold: str, found: Mapping[str, str]) -> list[Cell]:
    return [sample.name, len(sample.lines), by, threshold, *(round(v, 4) for v in b_cubed(found, sample.events))]


def _tf_idf(lines: Sequence[Line], stories: Mapping[str, str]) -> Iterator[tuple[float, Mapping[str, str]]]:
    """Events by threshold. Raises ``BadInput`` that says what to install."""
    try:
        text = importlib.import_module("sklearn.feature_extraction.text")
        cluster = importlib.import_module("sklearn.cluster")
    except ImportError as error:
        raise BadInput("not_installed", f"{error.name}: .venv/bin/python -m pip install -e '.[bench]'") from None
    longest: dict[str, str] = {}
    for line in lines:
        whole = f"{line.get('title') or ''}\n{line['text']}"
        longest[stories[line["id"]]] = max(whole, longest.get(stories[line["id"]], ""), key=len)
    vectors = text.TfidfVectorizer(sublinear_tf=True).fit_transform(longest.values()).toarray()
    for threshold in THRESHOLDS:
        grouping = cluster.AgglomerativeClustering(
            None, metric="cosine", linkage="average", distance_threshold=1 - threshold
        )
        of = dict(zip(longest, map(str, grouping.fit_predict(vectors)), strict=True))
        yield threshold, {line["id"]: of[stories[line["id"]]] for line in lines}


def _ablation(chosen: Sequence[Sample]) -> Table:
    rows: list[list[Cell]] = []
    for name, patches in SIGNALS.items():
        with ExitStack() as stack:
            for (owner, attribute), value in patches.items():
                stack.enter_context(patch.object(owner, attribute, value))
            found = [find_stories(sample.lines).report()["events"] for sample in chosen]
        rows.append([name, *(round(b_cubed(f, s.events)[2], 4) for f, s in zip(found, chosen, strict=True))])
    return Table("ablation", ("without", *(f"{one.name} F1" for one in chosen)), rows, "Each taken away by itself.")
