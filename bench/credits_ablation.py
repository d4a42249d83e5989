"""Each rule of reading credits taken away by itself: what it adds on real articles and on wordings of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from bench.credit_wordings import Item, items
from bench.report import Cell, Table
from stream_apps.text import (
    agencies,
    byline,
    captions,
    creditline,
    dateline,
    disclaimer,
    lede_rules,
    pieces,
    signoff,
    signoff_extent,
)
from stream_apps.text import credits as weighing
from stream_apps.text.dateline_places import PlaceNames

BATCH = "batch-7"
"""The wordings of ours that these rules were written with."""
_NEVER = re.compile(r"(?!)")
_ALWAYS = re.compile("")

Patches = Mapping[tuple[Any, str], Any]
Counts = Mapping[tuple[str, str], int]

RULES: dict[str, Patches] = {
    "all rules": {},
    "captions by how they open": {(captions, "_OPENS"): _NEVER, (captions, "_SCENE"): _NEVER},
    "captions by how they end": {(captions, "at_end"): lambda *_: None},
    "photographer and agency": {(captions, "_RUN"): _NEVER},
    "a name in the middle is a picture's": {(signoff_extent, "_closes_part"): lambda *_: True},
    "captions near the end": {(signoff_extent, "_SHORT_REST"): 10**6},
    "links below a sign-off are no story": {(signoff_extent, "_is_prose"): lambda *_: True},
    "UNI-AFP": {(weighing, "_as_usual"): lambda text, _: text},
    "a source in the middle is a picture's": {(signoff_extent, "_MOST_SOURCE"): 0},
    "compilations sign their parts": {(signoff_extent, "_closes_part"): lambda *_: False},
    "pictures in a credit line": {(creditline, "_less_pictures"): lambda piece, _, names: (piece, names)},
    "an agency adds": {(creditline, "read_added"): lambda *_: None},
    "several datelines of one agency": {(weighing, "_is_of_another"): lambda piece, _: bool(piece.credits)},
    "datelines of two agencies": {(weighing, "_is_of_another"): lambda *_: False},
    "paid material is nobody's news": {(weighing, "_of_news"): lambda found, _: found},
    "the agency's own site": {(agencies.Catalogue, "of_site"): lambda *_: None},
    "inputs beside a person's byline": {(byline, "_names_person"): lambda *_: False},
    "unnamed agency that is told things": {(weighing, "_named"): lambda found, _: found},
    "first sentence above the story": {(pieces, "_is_teaser"): lambda *_: False},
    "place on a line of its own": {(dateline, "on_own_line"): lambda *_: None},
    "dateline on a line of its own": {(dateline, "bracketed_line"): lambda *_: None},
    "date and agency cut out": {(dateline, "_PLACE_THEN_SENTENCE"): _NEVER},
    "name taken out of its bracket": {(dateline, "_hollow"): lambda *_: None},
    "codes without a name": {(signoff, "_CODES_AT_END"): _NEVER},
    "writer's name before the place": {(dateline, "_BY"): _NEVER},
    "hours behind the place": {(dateline, "_STAMP"): _NEVER},
    "state or country behind the place": {(PlaceNames, "in_state"): lambda *_: False},
    "who passed it on": {(byline, "read_distributor"): lambda *_: None},
    "(Editing by ...)": {(signoff, "is_edited"): lambda *_: False},
    "initials end no sentence": {(pieces, "is_abbreviated"): lambda *_: False},
    "house phrases are about the story": {(signoff, "_ABOUT_STORY"): _ALWAYS},
    "outlets and syndicates are no agency": {(agencies.Catalogue, "without_strangers"): lambda _, text: text},
    "another source is named": {(disclaimer, "_OF_ANOTHER"): _NEVER},
    "this week is not this story": {(disclaimer, "_BETWEEN"): re.compile(r"\s+(?:[\w',-]+\s+){0,5}")},
    "speech is no note on payment": {(disclaimer, "_SAID_ALOUD"): _NEVER},
    "bodies with an agency's name": {(agencies.Catalogue, "is_body"): lambda *_: False},
    "polls": {(lede_rules, "CO_BRANDED"): _NEVER},
    "reports from AP": {(lede_rules, "OF_STATE"): _NEVER},
    "the AP": {(lede_rules, "THE"): _NEVER},
    "reported by, with words between": {(lede_rules, "AWAY_BY"): _NEVER},
}


def table(count: Callable[[], Counts]) -> Table:
    """Right, wrong and missed with all rules, and without each of them; ``count`` reads the real articles."""
    columns = ("without", "text right", "wrong", "missed", "quoted right", "wrong", "missed", "places right", "our own")
    note = "Each rule taken away by itself. *our own*: wordings of `tests/data/credits/batch-7.txt` read wrong."
    return Table("ablation", columns, list(_rows(count)), note)


def _rows(count: Callable[[], Counts]) -> Iterator[list[Cell]]:
    wordings = list(items(BATCH))
    for name, patches in RULES.items():
        with ExitStack() as stack:
            for (owner, attribute), value in patches.items():
                stack.enter_context(patch.object(owner, attribute, value))
            pieces.whole_of_short.cache_clear()  # it remembers what the rules made of a paragraph
            stack.callback(pieces.whole_of_short.cache_clear)
            counts = count()
            wrong = sum(not _is_right(item) for item in wordings)
        cells = [counts[what, how] for what in ("text", "quoted") for how in ("right", "wrong", "missed")]
        yield [name, *cells, counts["place", "right"], wrong]


def _is_right(item: Item) -> bool:
    reading = item.read()
    said = {credit.agency: credit for credit in reading.credits}
    return (
        set(said) == {agency for agency, _, _ in item.credits}
        and all(role in ("*", said[agency].role) for agency, role, _ in item.credits)
        and reading.paid == ("paid" in item.flags)
        and item.marks_right(reading)
        and item.place in (None, reading.dateline.place if reading.dateline else "-")
    )
