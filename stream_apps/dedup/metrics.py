"""Metrics of the engine."""

from __future__ import annotations

from typing import Final, get_args

from schemas.public_records import RelationKind
from wirecopy.monitoring.declaring import PARTITION, Group

_GROUP = Group("engine")

DECISIONS: Final = _GROUP.counter(
    "wirecopy_engine_decisions_total",
    "Places published of articles whose text is new, by their relation to the canonical article; `none`: the article "
    "is canonical itself, or alone.",
    {"relation": (*get_args(RelationKind), "none")},
)
WINDOW: Final = _GROUP.gauge(
    "wirecopy_engine_window_articles",
    "Articles in the window; the engine's memory grows with them.",
    {"partition": PARTITION},
    unit="articles",
)
ACTIVE: Final = _GROUP.gauge(
    "wirecopy_engine_active",
    "1 where this process decides for the partition of `clean`, 0 where it stands by for it.",
    {"partition": PARTITION},
)
