"""Reads the role of a credit in a sentence about the text: whether all of it is the agency's, or a part."""

from __future__ import annotations

import re

from schemas.public_records import Role
from stream_apps.text.agencies import Catalogue

_NOT = re.compile(r"\b(?:not|no|nothing|neither|nor|never|none|without|only|nahin?)\b", re.IGNORECASE)
_WE = re.compile(r"\b(?:we|us|our|ours)\b", re.IGNORECASE)
_THING_IN = re.compile(r"\W*((?:[\w’'-]+\s+){1,5})(?:for|in|of|to)\s+$")  # noqa: RUF001 -- as printed
_ALL_OF_IT = re.compile(
    r"\b(?:none|no|nothing|remainder|rest|whole|all|headlines?|title|heading|body|views|facts|wording)\b", re.IGNORECASE
)
_WITHIN = 60
"""Characters from "not" to what was not done to the text, or back from it."""
_HEADLINE = re.compile(r"\b(?:headline|title|heading|शीर्षक)", re.IGNORECASE)
# The headline is set apart from the rest: it may have been changed, and nothing else.
_SET_APART = re.compile(
    r"\b(?:except\w*|barring|apart|aside|other|save|only|but|beyond|besides|bar|than|minus|exclud\w+|exception"
    r"|alone|changed|edited|modified|reworked|rewritten|tweaked|reframed)\b",
    re.IGNORECASE,
)
_INPUTS = re.compile(r"\binputs?\b|\bcontribut|इनपुट", re.IGNORECASE)


def of(piece: str, catalogue: Catalogue, *, but: str = "") -> Role:
    """``sole`` or ``inputs``. "Not edited" means that all is the agency's, "uses material from" that a part is.

    The word "inputs" is stronger than either. ``but``: how the text calls itself, such as "this information".
    """
    if _INPUTS.search(piece):
        return "inputs"
    if is_untouched(piece, catalogue) or catalogue.disclaimer["whole"].search(piece):
        return "sole"
    if _part_of_text(piece, catalogue):
        return "inputs"
    rest = piece.replace(but, "", 1)
    partly = catalogue.disclaimer["part"].search(rest) or catalogue.credit_line["inputs"].search(rest)
    return "inputs" if partly else "sole"


def _part_of_text(piece: str, catalogue: Catalogue) -> bool:
    """Whether the sentence is about something in the text: "reporting for this story", "the map in this article"."""
    for pointer in catalogue.disclaimer["pointer"].finditer(piece):
        opening = _THING_IN.match(piece[: pointer.start()])
        if opening and not _ALL_OF_IT.search(opening[1]) and not catalogue.disclaimer["subject"].search(opening[1]):
            return True
    return False


def is_untouched(piece: str, catalogue: Catalogue) -> bool:
    """Whether it says that the outlet did nothing to the text, but perhaps to the headline."""
    if _HEADLINE.search(piece) and _SET_APART.search(piece):
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
