"""Stories held against labelled articles: by the stages, by the engine alone, and by MinHash libraries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench import dedup_ablation
from bench.copies import Sample, Score, listed, samples, score, timed
from bench.core import Core, stories
from bench.latency import percentile
from bench.peers import USUAL, Peer, Texts, peers
from bench.report import Cell, Table
from schemas.public_records import Article
from stream_apps.evidence.evaluate import find_stories

MEASURES = ("precision", "recall", "F1", "ARI", "in one event")


def measure(data: Path, scale: int) -> list[Table]:
    """Over the articles of ``data``, our hard cases and a wire day ``scale`` times as large."""
    chosen = samples(data, scale)
    others = peers()
    results = {sample.name: find_stories(sample.lines) for sample in chosen}
    quality: list[list[Cell]] = []
    for sample in chosen:
        found = results[sample.name].report()["stories"]
        quality.append([sample.name, len(sample.lines), *_cells(score(found, sample))])
        if sample.name == "ECB+":
            pairs = score(found, sample, listed(data / "dedup"))
            quality.append(["ECB+, pairs listed", len(sample.lines), *_cells(pairs)])
    return [
        Table("dedup", ("articles of", "count", *MEASURES), quality, _QUALITY),
        _speed(chosen, {name: result.articles for name, result in results.items()}),
        _beside(chosen, {name: result.articles for name, result in results.items()}, others),
        dedup_ablation.table(chosen),
    ]


_QUALITY = (
    "Pairs in one story against the labelled copies; ARI against the labelled stories; *in one event*: share of our "
    "pairs whose articles tell of one event, by people's judgement. The labels of ECB+ are pairs derived from the text "
    "by shingles, so in part they judge themselves (its events do not), and 70 pairs of the stories that they make "
    "are not listed among them: no stories can have a precision above 0.79 against the pairs listed."
)


def _speed(chosen: list[Sample], articles: Mapping[str, Mapping[str, Article]]) -> Table:
    rows: list[list[Cell]] = []
    for sample in chosen:
        cleaned = articles[sample.name]
        core = Core()
        for article in cleaned.values():
            core.add(article)
        _, whole = timed(lambda lines=sample.lines: find_stories(lines).report()["stories"])  # type: ignore[misc]
        rows.append([
            sample.name,
            round(len(cleaned) / sum(core.seconds)),
            *(round(1000 * percentile(sorted(core.seconds), share), 2) for share in (0.5, 0.99)),
            round(len(cleaned) / whole),
        ])  # fmt: skip
    columns = ("articles of", "engine/s", "p50 ms", "p99 ms", "whole/s")
    note = (
        "*Engine*: from a cleaned article, features too, to what is published of it, articles a second and "
        "milliseconds of a decision; *whole*: `eval dedup`, from HTML, with credits read and boilerplate learned "
        "first. All by processor time: the machine is shared."
    )
    return Table("speed", columns, rows, note)


def _beside(chosen: list[Sample], articles: Mapping[str, Mapping[str, Article]], others: list[Peer]) -> Table:
    rows: list[list[Cell]] = []
    for sample in chosen:
        cleaned = articles[sample.name]
        texts = {name: article.text for name, article in cleaned.items()}
        ours, seconds = timed(lambda cleaned=cleaned: stories(cleaned))  # type: ignore[misc]
        rows.append([sample.name, "wirecopy", "", *_cells(score(ours, sample)), round(len(texts) / seconds)])
        for peer in others:
            rows += [[sample.name, peer.name, *row] for row in _peer(peer, texts, sample)]
    note = (
        "The same texts in the same order, one thread, articles a second of processor time; wirecopy is its "
        "engine with the features. "
        "The peers: word 3-grams, 128 permutations, stories by what the index returns; at their usual "
        "thresholds, and at the one that the labels favour most."
    )
    return Table("peers", ("articles of", "by", "threshold", *MEASURES, "articles/s"), rows, note)


def _peer(peer: Peer, texts: Texts, sample: Sample) -> list[list[Cell]]:
    """At the usual thresholds, and at its best."""
    found: dict[str, tuple[Score, float]] = {}
    for words, method in peer.settings.items():
        ours, seconds = timed(lambda method=method: method(texts))  # type: ignore[misc]
        found[words] = score(ours, sample), len(texts) / seconds
    best = max(found, key=lambda words: found[words][0].f1)
    usual = [words for words in found if words in {str(threshold) for threshold in USUAL}]
    labels = {**{words: words for words in usual}, best: f"{best} (best)"}
    return [[label, *_cells(found[words][0]), round(found[words][1])] for words, label in labels.items()]


def _cells(one: Score) -> list[float]:
    return [round(value, 4) for value in (one.precision, one.recall, one.f1, one.ari, one.in_one_event)]
