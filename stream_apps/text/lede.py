"""Attribution in the story: ``told PTI``, ``Reuters reported, citing sources``, ``according to news agency ANI``.

An agency that a story quotes is a source of the outlet's reporters, not where the text is from. An agency that is
merely named (its poll, its index, its photographer) is nothing.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from stream_apps.text.agencies import Catalogue, Name
from stream_apps.text.evidence import Said

_MOST_NAMES = 400
"""Names in one text that are looked at."""
_MOST_LISTED = 4
"""Agencies that one verb may follow."""
_WINDOW = 90

_TO = re.compile(
    r"\b(?:(?:(?:quoted|cited) as (?:saying|having said|telling)(?: \w+){0,3} by|told|tells|telling|informed"
    r"|informs|assured|spoke (?:to|with)|speaks (?:to|with)|speaking (?:exclusively )?(?:to|with)"
    r"|talked (?:to|with)|talking (?:to|with)|interview(?:ed)? (?:to|with|by)|interaction with|conversation with"
    r"|chat with"
    r"|statement to|remarks to|confirmed to|confirming to|said to|revealed to|disclosed to|shared with"
    r"|confided (?:to|in)"
    r"|according to|as per|as told to|per|quoted by|quoted in|reported by|cited by|carried by|quoting|quotes"
    r"|quoted|citing|cites|cited"
    r"|seen by|reviewed by|accessed by|obtained by|viewed by|verified by|reports? by|reports? from|reports? in"
    r"|reports? of|informed by"
    r"|comments? to|answer to|reply to|email to|e-mail to|exclusive to)"
    r"(?: exclusively| in an exclusive)?)\s+",
    re.IGNORECASE,
)
_TOLD = re.compile(r"(?:told|tells|telling|spoke|speaking|talked|talking|interview|confirmed|informed)\b", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:the|a|an|news|newswire|wire|state|state-run|state-owned|state-controlled|official|agency|agencies"
    r"|service|indian|american|us|british|french|german|russian|russia's|chinese"
    r"|china's|italian|japanese|turkish|spanish|japan's|iran's|iranian|leading|international|global|national"
    r"|domestic|own|to|by|local|foreign|country's"
    r"|semi-official|exclusively|television|france's|germany's|india's|saudi|here|reporters|reporter|journalists"
    r"|correspondent|media|from|of|with|reports|report"
    r"|which|who|that|russia’s|china’s|multilateral|british-canadian|state’s|state's|news-agency|outlet|outlets"
    r"|and)\s+",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?:[A-Z][\w.-]+(?:\s[A-Z][\w.-]+)?,?\s+(?:and\s+)?)?$")
_NAMES_BETWEEN = re.compile(r"(?:[A-Z][\w.-]+,?\s+){0,3}")
_CAPITAL = re.compile(r"\s+[A-Z]")
_CAPITAL_START = re.compile(r"\s+(?:The|He|She|It|They|On|In|We|I)\b")
_ON_DAY = re.compile(r"\s+(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_AFTER_TO = re.compile(
    r"(?:[’']s)?\s*(?:news\s+agency|news|tv|television|videos?|correspondent|here|over\s+(?:the\s+)?phone|bhasha)?\s*"
    r"(?:$|[.,;:!?\"”'’)\]–—-]|\b(?:that|on|in|at|from|by|for|while|when|as|after|before|during|and|but|how|why"
    r"|what|about|over|ahead|through|via|during"
    r"|late|early|earlier|later|today|yesterday|tomorrow|exclusively|here|the|he|she|they|it|we|his|her|their"
    r"|there|this|no|all|both|a|an|i|last|via|under|with|of"
    r"|said|had|has|was|were|is|would|who|which|if|to|around|amid|shortly|since|until|near|outside|inside"
    r"|anonymously|separately)\b"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z0-9])",
)
# What an agency makes beside news: its poll or index is nobody's word.
_PRODUCT = re.compile(
    r"(?:[’']s)?\s+(?:\w+\s)?(?:data|polls?|surveys?|estimates?|index|indices|indexes|billionaires?|terminal"
    r"|calculations?|consensus|analysts?|economists?|commodit\w+|economics|intelligence"
    r"|photographers?|photojournalists?|photos?|pictures?|images?|government|govt|assembly|high\scourt|police|cm"
    r"|chief\sminister|ministers?|legislature|capital|bjp|unit|cabinet|secretariat|state(?!\s(?:news|press|media|run))"
    r"|nef|new\senergy|poll|tally|count|employees?|offices?|headquarters|chairman|ceo|editor-in-chief|board"
    r"|philanthropies|foundation|university|school)\b",
    re.IGNORECASE,
)
_CO_BRANDED = re.compile(r"\s?/\s?(?:Ipsos|Morning Consult|YouGov|Gallup|NORC|Marist|Harris|Nikkei|CNN|NBC|ABC|Washington Post|[A-Z][\w-]+(?:\s\w+)?\s(?:poll|survey)s?\b)")
_REPORTED = re.compile(
    r"(?P<owner>[’']s)?\s*,?\s*(?:(?:the\s+)?(?:(?:\w+\s+)?(?:state\s+|official\s+)?(?:news|press|wire)\s+agency|agenc(?:y|ies)|(?:news\s+)?agenc(?:ies|y)|news|wire\s+service)\s+)?(?:had\s+|has\s+|have\s+"
    r"|also\s+|earlier\s+|first\s+|which\s+){0,3}"
    r"(?:(?P<reported>reported|reports|quoted|cited|citing|quoting|learnt|learned|understands)"
    r"|(?P<report>reports?\s+(?:said|says|quoted|quoting|citing|cited|added|that|on|of|which|stated))"
    r"|(?P<said>said|says|added|wrote|noted|announced|confirmed))\b(?P<rest>[^\n]{0,40})",
)
_LIST_ON = re.compile(r"\s*(?:,|,?\s?\band\b|&)\s*(?:the\s+)?")
_THE = re.compile(r"\b(?:the|an)\s$", re.IGNORECASE)
# "Reports from AP" are from Andhra Pradesh.
_OF_STATE = re.compile(r"reports?\s(?:from|in|of)\b", re.IGNORECASE)
_CITING = re.compile(r"\b(?:citing|quoting)\b[^.]{1,80},\s$", re.IGNORECASE)
_RESULTS = re.compile(
    r"\s+(?:(?:an?|its|net|higher|lower|record|strong|weak|better|quarterly|annual|third|second|first|fourth|full"
    r"|stronger|weaker|profits?|revenues?|loss|losses|sales|earnings|growth|zero|no|over|nearly|about|around|more"
    r"|less|fewer|at\sleast)\b|[\d$₹]|Rs\b)",
    re.IGNORECASE,
)
_SAID_SOURCE = re.compile(
    r"\s*(?:,?\s*(?:citing|quoting|on\s+\w+day,?\s+(?:citing|quoting))\b|[.\"”]|$|,\s*(?:adding|citing|quoting))",
    re.IGNORECASE,
)
# What an agency says of itself, as any company does.
_OF_ITSELF = re.compile(
    r"\s+(?:on\s+\w+day\s+|in\s+a\s+statement\s+)?(?:that\s+)?(?:it|its)\b|\s+in\s+a\s+statement", re.IGNORECASE
)
_AGENCY_BEFORE = re.compile(r"\b(?:news|wire|press)\s+(?:agency|service)\s+$|\bagency\s+$", re.IGNORECASE)
_AGENCY_AFTER = re.compile(r"\s*,?\s+(?:the\s+)?(?:news|wire)\s+(?:agency|service)\b", re.IGNORECASE)
_REPORT_OF = re.compile(r"\b(?:an?|the|this|that|earlier|exclusive|recent)\s+$", re.IGNORECASE)
_REPORT_NOUN = re.compile(
    r"\s+(?:news\s+agency\s+)?(?:report|story|dispatch|despatch|interview|investigation|exclusive)\b(?!\s+card)",
    re.IGNORECASE,
)
# "had told PTI in May", below the lead: what the story remembers, not what it reports.
_BACKGROUND = re.compile(r"\bhad\s+(?:\w+\s+){0,2}?(?:told|said|spoken|reported|quoted|found|revealed)\b")
_DENIED = re.compile(r"\b(?:not|never)\s+(?:yet\s+|been\s+|have\s+){0,2}$", re.IGNORECASE)
_SHARED = re.compile(
    r"\b(?:video|videos|visuals|footage|clip|clips)\b[^.\n]{0,30}\b(?:shared|posted|released|tweeted|shot"
    r"|accessed)\s+(?:on\s+\w+\s+)?by\s+(?:the\s+)?(?:news\s+)?(?:agency\s+)?$",
    re.IGNORECASE,
)


# "was reported a few days later by the AP".
_REPORTED_BY = re.compile(r"\b(?:first |earlier )?(?:reported|revealed|disclosed|quoted|cited)\b[^.,;:!?\n]{0,40}\bby\s+(?:the\s+)?(?:news\s+agency\s+)?$", re.IGNORECASE)
# "confirmed her death to …", "said the doctor to …": the verb stands away from its "to".
_SAID_TO = re.compile(
    r"\b(?:said|confirmed|admitted|explained|complained|revealed|statement|remarked|spoke|speaking|conceded|denied)\b"
    r"[^.,;!?\n]{0,50}\bto\s+(?:the\s+)?(?:(?:official\s+|state\s+)?(?:news\s+)?agency\s+)?$",
    re.IGNORECASE,
)


def quoted(text: str, catalogue: Catalogue) -> Iterator[Said]:
    """The agencies that a story quotes, each once, with the words that say so; offsets into ``text``."""
    seen: set[str] = set()
    names = [n for n in itertools.islice(catalogue.find(text), _MOST_NAMES) if n.kind == "agency" and not n.alone]
    namesakes = {label for label in {n.label for n in names} if _has_namesake(text, label, catalogue)}
    lead = _lead(text)
    for name in names:
        if name.label in seen or (name.label in namesakes and not _called_agency(text, name)):
            continue
        span = _attribution(text, name, catalogue)
        if span is not None and span[0] > lead and _BACKGROUND.search(text, span[0] - 20, span[1] + 20):
            continue
        if span is not None:
            seen.add(name.label)
            yield Said(name.label, "quoted", "lede", span, "guess" if name.ambiguous else "plain")


def is_told(text: str, said: Said) -> bool:
    """Whether somebody speaks to the agency, as one does to whoever writes the text."""
    return said.span is not None and _TOLD.match(text, said.span[0]) is not None


def _has_namesake(text: str, label: str, catalogue: Catalogue) -> bool:
    words = catalogue.namesakes.get(label)
    return words is not None and words.search(text) is not None


def _lead(text: str) -> int:
    """Where the first two paragraphs of a text end: what it says there is its news."""
    end = text.find("\n")
    return max(text.find("\n", end + 1), end) if end >= 0 else len(text)


def _called_agency(text: str, name: Name) -> bool:
    """Whether it says itself that this is a news agency, or gives its full name."""
    if " " in text[name.start : name.end]:
        return True
    before, after = text[max(0, name.start - 30) : name.start], text[name.end : name.end + 30]
    return _AGENCY_BEFORE.search(before) is not None or _AGENCY_AFTER.match(after) is not None


def _attribution(text: str, name: Name, catalogue: Catalogue) -> tuple[int, int] | None:
    floor = max(0, name.start - _WINDOW, text.rfind("\n", 0, name.start) + 1)
    before, after = text[floor : name.start], text[name.end : name.end + _WINDOW].split("\n", 1)[0]
    if _PRODUCT.match(after) or _CO_BRANDED.match(after):
        return None
    to = _said_to(before, after, name)
    if to is not None:
        return floor + to, name.end
    end = _said_by(before, _behind_list(after, catalogue), name)
    return None if end is None else (name.start, name.end + end)


def _said_to(before: str, after: str, name: Name) -> int | None:
    verbs = [match for match in _TO.finditer(before) if _leads_to(before[match.end() :])]
    loose = None if verbs else _SAID_TO.search(before) or _REPORTED_BY.search(before)
    match = verbs[-1] if verbs else loose or _SHARED.search(before)
    if match and _is_ap(name) and _OF_STATE.match(match.group()) and not _THE.search(before):
        return None
    if match is None or _DENIED.search(before, 0, match.start()):
        return None
    follows = _AFTER_TO.match(after) is not None
    if name.ambiguous and _CAPITAL.match(after) and not _CAPITAL_START.match(after):
        follows = _ON_DAY.match(after) is not None
    return match.start() if follows or not (name.ambiguous or loose) else None


def _behind_list(after: str, catalogue: Catalogue) -> str:
    """What follows the other agencies of a list, blanked: of "the Interfax and TASS agencies reported", the verb."""
    position = 0
    for _ in range(_MOST_LISTED):
        joint = _LIST_ON.match(after, position)
        if joint is None:
            break
        following = next(iter(catalogue.find(after[joint.end() : joint.end() + 40])), None)
        if following is None or following.start or following.kind != "agency":
            break
        position = joint.end() + following.end
    return " " * position + after[position:] if position else after


def _leads_to(between: str) -> bool:
    """Whether the words from the verb to the name are "news agency", other agencies' names and the like."""
    if len(between.split()) > 6:
        return False
    return _LISTED.fullmatch(_BETWEEN.sub("", between)) is not None or _NAMES_BETWEEN.fullmatch(between) is not None


def _said_by(before: str, after: str, name: Name) -> int | None:
    match = _REPORTED.match(after)
    if match is not None and _counts(match, before, after, name):
        return match.start("rest")
    noun = _REPORT_NOUN.match(after)
    if noun and _REPORT_OF.search(before) and not _is_ap(name):
        return noun.end()
    inverted = re.search(r"[,;”\"]\s*(?:reports|reported|quoted|said|says|adds|added|writes)\s+(?:news\s+agency\s+|the\s+)?$", before)
    apposed = _AGENCY_AFTER.match(after)
    after = after[apposed.end() :] if apposed else after
    if inverted and (not after.strip() or after.lstrip()[:1] in ".,;\n"):
        return 0
    return None


def _counts(match: re.Match[str], before: str, after: str, name: Name) -> bool:
    rest = match.group("rest")
    the_ap = _is_ap(name) and _THE.search(before) is not None
    named_agency = the_ap or _AGENCY_BEFORE.search(before) is not None or _AGENCY_AFTER.match(after) is not None
    if match.group("owner") and not match.group("report"):
        return False
    if match.group("said"):
        spelt_out = " " in name.text and _OF_ITSELF.match(rest) is None
        inserted = _CITING.search(before) is not None or (before.endswith(", ") and rest.startswith((",", ".")))
        return (
            named_agency
            or spelt_out
            or (inserted and not _is_ap(name))
            or (_SAID_SOURCE.match(rest) is not None and _may_say(before, name))
        )
    if match.group("reported") in ("reported", "reports") and _RESULTS.match(rest):
        return named_agency
    if _is_ap(name) and not named_agency:
        return match.group("reported") not in ("reported", "reports") or _SAID_SOURCE.match(rest) is not None
    return _may_say(before, name) or match.group("reported") is not None


def _may_say(before: str, name: Name) -> bool:
    """A capitalised word before the name makes it somebody's: "Michael Bloomberg said."."""
    return not _is_ap(name) and re.search(r"(?<!The )\b(?!The\b)[A-Z][a-z]+\s+$", before) is None


def _is_ap(name: Name) -> bool:
    """The acronym, which Indian newspapers use for Andhra Pradesh."""
    return name.label == "AP" and name.ambiguous
