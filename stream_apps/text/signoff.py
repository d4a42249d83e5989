"""Sign-offs: how an agency ends its stories.

``PTI JMS CHS VSD`` · ``(ANI)`` · ``--IANS`` and ``ms/vd`` under it · ``– PTI`` · ``UNI DP SSP 1840`` ·
``(Reporting by …; Editing by …)`` · house phrases of the catalogue.
"""

# ruff: noqa: RUF001, RUF002 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from stream_apps.text.agencies import GENERIC, Catalogue, Name
from stream_apps.text.calibration import Strength
from stream_apps.text.evidence import Piece, Said, credited, own_services, without

_HOUSE = 80
"""Characters within which a piece has its house phrase, which begins in the first half of them."""
WINDOW = 110
"""Characters at the end of a paragraph that can belong to its sign-off."""

# Initials of those who wrote and passed a story, the hour, and what AFP and IANS write with strokes.
_CODE = r"(?<!\w)(?:[A-Z]{1,5}\d?|\d{3,4}|[a-z]{1,5}(?:[/-][a-z]{1,5}){1,6}|hrs|Enditem)(?!\w)"
_CODES = re.compile(rf"[\s()\[\].,;:/&~•–—*-]*(?:{_CODE}[\s()\[\].,;:/–—*-]*){{0,8}}")
_SLUGS = re.compile(r"[a-z]{1,5}(?:/[a-z]{1,5}){1,6}/?")
_SENTENCE_END = re.compile(r"[.!?…\"”'’)\]।]\s*$")
_AMONG_CODES = re.compile(r"\w [ ]\w")
"""Around a code: a letter and a blank before it, a blank and a letter or figure behind it."""
_DASH = re.compile(r"[-~–—―]+\s*$")
_SIGNED = re.compile(
    r"\b(?:reporting|writing|reported|written|compiled)\b.{1,300}?\b(?:editing|edited)\b", re.IGNORECASE
)
_EDITING = re.compile(r"[\s(]*(?:Editing|Writing) by(?:\s(?:and\s|in\s)?[A-Z][\w.’'-]+[,;]?)+[\s.)]*")
# Its reporters may be in the story, too: "An Associated Press journalist walked through the camp".
_ABOUT_STORY = re.compile(
    r"contribut|\breported\b|\breporting\b|assist|\bcontact\b|\bavailable\b|\bTrust Principles\b|\breceives support\b"
    r"|\bresponsible for all content\b|\bon Twitter\b|^\W*(?:[\w’'-]+\s){2,6}[\w’'-]+\W*$",
    re.IGNORECASE,
)
_EDITED = re.compile(r"[\s(\[]*(?:Additional )?(?:Reporting|Writing|Editing|Compiled) by\s", re.IGNORECASE)
_CODES_AT_END = re.compile(r"(?<=[.!?”\"'’)\]])(?P<codes>(?:\s+[A-Z]{2,5}){1,6})\W*$")
_STARTS_SIGNED = re.compile(r"\W*(?:additional\s)?(?:reporting|writing|editing|compiled|reported)\b", re.IGNORECASE)
_MOST = 500


def read_whole(piece: str, catalogue: Catalogue) -> Piece | None:
    """A piece that is a sign-off from start to end."""
    text = piece.strip()
    if not text or len(text) > _MOST:
        return None
    return read_house(piece, catalogue) or _signed(piece, catalogue) or _names_and_codes(piece, catalogue)


def read_end(paragraph: str, catalogue: Catalogue) -> Piece | None:
    """The sign-off at the end of a paragraph that is a part of the story."""
    offset = max(0, len(paragraph) - WINDOW)
    window = paragraph[offset:]
    found = (name for name in catalogue.find(paragraph) if name.start >= offset and name.kind != "other")
    names = [_moved(name, -offset) for name in found]
    for position, name in enumerate(names):
        before, after = window[: name.start], window[name.start :]
        if _only_names_and_codes(after, [_moved(n, -name.start) for n in names[position:]]) and _may_start(
            before, after, name, catalogue
        ):
            start = offset + len(before.rstrip(" \t([/*~-–—―"))
            start += len(paragraph[start:]) - len(paragraph[start:].lstrip())
            return _piece(_without_codes(names[position:], window), start, len(paragraph))
    return None


def is_edited(piece: str) -> bool:
    """Whether a piece opens as those do that name who wrote and edited a story: ``(Editing by A and B)``."""
    return _EDITED.match(piece) is not None


def read_codes(paragraph: str) -> Piece | None:
    """The codes under a story from which the agency's name was taken out: ``… on Friday.  SVK DRR``."""
    codes = _CODES_AT_END.search(paragraph, max(0, len(paragraph) - WINDOW))
    return Piece("sign_off", codes.end("codes") - len(codes["codes"].lstrip()), len(paragraph)) if codes else None


def read_house(piece: str, catalogue: Catalogue) -> Piece | None:
    """A piece in the house style of one agency, such as its note on who helped with the story."""
    if catalogue.any_house.search(piece, 0, _HOUSE) is None:
        return None
    for agency, phrases in catalogue.house:
        match = phrases.search(piece, 0, _HOUSE)
        if match and match.start() <= _HOUSE // 2 and _ABOUT_STORY.search(piece):
            return Piece("sign_off", 0, len(piece), (Said(agency, "sole", "tail", (0, len(piece)), "guess"),))
    return None


def _signed(piece: str, catalogue: Catalogue) -> Piece | None:
    """``(Reporting by A in B; Editing by C)`` is how Reuters signs; it may name another."""
    if not (_STARTS_SIGNED.match(piece) and _SIGNED.search(piece)) and not _EDITING.fullmatch(piece):
        return None
    agencies = credited(name for name in catalogue.find(piece) if name.kind == "agency")
    strength: Strength = "plain" if agencies else "guess"
    found = tuple(Said(label, "sole", "tail", (0, len(piece)), strength) for label in agencies or ("Reuters",))
    return Piece("sign_off", 0, len(piece), found)


def _names_and_codes(piece: str, catalogue: Catalogue) -> Piece | None:
    if len(piece) > WINDOW:
        return None
    if _SLUGS.fullmatch(piece.strip()):
        return _piece([n for n in catalogue.find(piece, loose=True) if not n.ambiguous][:1], 0, len(piece))
    names = tuple(catalogue.find(piece)) or tuple(n for n in catalogue.find(piece, loose=True) if n.kind == "agency")
    opening = piece[: names[0].start] if names else ""
    if not names or opening.strip("~-–—―•*([/_ \t") or not _only_names_and_codes(piece, names):
        return None
    if all(name.kind == "generic" and name.end - name.start < 7 for name in names) and not opening.strip():
        return None  # the bare word "agency"
    if names[0].kind == "generic" and ":" in piece:
        return None  # "News agency: PTI" is a credit line
    return _piece(_without_codes(names, piece), 0, len(piece))


def _without_codes(names: Sequence[Name], text: str) -> Sequence[Name]:
    """The names but for initials that are an acronym, too: ``UNI AP DG 1348`` was written by A. P."""
    first, *others = names
    starts = {name.start for name in others}
    return [first, *(name for name in others if name.end + 1 in starts or not _is_code(name, text))]


def _is_code(name: Name, text: str) -> bool:
    """Whether nothing but blanks sets an acronym apart from what stands before and behind it."""
    around = text[max(0, name.start - 2) : name.start] + text[name.end : name.end + 2]
    return name.ambiguous and _AMONG_CODES.fullmatch(around) is not None


def _piece(names: Sequence[Name], start: int, end: int) -> Piece:
    found = tuple(Said(label, "sole", "tail", (start, end)) for label in credited(names))
    paid = any(name.kind == "paid" for name in names)
    return Piece("sign_off", start, end, found, paid, own_services(names, "tail", (start, end)))


def _only_names_and_codes(text: str, names: Sequence[Name]) -> bool:
    rest = without(text, names)
    rest = re.sub(r"(?<![\w])(?:and|with|&)(?!\w)", " ", rest)
    return _CODES.fullmatch(rest) is not None


def _may_start(before: str, after: str, name: Name, catalogue: Catalogue) -> bool:
    """Whether a sign-off may begin here: after the end of a sentence, a bracket or a dash."""
    bracket = before.rstrip().endswith(("(", "[", "/", "*"))
    text = before.rstrip(" \t([/*")
    dash = _DASH.search(text)
    ended = _SENTENCE_END.search(_DASH.sub("", text)) is not None
    if name.kind == "generic" and not bracket and not dash:
        return False
    if ended:
        return True
    if bracket:
        spelt_out = any(n.label == name.label for n in catalogue.find(text[-60:]))
        return not spelt_out and (name.label not in (GENERIC, "AP", "UNI", "IPS") and name.kind == "agency")
    if dash:
        return len(dash.group().strip()) > 1 or "—" in dash.group() or not name.ambiguous
    return not name.ambiguous and len(re.findall(r"\b[A-Z]{2,4}\b", after)) >= 3


def _moved(name: Name, by: int) -> Name:
    return replace(name, start=name.start + by, end=name.end + by)
