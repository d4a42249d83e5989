"""What says that a name is a person's, or that of a people."""

from __future__ import annotations

import re

from stream_apps.tagging.cues.cue import Before, Behind, Inside
from stream_apps.tagging.cues.places import AREA_BEHIND
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import BUILDINGS, LEGAL, LOCALITIES, ORG_HEADS, PARTIES

RELATION_BEFORE = Before(
    re.compile(
        r"(?<![\w-])(?:leader|minister|actor|actress|singer|cricketer|wrestler|activist|spokesperson|spokesman|lawyer|"
        r"advocate|journalist|filmmaker|inspector|constable|son|daughter|wife|husband|brother|sister|mother|father|"
        r"nephew|niece|supremo|veteran|businessman|gangster) $"
    ),
    reach=14,
    says="a person",
    example="The INC leader [Vaikomban] left.",
    counter_example="The INC leadership [Vaikomban] left.",
)
RULED_BY_BEHIND = Behind(
    re.compile(r" (?:government|govt|administration|faction|regime|ministry|cabinet)(?![\w-])"),
    says="a person who governs, if it is of two names",
    example="The [Pratap Rao] government fell.",
    counter_example="The [Pratap Rao] governments fell.",
)
ADMINISTRATION_BEHIND = Behind(
    re.compile(r" administration"),
    says="a person who governs, if it is taken for a place of one word",
    example="The [Klinton] administration said so.",
    counter_example="The [Klinton] district administration said so.",
)
LISTED_BEFORE = Before(
    re.compile(r"(?:,|\band) $"),
    reach=5,
    says="one of a list",
    example="A Meadow, [B Dalbecker] won.",
    counter_example="Then [B Dalbecker] won.",
)
BY_INITIAL = Inside(
    re.compile(r"[A-Z]\.? [A-Z][a-z\u00c0-\u017f]{2,20}"),
    says="a person, if it is one of a list",
    example="A Meadow, [B Dalbecker] won.",
    counter_example="A Meadow, [BD Dalbecker] won.",
)
TWO_NAMES = Inside(
    re.compile(r"[A-Z][a-z]+(?: [A-Z](?:\.|[a-z]+))? [A-Z][a-z]+"),
    says="a person, if it governs",
    example="The [Pratap K. Rao] government fell.",
    counter_example="The [DMK Rao] government fell.",
)
PEOPLES = Inside(
    re.compile(r"(?:Indo|Sino|Anglo|Russo|Franco|Afro|Perso)-(?!Pacific|Gangetic|Malay)[A-Z][A-Za-z]{1,20}"),
    says="a people, or what is between two",
    example="It hurt [Indo-Canadians] there.",
    counter_example="Ships of the [Indo-Pacific] met.",
)
OF_A_TOWN = Inside(
    re.compile(r"[A-Z][a-z]+(?:kars|ites|wasis)"),
    says="the people of a town",
    example="It helps [Mumbaikars] now.",
    counter_example="It helps [Mumbai] now.",
)
_NO_SURNAMES = frozenset({"block", "sector", "city", "coli", "pharmacy", "wallet", "grade", "class", "word", "tech"})


def is_by_initial(text: str, start: int, end: int) -> bool:
    """Whether a name in a list is an initial and a surname: "B Dalbec"; not "X Corp", "B Pharmacy"."""
    if not BY_INITIAL.find(text, start, end) or not LISTED_BEFORE.find(text, start, end):
        return False
    last = words(text[start:end])[-1]
    return not (last in LOCALITIES or last in ORG_HEADS or last in LEGAL or last in _NO_SURNAMES)


def is_related(text: str, start: int, end: int) -> bool:
    """Whether words before a name say that it is a person's: "AIADMK leader X", "his son X"."""
    if text[start:end].isupper():
        return False
    return bool(RELATION_BEFORE.find(text, start, end)) and not AREA_BEHIND.find(text, start, end)


def governs(text: str, start: int, end: int) -> bool:
    """Whether a government is called by a name of two words that is a person's: "the Pratap Rao government"."""
    if not RULED_BY_BEHIND.find(text, start, end) or not TWO_NAMES.find(text, start, end):
        return False
    last = words(text[start:end])[-1]
    return not (last in ORG_HEADS or last in PARTIES or last in BUILDINGS or last == "house")
