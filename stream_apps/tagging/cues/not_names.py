"""Spans that name nothing: part of an office, two names or two sentences in one, a heading, a caste in a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schemas.public_records import EntityType
from stream_apps.tagging.cues.cue import Before, Behind, Inside
from stream_apps.tagging.cues.persons import PEOPLES
from stream_apps.tagging.cues.rule import EVERY_TYPE, Rule, Span, by_type, span_of
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import DEPARTMENTS, HONORIFIC, ROLE

OFFICE_BEFORE = Before(
    re.compile(r"(?:Secretary|Minister|Commissioner),? \(?$"),
    reach=16,
    says="what the office is for",
    example="He goes as Secretary, [Food Processing], today.",
    counter_example="The secretary of [Food Processing] left.",
)
OFFICE_BEHIND = Behind(
    re.compile(r" (?:Minister|Ministers|Secretary|Advisor|Adviser|minister|ministers|ministership)(?![\w-])"),
    says="what the office is for",
    example="The [Union Petroleum] Minister left.",
    counter_example="The [Union Petroleum] Ministry said so.",
)
OF_BEFORE = Before(
    re.compile(r" (?:[Oo]f|[Ff]or) $"),
    reach=5,
    says="what the office is for, if it is a department",
    example="The Minister for [Culture] left.",
    counter_example="The Minister met [Culture] there.",
)
HEADING_BEFORE = Before(
    re.compile(r"(?:^|\n) *$"),
    reach=3,
    says="a heading, if a colon stands behind it",
    example="Much was done.\n [Scientific Discoveries]: Research went on.",
    counter_example="He told [Meru Research]: go.",
)
BETWEEN_BEHIND = Behind(
    re.compile(
        r" (?:war|conflict|talks|ties|relations|border|dispute|clash(?:es)?|trade|deal|pact|accord|match|contest|"
        r"final|tie|tensions?|divide|unity|riots|violence|summit|dialogue|alliance|combine|combination|confrontation|"
        r"axis|rivalry|partnership|cooperation|family|duo|camp|standoff|stand-off|route|road|stretch|section|highway|"
        r"train|line)(?![\w-])"
    ),
    says="two names, if a hyphen joins them",
    example="The [Koli-Sarpa] war went on.",
    counter_example="The [Koli-Sarpa] warriors went on.",
)
PAIR = Inside(
    re.compile(r"(?!Non-|Anti-|Pro-|Trans-|Pan-|All-)[A-Z][A-Za-z. ]{1,40}(?:-[A-Z][A-Za-z. ]{1,40}){1,3}"),
    says="two names, if something is between them",
    example="The [Koli-Sarpa] war went on.",
    counter_example="The [Non-Aligned Movement] summit opened.",
)
CASTE_BEHIND = Behind(
    re.compile(
        r"/|,? (?:and )?(?:ST|OBC|EWS|PwD|PWD)s?\b|s? (?:community|communities|category|categories|candidates?|"
        r"students?|families|quota|status|groups?)\b"
    ),
    says="a class of people, if it is a short form of one",
    example="Most of the [SC] candidates passed.",
    counter_example="Most of the [SC] judges passed.",
)
GLUED_MONTH = Inside(
    re.compile(r"(?s:(?:January|February|March|April|June|July|August|September|October|November|December)[A-Z].*)"),
    says="two sentences that lost the blank between them",
    example="Demand in [SeptemberPeak] power fell.",
    counter_example="Demand in [September] fell.",
)
_CASTES = frozenset({"SC", "ST", "OBC", "OBCs", "EWS", "PwD", "PWD", "UR"})
_OFFICE = re.compile(rf"(?:{HONORIFIC}|{ROLE})")


def is_of_an_office(text: str, start: int, end: int) -> bool:
    """Whether a span is what a secretary or minister is for: "Secretary, [Food Processing]"."""
    last = words(text[start:end])[-1:]
    return bool(last) and last[0] in DEPARTMENTS and bool(OFFICE_BEFORE.find(text, start, end))


def is_heading(text: str, start: int, end: int) -> bool:
    """Whether a span of several words opens its paragraph and ends in a colon: "[Scientific Discoveries]: Much was"."""
    if text[end : end + 2] != ": " or " " not in text[start:end]:
        return False
    return bool(HEADING_BEFORE.find(text, start, end))


def is_pair(text: str, start: int, end: int) -> bool:
    """Whether a hyphen joins two names, which are two things: "Israel-Hamas war"; not "Jean-Pierre", "Delhi-NCR"."""
    if PEOPLES.find(text, start, end):
        return not text.endswith("s", start, end)
    return bool(PAIR.find(text, start, end) and BETWEEN_BEHIND.find(text, start, end))


def is_office(name: tuple[str, ...]) -> bool:
    """Whether a form ends in the word for an office: "chief financial officer"."""
    return bool(_OFFICE.fullmatch(name[-1].capitalize()))


def _is_caste(span: Span) -> bool:
    if span.name not in _CASTES:
        return False
    text, start, _ = span.place
    return bool(CASTE_BEHIND.find(*span.place)) or text[start - 1 : start] == "/"


_NO_PERSON = EVERY_TYPE - {"PERSON"}
RULES: Sequence[Rule] = (
    Rule(
        "what an office is for, behind it",
        EVERY_TYPE,
        lambda span: is_of_an_office(*span.place),
        example="He goes as Secretary, [Food Processing], today.",
        counter_example="The secretary of [Food Processing Ltd] left.",
    ),
    Rule(
        "a heading",
        EVERY_TYPE - {"PERSON", "PLACE"},
        lambda span: is_heading(*span.place),
        example="Much was done.\n[Scientific Discoveries]: Research went on.",
        counter_example="He told [Meru Research]: go.",
    ),
    Rule(
        "marks without a word",
        _NO_PERSON,
        lambda span: not span.words,
        example="They said [***] there.",
        counter_example="They said [Sarpa] there.",
    ),
    Rule(
        "what an office is for, before it",
        _NO_PERSON,
        lambda span: span.words and span.words[-1] in DEPARTMENTS and OFFICE_BEHIND.find(*span.place),
        example="The [Union Petroleum] Minister left.",
        counter_example="The [Indian Petroleum] refinery shut.",
    ),
    Rule(
        "a department as a person",
        frozenset({"PERSON"}),
        lambda span: span.name.lower() in DEPARTMENTS and OF_BEFORE.find(*span.place),
        example="The Minister for [Culture] left.",
        counter_example="The Minister for [Asha Rane] left.",
    ),
    Rule(
        "two names joined by a hyphen",
        EVERY_TYPE,
        lambda span: "-" in span.name and is_pair(*span.place),
        example="The [Koli-Sarpa-Teral] alliance won.",
        counter_example="He lives in [Delhi-NCR] now.",
    ),
    Rule(
        "a caste",
        EVERY_TYPE,
        _is_caste,
        example="The SC/[ST] quota holds.",
        counter_example="The [SC] bench met.",
    ),
    Rule(
        "a month glued to the next sentence",
        EVERY_TYPE,
        lambda span: GLUED_MONTH.find(*span.place),
        example="Demand in [SeptemberPeak] power fell.",
        counter_example="The [May Day] rally was off.",
    ),
)
"""The rules by which a span names nothing; each of them is enough."""
_RULES_OF = by_type(RULES)


def is_no_name(text: str, start: int, end: int, kind: EntityType) -> bool:
    """Whether a span is part of an office, or joins two names or two sentences.

    "Union Petroleum [Minister]", "Israel-Hamas [war]", "Indo-US", "SeptemberPeak".
    """
    span = span_of(text, start, end)
    for rule in _RULES_OF[kind]:  # noqa: SIM110 -- a generator takes half as long again
        if rule.applies(span):
            return True
    return False
