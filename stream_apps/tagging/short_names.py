"""Short names of bodies, places, things and laws: which fuller name of the same kind each may stand for."""

from __future__ import annotations

from functools import lru_cache

from stream_apps.tagging.acronyms import singular
from stream_apps.tagging.names import Words
from stream_apps.tagging.vocabulary import AREAS, INSTITUTIONS, LAWS, SHIPS, THINGS

MINOR = frozenset({"of", "the", "and", "for", "in", "on", "to", "from", "with"})
"""Words whose first letters are not among the initials of a name."""
SHORTEST = 4
"""Letters of the first words of a body's name that may stand for all of it."""


@lru_cache(maxsize=20_000)
def short_key(short: str) -> str:
    """What spellings of a short form have in common: ``CUET UG`` and ``CUET-UG``, ``FIIs`` and ``FII``, ``U.S.``."""
    return singular(short.replace(".", "").replace(" ", "-"))


def core_of_place(form: Words) -> Words:
    """The name of a place without the word for what it is: ``Hormuz`` of "Strait of Hormuz" and "Hormuz Strait"."""
    if len(form) > 2 and form[0] in AREAS and form[1] == "of":
        return form[2:]
    return form[:-1] if len(form) > 1 and form[-1] in AREAS else form


def is_place_of(short: Words, full: Words) -> bool:
    """``Qeshm`` for "Qeshm Island", ``Hormuz Strait`` for "Strait of Hormuz"; not for "Hormuz Island"."""
    core = core_of_place(full)
    if core == full or core != core_of_place(short):
        return False
    return short == core or (len(short) < len(full) and _area(short) == _area(full))


def is_body_of(short: Words, full: Words) -> bool:
    """Its first words, or, of a hospital or school, some of its words with the last one: ``Stanley Hospital``."""
    if len(short) >= len(full):
        return False
    if full[: len(short)] == short and len("".join(short)) >= SHORTEST:
        return True
    return len(short) > 1 and short[-1] == full[-1] and short[-1] in INSTITUTIONS and _is_within(short, full)


def is_thing_of(short: Words, full: Words) -> bool:
    """A ship without its prefix; a weapon without the word for what it is: ``Pralay`` for "Pralay missile"."""
    if full[0] in SHIPS:
        return short == full[1:]
    return len(full) > 1 and full[-1] in THINGS and short == full[:-1]


def is_law_of(short: Words, full: Words) -> bool:
    """Its short title: some of its words with the last one, or their initials: ``RTI Act``, ``JJ Act``.

    The title without the year stands for the one that has it.
    """
    if short == full or short == _without_year(full):
        return short != full
    short, full = _without_year(short), _without_year(full)
    if short[-1] != full[-1] or short[-1] not in LAWS or not 1 < len(short) < len(full):
        return False
    return _is_within(short, full) or (len(short) == 2 and len(short[0]) > 1 and _are_initials(short[0], full[:-1]))


def _are_initials(letters: str, name: Words) -> bool:
    """Whether these are the first letters of all the words, or of the first of those that count."""
    counting = "".join(word[0] for word in name if word not in MINOR)
    return letters == "".join(word[0] for word in name) or counting.startswith(letters)


def _without_year(form: Words) -> Words:
    return form[:-1] if len(form) > 1 and form[-1].isdigit() else form


def _area(form: Words) -> str:
    return form[0] if form[0] in AREAS else form[-1]


def _is_within(short: Words, full: Words) -> bool:
    """Whether the words stand in ``full`` in this order."""
    rest = iter(full)
    return all(word in rest for word in short)
