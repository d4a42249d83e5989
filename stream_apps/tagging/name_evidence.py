"""What the texts of one story, read together, say about the names in them. A pure function of the set of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from schemas.public_records import EntityType
from stream_apps.tagging import cues, names
from stream_apps.tagging.acronyms import definitions, initials
from stream_apps.tagging.names import Words
from stream_apps.tagging.normalise import words
from stream_apps.tagging.person_short_names import LONGEST_INITIALS
from stream_apps.tagging.reading import UnmarkedText
from stream_apps.tagging.short_names import core_of_place, short_key
from stream_apps.tagging.spans import LABELS, NameSpan
from stream_apps.tagging.vocabulary import COMPANY_HEADS, LEGAL, ORG_HEADS, SHIPS

ORDER: tuple[EntityType, ...] = tuple(dict.fromkeys(LABELS.values()))
_RANK = {kind: number for number, kind in enumerate(ORDER)}
STEADY = 0.7
"""Share of the capitalised occurrences of a word that were seen as a name."""
CLEARLY = 3
"""Votes that make a person of what is a place elsewhere."""
SURE = 5
"""Votes of a rule or an alias."""
Key = TypeVar("Key")
Counted = TypeVar("Counted")


@dataclass
class Evidence:
    """Counts over texts; only sums, so the order of the texts is of no account.

    In plain dicts: there are some hundred a text, and a ``Counter`` takes ten times as long to make or to copy.
    """

    votes: dict[Words, dict[EntityType, int]] = field(default_factory=dict)
    surfaces: dict[Words, dict[str, int]] = field(default_factory=dict)
    long_forms: dict[str, dict[Words, int]] = field(default_factory=dict)
    capitalised: list[Sequence[str]] = field(default_factory=list)
    """The words that have a capital, folded: a sequence a line, as often as they stand there."""
    entities: dict[Words, str] = field(default_factory=dict)

    def add(self, reading: UnmarkedText, spans: Iterable[NameSpan]) -> None:
        """Count the names of one text."""
        self.capitalised += [placed.line.capitalised for placed in reading.lines]
        for span in spans:
            surface = reading.text[span.start : span.end]
            form = names.key(surface, span.type)
            if not form:
                continue
            _count(self.surfaces.setdefault(form, {}), surface)
            votes = self.votes.setdefault(form, {})
            _count(votes, span.type, SURE if span.method != "model" else 1)
            if span.method == "model" and span.type not in {"ORG", "FACILITY"}:
                _count(votes, "PLACE", cues.places.place_votes(reading.text, span.start, span.end))
            elif span.method == "model" and len(form) == 1 and not surface.isupper():
                _count(votes, "PLACE", cues.places.votes_behind(reading.text, span.end))
            if span.method == "model" and span.type in {"PERSON", "PLACE", "WORK", "NORP", "PRODUCT"}:
                _count(votes, "ORG", cues.bodies.body_votes(reading.text, span.start, span.end))
            if span.entity:
                self.entities[form] = min(span.entity, self.entities.get(form, span.entity))

    def include(self, other: Evidence) -> None:
        """Add the counts of ``other``, which stays as it is and may share no table with this."""
        self.capitalised += other.capitalised
        _include(self.votes, other.votes)
        _include(self.surfaces, other.surfaces)
        _include(self.long_forms, other.long_forms)
        for form, entity in other.entities.items():
            self.entities[form] = min(entity, self.entities.get(form, entity))

    def has_all_of(self, other: Evidence) -> bool:
        """Whether ``other`` has no name and no short form that is new here."""
        return (
            other.votes.keys() <= self.votes.keys()
            and other.entities.items() <= self.entities.items()
            and all(forms.keys() <= self.long_forms.get(short, {}).keys() for short, forms in other.long_forms.items())
        )

    def define(self, reading: UnmarkedText) -> None:
        """Count the short forms that a text defines."""
        for found in definitions(reading.text):
            long_form = names.key(reading.text[found.start : found.end], "ORG")
            _count(self.long_forms.setdefault(short_key(found.short), {}), long_form)
            surface = reading.text[found.start : found.end]
            _count(self.surfaces.setdefault(long_form, {}), surface)


def _count(counts: dict[Counted, int], one: Counted, number: int = 1) -> None:
    counts[one] = counts.get(one, 0) + number


def _include(mine: dict[Key, dict[Counted, int]], theirs: Mapping[Key, dict[Counted, int]]) -> None:
    for key, counts in theirs.items():
        known = mine.get(key)
        if known is None:
            mine[key] = counts.copy()
        else:
            for one, count in counts.items():
                known[one] = known.get(one, 0) + count


@dataclass(frozen=True)
class Changed:
    """Words of names about which something has changed. ``codes``: designations too, whose spelling varies."""

    words: frozenset[str]
    codes: bool

    def touches(self, vocabulary: AbstractSet[str]) -> bool:
        """Whether one of these names could stand, or stand behind one, in a text of these words."""
        if not self.words.isdisjoint(vocabulary):
            return True
        return self.codes and any(c.isdigit() for word in vocabulary for c in word)


@dataclass(frozen=True)
class Settled:
    """What the texts settle: the type of each form, its short forms, its people."""

    kinds: Mapping[Words, EntityType]
    agreement: Mapping[Words, float]
    entities: Mapping[Words, str]
    acronyms: Mapping[str, Words]
    surfaces: Mapping[Words, str]
    steady: frozenset[Words]
    unnamed: frozenset[Words] = frozenset()
    """Short forms that the texts define as those of common nouns: "action taken report (ATR)"."""

    def is_steady(self, form: Words) -> bool:
        """Whether a name of one word was seen as one often enough to be looked for everywhere."""
        return form in self.steady

    def changed_since(self, before: Settled) -> Changed:
        """The names of which something else is settled than before."""
        known = self.kinds.keys() | before.kinds.keys()
        forms = [form for form in known if self._facts(form) != before._facts(form)]
        other = frozenset(forms)
        shorts = {short for short, _ in self.acronyms.items() ^ before.acronyms.items()}
        shorts |= {short for short, long_form in self.acronyms.items() if long_form in other}
        forms += [form for each in (self, before) for short in shorts for form in each.behind(short)]
        changed = {word for form in forms for word in form}
        # A person by initials stands between a shorter name and the full one, which may share no word.
        changed |= {form[0] for form in known if len(form[0]) <= LONGEST_INITIALS and not changed.isdisjoint(form[1:])}
        return Changed(frozenset(changed), codes=any(c.isdigit() for word in changed for c in word))

    def _facts(self, form: Words) -> tuple[object, ...]:
        return (
            self.kinds.get(form), self.agreement.get(form), self.entities.get(form), self.surfaces.get(form),
            form in self.steady, form in self.unnamed,
        )  # fmt: skip

    def behind(self, short: str) -> Iterable[Words]:
        """A short form, its plural, and what it is short for."""
        own = words(short)
        return (own, (*own[:-1], own[-1] + "s"), self.acronyms.get(short, ()))

    def people(self) -> Sequence[Words]:
        """People by two words or more."""
        return [form for form, kind in self.kinds.items() if kind == "PERSON" and len(form) > 1]


def settle(evidence: Evidence, places: AbstractSet[Words] = frozenset()) -> Settled:
    """Decide by majority; ties go by a fixed order. ``places``: forms that are places unless they are people here."""
    votes = evidence.votes
    capitalised = Counter(chain.from_iterable(evidence.capitalised))
    kinds = {form: _kind(form, counts, places) for form, counts in sorted(votes.items())}
    kinds |= _ships(kinds, evidence.entities)
    kinds |= _companies_by_first_words(kinds, evidence, places)
    kinds |= _brands(kinds, evidence.entities)
    kinds |= _places_by_first_words(kinds, evidence.entities)
    acronyms = _acronyms(evidence, kinds)
    for short, long_form in acronyms.items():
        kinds.setdefault(long_form, kinds.get(words(short), "ORG"))
        named_so = cues.events_and_laws.is_agreement(long_form) and not cues.bodies.is_body(" ".join(long_form))
        if named_so and kinds[long_form] != "PERSON" and long_form not in evidence.entities:
            kinds[long_form] = "LAW"
    return Settled(
        kinds=kinds,
        agreement={form: counts.get(kinds[form], 0) / sum(counts.values()) for form, counts in votes.items()},
        entities=evidence.entities,
        acronyms=acronyms,
        surfaces={form: _display(counts) for form, counts in evidence.surfaces.items()},
        steady=frozenset(
            form
            for form, counts in evidence.surfaces.items()
            if len(form) == 1 and sum(counts.values()) >= STEADY * capitalised[form[0]]
        ),
        unnamed=frozenset(_of_common_nouns(evidence, acronyms)),
    )


def _ships(kinds: Mapping[Words, EntityType], entities: Mapping[Words, str]) -> dict[Words, EntityType]:
    """``Sharavati`` where the texts have ``INS Sharavati``."""
    return {
        form[1:]: "PRODUCT"
        for form, kind in kinds.items()
        if kind == "PRODUCT" and form[0] in SHIPS and form[1:] in kinds and form[1:] not in entities
    }


def _companies_by_first_words(
    kinds: Mapping[Words, EntityType], evidence: Evidence, places: AbstractSet[Words]
) -> dict[Words, EntityType]:
    """``Bhadra``, which the model takes for a place, where the texts have one ``Bhadra Steel Ltd`` and nobody of it."""
    longer: dict[Words, set[Words]] = {}
    for form in (form for form, kind in kinds.items() if kind == "ORG" and _is_company(evidence.surfaces[form])):
        for length in range(1, len(form)):
            longer.setdefault(form[:length], set()).add(form)
    in_people = {word for form, kind in kinds.items() if kind == "PERSON" and len(form) > 1 for word in form}
    return {
        form: "ORG"
        for form, companies in longer.items()
        if len(companies) == 1
        and form in kinds
        and form not in evidence.entities
        and form not in places
        and (len(form) > 1 or in_people.isdisjoint(form))
    }


def _brands(kinds: Mapping[Words, EntityType], entities: Mapping[Words, str]) -> dict[Words, EntityType]:
    """``Suvista``, which the model takes for a person, where the texts have ``Suvista Consumer Pulse`` and nobody."""
    longer = {form[:1] for form, kind in kinds.items() if kind == "ORG" and len(form) > 1 and form[-1] not in ORG_HEADS}
    in_people = {word for form, kind in kinds.items() if kind == "PERSON" and len(form) > 1 for word in form}
    return {
        form: "ORG"
        for form in longer
        if kinds.get(form) == "PERSON" and form not in entities and in_people.isdisjoint(form)
    }


def _places_by_first_words(kinds: Mapping[Words, EntityType], entities: Mapping[Words, str]) -> dict[Words, EntityType]:
    """``Qeshm``, which the model takes for a person, where the texts have ``Qeshm Island`` and nobody of the name."""
    in_people = {word for form, kind in kinds.items() if kind == "PERSON" and len(form) > 1 for word in form}
    cores: dict[Words, set[EntityType]] = {}
    for form, kind in kinds.items():
        if kind in {"PLACE", "FACILITY"} and (core := core_of_place(form)) != form:
            cores.setdefault(core, set()).add(kind)
    return {
        core: min(found)
        for core, found in cores.items()
        if core in kinds and core not in entities and len(found) == 1 and in_people.isdisjoint(core)
    }


def _is_company(surfaces: Iterable[str]) -> bool:
    return any(words(surface)[-1] in LEGAL or words(surface)[-1] in COMPANY_HEADS for surface in surfaces)


def _kind(form: Words, votes: Mapping[EntityType, int], places: AbstractSet[Words]) -> EntityType:
    best = min(votes, key=lambda kind: (-votes[kind], _RANK[kind]))
    if form in places and not (best == "PERSON" and votes[best] >= CLEARLY):
        return "PLACE"
    return best


def _acronyms(evidence: Evidence, kinds: Mapping[Words, EntityType]) -> dict[str, Words]:
    """Short forms with their long forms: those that a text defines, and those that are the initials of one name."""
    chosen = {}
    for short, counts in sorted(evidence.long_forms.items()):
        long_form = min(counts, key=lambda form: (-counts[form], form))
        if _names_something(short, long_form, evidence, kinds):
            chosen[short] = long_form
    by_initials: dict[str, set[Words]] = {}
    for form, kind in kinds.items():
        if kind in {"ORG", "FACILITY", "EVENT", "LAW"} and len(form) > 2:
            by_initials.setdefault(initials(_display(evidence.surfaces[form])), set()).add(form)
        elif kind == "ORG" and len(form) > 1 and (company := _with_legal_form(evidence.surfaces[form])):
            by_initials.setdefault(initials(company), set()).add(form)
    for short, forms in by_initials.items():
        if len(forms) == 1 and len(short) > 2 and words(short) not in evidence.entities:
            chosen.setdefault(short, next(iter(forms)))
    return chosen


def _with_legal_form(surfaces: Iterable[str]) -> str | None:
    """``Himgiri Tea Ltd``, whose short form may have the L of its legal form."""
    return min((surface for surface in surfaces if words(surface)[-1] in {"ltd", "limited"}), default=None)


def _of_common_nouns(evidence: Evidence, acronyms: Mapping[str, Words]) -> Iterator[Words]:
    for short, counts in evidence.long_forms.items():
        form = words(short)
        if short not in acronyms and form not in evidence.entities:
            spelled = (_display(evidence.surfaces[long_form]) for long_form in counts)
            if all(name == name.lower() or names.is_title(name) for name in spelled):
                yield from (form, (*form[:-1], f"{form[-1]}s"))


def _names_something(short: str, long_form: Words, evidence: Evidence, kinds: Mapping[Words, EntityType]) -> bool:
    """Not "chief financial officer (CFO)": one of the two was seen as a name, or the long form looks like a body's."""
    if cues.not_names.is_office(long_form) or names.is_title(_display(evidence.surfaces[long_form])):
        return False
    capitals = [word for word in _display(evidence.surfaces[long_form]).split() if word[0].isupper()]
    if len(capitals) <= 1:  # "gross fixed capital formation (GFCF)" names nothing
        return long_form in kinds
    seen = long_form in kinds or words(short) in kinds
    return seen or bool({long_form[0], long_form[-1]} & ORG_HEADS)


def _display(surfaces: Mapping[str, int]) -> str:
    """The commonest spelling, rather not in capitals throughout."""
    if len(surfaces) == 1:
        return next(iter(surfaces))
    return min(surfaces, key=lambda s: (s.isupper() and len(s) > 5, -surfaces[s], -len(s), s))
