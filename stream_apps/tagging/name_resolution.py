"""Which thing a name stands for: alias, then acronym, then part of a fuller name, then the name itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import NamedTuple

from schemas.public_records import EntityType, MentionMethod
from stream_apps.tagging import names
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.name_evidence import Settled
from stream_apps.tagging.names import Words
from stream_apps.tagging.person_short_names import is_part
from stream_apps.tagging.short_names import is_body_of, is_law_of, is_place_of, is_thing_of, short_key
from stream_apps.tagging.spans import NameSpan

ACRONYM, PARTIAL = 0.9, 0.85
LONGEST_CHAIN = 4
"""Steps from a short name to fuller ones: "Stalin", "MK Stalin", "Muthuvel Karunanidhi Stalin"."""
OWN_LOWEST, OWN_HIGHEST = 0.5, 0.9
"""Confidence of a name that stands for itself, by how much the story's readings of it agree."""
_NOTHING: AbstractSet[tuple[Words, EntityType]] = frozenset()


class Identity(NamedTuple):
    """What a mention stands for, and how that is known. One is made for each, so a tuple."""

    id: str
    name: str
    type: EntityType
    method: MentionMethod
    confidence: float


class FullerNames:
    """A story's names of two words or more, which a shorter one may stand for."""

    def __init__(self, settled: Settled) -> None:
        self._by_word: dict[str, set[tuple[Words, EntityType]]] = {}
        self._behind: dict[tuple[Words, EntityType], AbstractSet[Words]] = {}
        for full, kind in settled.kinds.items():
            if len(full) > 1:
                for word in (full[0], full[-1]):
                    self._by_word.setdefault(word, set()).add((full, kind))

    def standing_behind(self, short: Words, kind: EntityType) -> AbstractSet[Words]:
        """The names that ``short`` may stand for; looked up once, for all texts of a story."""
        found = self._behind.get((short, kind))
        if found is None:
            near = self._by_word.get(short[0], _NOTHING)
            if len(short) > 1:
                near = near | self._by_word.get(short[-1], _NOTHING)
            found = {f for f, full_kind in near if f != short and _stands_for(short, kind, f, full_kind)}
            self._behind[short, kind] = found
        return found


class Identities:
    """Answers for one article. ``forms_here``: gives the names that stand in it, where that is asked."""

    def __init__(
        self, settled: Settled, aliases: AliasSet, fuller: FullerNames, forms_here: Callable[[], AbstractSet[Words]]
    ) -> None:
        self._settled = settled
        self._aliases = aliases
        self._fuller_names = fuller
        self._forms_here = forms_here

    @cached_property
    def _here(self) -> AbstractSet[Words]:
        return self._forms_here()

    def of(self, surface: str, span: NameSpan) -> Identity:
        """What a mention stands for."""
        if span.entity:
            return self._curated(span.entity, "alias", span.confidence)
        form = names.key(surface, span.type)
        long_form = self._settled.acronyms.get(short_key(surface))
        if long_form is not None and long_form != form:
            return self._named(long_form, self._settled.kinds[long_form], "acronym", ACRONYM)
        fuller = self._fuller(form, span.type)
        if fuller is not None:
            return self._named(fuller, span.type, "partial", PARTIAL)
        return self._own(form, surface, span)

    def _own(self, form: Words, surface: str, span: NameSpan) -> Identity:
        agreement = self._settled.agreement.get(form, 0.0)
        confidence = max(span.confidence, round(OWN_LOWEST + (OWN_HIGHEST - OWN_LOWEST) * agreement, 2))
        return self._named(form, span.type, "rule" if span.method == "rule" else "model", confidence, surface)

    def _fuller(self, form: Words, kind: EntityType) -> Words | None:
        """The one fuller name that this is a part of, rather in the article than in its story.

        Chains end at the fullest.
        """
        behind = self._fuller_names.standing_behind(form, kind)
        if not behind:
            return None
        things = {self._fullest(full, kind) for full in (behind & self._here or behind)}
        return things.pop() if len(things) == 1 else None

    def _fullest(self, form: Words, kind: EntityType) -> Words:
        """The fullest name in the story of what ``form`` names, where that is one."""
        for _ in range(LONGEST_CHAIN):
            fuller = self._fuller_names.standing_behind(form, kind)
            if len(fuller) != 1 or form in self._settled.entities:
                break
            form = next(iter(fuller))
        return form

    def _named(
        self, form: Words, kind: EntityType, method: MentionMethod, confidence: float, surface: str = ""
    ) -> Identity:
        entity = self._settled.entities.get(form)
        if entity is not None and self._aliases.entities[entity].type == kind:
            return self._curated(entity, "alias" if method in {"model", "rule"} else method, confidence)
        name = self._settled.surfaces.get(form, surface or " ".join(form))
        identity = self._aliases.current(names.provisional_id(form, kind))
        if identity in self._aliases.entities:
            return self._curated(identity, "alias", confidence)
        return Identity(identity, name, kind, method, confidence)

    def _curated(self, identity: str, method: MentionMethod, confidence: float) -> Identity:
        entity = self._aliases.entities[identity]
        return Identity(entity.id, entity.name, entity.type, method, confidence)


def _stands_for(short: Words, kind: EntityType, full: Words, full_kind: EntityType) -> bool:
    if kind == "PERSON" and full_kind == "PERSON":
        return is_part(short, full)
    rule = PARTS.get(kind)
    return rule is not None and full_kind == kind and rule(short, full)


PARTS: Mapping[EntityType, Callable[[Words, Words], bool]] = {
    "PRODUCT": is_thing_of,
    "ORG": is_body_of,
    "EVENT": is_body_of,
    "FACILITY": lambda short, full: is_body_of(short, full) or is_place_of(short, full),
    "PLACE": is_place_of,
    "LAW": is_law_of,
}
"""Whether a short name may stand for a fuller one, people apart."""
