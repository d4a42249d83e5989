"""Disclaimers: that a text comes from a feed and was not touched, or that somebody paid for it.

Outlets word these in a hundred ways. All of them speak of the text itself ("this story", "except for the headline"),
say how it came to be there (generated, published, sourced, not edited) and from what (a feed, a wire, an agency by
name). A piece is a disclaimer if it has all three. The words are data (``disclaimer`` in ``agencies.yml``).
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re

from stream_apps.text import credit_role
from stream_apps.text.agencies import GENERIC, Catalogue
from stream_apps.text.evidence import Piece, Said, credited

_LEAST = 4
_MOST = 700
_BRIEF = 60
"""Characters of a line that says no more than "agency copy, unedited"."""
_MOST_ALONE = 260
"""Characters of a piece under the story that is judged by standing there."""
_SPEAKS_OF_ITSELF = 130
"""Characters within which a disclaimer says that it speaks of the text."""
_POINTED_AT = 45
"""Characters that may stand between "this" and what the text calls itself."""
_BETWEEN = re.compile(
    r"\s+(?:(?!(?:week|month|year|day|morning|evening|time|spring|summer|autumn|winter)\b)[\w’'-]+,?\s+){0,5}"
)
# "This article is syndicated from Equitymaster.com": somebody who is no agency is named for it.
_OF_ANOTHER = re.compile(
    r"\b(?i:syndicat\w+|republished|reproduced|reprinted|sourced|published|provided|supplied|taken)\s(?i:from|by"
    r"|with|via|courtesy|through)\s"
    r"(?:the\s)?(?!(?i:feed|wire|news|agenc|syndicated)\w*\b)[A-Z][\w.-]+"
)
_ITSELF = re.compile(
    r"\b(?:story|report|article|copy|text|content)\s+above\b"
    r"|\b(?:except|excepting|barring|apart|aside|other|save|only|but|beyond|besides|bar|than|minus"
    r"|excluding)\b[^.;]{0,40}"
    r"\b(?:headlines?|title)\b"
    r"|\b(?:headline|title) (?:aside|apart|excepted|alone)\b"
    r"|\bheadlines?\b[^.;]{0,60}\b(?:changed|edited|modified|reworked|rewritten|alone|only)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"\W*(?:(?:note|disclaimer|editor.?s note)\s?[:–—-]\s*)?"
    r"(?:disclaimer|auto-?\s?\w+|published straight|syndicated|published from|unedited|sourced from"
    r"|(?:the\s)?(?:news\s)?(?:story|copy|text|content|article|report|item"
    r"|piece)\s(?:you\s(?:\w+\s){1,3})?(?:(?:is|was|not)\s)?"
    r"(?:sourced|taken|from|by|via|courtesy|supplied|provided|published|generated|edited|has|have|is|was|comes|came"
    r"|contains|uses|draws|includes))\b",
    re.IGNORECASE,
)
_SAID_ALOUD = re.compile(r"\W*[\"“]")
_PAID_OPENS = re.compile(
    r"\W*(?:(?:advertorial|advertisement|sponsored|paid|press release|promotional)?\s*disclaimer|advertorial"
    r"|press release|sponsored|note"
    r"|editor.s note|this|the above|the (?:story|article|content|information|release|views)|if you have|content|brand"
    r"|disclosure|published in|in partnership|presented by|paid|an? (?:sponsored|paid|advertis))\b",
    re.IGNORECASE,
)
_NOT_PAID = re.compile(r"\bnot\s+(?:an?\s+)?(?:\w+\s)?(?:paid|sponsored|advert\w+|promot\w+)", re.IGNORECASE)
_ARRANGED = re.compile(
    r"\b(?:provided|issued|supplied|distributed|released|published|powered|disseminated|arrangement)\b", re.IGNORECASE
)
_MOST_COPYRIGHT = 90
_OWNED = ("©", "&copy;", "copyright", "(c)", "intellectual", "may not be")
"""One of these is in each notice of copyright, within its first characters."""
_COPYRIGHT = re.compile(
    r"(?:\W*all rights reserved\.?)?[^.]{0,40}?(?:©|&copy;|\bcopyright\b|\(c\)|\bintellectual property of\b"
    r"|\bmay not be (?:published|reproduced|redistributed))",
    re.IGNORECASE,
)
# What the last sentence of a story may say of an agency: "Reuters could not verify this report".
_STORY = re.compile(
    r"\b(?:told|said|says|according|independently|verif\w+|confirm\w*|comment|respond\w*|could|would)\b|[\"“”]",
    re.IGNORECASE,
)
_DONE = re.compile(r"\W*(?:[A-Z]\w+ly\s)?[A-Z]?\w+(?:ed|en)\s(?:[\w-]+\s){0,4}?(?:by|from|via|with|under|of)\b")
_VERIFIED = re.compile(
    r"\b(?:told|said|according to|independently|verif\w+|confirm\w*|(?:reported|reports|writes|wrote"
    r"|noted) (?:that|on|last|in))\b",
    re.IGNORECASE,
)
_FEED = re.compile(r"\bfeeds?\b", re.IGNORECASE)
_ONLY_SYNDICATED = re.compile(r"\b(?:agenc(?:y|ies)|wires?|newswires?|feeds?)\b", re.IGNORECASE)
_TRAINING = re.compile(
    r"\b(?:artificial intelligence|ai[- ](?:generated|assisted|tool)|translated using)\b", re.IGNORECASE
)


def read(piece: str, catalogue: Catalogue, *, at_end: bool = False) -> Piece | None:
    """A piece that is a disclaimer of agency text or of paid material.

    ``at_end``: nothing of the story follows, so a sentence about "this story" that names an agency is enough.
    """
    if not _LEAST <= len(piece) <= _MOST:
        return None
    return _paid(piece, catalogue) or _copyright(piece, catalogue) or _wire(piece, catalogue, at_end=at_end)


def _paid(piece: str, catalogue: Catalogue) -> Piece | None:
    """Agencies named here refuse to answer for the text: that is no credit."""
    if not _PAID_OPENS.match(piece) or _NOT_PAID.search(piece) or _SAID_ALOUD.match(piece):
        return None
    brand = any(name.kind == "paid" and not piece.isupper() for name in catalogue.find(piece))
    said = catalogue.disclaimer["paid"].search(piece) or _paid_kind(piece, catalogue)
    if said or (brand and _ARRANGED.search(piece)):
        bracketed_or_itself = (
            piece.lstrip().startswith(("(", "[")) or of_itself(piece, catalogue) or _NAMED_KIND.match(piece)
        )
        return Piece("disclaimer", 0, len(piece), paid=True) if bracketed_or_itself or brand else None
    return None


_NAMED_KIND = re.compile(
    r"\W*(?:\w+\s)?(?:disclaimer|advertorial|advertisement|sponsored|paid|disclosure|presented by|this is)\b",
    re.IGNORECASE,
)


def _copyright(piece: str, catalogue: Catalogue) -> Piece | None:
    """``© 2025 AFP``: an agency that owns the text wrote it."""
    head = piece[:_MOST_COPYRIGHT].casefold()
    if not any(word in head for word in _OWNED) or not _COPYRIGHT.match(piece):
        return None
    labels = tuple(label for label in credited(catalogue.find(piece[:120])) if label != GENERIC)
    if not labels:
        return None
    return Piece(
        "disclaimer", 0, len(piece), tuple(Said(label, "sole", "disclaimer", (0, len(piece))) for label in labels)
    )


def _paid_kind(piece: str, catalogue: Catalogue) -> bool:
    words = catalogue.disclaimer
    return any(words["subject"].match(piece, kind.end() + 1) is not None for kind in words["paid_kind"].finditer(piece))


def _wire(piece: str, catalogue: Catalogue, *, at_end: bool) -> Piece | None:
    names = tuple(name for name in catalogue.find(piece) if name.kind == "agency")
    wired = catalogue.disclaimer["wire"].search(piece) is not None
    if wired:
        piece = catalogue.without_strangers(piece)
        wired = catalogue.disclaimer["wire"].search(piece) is not None
    bracketed = piece.lstrip().startswith(("(", "["))
    if not (names or wired) or _TRAINING.search(piece) or (_VERIFIED.search(piece) and not (bracketed or wired)):
        return None
    alone = at_end and len(piece) <= _MOST_ALONE and not _STORY.search(piece)
    untouched = credit_role.is_untouched(piece, catalogue)
    itself = of_itself(piece[:_SPEAKS_OF_ITSELF], catalogue)
    about_text = (
        itself
        or _OPENS.match(piece)
        or (untouched and bracketed)
        or (alone and _by_place(piece, catalogue, untouched=untouched))
    )
    supplied = untouched or catalogue.disclaimer["supply"].search(piece) or (alone and names)
    from_agency = wired or itself or bracketed or alone or _FEED.search(piece)
    if not (about_text and supplied and from_agency):
        return None
    if not names and _OF_ANOTHER.search(piece) and not untouched and _ONLY_SYNDICATED.search(piece) is None:
        return None
    role = credit_role.of(piece, catalogue, but=itself or "")
    found = tuple(Said(label, role, "disclaimer", (0, len(piece))) for label in credited(names) or (GENERIC,))
    return Piece("disclaimer", 0, len(piece), found)


def _by_place(piece: str, catalogue: Catalogue, *, untouched: bool) -> bool:
    """Whether a piece under the story speaks of the text without naming it.

    ``Reproduced from …`` · ``Agency copy, unedited`` · ``We have changed nothing …``
    """
    if _DONE.match(piece) or (untouched and credit_role.is_outlet(piece, catalogue)):
        return True
    return len(piece) <= _BRIEF and (untouched or catalogue.disclaimer["whole"].search(piece) is not None)


def is_about_text(piece: str, catalogue: Catalogue) -> bool:
    """Whether a piece speaks of the text that it stands under."""
    return of_itself(piece, catalogue) is not None or _OPENS.match(piece) is not None


def of_itself(piece: str, catalogue: Catalogue) -> str | None:
    """The words by which a text speaks of itself: ``this unedited story``, ``except for the headline``."""
    if said := _ITSELF.search(piece):
        return said.group()
    for pointer in catalogue.disclaimer["pointer"].finditer(piece):
        subject = catalogue.disclaimer["subject"].search(piece, pointer.end(), pointer.end() + _POINTED_AT)
        if subject and _BETWEEN.fullmatch(piece, pointer.end(), subject.start()):
            return piece[pointer.start() : subject.end()]
    return None
