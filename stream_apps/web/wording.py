"""The words on pages for codes of the index."""

from __future__ import annotations

from typing import Final

from stream_apps.indexing.stale_view import SAID

ORIGINS: Final = {
    "wire_verbatim": "wire, as filed",
    "wire_edited": "wire, edited",
    "wire_abridged": "wire, cut",
    "wire_plus_staff": "wire and own",
    "rewrite": "rewritten",
    "original": "own reporting",
    "paid": "paid",
}
"""Origin classes."""
RELATIONS: Final = {
    "exact": "word for word",
    "near": "nearly all",
    "partial": "in part",
    "derived": "taken from",
    "rewrite": "reworded",
    "digest": "digest",
}
EVIDENCE: Final = {
    "dateline": "dateline",
    "byline": "byline",
    "tail": "sign-off",
    "credit_line": "credit line",
    "disclaimer": "disclaimer",
    "lede": "lede",
}
"""Where a credit stands."""
ROLES: Final = {"sole": "as its source", "inputs": "for inputs", "quoted": "as a quoted source"}
"""What an agency is credited with."""
SIGNALS: Final = {**SAID, "repeat": "filed again", "editors_note": "editor's note"}
LANGUAGES: Final = {
    "en": "English",
    "en-GB": "English (UK)",
    "en-IN": "English (India)",
    "en-US": "English (US)",
    "hi": "Hindi",
}
TYPE_FACETS: Final = {"PERSON": "person", "ORG": "org", "PLACE": "place"}
"""Types of entities that one can search by, with the parameter that does it."""
KINDS: Final = {
    "person": "person", "org": "organisation", "place": "place", "norp": "group", "facility": "facility",
    "event": "event", "product": "product", "law": "law", "work": "work",
}  # fmt: skip
"""Kinds of entities, as the index names them."""
HAPPENED: Final = {"filed": "new", "new": "new", "grown": "grows", "corrected": "corrected"}
"""What happened to a story last."""
