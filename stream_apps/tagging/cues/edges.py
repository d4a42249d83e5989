"""Where a name begins and ends: what belongs to it beside the span that the model gave, and what in it doesn't."""

from __future__ import annotations

import re

from schemas.public_records import EntityType
from stream_apps.tagging.cues.cue import Before, Behind
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import ADDRESS, ADJECTIVES, HONORIFIC, NOT_INITIALS, OFFICE, ORG_HEADS

INITIALS_BEFORE = Before(
    re.compile(r"(?<![\w.&-])(?:[A-Z]\. ?|[A-Z] ){1,3}$|(?<![\w.&-])(?:[A-Z]\.){1,2}[A-Z] $"),
    reach=9,
    says="a person with these initials",
    example="He met R. B. [Sreekumar] there.",
    counter_example="He met R&B [Sreekumar] there.",
)
JOINED_INITIALS_BEFORE = Before(
    re.compile(r"(?<![\w.&-])([A-Z]{2}) $"),
    reach=4,
    says="a person with these initials, if they are no short form",
    example="He met RB [Sreekumar] there.",
    counter_example="He met RBS [Sreekumar] there.",
)
ADDRESSED = Before(
    re.compile(rf"(?<![\w-])(?:{HONORIFIC}|{OFFICE})\.? $"),
    reach=16,
    says="a person, with initials or not",
    example="He met Mr. [RB Sreekumar] there.",
    counter_example="He met old [RB Sreekumar] there.",
)
LEGAL_FORM_BEHIND = Behind(
    re.compile(r"(?: (?:Pvt|Private|Co)\.?)?,? (?:Ltd|Limited|Inc|PLC|Plc|plc|LLP|LLC|Corp|GmbH|Co)(?![\w-])"),
    says="a company of this legal form",
    example="It is owned by [Suvarna] Pvt. Ltd, Pune.",
    counter_example="It is owned by [Suvarna] Incubators, Pune.",
)
YEAR_BEHIND = Behind(
    re.compile(r" (?:19|20)\d\d(?![\w-])"),
    says="the event of this year",
    example="They won the [Lakes Cup] 2025 there.",
    counter_example="They won the [Lakes Cup] 2025-style.",
)
POLL_BEHIND = Behind(
    re.compile(
        r" (?:(?:assembly|general|civic|state|presidential) )?(?:elections?|polls?|bypolls?|riots)(?![\w-])",
        re.IGNORECASE,
    ),
    says="an election or riots, if the name begins with a year",
    example="He lost the [2024 Sarpa] general elections.",
    counter_example="He lost the [2024 Sarpa] pollster.",
)
HOLDER_BEHIND = Behind(
    re.compile(
        r" (?:[Pp]resident|[Ss]ecretary|[Gg]eneral [Ss]ecretary|[Cc]hief|[Ss]pokes\w+|[Cc]onven\w+|[Ee]ditor|"
        r"[Dd]irector|Minister)"
    ),
    says="a body, of which this is an officer",
    example="The [Lok Samata Party National] President left.",
    counter_example="The [Lok Samata Party National] council met.",
)
_RANK = re.compile(
    r" (?:National|State|Vice|Deputy|General|Joint|Senior|Working|Executive|District|Advisory|Managing)$"
)
_STRICT_TITLE = re.compile(
    rf"(?:(?:[A-Za-z&.'-]+ ){{0,6}}{OFFICE}|{ADDRESS}) (?=[A-Z][A-Za-z.]*(?: [A-Z][a-z]+){{0,3}}$)"
)
_NEXT_WORD = re.compile(r" ([A-Z][a-z]+)(?![\w-])")


def titled_person(text: str, start: int, end: int) -> int:
    """Where the name begins in a span like "District Fire Officer S Xavier"; the end where there is no title in it."""
    name = text[start:end]
    found = _STRICT_TITLE.match(name) if " " in name else None
    return start + found.end() if found and words(name)[-1] not in ORG_HEADS else end


def with_initials(text: str, start: int, end: int, kind: EntityType) -> int:
    """Where a person's name begins with the initials before it: ``R. B. Sreekumar``.

    Two initials or one with a dot make a person of a word of another type; "A" and "I" alone are words.
    """
    together = JOINED_INITIALS_BEFORE.find(text, start, end) if kind == "PERSON" else None
    if together and together[1] not in NOT_INITIALS:
        titled = ADDRESSED.find(text, together.start(), end)
        if titled or " " not in text[start:end]:
            return together.start()
    found = None if text[start:end].isupper() else INITIALS_BEFORE.find(text, start, end)
    if not found or found[0] in {"A ", "I "}:
        return start
    several = len(found[0].replace(".", "").replace(" ", "")) > 1
    sure = (several or "." in found[0]) and " " not in text[start:end] and found[0].replace(" ", "") not in NOT_INITIALS
    return found.start() if kind == "PERSON" or sure else start


def with_sir(text: str, start: int) -> int:
    """Where the name of a hospital or creek begins that is called after a knight: "[Sir] Ganga Ram Hospital"."""
    return start - len("Sir ") if text.endswith("Sir ", max(0, start - len("Sir ")), start) else start


def with_head(text: str, end: int) -> int:
    """Where a body's name ends that the model cut short: "Sahyagiri Urban Co-operative [Bank]"."""
    following = _NEXT_WORD.match(text, end)
    return following.end() if following and following[1].lower() in ORG_HEADS else end


def with_legal_form(text: str, end: int) -> int:
    """Where the name of a company ends with its legal form behind it: "Infosys [Ltd]"."""
    return LEGAL_FORM_BEHIND.extend(text, end)


def with_year(text: str, end: int) -> int:
    """Where the name of an event ends with its year behind it: "Asia Cup [2025]"."""
    return YEAR_BEHIND.extend(text, end)


def with_poll(text: str, start: int, end: int) -> int:
    """Where the name of an election ends that begins with its year: "2024 Lok Sabha [polls]"."""
    return POLL_BEHIND.extend(text, end) if text[start : start + 2] in {"19", "20"} else end


def without_rank(text: str, start: int, end: int) -> int:
    """Where the name of a party ends before the title of its officer: "Lok Samata Party [National] President"."""
    rank = _RANK.search(text, start, end)
    return rank.start() if rank and HOLDER_BEHIND.find(text, start, end) else end


def without_adjective(text: str, start: int, end: int) -> int:
    """Where a name ends before the adjective of a noun behind it: "Taiwanese [Presidential office]"."""
    last = text.rfind(" ", start, end)
    adjective = text[last + 1 : end].lower() in ADJECTIVES or text[start:end].lower() in ADJECTIVES
    return max(last, start) if adjective else end
