"""Names that have a form of their own: aircraft, missiles, rockets, ships, operations, laws and schemes.

The model knows next to none of them (F1 for PRODUCT: 5 on newswire), and their form gives them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.public_records import EntityType
from stream_apps.tagging import cues, names
from stream_apps.tagging.spans import NameSpan, disjoint
from stream_apps.tagging.vocabulary import ADDRESS, OFFICE

CONFIDENCE = 0.9

_MAKERS = (
    "Boeing", "Airbus", "Lockheed Martin", "Lockheed", "Northrop Grumman", "General Atomics", "Dassault", "Saab",
    "Embraer", "Sukhoi", "Mikoyan", "Antonov", "Ilyushin", "Tupolev", "Bell", "Sikorsky", "Bombardier", "Cessna", "HAL",
    "McDonnell Douglas", "Raytheon", "ATR",
)  # fmt: skip
_MAKER = rf"(?:(?:{'|'.join(_MAKERS)}) )"
# Series of military and space designations: letters, then a hyphen or a space, then a number.
_SERIES = (
    r"(?:KC|EC|AC|MC|HC|RC|RQ|MQ|AH|UH|CH|MH|FA|F/A|AV|F|Su|MiG|Mig|Mi|Il|Tu|An|Ka|Yak|JF|AK|BMP|BTR|AIM|AGM|ATACMS|GBU|PSLV|GSLV|LVM|SSLV|GSAT|INSAT|EOS|IRNSS|NVS|RISAT|Cartosat|Resourcesat|"
    r"Oceansat|Chandrayaan|Mangalyaan|Gaganyaan|Agni|Prithvi|Barak|Shahed|Fateh|Zolfaghar|Hwasong|Falcon|Soyuz|"
    r"Shenzhou|Tiangong|Chang'e|Artemis|Apollo|Starship|Ariane|Vega|Aditya|Astra|Akash|Nag|Pinaka|Arjun|Dhruv)"
)
_CODE = r"(?:[A-Z]{0,3}\d{1,4}[A-Z]{0,4}|[IVX]{1,4})"
_NICKNAME = (
    r"(?: (?:Stratotanker|Stratofortress|Globemaster(?: III)?|Hercules|Super Hercules|Fighting Falcon|Raptor|"
    r"Lightning II|Eagle|Hornet|Super Hornet|Reaper|Predator|Global Hawk|Black Hawk|Apache|Chinook|Osprey|Poseidon|"
    r"Galaxy|Lancer|Spirit|Warthog|Thunderbolt(?: II)?|Sentry|Pegasus|Seahawk|Fulcrum|Flanker|Thunder|Bhishma))?"
)
_NOUN = (
    r"(?= (?:\w+ )?(?:aircraft|jets?|fighters?|tankers?|missiles?|rockets?|satellites?|drones?|helicopters?|choppers?|"
    r"launchers?|tanks?|rifles?|submarines?|planes?|airliners?|bombers?|carriers?|guns?|radars?|torpedo(?:es)?)\b)"
)
_WORD = r"[A-Z][A-Za-z]{2,30}(?:-[A-Z][a-z]{1,30})?(?![\w-])"
_CAPITALISED = r"(?:[A-Z][A-Za-z'-]{0,40}|\([A-Z][A-Za-z ]{2,60}\))"
_JOINED = (
    rf"{_CAPITALISED}(?: (?:(?:of|and|the|for|to|in|on|from|with|against|&) ){{0,2}}"
    rf"(?!(?:Act|Bill|Ordinance|Sanhita)\b){_CAPITALISED}){{0,9}}"
)
"""The title of a law up to the word for what it is; that of one, where two stand in a row."""


@dataclass(frozen=True)
class _Rule:
    """``triggers``: one of these stands in every text that the pattern finds anything in."""

    kind: EntityType
    pattern: re.Pattern[str]
    triggers: tuple[str, ...] = ()

    def applies(self, text: str) -> bool:
        return not self.triggers or any(map(text.__contains__, self.triggers))


def _rule(kind: EntityType, pattern: str, *triggers: str) -> _Rule:
    # The plural is not part of the name: "F-16s".
    return _Rule(kind, re.compile(rf"(?<![\w.&-])(?:{pattern})(?=s?(?![\w-]))"), triggers)


_SHIPS = ("INS", "INSV", "ICGS", "USS", "USNS", "HMS", "HMAS", "HMCS", "PNS", "MV", "MT")
_VESSELS = (
    "tanker",
    "vessel",
    "ferry",
    "trawler",
    "frigate",
    "destroyer",
    "submarine",
    "warship",
    "freighter",
    "boat",
    "ship",
)
_GOES_ON = "was|had|sank|is|off|in|on|and|from|with|which"
_INSTITUTES = ("IIT", "IIM", "NIT", "IIIT", "IISER", "AIIMS", "NIFT", "NID")
_VARIANT = r"(?:[ -]?(?:neo|MAX|Max|ER|LR|XLR|ULR|Dreamliner))"

_DATED = tuple(
    f" {word}{comma} {age}" for word in ("Rules", "Regulations", "Code") for comma in ("", ",") for age in (1, 2)
)
"""What a law is, with the beginning of its year: to look for titles is slow."""

# All repetitions are bounded.
_RULES = (
    # KC-135 Stratotanker, Su-30MKI, PSLV-C67; with a space only where the series is of three letters or more
    _rule("PRODUCT", rf"{_MAKER}?(?:{_SERIES}-|(?:PSLV|GSLV|LVM|SSLV|GSAT|EOS) ){_CODE}{_NICKNAME}"),
    # Boeing 737 MAX, Airbus A321neo, A321-neo
    _rule("PRODUCT", rf"{_MAKER}[A-Z]?\d{{2,4}}(?:-\d{{1,4}}[A-Z]{{0,3}})?{_VARIANT}?", *_MAKERS),
    _rule("PRODUCT", rf"A3[0-9]{{2}}(?:-\d{{3,4}})?{_VARIANT}", "neo", "XLR", "ULR"),
    # any code that a noun behind it explains: "TB-2 drones"
    _rule("PRODUCT", rf"[A-Z][A-Za-z]{{0,5}}-\d{{1,4}}[A-Z]{{0,4}}{_NOUN}"),
    # VL-SRSAM Mk-2, VLSRSAM Mk2, Tejas Mk1A
    _rule("PRODUCT", r"[A-Z][A-Za-z]{1,14}(?:-[A-Z][A-Za-z]{1,14})?[ -]Mk[ -]?(?:\d{1,2}[A-Z]?|[IVX]{1,4})", "Mk"),
    # the tanker Halcyon Star
    _rule(
        "PRODUCT",
        rf"(?:{'|'.join(_VESSELS)}) (?P<name>{_WORD}(?: {_WORD})?)(?= (?:{_GOES_ON})\b)",
        *_VESSELS,
    ),
    _rule("PRODUCT", rf"(?:{'|'.join(_SHIPS)})[ -]{_WORD}(?: [A-Z]\.)?(?: (?:I|II|III|{_WORD}))?", *_SHIPS),
    # IIT-Madras, AIIMS Rishikesh
    _rule("ORG", rf"(?:{'|'.join(_INSTITUTES)})[ -]{_WORD}", *_INSTITUTES),
    # Two initials or more and a surname: R B Sreekumar, K.S. Eshwarappa
    _rule(
        "PERSON",
        r"(?!U\.? ?[SKN]\b)(?:[A-Z]\. ?[A-Z]\. ?(?:[A-Z]\. ?)?|[A-Z] [A-Z] (?:[A-Z] )?)"
        r"[A-Z][a-z]{2,30}(?: [A-Z][a-z]{2,30})?",
    ),
    _rule("EVENT", rf"Operation (?!Theat|Manag|Research|Head|Room){_WORD}(?: {_WORD})?", "Operation "),
    _rule("EVENT", rf"Exercise {_WORD}(?: {_WORD}){{0,2}}", "Exercise "),
    _rule("EVENT", rf"{_CAPITALISED}(?: {_CAPITALISED}){{1,4}} Yatra", " Yatra"),
    _rule(
        "EVENT",
        rf"{_CAPITALISED}(?: {_CAPITALISED}){{0,4}} Festival(?: of {_CAPITALISED}(?: {_CAPITALISED}){{0,2}})?",
        " Festival",
    ),
    # Citizenship (Amendment) Act, 2019
    _rule(
        "LAW", rf"{_JOINED} (?:Act|Bill|Ordinance|Sanhita)(?:,? \d{{4}})?", " Act", " Bill", " Ordinance", " Sanhita"
    ),
    # Article 21A
    _rule("LAW", r"Articles? \d{1,3}[A-Z]?", "Article"),
    _rule("LAW", r"Constitution of India", "Constitution of India"),
    # Solid Waste Management Rules, 2016
    _rule("LAW", rf"{_JOINED} (?:Rules|Regulations|Code),? \d{{4}}", *_DATED),
    # Pradhan Mantri Awas Yojana, Swachh Bharat Abhiyan
    _rule("LAW", rf"{_CAPITALISED}(?: {_CAPITALISED}){{0,5}} (?:Yojana|Yojna|Abhiyan|Abhiyaan)", " Yoj", " Abhiyan"),
)
# "Engineer Sachin Pujari", "Smt Radha Devi", "Sachin Pujari, 27, a resident": people that the model may miss.
_FULL_NAME = r"[A-Z][a-z]{1,30}(?: [A-Z][a-z]{1,30}| [A-Z]\.){0,2} [A-Z][a-z]{1,30}"
_PEOPLE = (  # all repetitions are bounded
    re.compile(rf"(?<![\w-]){ADDRESS} (?P<name>[A-Z][a-z]{{2,30}}(?: [A-Z][a-z]{{1,30}}){{0,2}})(?![\w-])"),
    re.compile(rf"(?<![\w-]){OFFICE} (?P<name>{_FULL_NAME})(?![\w-])"),
    re.compile(rf"(?<![\w-])(?P<name>{_FULL_NAME})(?:, (?:aged )?\d\d, | \(\d\d\))"),
)
_ABOUT = re.compile(r"(?:[A-Z][A-Za-z'-]{1,40} ){1,4}on (?=[A-Z])")  # "Court on JJ Act"
_BILL = re.compile(r" [A-Z][a-z]")
_OPENING = re.compile(r"(?:(?:The|the|A|An|On|This|That|Under|In|As|And|But|Both|Union|Since|After) )+")


def designations(text: str) -> list[NameSpan]:
    """Every designation in a text that ``plain`` has passed; disjoint, sorted by position."""
    return disjoint(_all(text))


def people(text: str) -> list[NameSpan]:
    """People whose title or age stands beside the name; less sure than what a model sees, and so laid under it."""
    matches = (match.span("name") for rule in _PEOPLE for match in rule.finditer(text))
    named = (names.trim(text, start, end, "PERSON") for start, end in matches)
    return disjoint(
        NameSpan(start, end, "PERSON", "rule", CONFIDENCE)
        for start, end in named
        if start < end
        and not cues.bodies.is_body(text[start:end])
        and not cues.not_names.is_no_name(text, start, end, "PERSON")
    )


def _all(text: str) -> Iterator[NameSpan]:
    for rule in (rule for rule in _RULES if rule.applies(text)):
        for found in rule.pattern.finditer(text):
            start, end = found.span("name" if "name" in found.re.groupindex else 0)
            if rule.kind == "LAW" and text.endswith(" Bill", start, end) and _BILL.match(text, end):
                continue  # President Bill Clinton
            opening = _OPENING.match(text, start, end) or (
                _ABOUT.match(text, start, end) if rule.kind == "LAW" else None
            )
            yield NameSpan(opening.end() if opening else start, end, rule.kind, "rule", CONFIDENCE)
