"""Metrics of the fingerprint stage."""

from __future__ import annotations

from typing import Final, get_args

from schemas.public_records import EvidenceKind
from wirecopy.monitoring.declaring import Group

_GROUP = Group("fingerprint")

ARTICLES: Final = _GROUP.counter(
    "wirecopy_articles_read_total",
    "Texts made readable. `agency`: one is credited with it, `none`: none is.",
    {"credit": ("agency", "none")},
)
CREDITS: Final = _GROUP.counter(
    "wirecopy_credits_total", "Credits of agencies by the evidence for them.", {"evidence": get_args(EvidenceKind)}
)
