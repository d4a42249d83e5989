"""What says that a name is a body's: a company's, a party's, an institution's."""

from __future__ import annotations

import re
from itertools import pairwise

from stream_apps.tagging.cues.cue import Before, Behind
from stream_apps.tagging.cues.openings import GOES_ON
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import LEGAL, ORG_HEADS

BODY_BEFORE = Before(
    re.compile(
        r"(?<![\w-])(?:company|organisation|organization|NGO|startup|start-up|firm|outlet|newspaper|daily|tabloid|"
        r"website|portal|platform|agency|lender|automaker|carmaker|carrier|airline|manufacturer|retailer|conglomerate|"
        r"subsidiary|stake in|shares of|acquired|brand|outfit) ['\"]?$"
    ),
    reach=24,
    says="a body",
    example="It is buying a stake in [Starlet] today.",
    counter_example="It is interested in [Starlet] today.",
)
BODY_BEHIND = Behind(
    re.compile(
        r"['\"]? (?:newspaper|magazine|website|daily(?=[.,;]| (?:said|reported))|employees|subsidiary|"
        r"co-founder|founder|CEO|spokesperson|"
        r"shares (?:rose|fell|closed|ended|were|traded|jumped|slid|dropped|gained|surged|tumbled|plunged))(?![\w-])|"
        r", an? (?:(?!at |of |with |in |for |by |from |who )[a-z-]{1,20} ){0,4}"
        r"(?:subsidiary|company|firm|startup|start-up|manufacturer|maker|provider|NGO|retailer)(?![\w-])"
    ),
    says="a body",
    example="Then [Starlet], a wholly-owned subsidiary, rose.",
    counter_example="Then [Carla Zhang], an employee at a firm, rose.",
)
_BY_INITIALS = re.compile(r"[A-Z]\.? [A-Z]")
LONGEST_INITIALS = 3


def is_body(name: str) -> bool:
    """Whether the words of a name say that it is a body's: "Twitter Inc", "Vellore Institute of Technology"."""
    parts = words(name)
    if len(parts) < 2:
        return False
    if parts[-1] in ORG_HEADS or parts[-1] in LEGAL:
        return True
    if "of" not in parts and "for" not in parts:
        return False
    return any(head in ORG_HEADS and after in {"of", "for"} for head, after in pairwise(parts))


def is_committee(name: str) -> bool:
    """Whether a name is that of a body that holds an event: "Brisbane Games Organising Committee"."""
    return words(name)[-1] in {"committee", "association", "federation", "board", "council", "foundation"}


def is_long_acronym(text: str, start: int, end: int) -> bool:
    """Whether a word is in capitals in a text that is not, and too long for the initials of a person: "DLSA"."""
    word = text[start:end]
    shouted = len(word) > LONGEST_INITIALS and word.isalpha() and word.isupper()
    return shouted and bool(GOES_ON.find(text, start, end))


def body_votes(text: str, start: int, end: int) -> int:
    """How strongly the words around a name say that it is a body's: "the company X", "X, a subsidiary of"."""
    if _BY_INITIALS.match(text, start):
        return 0  # "manager of the carrier G Prasad Rao"
    return 4 * (bool(BODY_BEFORE.find(text, start, end)) + bool(BODY_BEHIND.find(text, start, end)))
