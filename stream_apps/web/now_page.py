"""The data of the live page: new and growing stories, agencies' own articles, corrections. Pure.

``pages/now.py`` has the handlers, ``live.py`` polls the index.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from stream_apps.indexing.queries import STORY_FIELDS
from stream_apps.indexing.word_clauses import Clause
from stream_apps.web.answers import Table

Happened = Literal["filed", "new", "grown", "corrected"]
Show = Literal["all", "filings", "corrections"]

ROWS: Final = 40
"""Stories on the page, and the most that are sent at once."""
RECENT: Final = timedelta(hours=6)
"""A story without a newer fetch than this is not shown, even if its document is rewritten."""
OVERLAP: Final = timedelta(seconds=10)
"""The overlap of two looks, because documents of several processes become visible out of order."""
REMEMBERED: Final = 5_000
"""The most stories whose previous state is kept."""


@dataclass(frozen=True)
class NowRow:
    """A story and its last event. ``seen``: when wirecopy fetched its newest text.

    ``at`` is the event's id: when the story's document was written, in milliseconds since 1970.
    """

    at: int
    happened: Happened
    story: str
    headline: str
    agencies: tuple[str, ...]
    outlets: int
    articles: int
    first_outlet: str
    seen: str
    undisclosed: int
    stale: int
    corrections: int


@dataclass(frozen=True)
class NowPage:
    show: Show
    rows: tuple[NowRow, ...]

    @property
    def last(self) -> int:
        """Return the id of the newest event on the page; 0 where there is none."""
        return max((row.at for row in self.rows), default=0)


@dataclass(frozen=True)
class _Before:
    articles: int
    corrections: int


class Changes:
    """Finds the changes of stories from one poll to the next."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Before] = OrderedDict()

    def of(self, stories: Iterable[Mapping[str, Any]]) -> list[NowRow]:
        """Return rows, in order, of the stories that are new, grew or were corrected since the last call."""
        rows = [row for story in stories if (row := self._row(story)) is not None]
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return rows

    def _row(self, story: Mapping[str, Any]) -> NowRow | None:
        row, before = row_of(story), self._known.get(story["id"])
        self._known[story["id"]] = _Before(row.articles, row.corrections)
        self._known.move_to_end(story["id"])
        return (
            row if before is None or (row.articles, row.corrections) > (before.articles, before.corrections) else None
        )


def row_of(story: Mapping[str, Any]) -> NowRow:
    """Make the row of a story's document."""
    return NowRow(
        at=_milliseconds(story["indexed"]),
        happened=_happened(story),
        story=story["id"],
        headline=story["headline"],
        agencies=tuple(story.get("agencies", ())),
        outlets=story["outlets_count"],
        articles=story["articles_count"],
        first_outlet=story["first_outlet"],
        seen=story["changed"],
        undisclosed=story.get("undisclosed_count", 0),
        stale=story.get("stale_count", 0),
        corrections=story.get("corrections_count", 0),
    )


def _happened(story: Mapping[str, Any]) -> Happened:
    if story.get("corrections_count"):
        return "corrected"
    if story["articles_count"] > 1:
        return "grown"
    return "filed" if story.get("agencies") else "new"


def _milliseconds(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


def fits(row: NowRow, show: Show) -> bool:
    """Return whether a row belongs on a page restricted to ``show``."""
    return show == "all" or (bool(row.agencies) if show == "filings" else bool(row.corrections))


def newest_request(now: datetime, after: int, show: Show = "all", *, recent: bool = True) -> Clause:
    """Return the request for the stories written last, newest first; ``after``, in milliseconds, only later ones.

    ``recent``: only stories with a lately fetched article.
    """
    filters: list[Clause] = [{"range": {"indexed": {"gt": _stamp(after)}}}] if after else []
    filters += [{"range": {"changed": {"gte": (now - RECENT).isoformat()}}}] if recent else []
    filters += [{"exists": {"field": "agencies"}}] if show == "filings" else []
    filters += [{"range": {"corrections_count": {"gt": 0}}}] if show == "corrections" else []
    return {
        "query": {"bool": {"filter": filters}},
        "size": ROWS,
        "source_includes": [*STORY_FIELDS, "changed", "indexed", "corrections_count"],
        "sort": [{"changed": "desc"}, {"id": "asc"}] if not after else [{"indexed": "desc"}, {"id": "asc"}],
        "track_total_hits": False,
    }


def _stamp(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def read_id(text: str | None) -> int:
    """Parse an event id that a browser sends back; 0 for one that is not ours."""
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= 14 else 0


def now_table(page: NowPage) -> Table:
    head = ("seen", "happened", "story", "headline", "agencies", "outlets", "articles", "undisclosed", "not_corrected",
            "corrections")  # fmt: skip
    rows = (
        (r.seen, r.happened, r.story, r.headline, " ".join(r.agencies), r.outlets, r.articles, r.undisclosed, r.stale,
         r.corrections)
        for r in page.rows
    )  # fmt: skip
    return Table(head, rows)
