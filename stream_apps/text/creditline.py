"""Credit lines: ``(With inputs from PTI)``, ``With agency inputs``, ``(Inputs: ANI)``, ``Source: PTI``.

No list of sentences can hold every outlet's wording. What all of them share is that they say nothing else: a short
piece made of agencies' names, capitalised words (people, places, outlets) and a small vocabulary. The vocabulary is
data (``credit_line`` in ``agencies.yml``).
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from dataclasses import replace

from schemas.public_records import Role
from stream_apps.text import credit_role, disclaimer
from stream_apps.text.agencies import GENERIC, Catalogue, Name
from stream_apps.text.evidence import Piece, Said, credited, own_services, without, words
from stream_apps.text.folding import folded

_MOST = 260
_MOST_WORDS = 34
_MOST_ADDED = 90
_ADDS = re.compile(
    r"\W*(?:[\w’'-]+\s){1,4}(?P<verb>adds?|reports?|writes?)(?:\s(?:from|in)\s[\w .,’'-]{2,40}?)?\s*(?::|--|—|–)\s"
)
_FEW_WORDS = 4
"""One word in so many may be unknown to the vocabulary, where a line speaks of inputs and of the text."""
_LABEL = re.compile(r"\W*((?:\w+\s){0,3}\w+)\s?:")
_WITH = re.compile(
    r"^\W*(?:(?:[\w’']+\s){0,3}(?:desk|bureau|staff|team|correspondents?|reporters?)\s(?:and\s)?)?with\s", re.IGNORECASE
)
_OPENS_WITH_INPUTS = re.compile(r"\W*(?:with\s)?(?:\w+\s)?inputs?\b", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:[A-Z][\w.’'-]+\s|in\s){1,6}(?:&|\+|and)\s|(?:&|\+|and)\s(?:[A-Z][\w.’'-]+\s?){1,4}")
_WITH_AT_END = re.compile(r"\bwith\s(?:\w+\s)?$", re.IGNORECASE)
_AND = re.compile(r"\sand\s|[&+]", re.IGNORECASE)
_PERSON_WITH = re.compile(r"\W*[A-Z][\w.’'-]+(?:\s[A-Z][\w.’'-]+){0,3},?\swith\s")
_AGENCY_GIVES = re.compile(
    r"\s*(?:inputs?|cop|feed|report|wire|desk|text|dispatch|despatch|stor|material|content|इनपुट|[).:&+|*\]-]|$)",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:no|not|nothing|never|none|without)\b", re.IGNORECASE)
# A sentence of the story about somebody who gave an agency something; a disclaimer.
_OTHERS = re.compile(
    r"\W*(?:(?:he|she|they|it|in|on|at|but|his|her|who|when|while|after|before)\s|auto|unedited|disclaimer)",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"\b(?:photo(?:graph)?s?|images?|pictures?|pics?|videos?|graphics?|visuals?|illustration|screengrab)\b",
    re.IGNORECASE,
)
_PICTURE_BY = re.compile(r"\s*[:/|–-]|\s(?:credits?|courtesy|source|by|via)\b", re.IGNORECASE)
_SPEECH = ("told", "said", "according")
_TOLD = re.compile(rf"\b(?:{'|'.join(_SPEECH)})\b", re.IGNORECASE)
_UNNAMED = re.compile(r"\b(?:wires?|agenc(?:y|ies)|newswires?)\b", re.IGNORECASE)
_SOLE_VERB = re.compile(
    r"\b(?:story|report|copy|article|text)\s(?:is\s|was\s)?(?:(?:supplied|provided|sourced|taken)\s)?(?:from|by"
    r"|of|via)\b"
    r"|\b(?:re)?published\b.*\b(?:licen[cs]e|arrangement|agreement|permission)\b|^\W*syndicated\b",
    re.IGNORECASE,
)


def read(piece: str, catalogue: Catalogue) -> Piece | None:
    """A piece that says nothing but who supplied the text or a part of it; none if it says anything else."""
    if not 3 <= len(piece) <= _MOST or _is_told(piece):
        return None
    inputs = catalogue.credit_line["inputs"].search(piece)
    names = tuple(catalogue.find(piece, loose=True))
    if not (inputs or names) or _is_story(piece, catalogue):
        return None
    said = piece
    if picture := _PICTURE.search(piece):
        if inputs is None or inputs.start() > picture.start():
            return None
        said, names = _less_pictures(piece, picture, names)
    found = _credited(said, names, catalogue, inputs=inputs is not None)
    return replace(found, end=len(piece)) if found else None


def _credited(piece: str, names: tuple[Name, ...], catalogue: Catalogue, *, inputs: bool) -> Piece | None:
    """The credit of a line that may be one; ``inputs``: it says that they gave a part."""
    role = credit_role.of(piece, catalogue) if inputs else _role(piece, names, catalogue)
    if role is None or not _says_nothing_else(piece, names, catalogue, strong=inputs):
        return None
    labels = credited(names) or ((GENERIC,) if _UNNAMED.search(piece) else ())
    if not (labels or inputs) or (names and all(_is_some_agency(piece, name) for name in names)):
        return None
    span = (0, len(piece.rstrip(" ,;|")))
    found = tuple(Said(label, role, "credit_line", span) for label in labels)
    paid = any(name.kind == "paid" for name in names)
    return Piece("credit_line", 0, len(piece), found, paid, own_services(names, "credit_line", span))


def _is_told(piece: str) -> bool:
    """Whether somebody speaks or is spoken to: no credit line has that, and most paragraphs of a story do."""
    return any(map(folded(piece).__contains__, _SPEECH)) and _TOLD.search(piece) is not None


def read_added(paragraph: str, catalogue: Catalogue) -> Piece | None:
    """What opens a paragraph that an agency gave to a story of another's: ``Reuters adds from Manama:``."""
    head = paragraph[:_MOST_ADDED]
    adds = _ADDS.match(head)
    if adds is None:
        return None
    names = [name for name in catalogue.find(head[: adds.start("verb")]) if name.kind in ("agency", "generic")]
    if not names or without(head[: adds.start("verb")], names).strip(" \t*_-–—(["):
        return None
    span = (0, len(adds.group().rstrip()))
    return Piece("credit_line", *span, tuple(Said(label, "inputs", "credit_line", span) for label in credited(names)))


def _is_some_agency(piece: str, name: Name) -> bool:
    """Whether the bare word "agency" is a state's or a company's: it supplies neither "inputs" nor a "copy"."""
    return name.text.casefold() == "agency" and _AGENCY_GIVES.match(piece, name.end) is None


def _less_pictures(piece: str, picture: re.Match[str], names: tuple[Name, ...]) -> tuple[str, tuple[Name, ...]]:
    """The line up to what it says of pictures: ``(With ANI inputs, Image: PTI)``."""
    if not _PICTURE_BY.match(piece, picture.end()):
        return piece, names
    return piece[: picture.start()], tuple(name for name in names if name.end <= picture.start())


def _is_story(piece: str, catalogue: Catalogue) -> bool:
    """Whether it is a sentence about somebody, or a disclaimer: "not edited", "nothing was changed"."""
    if _NEGATED.search(piece) or _OTHERS.match(piece):
        return True
    return credit_role.is_untouched(piece, catalogue) and credit_role.of(piece, catalogue) == "sole"


def _role(piece: str, names: tuple[Name, ...], catalogue: Catalogue) -> Role | None:
    if not any(name.kind in ("agency", "generic") or name.agency for name in names):
        return None
    if catalogue.disclaimer["whole"].search(piece):
        return "sole"
    if _AND.search(without(piece, names)) and credit_role.is_outlet(piece, catalogue):
        return "inputs"
    if _labels_source(piece, names, catalogue):
        return credit_role.of(_label(piece, catalogue) or "", catalogue)
    rest = without(piece, names).strip(" .()[]*") + " "
    bracketed_with = piece.lstrip().startswith(("(", "[")) and _WITH_AT_END.search(piece[: names[0].start])
    beside = bracketed_with or _WITH.match(piece) or _PERSON_WITH.match(piece) or _JOINED.fullmatch(rest)
    return "inputs" if beside else None


def _labels_source(piece: str, names: tuple[Name, ...], catalogue: Catalogue) -> bool:
    """``Source: PTI`` · ``Copy courtesy PTI`` · ``Text by IANS`` · ``Story taken from AFP``."""
    if _label(piece, catalogue) or _SOLE_VERB.search(piece):
        return True
    source = catalogue.credit_line["source"].search(piece)
    opening = piece[: source.start()] if source else ""
    return (
        source is not None
        and len(words(opening)) <= 1
        and _all_known(opening, catalogue)
        and _leads_on(piece, source, names)
    )


def _label(piece: str, catalogue: Catalogue) -> str | None:
    """The label that a line opens with, if it is one of a text, or of something in it: "Content", "Background"."""
    label = _LABEL.match(piece)
    known = label is not None and all(
        _is_known(word, catalogue) or _is_of_text(word, catalogue) for word in words(label[1])
    )
    return label[1] if label and known else None


def _is_of_text(word: str, catalogue: Catalogue) -> bool:
    return any(catalogue.disclaimer[key].match(word) is not None for key in ("subject", "part"))


def _leads_on(piece: str, source: re.Match[str], names: tuple[Name, ...]) -> bool:
    """Whether nobody is named between the word and the agency: not "by Asha Rao with agency reports"."""
    return (
        not any(word[0].isupper() for word in words(piece[source.end() : names[0].start]))
        or names[0].start < source.end()
    )


def _says_nothing_else(piece: str, names: tuple[Name, ...], catalogue: Catalogue, *, strong: bool) -> bool:
    """Whether what remains beside the names is vocabulary, or capitalised where the vocabulary leaves no doubt."""
    rest = words(without(piece, names))
    if len(rest) > _MOST_WORDS:
        return False
    label = words(_label(piece, catalogue) or "")
    unknown = [word for word in rest if word not in label and not _is_known(word, catalogue)]
    capitalised = [word for word in unknown if word[0].isupper()]
    strange = len(rest) // _FEW_WORDS if strong and names and _speaks_of_text(piece, catalogue) else 0
    return len(capitalised) <= (12 if strong else 3) and len(unknown) - len(capitalised) <= strange


def _speaks_of_text(piece: str, catalogue: Catalogue) -> bool:
    """Whether it is no sentence of the story: in brackets, opening with "inputs", or about "this report"."""
    if piece.strip()[:1] in ("(", "[", "*") or _OPENS_WITH_INPUTS.match(piece):
        return True
    return disclaimer.is_about_text(piece, catalogue)


def _all_known(text: str, catalogue: Catalogue) -> bool:
    return all(_is_known(word, catalogue) for word in words(text))


def _is_known(word: str, catalogue: Catalogue) -> bool:
    """Whether the vocabulary, or what inputs are called by, has the word or a stem of it."""
    return any(catalogue.credit_line[key].match(word) is not None for key in ("vocabulary", "inputs", "source"))
