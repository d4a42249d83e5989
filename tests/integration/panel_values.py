"""What a panel has to draw, worked out from documents in plain Python: nothing of it asks a search engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from statistics import fmean, median
from typing import Any

from lark import Token, Tree

from stream_apps.kibana import kql
from stream_apps.kibana.definitions import Measure, Panel, Terms
from stream_apps.kibana.panel_query import MISSING

Document = dict[str, Any]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


def expected(panel: Panel, documents: Sequence[Document]) -> dict[tuple[str, ...], tuple[float | None, ...]]:
    """Every group of the panel, and its values, without the limits. A date groups into nothing."""
    asked = [one for one in documents if holds(panel.where, one)]
    fields = [terms.field for terms in panel.by if terms.interval is None]
    groups: dict[tuple[str, ...], list[Document]] = {} if fields else {(): asked}
    for document in asked:
        for key in product(*(_group_keys(document, terms) for terms in panel.by if terms.interval is None)):
            if fields:
                groups.setdefault(key, []).append(document)
    return {key: tuple(_measured(measure, members) for measure in panel.measures) for key, members in groups.items()}


def _group_keys(document: Document, terms: Terms) -> list[str]:
    found = sorted(set(_keys(document, terms.field)))
    return found or ([MISSING] if terms.other else [])


def holds(expression: str, document: Document) -> bool:
    return not expression or _holds(kql.parse(expression), document)


def _holds(tree: Tree[Token], document: Document) -> bool:
    parts: list[Any] = tree.children
    match tree.data:
        case "either":
            return any(_holds(part, document) for part in parts)
        case "both":
            return all(_holds(part, document) for part in parts)
        case "negated":
            return not _holds(parts[0], document)
        case "exists":
            return bool(list(values(document, parts[0])))
        case "compares":
            return any(COMPARISONS[parts[1]](one, float(parts[2])) for one in values(document, parts[0]))
        case _:
            wanted = {part.strip('"') for part in parts[1:]}
            return not wanted.isdisjoint(_keys(document, parts[0]))


def values(document: Any, path: str) -> Iterator[Any]:
    """What stands under a dotted path, lists taken apart."""
    name, _, rest = path.removesuffix(".raw").partition(".")
    found = document.get(name) if isinstance(document, dict) else None
    for one in found if isinstance(found, list) else [found]:
        if rest:
            yield from values(one, rest)
        elif one is not None:
            yield one


def _keys(document: Document, path: str) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values(document, path)]


def _measured(measure: Measure, members: Sequence[Document]) -> float | None:
    chosen = [one for one in members if holds(measure.where, one)]
    if measure.operation == "count":
        return len(chosen)
    if measure.operation == "share":
        return len(chosen) / len(members) if members else None
    assert measure.field is not None
    found = [one for document in chosen for one in values(document, measure.field)]
    match measure.operation:
        case "unique_count":
            return len(set(found))
        case "sum":
            return float(sum(found))
        case "max":
            return float(max(found)) if found else None
        case "average":
            return fmean(found) if found else None
        case _:
            return float(median(found)) if found else None
