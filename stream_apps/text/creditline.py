"""Credit lines: ``(With inputs from PTI)``, ``With agency inputs``, ``(Inputs: ANI)``, ``Source: PTI``.

No list of sentences can hold every outlet's wording. What all of them share is that they say nothing else: a short
piece made of agencies' names, capitalised words (people, places, outlets) and a small vocabulary. The vocabulary is
data (``credit_line`` in ``agencies.yml``).
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re

from schemas.records import Role
from stream_apps.text.agencies import GENERIC, Catalogue, Name
from stream_apps.text.evidence import Piece, credit, credited, own_services, without, words

_MOST = 260
_MOST_WORDS = 34
_LABEL = re.compile(
    r"^\W*(?:news\s|story\s|report\s|text\s|article\s|content\s)?(?:sources?|courtesy|credits?|agency|via|from|by)\b\W*"
    r"|^\W*(?:feed|text|story|copy|report|content|news|article)\s?:",
    re.IGNORECASE,
)
_WITH = re.compile(
    r"^\W*(?:(?:[\w’']+\s){0,3}(?:desk|bureau|staff|team|correspondents?|reporters?)\s(?:and\s)?)?with\s", re.IGNORECASE
)
_PICTURE = re.compile(
    r"\b(?:photos?|images?|pictures?|pics?|videos?|graphics?|visuals?|illustration|screengrab)\b", re.IGNORECASE
)
_TOLD = re.compile(r"\b(?:told|said|according)\b", re.IGNORECASE)
_UNNAMED = re.compile(r"\b(?:wires?|agenc(?:y|ies)|newswires?)\b", re.IGNORECASE)
_SOLE_VERB = re.compile(
    r"\b(?:story|report|copy|article|text)\s(?:is\s|was\s)?(?:(?:supplied|provided|sourced|taken)\s)?(?:from|by"
    r"|of|via)\b"
    r"|\b(?:re)?published\b.*\b(?:licen[cs]e|arrangement|agreement|permission)\b|^\W*syndicated\b",
    re.IGNORECASE,
)


def read(piece: str, catalogue: Catalogue) -> Piece | None:
    """A piece that says nothing but who supplied the text or a part of it; none if it says anything else."""
    if not 3 <= len(piece) <= _MOST or _TOLD.search(piece):
        return None
    inputs = catalogue.credit_line["inputs"].search(piece)
    picture = _PICTURE.search(piece)
    if picture and not (inputs and inputs.start() < picture.start()):
        return None
    names = tuple(catalogue.find(piece, loose=True))
    role = _role(piece, names, inputs_said=inputs is not None)
    if role is None or not _says_nothing_else(piece, names, catalogue, strong=inputs is not None):
        return None
    labels = credited(names) or ((GENERIC,) if _UNNAMED.search(piece) else ())
    if not labels and inputs is None:
        return None
    span = (0, len(piece))
    found = tuple(credit(label, role, "credit_line", span) for label in labels)
    paid = any(name.kind == "paid" for name in names)
    return Piece("credit_line", *span, found, paid, own_services(names, "credit_line", span))


def _role(piece: str, names: tuple[Name, ...], *, inputs_said: bool) -> Role | None:
    if inputs_said:
        return "inputs"
    if not any(name.kind in ("agency", "generic") or name.agency for name in names):
        return None
    if _LABEL.match(piece) or _SOLE_VERB.search(piece):
        return "sole"
    return "inputs" if _WITH.match(piece) else None


def _says_nothing_else(piece: str, names: tuple[Name, ...], catalogue: Catalogue, *, strong: bool) -> bool:
    """Whether what remains beside the names is vocabulary, or capitalised where the vocabulary leaves no doubt."""
    rest = words(without(piece, names))
    if len(rest) > _MOST_WORDS:
        return False
    vocabulary = catalogue.credit_line["vocabulary"]
    unknown = [word for word in rest if not vocabulary.fullmatch(_stem(word, vocabulary))]
    return all(word[0].isupper() for word in unknown) and len(unknown) <= (12 if strong else 2)


def _stem(word: str, vocabulary: re.Pattern[str]) -> str:
    """The part of a word that the vocabulary knows as a stem, so that ``fullmatch`` can judge it."""
    match = vocabulary.match(word)
    return match.group() if match else word
