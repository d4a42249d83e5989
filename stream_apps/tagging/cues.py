"""What the words in and around a name say about what it names."""

from __future__ import annotations

import re
from itertools import pairwise

from schemas.records import EntityType
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import ADDRESS, HONORIFIC, LEGAL, NOT_INITIALS, OFFICE, ORG_HEADS, ROLE

_STRICT_TITLE = re.compile(
    rf"(?:(?:[A-Za-z&.'-]+ ){{0,6}}{OFFICE}|{ADDRESS}) (?=[A-Z][A-Za-z.]*(?: [A-Z][a-z]+){{0,3}}$)"
)
_INITIALS_BEFORE = re.compile(r"(?<![\w.&-])(?:[A-Z]\. ?|[A-Z] ){1,3}$")
_JOINED_INITIALS_BEFORE = re.compile(r"(?<![\w.&-])([A-Z]{2}) $")
_NEXT_WORD = re.compile(r" ([A-Z][a-z]+)(?![\w-])")
_PLACE_BEFORE = re.compile(r"(?<![\w-])(?:[Ii]n|[Nn]ear|[Oo]utside) $")
_AREA_BEFORE = re.compile(
    r"(?<![\w-])(?:[Ii]n|[Ff]rom|[Aa]cross|[Ww]ithin|[Oo]utside|[Nn]ear|[Tt]hroughout|[Ee]astern|[Ww]estern|"
    r"[Nn]orthern|[Ss]outhern|[Cc]oastal|"
    r"(?:UP|MP|AP|TN|HP|WB|Bihar|Delhi|Gujarat|Rajasthan|Haryana|Punjab|Assam|Kerala|Odisha|Goa),) $"
)
_AREA_BEHIND = re.compile(
    r"(?:'s)? (?:[Gg]ovt|[Gg]overnment|CM|DGP|[Pp]olice|[Pp]olls?|[Aa]ssembly|[Cc]abinet|[Bb]ypolls?|[Ee]lections?|HC|"
    r"[Cc]hief [Mm]inister|Governor|High Court|BJP|Congress|STF|ATS|[Mm]inisters?|districts?|towns?|villages?)(?![\w-])"
)
_NAME_BEHIND = re.compile(r" [A-Z][a-z]")
_LEGAL_FORM = re.compile(r"(?: (?:Pvt|Private|Co)\.?)?,? (?:Ltd|Limited|Inc|PLC|plc|LLP|LLC|Corp|GmbH)(?![\w-])")
_OFFICE = re.compile(rf"(?:{HONORIFIC}|{ROLE})")


def titled_person(text: str, start: int, end: int) -> int:
    """Where the name begins in a span like "District Fire Officer S Xavier"; the end where there is no title in it."""
    found = _STRICT_TITLE.match(text[start:end])
    return start + found.end() if found and words(text[start:end])[-1] not in ORG_HEADS else end


def with_initials(text: str, start: int, end: int, kind: EntityType) -> int:
    """Where a person's name begins with the initials before it: ``R. B. Sreekumar``.

    Two initials or one with a dot make a person of a word of another type; "A" and "I" alone are words.
    """
    together = _JOINED_INITIALS_BEFORE.search(text, max(0, start - 4), start)
    if together and kind == "PERSON" and " " not in text[start:end] and together[1] not in NOT_INITIALS:
        return together.start()
    found = _INITIALS_BEFORE.search(text, max(0, start - 9), start)
    if not found or text[start:end].isupper() or found[0] in {"A ", "I "}:
        return start
    several = len(found[0].replace(".", "").replace(" ", "")) > 1
    sure = (several or "." in found[0]) and " " not in text[start:end] and found[0].replace(" ", "") not in NOT_INITIALS
    return found.start() if kind == "PERSON" or sure else start


def with_head(text: str, end: int) -> int:
    """Where a body's name ends that the model cut short: "Sahyagiri Urban Co-operative [Bank]"."""
    following = _NEXT_WORD.match(text, end)
    return following.end() if following and following[1].lower() in ORG_HEADS else end


def with_legal_form(text: str, end: int) -> int:
    """Where the name of a company ends with its legal form behind it: "Infosys [Ltd]"."""
    form = _LEGAL_FORM.match(text, end)
    return form.end() if form else end


def is_body(name: str) -> bool:
    """Whether the words of a name say that it is a body's: "Twitter Inc", "Vellore Institute of Technology"."""
    parts = words(name)
    if len(parts) < 2:
        return False
    inside = any(head in ORG_HEADS and after in {"of", "for"} for head, after in pairwise(parts))
    return inside or parts[-1] in ORG_HEADS or parts[-1] in LEGAL


def place_votes(text: str, start: int, end: int) -> int:
    """How strongly the words around a name say that it is a place's: "near X"."""
    return 2 if _PLACE_BEFORE.search(text, max(0, start - 9), start) and text[end : end + 2] != "'s" else 0


def speaks_of_a_place(text: str, start: int, end: int) -> bool:
    """Whether the words around a short form say that it is a place's, and no member's, agency's or company's.

    "in MP", "MP government", "UP, MP and Bihar"; not "BJP MP Asha Rane", "an MP of the party".
    """
    if _AREA_BEHIND.match(text, end):
        return True
    return bool(_AREA_BEFORE.search(text, max(0, start - 20), start)) and not _NAME_BEHIND.match(text, end)


def is_office(name: tuple[str, ...]) -> bool:
    """Whether a form ends in the word for an office: "chief financial officer"."""
    return bool(_OFFICE.fullmatch(name[-1].capitalize()))
