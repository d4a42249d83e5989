"""The histogram of articles over time, as bars that link to their time span. Pure."""

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
    """One time span: ``start`` to ``end`` as in an address; ``height`` out of ``HEIGHT``."""

    start: str
    end: str
    articles: int
    height: float


@dataclass(frozen=True)
class Histogram:
    """The bars, of equal width, and the time span of one (`30m`, `1d`)."""

    bars: tuple[Bar, ...]
    interval: str

    @property
    def first(self) -> str:
        return self.bars[0].start

    @property
    def last(self) -> str:
        return self.bars[-1].end


def histogram(aggregation: Mapping[str, Any], interval: str) -> Histogram | None:
    """Make the histogram of a ``date_histogram``; None for fewer than two bars."""
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
