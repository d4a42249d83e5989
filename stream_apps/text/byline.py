"""The byline field: ``PTI``, ``IANS | New Delhi``, ``Afp Afp``, ``Jane Doe, Reuters``, ``Web Desk with agency inputs``.

A byline is split at its separators. Each part is an agency, people of the outlet's own (a desk, a bureau), a place, a
date or a name. An agency by itself, or after its reporter's name, wrote the text; beside a desk of the outlet, or
joined to a person by "and" or "with", it gave inputs.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.public_records import Role, Service
from stream_apps.text import dateline_places as places
from stream_apps.text.agencies import Catalogue, Name
from stream_apps.text.calibration import Strength
from stream_apps.text.days import DATE
from stream_apps.text.evidence import Piece, Said, credited, own_services, without, words

_MOST = 300
_LABELS = re.compile(
    r"\b(?:by|written by|reported by|posted by|published by|edited by|curated by|author|authors|from|news|agency"
    r"|sources?"
    r"|source)\s*:\s*|^\W*(?:written |reported |posted |published |edited |curated |compiled )?by\s+",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*(?:[|/;,·•(){}\[\]\n]|\s[-–—]\s|--|—)\s*")
_PASSED_ON = re.compile(r"\s?[-–—/|]\s")
_WIRE_REPORTS = re.compile(r"\bwire (?:reports?|services?)\W*$", re.IGNORECASE)
_JOINED = re.compile(r"(?:\band\b|&|\+|\bwith\b)", re.IGNORECASE)
_INPUTS = re.compile(r"\binputs?\b|\bcontribut|\bassist|\bcompiled\b|\badditional\b", re.IGNORECASE)
_SOURCE = re.compile(r"\b(?:source|agency)\s*:", re.IGNORECASE)
_QUALIFIER = re.compile(
    r"(?:the|news|agency|staff|desk|feed|feeds|service|wire|wires|correspondents?|reporters?|writers?|editors?"
    r"|bureau|videos?"
    r"|sports?|business|entertainment|national|international|live|report|reports|special|foreign|chief|senior"
    r"|media|digital|web|wire|by|team|our|other|various"
    r"|science|medical|world|english|hindi|india|online|copy|story|content|text|inc|ltd|limited|via|from|for|in|of|at)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:updated?|created|modified|hours?|published|posted|last|on|ist|gmt|am|pm|hrs|et|\d[\d:.]*)\b", re.IGNORECASE
)
_AP_STATE = re.compile(r"\bbureau\b|\bcorrespondent\b|\bpolitics\b", re.IGNORECASE)
_PEOPLE = re.compile(r"\W*(?:written |reported )?by\s", re.IGNORECASE)
_NOREPLY = re.compile(r"\S*@\S*")


@dataclass(frozen=True)
class BylineReading:
    """What a byline says: agencies with their role, whether the outlet's own people are named, whether it is paid."""

    credits: tuple[Said, ...] = ()
    staff: bool = False
    paid: bool = False
    services: tuple[Service, ...] = ()
    beside: bool = False
    """A person is named beside the agency: ``Jane Doe, Reuters``."""


def read(byline: str | None, catalogue: Catalogue) -> BylineReading:
    """What a byline field says; nothing where there is none. No span: it is not in the text."""
    text = _NOREPLY.sub(" ", (byline or "")[:_MOST])
    if not text.strip():
        return BylineReading()
    names = _names(text, catalogue)
    staff = _is_staff(text, names, catalogue)
    role: Role = "inputs" if _is_inputs(text, names, staff=staff) else "sole"
    strength: Strength = "guess" if all(name.ambiguous for name in names) and len(words(text)) > 2 else "plain"
    found = tuple(Said(label, role, "byline", None, strength) for label in credited(names))
    person = not found and not staff
    return BylineReading(
        credits=found,
        staff=staff or person or role == "inputs",
        paid=any(name.kind == "paid" for name in names),
        services=own_services(names, "byline", None),
        beside=bool(found) and _names_person(text, names),
    )


def read_line(line: str, catalogue: Catalogue) -> Piece | None:
    """A line at the head of the text that is nothing but a byline.

    ``By PTI`` · ``IANS, New Delhi, June 5`` · ``By John Mwangi, Associated Press``
    """
    if len(line) > 100 or line.rstrip().endswith(("?", "!")):
        return None
    names = _names(line, catalogue)
    supplier = credited(names) or any(name.kind in ("own", "paid") for name in names)
    if not supplier or not _only_credit(line, names):
        return None
    span = (0, len(line))
    found = tuple(Said(label, "sole", "byline", span) for label in credited(names))
    paid = any(name.kind == "paid" for name in names)
    return Piece("byline", *span, found, paid, own_services(names, "byline", span))


def read_distributor(bracket: str, catalogue: Catalogue) -> Piece | None:
    """``(MENAFN - IANS)`` ahead of a story: whoever passed it on, and the agency."""
    parts = [part.strip() for part in _PASSED_ON.split(bracket.strip("()[] "), maxsplit=1)]
    if len(parts) != 2 or not _is_person(parts[0]):
        return None
    names = [name for name in catalogue.find(parts[1]) if name.kind == "agency"]
    if len(names) != 1 or (names[0].start, names[0].end) != (0, len(parts[1])):
        return None
    span = (0, len(bracket))
    return Piece("byline", *span, (Said(names[0].label, "sole", "byline", span),))


def _names_person(text: str, names: tuple[Name, ...]) -> bool:
    """Whether a part of the byline is a person's name."""
    rest = _LABELS.sub(" ", DATE.sub(" ", without(text, names)))
    parts = (part.strip(" .:*_-–—") for part in _SPLIT.split(_JOINED.sub("|", rest)))
    return any(
        len(words(part)) > 1 and _is_person(part) and not places.load().is_known(part) and not _all_qualifiers(part)
        for part in parts
    )


def _only_credit(line: str, names: tuple[Name, ...]) -> bool:
    rest = _LABELS.sub(" ", _TIME.sub(" ", DATE.sub(" ", without(line, names))))
    parts = [part.strip(" .:*_-–—") for part in _SPLIT.split(_JOINED.sub("|", rest))]
    people = _PEOPLE.match(line) is not None
    return all(
        not part or places.load().is_known(part) or _all_qualifiers(part) or (people and _is_person(part))
        for part in parts
    )


def _is_person(part: str) -> bool:
    """One to four capitalised words, as a name is written."""
    return re.fullmatch(r"[A-Z][\w.'’-]*(?:\s(?:[A-Z][\w.'’-]*|de|da|van|von|bin|al)){0,4}", part) is not None


def _names(text: str, catalogue: Catalogue) -> tuple[Name, ...]:
    """Names that stand in the byline as a credit; acronyms in any case where they are a part by themselves."""
    exact = [name for name in catalogue.find(text) if _stands(text, name)]
    covered = {name.start for name in exact}
    loose = [
        name
        for name in catalogue.find(text, loose=True)
        if name.start not in covered and _is_part(text, name, alone=name.ambiguous)
    ]
    return tuple(sorted((*exact, *loose), key=lambda name: name.start))


def _stands(text: str, name: Name) -> bool:
    """Whether an exact spelling is the agency: an acronym that is also a name needs a part of its own."""
    if name.kind == "generic":
        joined = _INPUTS.search(text) or _JOINED.search(text) or _WIRE_REPORTS.search(text)
        return joined is not None or _is_part(text, name)
    if not name.ambiguous:
        return name.kind != "agency" or not text.isupper() or _is_part(text, name) or name.label != "Reuters"
    return _is_part(text, name) or _INPUTS.search(text) is not None


def _is_part(text: str, name: Name, *, alone: bool = False) -> bool:
    """Whether the part of the byline around a name holds nothing else but qualifiers, a place or a date.

    ``alone`` allows no qualifiers: "Uni Desk" is a newspaper's.
    """
    part = _part(text, name)
    if name.label == "AP" and _AP_STATE.search(part):
        return False
    spelling = text[name.start : name.end]
    rest = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", " ", part, flags=re.IGNORECASE)
    rest = _TIME.sub(" ", DATE.sub(" ", _LABELS.sub(" ", rest)))
    rest = " ".join(rest.split()).strip(" .:*_-–—'’\"")
    return not rest or (not alone and _all_qualifiers(rest)) or places.load().is_known(rest)


def _part(text: str, name: Name) -> str:
    """The part between the separators and joining words in which a name stands."""
    start, end = 0, len(text)
    for separator in (*_SPLIT.finditer(text), *_JOINED.finditer(text)):
        if separator.end() <= name.start:
            start = max(start, separator.end())
        elif separator.start() >= name.end:
            end = min(end, separator.start())
    return text[start:end]


def _all_qualifiers(text: str) -> bool:
    return all(_QUALIFIER.fullmatch(word) for word in words(text))


def _is_staff(text: str, names: tuple[Name, ...], catalogue: Catalogue) -> bool:
    """Whether the outlet's own people are named: an own service, or a desk that is not an agency's."""
    if any(name.kind == "own" for name in names):
        return True
    parts = {_part(text, name) for name in names}
    rest = without(text, names)
    for part in parts:
        rest = rest.replace(without(part, ()), " ")
    others = [part for part in _SPLIT.split(_JOINED.sub("|", rest)) if part.strip()]
    return any(catalogue.staff.search(part) for part in others if not _inside_credit(part, names, text))


def _inside_credit(part: str, names: tuple[Name, ...], text: str) -> bool:
    return any(part.strip() in _part(text, name) for name in names)


def _is_inputs(text: str, names: tuple[Name, ...], *, staff: bool) -> bool:
    if not credited(names):
        return False
    if _INPUTS.search(text):
        return True
    if _SOURCE.search(text):
        return False
    if staff:
        return True
    return any(_joined_to_others(text, name, names) for name in names)


def _joined_to_others(text: str, name: Name, names: tuple[Name, ...]) -> bool:
    """Whether "and" or "with" joins an agency to somebody who is none: ``Asha Verma and PTI``."""
    for joint in _JOINED.finditer(text):
        before = joint.end() <= name.start
        between = text[joint.end() : name.start] if before else text[name.end : joint.start()]
        if not _SPLIT.search(between.strip()):
            neighbour = _neighbour(text[: joint.start()] if before else text[joint.end() :], last=before)
            return not any(text[n.start : n.end] in neighbour for n in names if n is not name)
    return False


def _neighbour(text: str, *, last: bool) -> str:
    parts = [part for part in _SPLIT.split(_JOINED.sub("|", text)) if part.strip()]
    return (parts[-1] if last else parts[0]) if parts else ""
