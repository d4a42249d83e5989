"""The type of a name by its form and the words beside it, where they say more than the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from schemas.public_records import EntityType
from stream_apps.tagging.cues import bodies, events_and_laws, persons, places, works
from stream_apps.tagging.cues.cue import Inside
from stream_apps.tagging.cues.rule import EVERY_TYPE, Span, TypeRule, by_type, span_of
from stream_apps.tagging.vocabulary import BUILDINGS, FIRMS, OCCASIONS, REPORTS, TOURNAMENTS

MODEL_OF_A_PRODUCT = Inside(
    re.compile(r"[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2} (?!T20|G20|U19|U17|B20|Y20)[A-Z]\d{1,2}(?: [A-Z][a-z]+)?"),
    says="a product",
    example="The [Samsung Galaxy A2] is out.",
    counter_example="The [ICC Men T20] is on.",
)


def _of(*types: EntityType) -> AbstractSet[EntityType]:
    return frozenset(types)


def _ends_in(span: Span, last: AbstractSet[str]) -> bool:
    """Whether a name of several words has one of these as its last."""
    return len(span.words) > 1 and span.words[-1] in last


def _is_house(span: Span) -> bool:
    return not places.HOUSES.isdisjoint(span.words[-1:])


TYPE_RULES: Sequence[TypeRule] = (
    TypeRule(
        "a work",
        EVERY_TYPE,
        lambda span: works.is_quoted_work(*span.place),
        example="He sang 'Neela Gagan', the song '[Hari Zameen]' too.",
        counter_example="He sang '[Neela Gagan]', the song 'Hari Zameen' too.",
        gives="WORK",
    ),
    TypeRule(
        "a building",
        EVERY_TYPE,
        lambda span: _ends_in(span, BUILDINGS),
        example="They prayed at [Noor Masjid] today.",
        counter_example="They prayed at the [Masjid] today.",
        gives="FACILITY",
    ),
    TypeRule(
        "a firm",
        _of("PERSON", "PLACE"),
        lambda span: _ends_in(span, FIRMS),
        example="He is of [Westbrook Capital] now.",
        counter_example="He is in the [Capital] now.",
        gives="ORG",
    ),
    TypeRule(
        "a festival or meeting",
        EVERY_TYPE,
        lambda span: events_and_laws.is_festival(span.words),
        example="It falls on [Mahashtami] this year.",
        counter_example="The [Summit] was off.",
        gives="EVENT",
    ),
    TypeRule(
        "a day, a march, an election",
        EVERY_TYPE - {"PERSON"},
        lambda span: _ends_in(span, OCCASIONS),
        example="They kept [Indian Lakes Day] there.",
        counter_example="They kept the [Day] there.",
        gives="EVENT",
    ),
    TypeRule(
        "a tournament",
        _of("ORG", "PLACE", "FACILITY"),
        lambda span: _ends_in(span, TOURNAMENTS),
        example="She won the [Lakes Trophy] there.",
        counter_example="She won the [Trophy] there.",
        gives="EVENT",
    ),
    TypeRule(
        "a treaty, law or scheme",
        EVERY_TYPE - {"PERSON", "LAW"},
        lambda span: events_and_laws.is_agreement(span.words),
        example="He holds to the [Sarpa Doctrine] still.",
        counter_example="He is of the [Faculty of Law] still.",
        gives="LAW",
    ),
    TypeRule(
        "a code",
        _of("ORG"),
        lambda span: len(span.words) > 2 and span.words[-1] == "code",
        example="The [Water and Lakes Code] holds.",
        counter_example="The [Lakes Code] was cracked.",
        gives="LAW",
    ),
    TypeRule(
        "a report or award",
        _of("ORG"),
        lambda span: _ends_in(span, REPORTS) and span.words[-2] != "geological",
        example="The [Global Economic Outlook] fell.",
        counter_example="The [Coastal Geological Survey] said so.",
        gives="WORK",
    ),
    TypeRule(
        "a scheme by the noun behind it",
        _of("ORG", "WORK", "PERSON"),
        lambda span: span.spaced and events_and_laws.SCHEME_BEHIND.find(*span.place),
        example="They get aid under the [Jan Mitra] scheme now.",
        counter_example="They get aid under the [Mitra] scheme now.",
        gives="LAW",
    ),
    TypeRule(
        "the seat of a member",
        _of("PERSON"),
        lambda span: not span.spaced and places.SEAT_BEHIND.find(*span.place),
        example="Then [Sarpa] MLA Asha Rane spoke.",
        counter_example="Then [Asha Rane] MLA Teral spoke.",
        gives="PLACE",
    ),
    TypeRule(
        "the place of a police post or village",
        _of("ORG", "FACILITY"),
        lambda span: places.POST_BEHIND.find(*span.place),
        example="He fled from the [Sarpa] police post.",
        counter_example="He fled from the [Sarpa] police.",
        gives="PLACE",
    ),
    TypeRule(
        "a body in capitals",
        _of("PERSON"),
        lambda span: not span.spaced and bodies.is_long_acronym(*span.place),
        example="The secretary [DLSA] said so.",
        counter_example="Then [KCR] said so.",
        gives="ORG",
    ),
    TypeRule(
        "a house",
        _of("PERSON"),
        lambda span: span.spaced and (_is_house(span) or places.HOUSE_BEHIND.find(*span.place)),
        example="They met at the [Taj Samudram] hotel.",
        counter_example="Then [Taj Samudram] spoke.",
        gives="FACILITY",
    ),
    TypeRule(
        "a person by an initial",
        EVERY_TYPE - {"PERSON", "PLACE"},
        lambda span: persons.is_by_initial(*span.place),
        example="A Meadow, [B Dalbecker] won.",
        counter_example="Law and [B Pharmacy] were taught.",
        gives="PERSON",
    ),
    TypeRule(
        "a person by what they are to others",
        _of("NORP", "PLACE", "WORK", "PRODUCT", "FACILITY", "EVENT"),
        lambda span: persons.is_related(*span.place),
        example="The INC leader [Vaikomban] left.",
        counter_example="The leader [Goa] government sent left.",
        gives="PERSON",
    ),
    TypeRule(
        "a people",
        _of("ORG"),
        lambda span: persons.PEOPLES.find(*span.place),
        example="It hurt [Indo-Canadians] there.",
        counter_example="Ships of the [Indo-Pacific] met.",
        gives="NORP",
    ),
    TypeRule(
        "a model of a product",
        _of("ORG"),
        lambda span: MODEL_OF_A_PRODUCT.find(*span.place),
        example="The [Samsung Galaxy A2] is out.",
        counter_example="The [ICC Men T20] is on.",
        gives="PRODUCT",
    ),
    TypeRule(
        "a person who governs",
        _of("FACILITY", "WORK", "EVENT", "ORG"),
        lambda span: persons.governs(*span.place),
        example="The [Pratap Rao] government fell.",
        counter_example="The [Lok Dal] government fell.",
        gives="PERSON",
    ),
    TypeRule(
        "a person with an administration",  # names of places that are known stay such
        _of("PLACE"),
        lambda span: not span.spaced and persons.ADMINISTRATION_BEHIND.find(*span.place),
        example="The [Klinton] administration said so.",
        counter_example="The [Klinton] district administration said so.",
        gives="PERSON",
    ),
    TypeRule(
        "the people of a town",
        _of("PLACE"),
        lambda span: persons.OF_A_TOWN.find(*span.place),
        example="It helps [Mumbaikars] now.",
        counter_example="It helps [Mumbai] now.",
        gives="NORP",
    ),
    TypeRule(
        "a quarter",
        EVERY_TYPE,
        lambda span: len(span.words) > 1 and places.is_quarter(*span.place, span.words),
        example="Water rose in [Anand Vihar] today.",
        counter_example="Then Mr [Surendra Nagar] left.",
        gives="PLACE",
    ),
)
"""The rules by which a name is of another type than the model says; the first that applies holds."""
RULES_OF = by_type(TYPE_RULES)


def type_by_form(text: str, start: int, end: int, kind: EntityType) -> EntityType | None:
    """The type that the first rule gives; None where the form says nothing."""
    span = span_of(text, start, end)
    for rule in RULES_OF[kind]:
        if rule.applies(span):
            return rule.gives
    return None
