"""Markers by which an agency corrects, repeats, holds or takes back a story, and its notes to editors."""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re

from schemas.public_records import Signal

# In a headline the word is in capitals and something sets it off, or it is the two words "story withdrawn".
_SET_OFF = r"(?:\s*(?:\([^)]{1,30}\))?\s*(?:[:|–—-]|\s\d|$))"
_IN_HEADLINE: tuple[tuple[Signal, re.Pattern[str]], ...] = (
    ("kill", re.compile(rf"\W*(?:MANDATORY |BULLETIN |STORY )?KILL(?:ED)?{_SET_OFF}")),
    (
        "withdrawn",
        re.compile(rf"\W*(?:STORY |EDS:? )?(?:WITHDRAWN|WITHDRAWAL|WITHDRAW|RETRACTED|RETRACTION){_SET_OFF}"),
    ),
    ("hold", re.compile(rf"\W*(?:STORY |EDS:? )?(?:ON HOLD|HOLD|WITHHELD){_SET_OFF}")),
    ("corrected", re.compile(rf"\W*(?:STORY )?(?:CORRECTED|CORRECTION|CORRECTS|CORRECTING|CORR){_SET_OFF}")),
    ("refile", re.compile(rf"\W*REFIL(?:ED|ES|ING|E){_SET_OFF}")),
    ("repeat", re.compile(rf"\W*(?:REPEAT(?:ED|ING|S)?|RPT|REISSUED?|RESENDING){_SET_OFF}")),
)
_SPOKEN = re.compile(r"\W*story\s+(withdrawn|killed|retracted)\b", re.IGNORECASE)
_LABEL = re.compile(r"\W*correct(?:ion|ed|s)\s*:\s", re.IGNORECASE)
_AT_END = re.compile(
    r"[(\[](CORRECTED|CORRECTION|REFILED?|REPEAT(?:ED)?|WITHDRAWN|RETRACTED|HOLD|KILL(?:ED)?)[)\]]\s*$"
)
_BRACKETED = re.compile(r"\W*[(\[](corrected|refiled?|repeat(?:ed|s)?|withdrawn|hold|kill)[)\]]", re.IGNORECASE)

_NOTE = re.compile(
    r"\s*[(\[]?\s*(?:eds|editors?|ed|attention,? editors|attn:? eds|note to (?:the )?editors?|editors.? note"
    r"|advisory\W{1,3}(?:to |for )?(?:all )?(?:editors|clients|subscribers|desks|newsrooms))\s*[:.,-]\s*",
    re.IGNORECASE,
)
_REUTERS_NOTE = re.compile(
    r"\s*\(\s*(?:corrects|correcting|refiles|repeats|adds|updates|removes|rewrites|recasts|clarifies|deletes"
    r"|fixes|inserts"
    r"|changes|restores|drops|reissues|resends)\b[^()]{3,300}\)",
    re.IGNORECASE,
)
_IN_NOTE: tuple[tuple[Signal, re.Pattern[str]], ...] = (
    ("kill", re.compile(r"\bkill(?:s|ed|ing)?\b|\bmust not be used\b", re.IGNORECASE)),
    ("withdrawn", re.compile(r"\bwithdr[ae]w[sn]?\b|\bwithdrawing\b|\bretract", re.IGNORECASE)),
    ("hold", re.compile(r"\b(?:please\s+|kindly\s+)?hold\b|\bwithh[eo]ld\b|\bdo not (?:use|publish)\b", re.IGNORECASE)),
    ("corrected", re.compile(r"\bcorrect(?:s|ed|ing|ion|ions)\b", re.IGNORECASE)),
    ("refile", re.compile(r"\brefil(?:e|es|ed|ing)\b", re.IGNORECASE)),
    ("repeat", re.compile(r"\brepeat(?:s|ed|ing)?\b|\breissu|\bresend", re.IGNORECASE)),
)
_CORRECTED_NOTE = re.compile(
    r"\s*[(\[]?\s*(?:correction\s*:|(?:editor.s note:\s*)?(?:this|an earlier version of this"
    r"|a previous version of this|the) "
    r"(?:[\w-]+\s){0,2}?(?:story|article|report|copy|version|dispatch)\b[^.]{0,80}?\b(?:been|was|is) corrected\b"
    r"|this corrects\b"
    r"|this version corrects\b)",
    re.IGNORECASE,
)


def from_headline(headline: str) -> Signal | None:
    """The marker that a headline opens with: ``CORRECTED:``, ``STORY WITHDRAWN``, ``REFILE-``."""
    head = headline[:80]
    spoken = _SPOKEN.match(head)
    if spoken:
        return "kill" if spoken.group(1).casefold() == "killed" else "withdrawn"
    bracketed = _BRACKETED.match(head) or _AT_END.search(headline)
    if bracketed:
        return _of_note(bracketed.group(1))
    if _LABEL.match(head):
        return "corrected"
    return next((signal for signal, pattern in _IN_HEADLINE if pattern.match(head)), None)


def read_note(paragraph: str) -> tuple[Signal, int] | None:
    """The note that a paragraph opens with, and where it ends: ``(Eds: Adds details)``, ``(Corrects paragraph 3 …)``.

    A marker in capitals ahead of the story counts as well.
    """
    head = paragraph[:600]
    if note := _NOTE.match(head):
        end = _end_of_note(head, note)
        return _of_note(head[note.end() : end]) or "editors_note", end
    if bracket := _REUTERS_NOTE.match(head):
        return _of_note(bracket.group()) or "editors_note", bracket.end()
    signal = from_headline(paragraph) if len(paragraph) < 160 else None
    return (signal, len(paragraph)) if signal else None


def is_correction(paragraph: str) -> bool:
    """Whether a paragraph says that this text is a corrected one."""
    return len(paragraph) < 500 and _CORRECTED_NOTE.match(paragraph) is not None


def _end_of_note(head: str, note: re.Match[str]) -> int:
    """A bracketed note ends with its bracket; another is a paragraph of its own."""
    if head.lstrip()[:1] in "([":
        close = max(head.find(")", note.end()), head.find("]", note.end()))
        depth = head.count("(", 0, close) - head.count(")", 0, close)
        while depth > 1 and (later := head.find(")", close + 1)) > 0:
            close, depth = later, depth - 1
        return close + 1 if close > 0 else len(head)
    return len(head)


def _of_note(text: str) -> Signal | None:
    return next((signal for signal, pattern in _IN_NOTE if pattern.search(text)), None)
