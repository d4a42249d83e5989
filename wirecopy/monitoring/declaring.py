"""Metrics, declared once: name, kind, unit, labels and meaning. ``docs/metrics.md`` is written from ``DECLARED``.

A label has few values. It takes the declared ones or, where it is open, the first ``MOST`` values; any other counts as
``other``, so that no feed or server can grow the number of series.
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
    """A label whose values are not known beforehand: their meaning, and their maximum in one process."""

    what: str
    most: int = MOST


Values = tuple[str, ...] | Open
PARTITION = Open("its number", 1024)
TOPIC = Open("without prefix and version")


@dataclass(frozen=True)
class Declaration:
    """One metric. ``name`` is Prometheus's, with ``_total`` for a counter and with its unit."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    labels: Mapping[str, Values]
    group: str
    """The module that declares it, and with it the processes that have it."""

    @property
    def series(self) -> frozenset[str]:
        """Return the names of its series."""
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
        """Return the labels of all current series."""
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
        """Set these series and drop all others, which are no longer true."""
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
    """Return the series to begin at zero, since Prometheus sees no increase from a missing series; none of a stage."""
    values = list((labels or {}).values())
    if not values or "stage" in (labels or {}) or any(isinstance(of_label, Open) for of_label in values):
        return ()
    return itertools.product(*(of_label for of_label in values if isinstance(of_label, tuple)))


def _bounded(metric: Metric, labels: Mapping[str, Values] | None) -> Metric:
    metric.bounds = [Bound(values) for values in (labels or {}).values()]
    return metric
