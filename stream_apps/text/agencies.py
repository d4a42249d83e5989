"""The catalogue of agencies, outlets' own services and paid brands, and where a text names them.

The catalogue is data (``agencies.yml``); a second file may add to it. Names are looked up by their first word, so that
looking through a text costs one pass over its words however many names there are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wirecopy.errors import SettingsError

GENERIC = "agencies"
"""The label of an agency that is not named."""

Kind = Literal["agency", "generic", "own", "paid"]

# A name stands as a word of its own: not in an address or a hashtag, not joined to another word by a hyphen.
_WORD = re.compile(r"(?<![\w@#&])(?<!\w-)\w+")
_NOT_AFTER = re.compile(r"[\w@]|-\w|\.\w")


@dataclass(frozen=True)
class Name:
    """A name found in a text, at ``text[start:end]``."""

    kind: Kind
    label: str
    start: int
    end: int
    ambiguous: bool = False
    alone: bool = False
    agency: str | None = None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencyEntry(_Model):
    """An agency: the label of its credits, its acronyms (exact) and names (any case)."""

    name: str = Field(min_length=1)
    acronyms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    ambiguous: bool = False


class PaidEntry(_Model):
    """A brand under which paid material is sent; ``agency`` where the brand belongs to one."""

    name: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    agency: str | None = None


class DisclaimerWords(_Model):
    """The parts of a disclaimer; ``*`` at the end makes an entry a stem."""

    subject: tuple[str, ...] = ()
    wire: tuple[str, ...] = ()
    supply: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


class CreditLineWords(_Model):
    """What credit lines are made of; ``*`` at the end makes an entry a stem."""

    vocabulary: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


class HouseMark(_Model):
    """Phrases that only one agency puts under its stories."""

    agency: str = Field(min_length=1)
    phrases: tuple[str, ...] = Field(min_length=1)


class CatalogueFile(_Model):
    """The form of ``agencies.yml`` and of a file that adds to it."""

    agencies: tuple[AgencyEntry, ...] = ()
    generic: tuple[str, ...] = ()
    own_services: tuple[str, ...] = ()
    paid_brands: tuple[PaidEntry, ...] = ()
    disclaimer: DisclaimerWords = DisclaimerWords()
    credit_line: CreditLineWords = CreditLineWords()
    house_marks: tuple[HouseMark, ...] = ()
    staff_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Spelling:
    text: str
    exact: bool
    kind: Kind
    label: str
    ambiguous: bool = False
    alone: bool = False
    agency: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """All names, ready to be looked for. Made by ``load``."""

    agencies: tuple[str, ...]
    disclaimer: Mapping[str, re.Pattern[str]]
    credit_line: Mapping[str, re.Pattern[str]]
    house: tuple[tuple[str, re.Pattern[str]], ...]
    staff: re.Pattern[str]
    _by_word: Mapping[str, tuple[_Spelling, ...]]

    def find(self, text: str, *, loose: bool = False) -> Iterator[Name]:
        """The names in a text, from left to right; ``loose`` takes acronyms in any case, for text that is a credit."""
        end = 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < end:
                continue
            spelling = self._at(text, start, word.group(), loose=loose)
            if spelling is not None:
                end = start + len(spelling.text)
                yield _named(spelling, start)

    def _at(self, text: str, start: int, word: str, *, loose: bool) -> _Spelling | None:
        for spelling in self._by_word.get(word.casefold(), ()):
            end = start + len(spelling.text)
            found = text[start:end]
            same = found == spelling.text or (
                (loose or not spelling.exact) and found.casefold() == spelling.text.casefold()
            )
            if same and _NOT_AFTER.match(text, end) is None:
                return spelling
        return None


@functools.cache
def load(extra: Path | None = None) -> Catalogue:
    """The catalogue that comes with the program, with that of ``extra`` added.

    Raises ``SettingsError`` that names the file and what is wrong in it: not readable, unknown key, one spelling for
    two agencies, an agency without any name.
    """
    origin = "agencies.yml"
    own = resources.files("stream_apps.text").joinpath(origin).read_text(encoding="utf-8")
    parts = [_checked(own, origin)]
    if extra is not None:
        try:
            parts.append(_checked(extra.read_text(encoding="utf-8"), str(extra)))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"cannot read the agencies in {extra}: {error}") from error
        origin = str(extra)
    return _catalogue(parts, origin)


def _checked(content: str, origin: str) -> CatalogueFile:
    try:
        return CatalogueFile.model_validate(yaml.safe_load(content) or {})
    except yaml.YAMLError as error:
        raise SettingsError(f"{origin} is not YAML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"bad agencies in {origin}: {problems}") from error


def _catalogue(parts: list[CatalogueFile], origin: str) -> Catalogue:
    spellings = [spelling for part in parts for spelling in _spellings(part, origin)]
    return Catalogue(
        agencies=tuple(dict.fromkeys(entry.name for part in parts for entry in part.agencies)),
        disclaimer=_vocabularies([part.disclaimer for part in parts]),
        credit_line=_vocabularies([part.credit_line for part in parts]),
        house=tuple((mark.agency, phrases(mark.phrases)) for part in parts for mark in part.house_marks),
        staff=phrases(tuple(word for part in parts for word in part.staff_words)),
        _by_word=_by_first_word(spellings, origin),
    )


def _vocabularies(groups: Sequence[BaseModel]) -> dict[str, re.Pattern[str]]:
    keys = type(groups[0]).model_fields
    return {key: phrases(tuple(word for group in groups for word in getattr(group, key))) for key in keys}


def _spellings(part: CatalogueFile, origin: str) -> Iterator[_Spelling]:
    for entry in part.agencies:
        if not (entry.acronyms or entry.names or entry.alone):
            raise SettingsError(f"bad agencies in {origin}: {entry.name} has neither acronyms nor names")
        for text in entry.acronyms:
            yield _Spelling(text, True, "agency", entry.name, entry.ambiguous)
        for text in entry.names:
            yield _Spelling(text, False, "agency", entry.name)
        for text in entry.alone:
            yield _Spelling(text, True, "agency", entry.name, entry.ambiguous, True)
    for text in part.generic:
        yield _Spelling(text, False, "generic", GENERIC)
    for text in part.own_services:
        yield _Spelling(text, text.isupper(), "own", text)
    for brand in part.paid_brands:
        for text in (brand.name, *brand.names):
            yield _Spelling(text, text.isupper() and " " not in text, "paid", brand.name, agency=brand.agency)


def _by_first_word(spellings: list[_Spelling], origin: str) -> dict[str, tuple[_Spelling, ...]]:
    """The spellings by their first word, the longest first."""
    known: dict[str, _Spelling] = {}
    groups: dict[str, list[_Spelling]] = {}
    for spelling in spellings:
        earlier = known.setdefault(spelling.text.casefold(), spelling)
        if (earlier.kind, earlier.label) != (spelling.kind, spelling.label):
            raise SettingsError(
                f"bad agencies in {origin}: {spelling.text!r} names both {earlier.label} and {spelling.label}"
            )
        word = _WORD.match(spelling.text)
        if word is None:
            raise SettingsError(f"bad agencies in {origin}: {spelling.text!r} must start with a letter or figure")
        groups.setdefault(word.group().casefold(), []).append(spelling)
    return {word: tuple(sorted(group, key=lambda s: -len(s.text))) for word, group in groups.items()}


def _named(spelling: _Spelling, start: int) -> Name:
    return Name(
        spelling.kind,
        spelling.label,
        start,
        start + len(spelling.text),
        spelling.ambiguous,
        spelling.alone,
        spelling.agency,
    )


def phrases(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these words or phrases, in any case; ``*`` at the end of one stands for the rest of the word."""
    options = [
        re.escape(word.rstrip("*")).replace(r"\ ", r"\s") + ("" if word.endswith("*") else r"\b")
        for word in sorted(words, key=lambda w: (-len(w), w))
    ]
    return re.compile(rf"\b(?:{'|'.join(options)})" if options else r"(?!)", re.IGNORECASE)
