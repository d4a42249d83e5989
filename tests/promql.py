"""What an expression of PromQL refers to, by a real parser: metrics with the labels that are asked of each."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser

from wirecopy.monitoring.declaring import Declaration, Open

ROOT = Path(__file__).resolve().parents[1]
_DECLARED: list[Declaration] = runpy.run_path(str(ROOT / "docs/generate_metrics.py"))["declared"]()
SERIES = {name: metric for metric in _DECLARED for name in metric.series}
OF_PROMETHEUS = {"job", "instance"}
"""Labels that the scrape adds."""


@dataclass(frozen=True)
class Selector:
    """One metric in an expression, and what is asked of its labels: name and the values that are let through or not."""

    name: str
    matchers: tuple[tuple[str, tuple[str, ...]], ...]


def mistakes(expression: str) -> list[str]:
    """What the expression refers to and is not declared: metrics, labels and values of labels."""
    tree = promql_parser.parse(expression)
    found = list(selectors(tree))
    known = OF_PROMETHEUS.union(*(_labels(selector.name) for selector in found))
    wrong = [problem for selector in found for problem in _wrong(selector)]
    return wrong + [f"no label {label} to group by" for label in groupings(tree) if label not in known]


def selectors(node: Any) -> Iterator[Selector]:
    for one in _nodes(node):
        if isinstance(one, promql_parser.VectorSelector):
            asked = [(matcher.name, tuple(matcher.value.split("|"))) for matcher in one.matchers.matchers]
            yield Selector(one.name or "", tuple(asked))


def groupings(node: Any) -> Iterator[str]:
    for one in _nodes(node):
        modifier = getattr(one, "modifier", None)
        if isinstance(one, promql_parser.AggregateExpr) and modifier is not None:
            yield from modifier.labels
        elif isinstance(one, promql_parser.BinaryExpr) and modifier is not None and modifier.matching is not None:
            yield from modifier.matching.labels


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in ("lhs", "rhs", "expr", "vector_selector", "args"):
        inner = getattr(node, name, None)
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, promql_parser.Expr):
                yield from _nodes(one)


def _labels(name: str) -> set[str]:
    metric = SERIES.get(name)
    return set() if metric is None else {*metric.labels, *({"le"} if name.endswith("_bucket") else ())}


def _wrong(selector: Selector) -> Iterator[str]:
    if selector.name in {"up", "ALERTS"}:
        return
    if selector.name not in SERIES:
        yield f"no metric {selector.name}"
        return
    for label, values in selector.matchers:
        declared = SERIES[selector.name].labels.get(label, Open("") if label in OF_PROMETHEUS else None)
        if declared is None:
            yield f"{selector.name} has no label {label}"
        elif not isinstance(declared, Open):
            yield from (f"{selector.name}: {label} is never {value}" for value in values if value not in declared)
