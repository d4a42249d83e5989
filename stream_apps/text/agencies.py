"""The catalogue of agencies, outlets' own services and paid brands, and where a text names them.

The catalogue is data (``agencies.yml``); a second file may add to it. Names are looked up by their first word, so that
looking through a text costs one pass over its words however many names there are.
"""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stream_apps.text import folding
from wirecopy.errors import SettingsError

GENERIC = "agencies"
"""The label of an agency that is not named."""

Kind = Literal["agency", "generic", "own", "paid", "other"]

# A name stands as a word of its own: not in an address or a hashtag, not joined to another word by a hyphen.
# `\w` leaves out the vowel signs of Indian scripts (U+0900 to U+0DFF), but for the danda, which ends a sentence.
LETTER = r"\w\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"(?<![{LETTER}@#&])(?<!\w-)[{LETTER}]+")
_ANY_WORD = re.compile(rf"[{LETTER}]+")
_ASCII_WORD = re.compile(r"[A-Za-z0-9_]+")
"""The same in a text of ASCII alone, faster."""
_NOT_AFTER = re.compile(rf"[{LETTER}@]|-\w|\.\w")
_SHORT_WORD = 3
_COMMON = frozenset(("also", "been", "from", "have", "this", "with"))
_MOST_REMEMBERED = 2000
"""Characters of a text whose names are kept for the next reader."""


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
    text: str = ""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencyEntry(_Model):
    """An agency: the label of its credits, its acronyms (exact) and names (any case).

    ``sites`` are the agency's own, where every text is its own. ``others`` begin as one of its names does, but name
    somebody else. Where a text has one of ``namesake_of``, its bare acronym is somebody else.
    """

    name: str = Field(min_length=1)
    acronyms: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    ambiguous: bool = False
    sites: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    namesake_of: tuple[str, ...] = ()


class ServiceEntry(_Model):
    """An outlet's own service and the other names it goes by; a name alone may be written without braces."""

    name: str = Field(min_length=1)
    names: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class PaidEntry(_Model):
    """A brand under which paid material is sent; ``agency`` where the brand belongs to one."""

    name: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    agency: str | None = None


class DisclaimerWords(_Model):
    """The parts of a disclaimer; ``*`` at the end makes an entry a stem."""

    pointer: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    wire: tuple[str, ...] = ()
    supply: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    paid_kind: tuple[str, ...] = ()


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
    own_services: tuple[ServiceEntry, ...] = ()
    paid_brands: tuple[PaidEntry, ...] = ()
    disclaimer: DisclaimerWords = DisclaimerWords()
    credit_line: CreditLineWords = CreditLineWords()
    house_marks: tuple[HouseMark, ...] = ()
    staff_words: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    picture_sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Spelling:
    text: str
    exact: bool
    kind: Kind
    label: str
    ambiguous: bool = False
    alone: bool = False
    agency: str | None = None


@dataclass(frozen=True, eq=False)
class Phrases:
    """Words and phrases to be found in any case.

    Each phrase contains one of ``keys``. A text without any key, as most paragraphs are, is skipped at once.
    """

    pattern: re.Pattern[str]
    keys: tuple[str, ...]

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self.pattern.search(text, start, end) if self._may_be_in(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self.pattern.finditer(text) if self._may_be_in(text) else iter(())

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        return self.pattern.match(text, start)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.pattern.fullmatch(text)

    def _may_be_in(self, text: str) -> bool:
        return any(map(folding.folded(text).__contains__, self.keys))


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All names, ready to be looked for. Made by ``load``."""

    agencies: tuple[str, ...]
    disclaimer: Mapping[str, Phrases]
    credit_line: Mapping[str, Phrases]
    house: tuple[tuple[str, Phrases], ...]
    any_house: Phrases
    staff: Phrases
    sites: Mapping[str, str]
    namesakes: Mapping[str, Phrases]
    picture: Phrases
    hyphened: re.Pattern[str]
    """The hyphen between two agencies' acronyms, as older papers join them: ``UNI-AFP``."""
    _body: re.Pattern[str]
    _stranger: re.Pattern[str]
    _by_word: Mapping[str, tuple[_Spelling, ...]]
    _by_distinctive_word: Mapping[str, frozenset[str]]
    """The first words of names, by the longest word of each."""
    _starts: Mapping[str, re.Pattern[str]]
    """Where each of these stands in a folded text as the first word of a name."""

    def of_site(self, outlet: str | None) -> str | None:
        """The agency whose own site this is: ``ptinews.com``, or a host below it."""
        host = (outlet or "").casefold()
        while host and host not in self.sites:
            host = host.partition(".")[2]
        return self.sites.get(host)

    def find(self, text: str, *, loose: bool = False) -> Sequence[Name]:
        """The names in a text, from left to right; ``loose`` takes acronyms in any case, for text that is a credit."""
        if "\n" in text:  # no name has a line feed, and most readers have asked for the names of a line before
            return tuple(self._by_line(text, loose=loose))
        return (
            _remembered(self, text, loose) if len(text) <= _MOST_REMEMBERED else tuple(self._names(text, loose=loose))
        )

    def _by_line(self, text: str, *, loose: bool) -> Iterator[Name]:
        start = 0
        for line in text.split("\n"):
            for name in self.find(line, loose=loose):
                yield replace(name, start=name.start + start, end=name.end + start)
            start += len(line) + 1

    def _names(self, text: str, *, loose: bool) -> Iterator[Name]:
        end = 0
        candidates = _remembered_starts(self, text) if len(text) <= _MOST_REMEMBERED else self._candidates(text)
        for start, word in candidates:
            if start < end:
                continue
            spelling = self._at(text, start, word, loose=loose)
            if spelling is None:
                continue
            end = start + len(spelling.text)
            if spelling.kind != "other" and not (spelling.kind == "agency" and self.is_body(text, end)):
                yield _named(spelling, start)

    def is_body(self, text: str, end: int) -> bool:
        """Whether the name that ends there is part of another's: ``PTI Foundation``."""
        return self._body.match(text, end) is not None

    def _candidates(self, text: str) -> list[tuple[int, str]]:
        """Where a name may begin: its first word, if the text has the word that the name cannot do without."""
        folded = folding.folded(text)
        said = (_ASCII_WORD if folded.isascii() else _ANY_WORD).findall(folded)
        known = self._by_distinctive_word
        firsts = {first for word in known.keys() & said for first in known[word]}
        if not firsts:
            return []
        if len(folded) != len(text):  # a letter that folds into two: no offsets to go by
            return [(word.start(), word.group()) for word in _WORD.finditer(text)]
        return sorted((found.start(), word) for word in firsts for found in self._starts[word].finditer(folded))

    def without_strangers(self, text: str) -> str:
        """The text with the names of outlets and feature syndicates blanked that look like a word for agencies."""
        return self._stranger.sub(lambda found: " " * len(found.group()), text)

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


@functools.lru_cache(maxsize=512)
def _remembered(catalogue: Catalogue, text: str, loose: bool) -> tuple[Name, ...]:
    """Each reader asks for the names of the same paragraph."""
    return tuple(catalogue._names(text, loose=loose))  # noqa: SLF001 -- of this module


@functools.lru_cache(maxsize=512)
def _remembered_starts(catalogue: Catalogue, text: str) -> list[tuple[int, str]]:
    return catalogue._candidates(text)  # noqa: SLF001 -- of this module


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
    _check_named([entry for part in parts for entry in part.agencies], origin)
    spellings = [spelling for part in parts for spelling in _spellings(part)]
    by_distinctive_word = _by_longest_word(spellings)
    return Catalogue(
        agencies=tuple(dict.fromkeys(entry.name for part in parts for entry in part.agencies)),
        disclaimer=_vocabularies([part.disclaimer for part in parts]),
        credit_line=_vocabularies([part.credit_line for part in parts]),
        house=tuple((mark.agency, phrases(mark.phrases)) for part in parts for mark in part.house_marks),
        any_house=phrases(tuple(phrase for part in parts for mark in part.house_marks for phrase in mark.phrases)),
        staff=phrases(tuple(word for part in parts for word in part.staff_words)),
        sites=_sites(parts, origin),
        namesakes=_namesakes(parts),
        hyphened=_hyphened([entry for part in parts for entry in part.agencies]),
        picture=phrases(tuple(name for part in parts for name in part.picture_sources)),
        _body=_following(tuple(word for part in parts for word in part.bodies)),
        _stranger=re.compile(phrases(tuple(name for part in parts for name in part.strangers)).pattern.pattern),
        _by_word=_by_first_word(spellings, origin),
        _by_distinctive_word=by_distinctive_word,
        _starts={word: _start(word) for words in by_distinctive_word.values() for word in words},
    )


def _by_longest_word(spellings: Sequence[_Spelling]) -> dict[str, frozenset[str]]:
    firsts: dict[str, set[str]] = {}
    for spelling in sorted(spellings, key=lambda one: one.kind == "other"):
        said = _ANY_WORD.findall(spelling.text.casefold())
        if spelling.kind != "other":
            firsts.setdefault(max(said, key=lambda word: (len(word), word != "a")), set()).add(said[0])
        for word in firsts.keys() & said if spelling.kind == "other" else ():
            firsts[word].add(said[0])  # "Michael Bloomberg" is looked for where the agency is
    return {word: frozenset(first) for word, first in firsts.items()}


def _start(word: str) -> re.Pattern[str]:
    """Where a name may begin with the folded word; what may not stand before it is asked last, which is faster."""
    said = re.escape(word)
    return re.compile(rf"{said}(?![{LETTER}])(?<![{LETTER}@#&]{said})(?<!\w-{said})")


def _sites(parts: list[CatalogueFile], origin: str) -> dict[str, str]:
    sites: dict[str, str] = {}
    for entry in (entry for part in parts for entry in part.agencies):
        for site in entry.sites:
            if sites.setdefault(site.casefold(), entry.name) != entry.name:
                raise SettingsError(
                    f"bad agencies in {origin}: {site} is of both {sites[site.casefold()]} and {entry.name}"
                )
    return sites


def _namesakes(parts: list[CatalogueFile]) -> dict[str, Phrases]:
    words: dict[str, tuple[str, ...]] = {}
    for entry in (entry for part in parts for entry in part.agencies if entry.namesake_of):
        words[entry.name] = (*words.get(entry.name, ()), *entry.namesake_of)
    return {name: phrases(said) for name, said in words.items()}


def _vocabularies(groups: Sequence[BaseModel]) -> dict[str, Phrases]:
    keys = type(groups[0]).model_fields
    return {key: phrases(tuple(word for group in groups for word in getattr(group, key))) for key in keys}


def _check_named(entries: Sequence[AgencyEntry], origin: str) -> None:
    """A file may give more of an agency that has its names elsewhere, its sites alone too."""
    named = {entry.name for entry in entries if entry.acronyms or entry.names or entry.alone}
    if missing := next((entry.name for entry in entries if entry.name not in named), None):
        raise SettingsError(f"bad agencies in {origin}: {missing} has neither acronyms nor names")


def _spellings(part: CatalogueFile) -> Iterator[_Spelling]:
    for entry in part.agencies:
        yield from _agency_spellings(entry)
    for text in part.generic:
        yield _Spelling(text, False, "generic", GENERIC)
    for service in part.own_services:
        for text in (service.name, *service.names):
            yield _Spelling(text, text.isupper(), "own", service.name)
    for brand in part.paid_brands:
        for text in (brand.name, *brand.names):
            yield _Spelling(text, text.isupper() and " " not in text, "paid", brand.name, agency=brand.agency)


def _agency_spellings(entry: AgencyEntry) -> Iterator[_Spelling]:
    for text in entry.acronyms:
        yield _Spelling(text, True, "agency", entry.name, entry.ambiguous)
    for text in entry.names:
        yield _Spelling(text, False, "agency", entry.name)
    for text in entry.alone:
        yield _Spelling(text, True, "agency", entry.name, entry.ambiguous, True)
    for text in entry.others:
        yield _Spelling(text, text.isupper(), "other", text)


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
        spelling.text,
    )


def _hyphened(entries: list[AgencyEntry]) -> re.Pattern[str]:
    acronyms = {text for entry in entries for text in entry.acronyms if text.isalpha()}
    options = "|".join(sorted(acronyms, key=lambda text: (-len(text), text)))
    behind = "|".join(rf"(?<=\b{text}-)" for text in sorted(acronyms))
    return re.compile(rf"-(?=(?:{options})\b)(?:{behind})" if acronyms else r"(?!)")


def _following(words: tuple[str, ...]) -> re.Pattern[str]:
    """One of these words, written as a name is, right behind another name."""
    return re.compile(rf" (?:{'|'.join(re.escape(word) for word in words)})(?![{LETTER}])" if words else r"(?!)")


def phrases(words: tuple[str, ...]) -> Phrases:
    """Any of these words or phrases, in any case; ``*`` at the end of one stands for the rest of the word.

    Where a phrase has a hyphen or a space, the text may have the one or the other, or for a hyphen neither.
    """
    options = [
        re.escape(word.rstrip("*")).replace(r"\ ", r"[\s-]").replace(r"\-", r"[\s-]?")
        + ("" if word.endswith("*") else rf"(?![{LETTER}])")
        for word in sorted(words, key=lambda w: (-len(w), w))
    ]
    pattern = rf"(?<![{LETTER}])(?:{'|'.join(options)})" if options else r"(?!)"
    return Phrases(re.compile(pattern, re.IGNORECASE), _keys(words))


def _is_distinctive(word: str) -> bool:
    return len(word) > _SHORT_WORD and word not in _COMMON


def _keys(words: tuple[str, ...]) -> tuple[str, ...]:
    """A word of each phrase, those that several share first; none that holds another."""
    split = [re.split(r"[\s-]+", word.rstrip("*").casefold()) for word in words]
    shared = Counter(part for parts in split for part in set(parts))
    chosen = {max(parts, key=lambda part: (_is_distinctive(part), shared[part], len(part))) for parts in split}
    return tuple(sorted(key for key in chosen if not any(other in key for other in chosen if other != key)))
