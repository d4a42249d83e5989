"""Metrics, declared once: name, kind, unit, labels and meaning. ``docs/metrics.md`` is written from ``DECLARED``.

A label has few values by construction. Those that are declared are taken, of an open label the first ``MOST`` that
come; any other counts as ``other``, so that nothing from a feed or a server can grow the number of series.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import prometheus_client

MOST = 100
"""Values of an open label in one process."""
OTHER = "other"

Metric = TypeVar("Metric", bound="_BoundedLabels")
Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True)
class Open:
    """A label whose values are not known beforehand: what they are, and how many of them one process tells."""

    what: str
    most: int = MOST


Values = tuple[str, ...] | Open
PARTITION = Open("its number", 1024)
TOPIC = Open("without prefix and version")


@dataclass(frozen=True)
class Declaration:
    """One metric. ``name`` is what Prometheus shows, ``_total`` of a counter included; its unit stands in the name."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    labels: Mapping[str, Values]
    group: str
    """The module that declares it, and with it the processes that have it."""

    @property
    def series(self) -> frozenset[str]:
        """The names under which samples of it are found."""
        if self.kind == "histogram":
            return frozenset(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return frozenset({self.name})


DECLARED: dict[str, Declaration] = {}
"""All metrics of the modules that have been imported, by name."""


class Bound:
    """The values of one label.

    >>> bound = Bound(("new", "removed"))
    >>> bound("new"), bound("something else")
    ('new', 'other')
    """

    def __init__(self, values: Values) -> None:
        self._most = values.most if isinstance(values, Open) else 0
        self._known = set() if isinstance(values, Open) else set(values)

    def __call__(self, value: object) -> str:
        text = str(value)
        if len(self._known) < self._most:
            self._known.add(text)
        return text if text in self._known else OTHER


class _BoundedLabels:
    bounds: Sequence[Bound] = ()

    def bounded(self, values: Sequence[object]) -> tuple[str, ...]:
        found = tuple(bound(value) for bound, value in zip(self.bounds, values, strict=True))
        self.series.add(found)
        return found

    @functools.cached_property
    def series(self) -> set[tuple[str, ...]]:
        """The labels of all series that were ever told, and not forgotten since."""
        return set()


class Counter(prometheus_client.Counter, _BoundedLabels):
    """A counter whose labels are bounded."""

    def labels(self, *values: object) -> Counter:  # type: ignore[override]  # by position only
        return super().labels(*self.bounded(values))


class Gauge(prometheus_client.Gauge, _BoundedLabels):
    """A gauge whose labels are bounded."""

    def labels(self, *values: object) -> Gauge:  # type: ignore[override]
        return super().labels(*self.bounded(values))

    def replace(self, values: Mapping[tuple[object, ...], float]) -> None:
        """Set these, and forget all others: what is no longer so must not be told for ever."""
        kept = {self.bounded(labels): value for labels, value in values.items()}
        for labels in self.series - kept.keys():
            self.remove(*labels)
            self.series.discard(labels)
        for labels, value in kept.items():
            super().labels(*labels).set(value)


class Histogram(prometheus_client.Histogram, _BoundedLabels):
    """A histogram whose labels are bounded."""

    def labels(self, *values: object) -> Histogram:  # type: ignore[override]
        return super().labels(*self.bounded(values))


class Group:
    """The metrics that one module declares."""

    def __init__(self, name: str) -> None:
        self.name = name

    def counter(self, name: str, meaning: str, labels: Mapping[str, Values] | None = None, unit: str = "") -> Counter:
        self._declare(name, "counter", unit, meaning, labels)
        counter: Counter = _bounded(Counter(name, meaning, list(labels or ())), labels)
        for values in _from_the_start(labels):
            counter.labels(*values)
        return counter

    def gauge(self, name: str, meaning: str, labels: Mapping[str, Values] | None = None, unit: str = "") -> Gauge:
        self._declare(name, "gauge", unit, meaning, labels)
        return _bounded(Gauge(name, meaning, list(labels or ())), labels)

    def histogram(
        self,
        name: str,
        meaning: str,
        labels: Mapping[str, Values] | None = None,
        unit: str = "seconds",
        buckets: Sequence[float] = prometheus_client.Histogram.DEFAULT_BUCKETS,
    ) -> Histogram:
        self._declare(name, "histogram", unit, meaning, labels)
        return _bounded(Histogram(name, meaning, list(labels or ()), buckets=buckets), labels)

    def _declare(self, name: str, kind: Kind, unit: str, meaning: str, labels: Mapping[str, Values] | None) -> None:
        assert name not in DECLARED, f"{name} is declared twice"
        DECLARED[name] = Declaration(name, kind, unit, meaning, dict(labels or {}), self.name)


def _from_the_start(labels: Mapping[str, Values] | None) -> Iterable[tuple[str, ...]]:
    """What is counted from zero on, for an increase from nothing is none to Prometheus: all but what is of a stage."""
    values = list((labels or {}).values())
    if not values or "stage" in (labels or {}) or any(isinstance(of_label, Open) for of_label in values):
        return ()
    return itertools.product(*(of_label for of_label in values if isinstance(of_label, tuple)))


def _bounded(metric: Metric, labels: Mapping[str, Values] | None) -> Metric:
    metric.bounds = [Bound(values) for values in (labels or {}).values()]
    return metric
