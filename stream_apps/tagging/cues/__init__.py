"""Cues: words in, before, behind or around a name that say what it names, where it ends, or that it is none.

"X district" is a place, "Babri Masjid" a building, "a stake in X" a share of a company, "Indo-US" nothing of its own.
A cue that is a pattern is a ``Cue`` with an example and a counter-example; the words in the patterns that are told by
lists are ``tagging/vocabulary.py``. A decision of several cues is a row of one of two tables, with the same.

=====================  ===============================================================================================
``cue``                what a cue is: ``Inside``, ``Before``, ``Behind``, ``Around`` a name
``rule``               what a row of a table is
``type_rules``         table: the type of a name, in place of the one that the model gave
``not_names``          table: spans that name nothing
``openings``           words that have a capital because they open a sentence
``edges``              where a name begins and ends: initials, legal forms, years, ranks
``persons``            people, and the peoples that are named like places
``places``             places, quarters and buildings
``bodies``             companies, parties, institutions
``events_and_laws``    festivals, tournaments, treaties, schemes
``works``              films, songs, books
=====================  ===============================================================================================

All take a text that has passed ``normalise.plain`` and the span of a name in it.
"""

from stream_apps.tagging.cues import (
    bodies,
    edges,
    events_and_laws,
    not_names,
    openings,
    persons,
    places,
    type_rules,
    works,
)

__all__ = [
    "bodies",
    "edges",
    "events_and_laws",
    "not_names",
    "openings",
    "persons",
    "places",
    "type_rules",
    "works",
]
