"""Labelled passages made Indian: names of people, places and bodies put in the place of those that stand there.

What is learned is then how names are used rather than which names there are. Within a document one name always gets the
same new one, and a surname that of its full name.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stream_apps.tagging import alias_files
from stream_apps.tagging.training.corpus import Passage, Span

NAMES = Path(__file__).parent / "in-names.json"
HONORIFICS = ("Shri", "Smt", "Dr", "Dr.", "Mr", "Ms", "Justice", "Prof", "Adv")
KEPT = {"PERSON": 0.1, "GPE": 0.25, "ORG": 0.5}
"""Share of the names of a type that stay as they are."""
_ACRONYM = re.compile(r"[A-Z]{2,6}")


@dataclass(frozen=True)
class Pools:
    """What is put in."""

    given: Sequence[str]
    family: Sequence[str]
    places: Sequence[str]
    bodies: Sequence[str]
    acronyms: Sequence[str]


def indian() -> Pools:
    """The pools from the name lists and the alias files that come with the stage."""
    names = json.loads(NAMES.read_text("utf-8"))
    districts = json.loads((alias_files.GAZETTEER / "in-districts.json").read_text("utf-8"))["places"]
    entities = [entity for entity in alias_files.built_in().entities.values() if "in" in entity.country]
    bodies = [entity for entity in entities if entity.type == "ORG"]
    forms = (form if isinstance(form, str) else form.text for entity in bodies for form in entity.abbreviation)
    places = {entity.name for entity in entities if entity.type == "PLACE"}
    return Pools(
        given=names["given"],
        family=names["family"],
        places=[*sorted(places) * 2, *sorted({*districts} - places)],
        bodies=sorted(entity.name for entity in bodies),
        acronyms=sorted(set(forms)),
    )


def substituted(passages: Iterable[Passage], pools: Pools, share: float, seed: int) -> Iterator[Passage]:
    """A substituted copy of about ``share`` of the passages that hold a name."""
    rng = random.Random(seed)  # noqa: S311  # data, no secret
    maps: dict[str, Renaming] = {}
    for passage in passages:
        if any(label in KEPT for _, _, label in passage.spans) and rng.random() < share:
            renaming = maps.setdefault(passage.document, Renaming(pools, rng))
            yield recased(rewritten(passage, renaming, rng), rng)


class Renaming:
    """New names for the names of one document."""

    def __init__(self, pools: Pools, rng: random.Random) -> None:
        self._pools, self._rng = pools, rng
        self._people: dict[str, tuple[str, str]] = {}
        self._others: dict[tuple[str, str], str] = {}

    def of(self, name: str, label: str) -> str:
        """The new name; the same where the old one stays."""
        if label == "PERSON":
            return self._person(name)
        if (name, label) not in self._others:
            self._others[name, label] = self._other(name, label)
        return self._others[name, label]

    def _person(self, name: str) -> str:
        words = name.split()
        if words[-1] not in self._people:
            self._people[words[-1]] = (self._given(), self._rng.choice(self._pools.family))
        given, family = self._people[words[-1]]
        return family if len(words) == 1 else f"{given} {family}"

    def _given(self) -> str:
        draw, given = self._rng.random(), self._rng.choice(self._pools.given)
        other = self._rng.choice(self._pools.given)
        if draw < 0.08:
            return f"{given[0]}. {other[0]}."
        if draw < 0.16:
            return given[0] + other[0]
        if draw < 0.22:
            return f"{given[0]}."
        return f"{given} {other}" if draw < 0.32 else given

    def _other(self, name: str, label: str) -> str:
        if self._rng.random() < KEPT.get(label, 1.0):
            return name
        if label == "GPE":
            return self._rng.choice(self._pools.places)
        return self._rng.choice(self._pools.acronyms if _ACRONYM.fullmatch(name) else self._pools.bodies)


def rewritten(passage: Passage, renaming: Renaming, rng: random.Random) -> Passage:
    """The passage with new names, now and then behind a form of address."""
    text, done = "", 0
    spans: list[Span] = []
    unknown: list[tuple[int, int]] = []
    marked = [*passage.spans, *((begin, end, "") for begin, end in passage.unknown)]
    for begin, end, label in sorted(marked):
        text += passage.text[done:begin]
        old = passage.text[begin:end]
        new = renaming.of(old, label) if label in KEPT else old
        if label == "PERSON" and new != old and rng.random() < 0.1:
            text += rng.choice(HONORIFICS) + " "
        if label:
            spans.append((len(text), len(text) + len(new), label))
        else:
            unknown.append((len(text), len(text) + len(new)))
        text += new
        done = end
    return replace(passage, text=text + passage.text[done:], spans=tuple(spans), unknown=tuple(unknown))


def recased(passage: Passage, rng: random.Random) -> Passage:
    """Some passages in capitals, and short ones as a headline is written."""
    draw = rng.random()
    if draw < 0.03:
        return _if_as_long(passage, passage.text.upper())
    if draw < 0.06 and len(passage.text) < 120:
        return _if_as_long(passage, passage.text.title().replace("'S", "'s"))
    return passage


def _if_as_long(passage: Passage, text: str) -> Passage:
    return replace(passage, text=text) if len(text) == len(passage.text) else passage
