"""Whether a sentence about a text says that all of it is an agency's, or a part."""

from __future__ import annotations

import re

from schemas.records import Role
from stream_apps.text.agencies import Catalogue

_NOT = re.compile(r"\b(?:not|no|nothing|neither|nor|never|none|without|only|nahin?)\b", re.IGNORECASE)
_WE = re.compile(r"\b(?:we|us|our|ours)\b", re.IGNORECASE)
_WITHIN = 60
"""Characters from "not" to what was not done to the text, or back from it."""
_HEADLINE = re.compile(r"\b(?:headline|title|heading|शीर्षक)", re.IGNORECASE)
_INPUTS = re.compile(r"\binputs?\b|\bcontribut|इनपुट", re.IGNORECASE)


def of(piece: str, catalogue: Catalogue) -> Role:
    """``sole`` or ``inputs``. "Not edited" means that all is the agency's, "uses material from" that a part is.

    The word "inputs" is stronger than either.
    """
    if _INPUTS.search(piece):
        return "inputs"
    if is_untouched(piece, catalogue) or catalogue.disclaimer["whole"].search(piece):
        return "sole"
    partly = catalogue.disclaimer["part"].search(piece) or catalogue.credit_line["inputs"].search(piece)
    return "inputs" if partly else "sole"


def is_untouched(piece: str, catalogue: Catalogue) -> bool:
    """Whether it says that the outlet did nothing to the text, but perhaps to the headline."""
    if _HEADLINE.search(piece) and _of_headline(piece):
        return True
    if not (catalogue.staff.search(piece) or catalogue.disclaimer["subject"].search(piece)):
        return False
    for done in catalogue.disclaimer["edited"].finditer(piece):
        around = piece[max(0, done.start() - _WITHIN) : done.end() + _WITHIN // 4]
        if _NOT.search(around):
            return True
    return False


def is_outlet(piece: str, catalogue: Catalogue) -> bool:
    """Whether the outlet speaks of itself: "our desk", "the newsroom", "we"."""
    return _WE.search(piece) is not None or catalogue.staff.search(piece) is not None


def _of_headline(piece: str) -> bool:
    """Whether the headline is set apart from the rest: it may have been changed, and nothing else."""
    return (
        re.search(
            r"\b(?:except\w*|barring|apart|aside|other|save|only|but|beyond|besides|bar|than|minus|exclud\w+|exception"
            r"|alone|changed|edited|modified|reworked|rewritten|tweaked|reframed)\b",
            piece,
            re.IGNORECASE,
        )
        is not None
    )
