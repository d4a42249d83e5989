"""The name inside a span: without titles, honorifics, articles, possessives and legal suffixes."""

from __future__ import annotations

import re
from functools import lru_cache

from schemas.public_records import EntityType
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import (
    COMMON,
    COMMON_PHRASES,
    HONORIFIC,
    LEGAL,
    LEGAL_BEFORE_LEGAL,
    MAKERS,
    NICKNAMES,
    ROLE,
    SUBJECTS,
    UNNAMED,
)

Words = tuple[str, ...]

_LEADING_HONORIFICS = re.compile(rf"(?:(?:{HONORIFIC}\.?|\(?[Rr]etd?\.?\)?)(?:\([A-Z][a-z]+\))?[ -]+)+(?=\S)")
_LEADING_ROLE = re.compile(rf"(?:[A-Za-z&.'-]+ ){{0,6}}{ROLE}(?: \([A-Za-z ]+\))?,? (?=[A-Z])")
_TITLE = re.compile(rf"(?:{HONORIFIC}|{ROLE})")
_TRAILING_HONORIFIC = re.compile(r"[ -](?:ji|Ji|sahib|saheb|garu|Jr\.?|Sr\.?)$")
_BREAK = re.compile(r"[:;|] | - | / |\)\.|\.(?=(?:The|In|It|He|She|This) )")
_EDGE = " \t\"'.,;:-()[]*/|&"
_POSSESSIVE = re.compile(r"'s?$")
_FUNCTION_WORD = re.compile(
    r"(?:Before|After|While|When|As|But|And|If|Since|With|For|Meanwhile|However|Later|Also|According|Both|Even|Because|"
    r"Though|Although|During|Despite|Unlike|Former|Late|Meet|Veteran|Ruling|Fellow|Rival|Islamist|Hardline) (?=[A-Z])"
)
_BODY_BEFORE = re.compile(r"(?:[A-Z]{4,}|[A-Z]&[A-Z]) (?=[A-Z][a-z]+ [A-Z][a-z])")
_HOLDER_OF = re.compile(
    r"(?<!the)(?<!of)(?<!Vice)(?<!Deputy)(?<!General) (?:MD|CEO|CFO|CMD|COO|CTO|Chairman|Chairperson|President|"
    r"Director|Founder|Spokesperson|LoP|MoS)$"
)
_PARTY = re.compile(r"(?<=[A-Za-z]) (?:party|newspaper|daily|news agency)$")
_BEFORE_A_PLACE = re.compile(
    r"(?:(?:King|Queen|Prince|Princess|Nawab|Maharaja|Duke|Duchess|State) of (?:the )?|"
    r"[A-Z][\w'-]{1,30} (?:capital|city|town|province|village|island) )(?=[A-Z])"
)
"""What stands before the name of a place in a span: "State of Haryana", "Chechen capital Grozny"."""
_WHAT_IT_IS = re.compile(r"(?<![\w-])[A-Z][\w'-]{0,40}(?P<noun> (?:city|town|village|valley|region|republic|areas?))$")
"""What a place is, in small letters at the end: "Rome city"."""
_COMPOUND = re.compile(
    r"-(?:led|based|backed|ruled|bound|like|era|run|owned|style|headed|controlled|dominated|occupied|administered)$"
)
_HOLDER = (
    "Minister", "Secretary", "Officer", "Director", "Chairman", "Chairperson", "President", "Governor", "Commissioner",
    "Superintendent", "Engineer", "Judge", "Magistrate", "Collector", "Spokesperson", "Spokesman", "Manager",
    "Inspector", "Leader", "Ruler", "Speaker", "Chief", "Founder", "CM", "CEO", "MLA", "Justice", "General",
)  # fmt: skip
_HOLDERS = frozenset({*_HOLDER, *(f"{holder}s" for holder in _HOLDER), "Secretaries", "Head"})
_OFFICE_OF = re.compile(
    rf"(?P<before>(?:[A-Za-z&.'-]+ ){{0,6}})(?:{'|'.join(_HOLDER[:-2])}|Chief Justice|"
    r"(?:Attorney|Solicitor|Advocate|Director|Secretary|Inspector|Consul|Governor)[ -]General|Secretarie|"
    r"Head(?= of ))s?"
    r"(?: (?:[Oo]f|[Ff]or) .{1,60})?"
)
_RANKED = re.compile(r"(?:Deputy|Vice|Additional|Joint|Assistant|Chief|Senior|Acting) [A-Z][a-z]+$")
_NO_NAME = re.compile(
    r"(?:[A-Z][a-z]+ )*MoS\b|(?:Qualifier|Eliminator|Stage|Phase|Round|Class|Level) \d+$|"
    r"[A-Z]{3}-[A-Z]{3}$|(?:[A-Z][a-z]+ ){1,4}(?:Rate|Answer Key)$|"
    r"Rs\.? ?\d|(?:Intra|Inter|Post|Pre|Mid|Multi)-[a-z]|[TF]\d\d$|(?:Round \d )?Group [A-H1-9]$|"
    r"(?:BCom|BSc|BTech|MSc|MTech)\b"
)
"""Amounts, words with a prefix, classes of para sports and degrees: "Rs.2000", "Inter-state movement", "F46"."""
_SLOGAN = re.compile(
    r"(?:Jai (?:Jai )?(?:Shri?|Shree|Sri|Hind|Bhim|Mata)|Sabka|Har Ghar) |"
    r"(?:[A-Z][a-z]{1,20} ){1,4}(?:[Zz]indabad|[Mm]urdabad|ki [Jj]ai)$"
)
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")
"""No person by itself: "told AP"."""
WORDS_OF_A_HEADING = 4
_SURNAMES = frozenset({"Engineer", "Judge", "Chief", "Leader", "Speaker", "General", "Inspector", "Founder"})
"""Words for offices that people are called by: "Farokh Engineer"."""
_PREFIX = re.compile(r"(?:[Ee]x-(?=[A-Z])|(?:[Pp]ro|[Aa]nti|[Nn]on)-(?=[A-Z][\w.]*$))")
"""Not of "Anti-Corruption Bureau"."""
_VERSUS = re.compile(r" (?:vs?\.?|Vs\.?)(?: |$)")
_OPEN_BRACKET = re.compile(r" ?\([^()]*$")
_DANGLING = re.compile(r" (?:of|the|and|for|in|at|to)$")
_ARTICLE = re.compile(r"(?:the|The|THE) +")

TYPE_SLUG: dict[EntityType, str] = {
    "PERSON": "person",
    "ORG": "org",
    "PLACE": "place",
    "NORP": "norp",
    "FACILITY": "facility",
    "EVENT": "event",
    "PRODUCT": "product",
    "LAW": "law",
    "WORK": "work",
}


def trim(text: str, start: int, end: int, kind: EntityType) -> tuple[int, int]:
    """The span of the name within a span that a model gave; empty where there is no name in it.

    ``text`` has passed ``plain``. Titles go from persons, an article and a possessive from all.
    """
    start, end = _strip(text, start, end)
    start = _after(_ARTICLE, text, start, end)
    start = _after(_FUNCTION_WORD, text, start, end)
    prefix = _PREFIX.match(text[start:end])
    start += prefix.end() if prefix else 0
    possessive = _POSSESSIVE.search(text[start:end])
    end = start + possessive.start() if possessive else end
    for rest in (_BREAK, _VERSUS):
        cut = rest.search(text, start, end)
        end = cut.start() if cut else end
    bracket = _OPEN_BRACKET.search(text[start:end])
    end = start + bracket.start() if bracket else end
    if kind == "PLACE":
        start = _after(_BEFORE_A_PLACE, text, start, end)
    if kind == "PERSON":
        start, end = _without_titles(text, start, end)
        start = _after(_BODY_BEFORE, text, start, end)
    elif kind == "ORG" and (holder := _HOLDER_OF.search(text, start, end)):
        end = holder.start()
    for rest in (_COMPOUND, _DANGLING):
        found = rest.search(text, start, end)
        end = found.start() if found else end
    party = _PARTY.search(text, start, end) if kind == "ORG" else None
    end = party.start() if party and " " not in text[start : party.start()] else end
    what = _WHAT_IT_IS.search(text[start:end]) if kind == "PLACE" else None
    end = start + what.start("noun") if what else end
    start, end = _strip_edges(text, start, end)
    return (start, end) if _names_something(text[start:end], kind) else (start, start)


def _names_something(name: str, kind: EntityType) -> bool:
    """Not "We", "GDP" or, where it is no person, the title of an office: "Leader of the Opposition"."""
    if not any(c.isupper() for c in name) or name.lower() in COMMON or name.lower() in COMMON_PHRASES:
        return False
    if SUBJECTS.issuperset(words(name)):
        return False
    if name in UNNAMED or _NO_NAME.match(name) or (name.isupper() and name.count(" ") >= WORDS_OF_A_HEADING):
        return False
    if _SLOGAN.match(name) or (kind == "PERSON" and _TWO_CAPITALS.fullmatch(name)):
        return False
    if kind == "PERSON" and name.rsplit(" ", 1)[-1] in _SURNAMES and not _RANKED.match(name):
        return True
    return not is_title(name)


@lru_cache(maxsize=20_000)
def is_title(name: str) -> bool:
    """Whether a name is that of an office: "Chief Justice of India", "Divisional Forest Officer"; no body of such."""
    if _HOLDERS.isdisjoint(name.replace("-", " ").split()):
        return False
    found = _OFFICE_OF.fullmatch(name)
    return found is not None and not found["before"].endswith("of ")


@lru_cache(maxsize=50_000)
def key(name: str, kind: EntityType) -> Words:
    """What two spellings of one name have in common: folded words without articles and legal suffixes.

    A code has no separators of its own, so ``A321 neo`` and ``A321-neo`` are one word.
    """
    parts = words(name)
    if parts[:1] == ("the",) and len(parts) > 1:
        parts = parts[1:]
    if kind == "ORG":
        parts = _without_legal_form(parts)
    if kind == "PRODUCT" and any(c.isdigit() for part in parts for c in part):
        return (_code(parts),)
    return parts


def provisional_id(parts: Words, kind: EntityType) -> str:
    """``x:type:slug``: the same in every process and every replay."""
    return f"x:{TYPE_SLUG[kind]}:{'-'.join(parts)}"


def _code(parts: Words) -> str:
    """A designation without separators, and without maker and nickname where it says enough by itself."""
    own = "".join(part for part in parts if part not in MAKERS and part not in NICKNAMES)
    return own if any(c.isalpha() for c in own) else "".join(parts)


def _without_titles(text: str, start: int, end: int) -> tuple[int, int]:
    start = _after(_LEADING_ROLE, text, start, end)
    start = _after(_LEADING_HONORIFICS, text, start, end)
    trailing = _TRAILING_HONORIFIC.search(text[start:end])
    end = start + trailing.start() if trailing else end
    return (start, start) if _TITLE.fullmatch(text, start, end) else (start, end)


def _after(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    found = pattern.match(text, start, end)
    return found.end() if found and found.end() < end else start


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \n\"'([*":
        start += 1
    while end > start and text[end - 1] in ' \n"*':
        end -= 1
    return start, end


def _strip_edges(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE and not _closes(text, start, end):
        end -= 1
    return start, end


def _closes(text: str, start: int, end: int) -> bool:
    """Whether the last character belongs to the name: the dot of ``U.S.``, the bracket of ``Janata Dal (United)``."""
    if text[end - 1] == ".":
        return end - start >= 3 and text[end - 2].isupper() and text[end - 3] in ". "
    return text[end - 1] == ")" and "(" in text[start:end]


def _without_legal_form(parts: Words) -> Words:
    while len(parts) > 1 and parts[-1] in LEGAL:
        parts = parts[:-1]
        while len(parts) > 1 and parts[-1] in LEGAL_BEFORE_LEGAL:
            parts = parts[:-1]
    return parts
