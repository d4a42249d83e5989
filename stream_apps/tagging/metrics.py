"""What the tagging stage counts."""

from __future__ import annotations

from typing import Final

from wirecopy.monitoring.declaring import Group

_GROUP = Group("tagging")

BROKEN_PARAGRAPHS: Final = _GROUP.counter(
    "wirecopy_tagging_broken_paragraphs_total", "Paragraphs that broke the model and are without names for it."
)
CUT_REVISIONS: Final = _GROUP.counter(
    "wirecopy_tagging_cut_revisions_total", "Earlier texts left out of an article's record, which would be too large."
)
ROUNDS: Final = _GROUP.gauge("wirecopy_tagging_rounds", "Stories whose articles are being gone through, a few a batch.")
