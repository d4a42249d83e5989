"""The rules by which a story attributes something to an agency, each with its example; the words are ``lede.yml``."""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True)
class AttributionRule:
    """A pattern, and a sentence of ours in which it tells that PTI is quoted, or that it is not."""

    name: str
    pattern: re.Pattern[str]
    example: str

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        return self.pattern.search(text, start, len(text) if end is None else end)

    def match(self, text: str) -> re.Match[str] | None:
        return self.pattern.match(text)


def _words() -> dict[str, Sequence[str]]:
    content = resources.files("stream_apps.text").joinpath("lede.yml").read_text(encoding="utf-8")
    loaded: dict[str, Sequence[str]] = yaml.safe_load(content)
    return loaded


_WORDS = _words()


def _any(key: str) -> str:
    """One of the words of a list."""
    words = sorted(_WORDS[key], key=lambda word: -len(word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+").replace(r"\*", r"\w*") for word in words) + ")"


_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
_AN_AGENCY = (
    r"(?:(?:the\s+)?(?:(?:\w+\s+)?(?:state\s+|official\s+)?(?:news|press|wire)\s+agency"
    r"|(?:news\s+)?agenc(?:ies|y)|news|wire\s+service)\s+)?"
)


def _rule(name: str, pattern: str, example: str, *, cased: bool = False) -> AttributionRule:
    return AttributionRule(name, re.compile(pattern, 0 if cased else re.IGNORECASE), example)


# ---- in front of the name ----------------------------------------------------------------------------------------

TO = _rule("to", rf"\b{_any('to')}(?:\s+exclusively|\s+in\s+an\s+exclusive)?\s+", "A minister told PTI so.")
AWAY_TO = _rule(
    "verb away from its to",
    rf"\b{_any('away_to')}\b[^.,;!?\n]{{0,50}}\bto\s+(?:the\s+)?(?:(?:official\s+|state\s+)?(?:news\s+)?agency\s+)?$",
    "A clerk confirmed the visit to PTI.",
)
AWAY_BY = _rule(
    "verb away from its by",
    rf"\b{_any('away_by')}\b[^.,:;!?\n]{{0,40}}\bby\s+(?:the\s+)?(?:news\s+agency\s+)?$",
    "It was reported a few days later by PTI.",
)
SHARED = _rule(
    "footage shared by",
    rf"\b{_any('footage')}\b[^.\n]{{0,30}}\b{_any('shared')}\s+(?:on\s+\w+\s+)?by\s+(?:the\s+)?(?:news\s+)?(?:agency\s+)?$",
    "The video posted on Monday by PTI shows it.",
)
INVERTED = _rule(
    "inverted",
    rf"[,;”\"]\s*{_any('inverted')}\s+(?:news\s+agency\s+|the\s+)?$",
    "The work is ahead, says PTI.",
    cased=True,
)

# ---- behind the name ---------------------------------------------------------------------------------------------

REPORTED = _rule(
    "reported",
    rf"(?P<owner>[’']s)?\s*,?\s*{_AN_AGENCY}(?:(?:had|has|have|also|earlier|first|which)\s+){{0,3}}"
    rf"(?:(?P<report>{_any('report')})|(?P<reported>{_any('reported')})"
    rf"|(?P<said>{_any('said')}))\b(?P<rest>[^\n]{{0,40}})",
    "PTI reported, citing sources, that it had begun.",
    cased=True,
)
ARTICLE = _rule("a report", rf"\s+(?:news\s+agency\s+)?{_any('article')}\b(?!\s+card)", "A PTI report tells of it.")
ARTICLE_BEFORE = _rule(
    "a report, in front", r"\b(?:an?|the|this|that|earlier|exclusive|recent)\s+$", "The PTI dispatch tells of it."
)

# ---- what takes it back ------------------------------------------------------------------------------------------

PRODUCT = _rule(
    "product",
    rf"(?:[’']s)?\s+(?:\w+\s)?(?:{_any('product')}|state(?!\s(?:news|press|media|run)))\b",
    "It is so, according to a PTI poll.",
)
CO_BRANDED = _rule(
    "poll with another",
    rf"\s?/\s?(?:{_any('pollsters')}|[A-Z][\w-]+(?:\s\w+)?\s(?:poll|survey)s?\b)",
    "It is so, according to a PTI/Ipsos survey.",
    cased=True,
)
RESULTS = _rule("results", rf"\s+(?:{_any('results')}\b|[\d$₹]|Rs\b)", "PTI reported a higher profit.")
OF_ITSELF = _rule(
    "of itself",
    r"\s+(?:on\s+\w+day\s+|in\s+a\s+statement\s+)?(?:that\s+)?(?:it|its)\b|\s+in\s+a\s+statement",
    "Press Trust of India said it would move.",
)
BACKGROUND = _rule(
    "background, below the lead",
    r"\bhad\s+(?:\w+\s+){0,2}?(?:told|said|spoken|reported|quoted|found|revealed)\b",
    "A minister had told PTI in May.",
    cased=True,
)
DENIED = _rule("denied", r"\b(?:not|never)\s+(?:yet\s+|been\s+|have\s+){0,2}$", "It has not been verified by PTI.")
OF_STATE = _rule("from the state", r"reports?\s(?:from|in|of)\b", "The court spoke of reports from AP on the bridge.")

# ---- what else stands around a name ------------------------------------------------------------------------------

TOLD = re.compile(rf"{_any('told')}\b", re.IGNORECASE)
BETWEEN = re.compile(rf"{_any('between')}\s+", re.IGNORECASE)
NAME_LISTED = re.compile(r"(?:[A-Z][\w.-]+(?:\s[A-Z][\w.-]+)?,?\s+(?:and\s+)?)?$")
NAMES_BETWEEN = re.compile(r"(?:[A-Z][\w.-]+,?\s+){0,3}")
LIST_ON = re.compile(r"\s*(?:,|,?\s?\band\b|&)\s*(?:the\s+)?")
CAPITAL = re.compile(r"\s+[A-Z]")
CAPITAL_START = re.compile(r"\s+(?:The|He|She|It|They|On|In|We|I)\b")
ON_DAY = re.compile(rf"\s+{_DAY}")
AFTER_TO = re.compile(
    r"(?:[’']s)?\s*(?:news\s+agency|news|tv|television|videos?|correspondent|here|over\s+(?:the\s+)?phone|bhasha)?\s*"
    rf"(?:$|[.,;:!?\"”'’)\]–—-]|\b{_any('after')}\b|{_DAY}|[A-Z0-9])"
)
AGENCY_BEFORE = re.compile(r"\b(?:news|wire|press)\s+(?:agency|service)\s+$|\bagency\s+$", re.IGNORECASE)
AGENCY_AFTER = re.compile(r"\s*,?\s+(?:the\s+)?(?:news|wire)\s+(?:agency|service)\b", re.IGNORECASE)
THE = re.compile(r"\b(?:the|an)\s$", re.IGNORECASE)
CITING = re.compile(r"\b(?:citing|quoting)\b[^.]{1,80},\s$", re.IGNORECASE)
SAID_SOURCE = re.compile(
    r"\s*(?:,?\s*(?:citing|quoting|on\s+\w+day,?\s+(?:citing|quoting))\b|[.\"”]|$|,\s*(?:adding|citing|quoting))",
    re.IGNORECASE,
)
SOMEBODYS = re.compile(r"(?<!The )\b(?!The\b)[A-Z][a-z]+\s+$")

QUOTED = (TO, AWAY_TO, AWAY_BY, SHARED, INVERTED, REPORTED, ARTICLE, ARTICLE_BEFORE)
"""The rules by whose examples PTI is quoted."""
NOT_QUOTED = (PRODUCT, CO_BRANDED, RESULTS, OF_ITSELF, BACKGROUND, DENIED, OF_STATE)
"""The rules by whose examples it is not, though a rule above would have it."""
