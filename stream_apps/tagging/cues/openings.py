"""Words that have a capital because they open a sentence, and are no name or no part of one."""

from __future__ import annotations

import re
from collections.abc import Callable

from stream_apps.tagging.cues.cue import Before, Behind

OPENS = Before(
    re.compile(r"(?:^|\n|[.!?:]['\")]* +|[.!?:] *['\"(] ?|['\"])\Z"),
    reach=6,
    says="it opens a sentence",
    example="It rained. [Front] men spoke.",
    counter_example="He saw [Front] pages.",
)
GOES_ON = Behind(
    re.compile(r" (?:[a-z']|\d)"),
    says="the text around it is not in capitals",
    example="Then [DLSA] said so.",
    counter_example="THEN [DLSA] SAID SO.",
)
_OPENING_VERB = re.compile(
    r"(?:[A-Z][a-z]{2,12}ing|Accused|Alleged|Arrested|Convicted|Deposed|Enraged|Exiled|Jailed|Ousted|Suspended) "
    r"(?=[A-Z])"
)
_NAMES_IN_ING = frozenset(
    {
        "Beijing",
        "Boeing",
        "Nanjing",
        "Darjeeling",
        "Chongqing",
        "Xining",
        "Kunming",
        "Reading",
        "Sterling",
        "Viking",
        "Peking",
    }
)


def is_common_word(text: str, start: int, end: int, in_small_letters: Callable[[str], bool]) -> bool:
    """Whether a word that opens a sentence stands in lower case in the text too, or is a gerund: no name then.

    ``in_small_letters``: whether this word stands so in the whole text, of which ``text`` may be a part.
    """
    word = text[start:end]
    if not word.isalpha() or word.isupper() or not OPENS.find(text, start, end):
        return False
    if word.endswith("ing") and GOES_ON.find(text, start, end) and word not in _NAMES_IN_ING:
        return True
    return in_small_letters(word.lower())


def stands_in(text: str, word: str) -> bool:
    """Whether a word in small letters stands in a text, between blanks or before a full stop or comma."""
    return any(f" {word}{after}" in text for after in " ,.")


def without_opening_verb(text: str, start: int, end: int) -> int:
    """Where a name begins behind the participle that opens its sentence: "[Dismissing] China"."""
    verb = _OPENING_VERB.match(text, start, end)
    if not verb or verb[0][:-1] in _NAMES_IN_ING or text[start - 1 : start] in {"'", '"'}:
        return start
    return verb.end() if OPENS.find(text, start, end) else start
