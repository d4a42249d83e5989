"""What the agency corrected or took back in a story, and how long copies have carried it all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from stream_apps.indexing.finder import StoryView

SAID: Final = {
    "corrected": "corrected",
    "refile": "filed again",
    "withdrawn": "withdrawn",
    "kill": "killed",
    "hold": "put on hold",
}
SHOWN: Final = 3
"""Sentences of a correction that are printed."""


@dataclass(frozen=True)
class Stale:
    """A copy with text that its agency has put right or taken back."""

    article: str
    outlet: str
    since: str
    seconds: int


def stale_copies(view: StoryView, now: datetime) -> list[Stale]:
    """The copies that still carry what was corrected, the longest first; each once, from the first correction on."""
    copies = {copy["id"]: copy for copy in view.copies}
    since: dict[str, str] = {}
    for correction in corrections_of(view):
        for article in correction["carried_by"]:
            if article in copies:
                started = max(_moment(said_at(correction, copies)), _moment(copies[article]["published"]))
                since[article] = min(since.get(article, started.isoformat()), started.isoformat())
    found = [Stale(a, copies[a]["outlet"], moment, _seconds(moment, now)) for a, moment in since.items()]
    return sorted(found, key=lambda stale: (-stale.seconds, stale.article))


def correction_lines(view: StoryView, now: datetime) -> list[str]:
    """Each correction with what it changed, then who still has the old text, and for how long."""
    copies = {copy["id"]: copy for copy in (*view.copies, *view.notices)}
    lines = [line for correction in corrections_of(view) for line in _correction_lines(correction, copies)]
    stale = stale_copies(view, now)
    if stale:
        lines.append(f"still carried by {len(stale)} of {len(view.copies)}:")
        lines += [f"{one.outlet} for {duration(one.seconds)} ({one.article[:12]})" for one in stale]
    return lines


def corrections_of(view: StoryView) -> list[Mapping[str, Any]]:
    """What the story tells, and the notices that take it back: those are about every copy that is still in its feed."""
    here = [copy["id"] for copy in view.copies if "removed" not in copy]
    notices = [
        {"article": n["id"], "signal": n["signal"], "at": n["versioncreated"], "carried_by": here} for n in view.notices
    ]
    return [*view.story.get("corrections", []), *notices]


def duration(seconds: int) -> str:
    """`3d 04h`, `2h 05m`, `7m`."""
    minutes = seconds // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    return f"{days}d {hours:02}h" if days else f"{hours}h {rest:02}m" if hours else f"{rest}m"


def said_at(correction: Mapping[str, Any], copies: Mapping[str, Mapping[str, Any]]) -> str:
    """When it was said: as it is dated, else about when the article that says so was fetched."""
    by = copies.get(correction["article"], {})
    return str(correction.get("at") or by.get("fetched") or by.get("published") or _UNKNOWN)


_UNKNOWN: Final = "1970-01-01T00:00:00+00:00"
"""The article has left the story since: every copy counts from its publication."""


def _correction_lines(correction: Mapping[str, Any], copies: Mapping[str, Mapping[str, Any]]) -> list[str]:
    by = copies.get(correction["article"], {}).get("outlet", correction["article"])
    said = f"{_moment(said_at(correction, copies)):%Y-%m-%d %H:%M}Z"
    head = f"{SAID.get(correction['signal'], correction['signal'])} {said} by {by}"
    old = [f"was: {sentence}" for sentence in correction.get("old", [])[:SHOWN]]
    new = [f"now: {sentence}" for sentence in correction.get("new", [])[:SHOWN]]
    return [head, *old, *new]


def _seconds(since: str, now: datetime) -> int:
    return max(0, int((now - _moment(since)).total_seconds()))


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
