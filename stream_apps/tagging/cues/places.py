"""What says that a name is a place's, a quarter's or a building's."""

from __future__ import annotations

import re

from schemas.public_records import EntityType
from stream_apps.tagging.cues.cue import Before, Behind, Inside
from stream_apps.tagging.vocabulary import ADDRESS, LOCALITIES, OFFICE

PLACE_BEFORE = Before(
    re.compile(
        r"(?<![\w-])(?:[Ii]n|[Nn]ear|[Oo]utside|suburban|neighbouring|nearby|adjoining|downtown|"
        r"village) $"
    ),
    reach=14,
    says="a place",
    example="They met near [Sarpa] today.",
    counter_example="They met with [Sarpa] today.",
)
PLACE_BEHIND = Behind(
    re.compile(
        r" (?:district|village|town|tehsil|taluk|taluka|block|blocks|locality|mandal|panchayat|river|constituency|"
        r"areas?|police (?:post|station|chowki|outpost)|seat|assembly (?:seat|segment|constituency)|"
        r"by-?polls?|bypolls?)(?![\w-])"
    ),
    says="a place, surely",
    example="She won the [Sarpa] assembly seat.",
    counter_example="She won the [Sarpa] assembly.",
)
PLACES_BEFORE = Before(
    re.compile(
        r"(?<![\w-])(?:villages|towns|cities|districts|areas|localities|states|countries|places|stations|regions|"
        r"islands|provinces|constituencies)(?:,? (?:including|like|such as|namely|of|in|as))? $"
    ),
    reach=40,
    says="an enumeration of places",
    example="He went to villages such as [Sarpa and Koli].",
    counter_example="He went to villages with [Sarpa and Koli].",
)
PLACES_BEHIND = Behind(
    re.compile(r" (?:areas|districts|villages|towns|cities|blocks|regions|tehsils|subdivisions|localities)(?![\w-])"),
    says="an enumeration of places",
    example="Mines in the [Sarpa and Koli] areas were shut.",
    counter_example="Mines of the [Sarpa and Koli] companies were shut.",
)
AREA_BEFORE = Before(
    re.compile(
        r"(?<![\w-])(?:[Ii]n|[Ff]rom|[Aa]cross|[Ww]ithin|[Oo]utside|[Nn]ear|[Tt]hroughout|[Ee]astern|[Ww]estern|"
        r"[Nn]orthern|[Ss]outhern|[Cc]oastal|"
        r"(?:UP|MP|AP|TN|HP|WB|Bihar|Delhi|Gujarat|Rajasthan|Haryana|Punjab|Assam|Kerala|Odisha|Goa),) $"
    ),
    reach=20,
    says="of a short form: a place",
    example="Rain fell across [MP] today.",
    counter_example="He is an [MP] today.",
)
AREA_BEHIND = Behind(
    re.compile(
        r",? (?:UP|MP|AP|TN|HP|WB)(?![\w-])|(?:'s)? (?:Class|Board|[Gg]ovt|[Gg]overnment|CM|DGP|[Pp]olice|"
        r"[Pp]olls?|[Aa]ssembly|[Cc]abinet|[Bb]ypolls?|[Ee]lections?|HC|"
        r"[Cc]hief [Mm]inister|Governor|High Court|BJP|Congress|STF|ATS|[Mm]inisters?|districts?|towns?|"
        r"villages?)(?![\w-])"
    ),
    says="of a short form: a place",
    example="The [MP] government fell.",
    counter_example="The [MP] of the party left.",
)
NAME_BEHIND = Behind(
    re.compile(r" [A-Z][a-z]"),
    says="a title rather than a place",
    example="In the end [MP] Asha Rane left.",
    counter_example="In the end [MP] was dry.",
)
SEAT_BEHIND = Behind(
    re.compile(r" (?:MLA|MP|MLC)(?= [A-Z])"),
    says="the place for which a member sits",
    example="Then [Sarpa] MLA Asha Rane spoke.",
    counter_example="Then [Sarpa] MLAs spoke.",
)
POST_BEHIND = Behind(
    re.compile(r" (?:police (?:post|station|chowki|outpost)|village|tehsil|taluka?)(?![\w-])"),
    says="the place of the police post",
    example="He fled from the [Sarpa] police post.",
    counter_example="He fled from the [Sarpa] police.",
)
TWO_PLACES = Inside(
    re.compile(r"(?P<one>[A-Z][a-z]{3,})-(?P<other>[A-Z][a-z]{3,})"),
    says="two places, if they meet",
    example="The [Sarpa-Koli] border is shut.",
    counter_example="The [Sarpa-koli] border is shut.",
)
MEETING_BEHIND = Behind(
    re.compile(r" (?:border|policy|war|conflict|talks|ties|relations|trade|line)(?![\w-])"),
    says="two places that meet",
    example="The [Sarpa-Koli] border is shut.",
    counter_example="The [Sarpa-Koli] road is shut.",
)
HOUSE_BEHIND = Behind(
    re.compile(r" (?:hotel|hospital|temple|mosque|stadium|mall|theatre|auditorium)(?![\w-])"),
    says="a building",
    example="They met at the [Taj Samudram] hotel.",
    counter_example="They met the [Taj Samudram] hotelier.",
)
TITLE_BEFORE = Before(
    re.compile(rf"(?<![\w-])(?:{ADDRESS}|{OFFICE}) $"),
    reach=20,
    says="a person, and no quarter",
    example="Then Mr [Surendra Nagar] left.",
    counter_example="Then old [Surendra Nagar] burned.",
)
SPEAKS_BEHIND = Behind(
    re.compile(r",? (?:said|says|told|added|was arrested|who)\b|, \d\d,| \(\d\d\)"),
    says="a person, and no quarter",
    example="Then [Surendra Nagar], 42, left.",
    counter_example="Then [Surendra Nagar], too, burned.",
)
HOUSES = frozenset({"house", "bhavan", "bhawan", "sadan"})
"""What the name of a house ends in."""


def place_votes(text: str, start: int, end: int) -> int:
    """How strongly the words around a name say that it is a place's: "near X"."""
    if behind := votes_behind(text, end):
        return behind
    return 2 if PLACE_BEFORE.find(text, start, end) and text[end : end + 2] != "'s" else 0


def votes_behind(text: str, end: int) -> int:
    """How strongly what stands behind a name says that it is a place's: "X district"."""
    return 3 if PLACE_BEHIND.find(text, end, end) else 0


def speaks_of_a_place(text: str, start: int, end: int) -> bool:
    """Whether the words around a short form say that it is a place's, and no member's, agency's or company's.

    "in MP", "MP government", "UP, MP and Bihar"; not "BJP MP Asha Rane", "an MP of the party".
    """
    if AREA_BEHIND.find(text, start, end):
        return True
    return bool(AREA_BEFORE.find(text, start, end)) and not NAME_BEHIND.find(text, start, end)


def are_places(text: str, start: int, end: int) -> bool:
    """Whether words beside an enumeration say that it is one of places: "villages such as X", "X and Y areas"."""
    return bool(PLACES_BEFORE.find(text, start, end) or PLACES_BEHIND.find(text, start, end))


def two_places(text: str, start: int, end: int, kind: EntityType) -> tuple[tuple[int, int], ...]:
    """The places that a span joins by a hyphen, where they meet: "the [Argentina]-[Chile] border"; not of a road."""
    found = TWO_PLACES.find(text, start, end) if kind == "PLACE" else None
    return (found.span("one"), found.span("other")) if found and MEETING_BEHIND.find(text, start, end) else ()


def is_quarter(text: str, start: int, end: int, name: tuple[str, ...]) -> bool:
    """Whether a name ends as quarters and streets do: "Anand Vihar"; not a person: "Mr Surendra Nagar"."""
    if name[-1] not in LOCALITIES and name[0] != "sarai":
        return False
    return not TITLE_BEFORE.find(text, start, end) and not SPEAKS_BEHIND.find(text, start, end)
