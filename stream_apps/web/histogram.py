"""How many articles there were when, as bars that lead to their span of time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from stream_apps.indexing.faceted import INTERVALS

HEIGHT: Final = 56
"""Units of the drawing that the tallest bar takes."""


@dataclass(frozen=True)
class Bar:
    """One span of time: ``start`` to ``end`` as in an address, ``height`` of ``HEIGHT``."""

    start: str
    end: str
    articles: int
    height: float


@dataclass(frozen=True)
class Histogram:
    """The bars, side by side and equally wide, and how long one is (`30m`, `1d`)."""

    bars: tuple[Bar, ...]
    interval: str

    @property
    def first(self) -> str:
        return self.bars[0].start

    @property
    def last(self) -> str:
        return self.bars[-1].end


def histogram(aggregation: Mapping[str, Any], interval: str) -> Histogram | None:
    """Of a ``date_histogram``; none where there are fewer than two bars, which would say nothing."""
    buckets: Sequence[Mapping[str, Any]] = aggregation["buckets"]
    if len(buckets) < 2:
        return None
    starts = [datetime.fromtimestamp(bucket["key"] / 1000, UTC) for bucket in buckets]
    ends = [*starts[1:], starts[-1] + INTERVALS[interval]]
    tallest = max(bucket["doc_count"] for bucket in buckets)
    bars = tuple(
        Bar(_stamp(start), _stamp(end), bucket["doc_count"], round(HEIGHT * bucket["doc_count"] / tallest, 1))
        for start, end, bucket in zip(starts, ends, buckets, strict=True)
    )
    return Histogram(bars, interval)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")
