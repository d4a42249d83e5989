"""What the tagging stage counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

BROKEN_PARAGRAPHS: Final = Counter(
    "wirecopy_tagging_broken_paragraphs", "Paragraphs that broke the model and are without names for it."
)
CUT_REVISIONS: Final = Counter(
    "wirecopy_tagging_cut_revisions", "Earlier texts left out of an article's record, which would be too large."
)
ROUNDS: Final = Gauge("wirecopy_tagging_rounds", "Stories whose articles are being gone through, a few a batch.")
