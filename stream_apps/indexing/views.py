"""What a person sees: results and stories as tables. Texts of feeds are printed without what steers a terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream_apps.indexing.finder import Hit, Results, StoryView
from stream_apps.indexing.queries import MAX_SIBLINGS, MAX_STORIES
from stream_apps.indexing.tallies import OutletTally, Trend

SHORT_ID: Final = 12
"""Digits of an id in a table; `wirecopy story` takes the start of an id."""
LONG: Final = frozenset({"HEADLINE", "CARRIED BY", "AGENCIES"})
"""Columns that may take several lines on a terminal."""
MAX_CELL: Final = 90
BIDI_CONTROLS: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ENTITY_TYPES: Final = {
    "PERSON": "people",
    "ORG": "organisations",
    "PLACE": "places",
    "NORP": "groups",
    "EVENT": "events",
}
MAX_NAMES: Final = 12


@dataclass(frozen=True)
class Grid:
    """A table: its head and its rows. With ``stacked`` the last two columns stand below the others on a terminal."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stacked: bool = False


def results_grid(results: Results, *, copies: bool) -> Grid:
    """One row a story, or with ``copies`` one row an article."""
    if copies:
        every = ("PUBLISHED", "OUTLET", "HEADLINE", "ORIGIN", "AGENCIES", "STORY")
        return Grid(every, tuple(_copy_hit(hit.article) for hit in results.hits))
    head = ("FIRST", "LAST", "HEADLINE", "CARRIED BY", "STORY")
    return Grid(head, tuple(_story_hit(hit) for hit in results.hits))


def results_summary(results: Results) -> str:
    found = f"{_count(results.stories, 'story', 'stories')}, {_count(results.total, 'article')}"
    if results.among is not None:
        found += f", among the newest {MAX_STORIES} of {results.among} stories: give --since to look at fewer"
    return f"{found} (nothing is spelled so: these have words that are spelled nearly so)" if results.near else found


def story_heading(view: StoryView) -> list[str]:
    """Headline, then who carried it and when."""
    canonical = next((copy for copy in view.copies if copy.get("canonical")), view.copies[0])
    outlets = {copy["outlet"] for copy in view.copies}
    agencies = view.story.get("agencies") or sorted({agency for copy in view.copies for agency in copy["agencies"]})
    undisclosed = sum(bool(copy.get("undisclosed")) for copy in view.copies)
    removed = sum("removed" in copy for copy in view.copies)
    facts = [
        f"story {view.id}",
        f"{_count(len(view.copies), 'copy', 'copies')} by {_count(len(outlets), 'outlet')}",
        ", ".join(agencies) or "no agency",
        *([f"{undisclosed} undisclosed"] if undisclosed else []),
        *([f"{removed} taken out of the feed"] if removed else []),
        *([f"{stale} not corrected"] if (stale := view.story.get("stale_count")) else []),
        f"{moment(view.copies[0]['published'])} to {moment(view.copies[-1]['published'])}",
    ]
    return [view.story.get("headline") or canonical["headline"], " · ".join(facts)]


def event_lines(view: StoryView) -> list[str]:
    """How many found out about the event by themselves, and who tells of it in other words."""
    event = view.story.get("event")
    if event is None:
        return []
    stories = 1 + len(view.siblings)
    more = "at least " if len(view.siblings) >= MAX_SIBLINGS else ""
    facts = [
        f"event {event['id'][:SHORT_ID]}",
        more + _count(stories, "story", "stories"),
        f"{_count(len(event['origins']), 'origin')} ({', '.join(event['origins'])})",
    ]
    return [" · ".join(facts), *(f"  {_sibling(story)}" for story in view.siblings)]


def _sibling(story: Mapping[str, Any]) -> str:
    by = ", ".join([_count(story["outlets_count"], "outlet"), *story.get("agencies", ())])
    return f"{moment(story['first_published'])}  {story['id'][:SHORT_ID]}  {story['headline']} ({by})"


def copies_grid(view: StoryView) -> Grid:
    """Every copy, by publication."""
    head = ("PUBLISHED", "OUTLET", "LAG", "RELATION", "SHARE", "ORIGIN", "CREDIT", "HEADLINE", "URL")
    return Grid(head, tuple(_copy(copy) for copy in view.copies), stacked=True)


def outlets_grid(tallies: Sequence[OutletTally]) -> Grid:
    """A row an outlet."""
    head = ("OUTLET", "ARTICLES", "WIRE", "UNDISCLOSED", "MEDIAN LAG", "NOT CORRECTED")
    return Grid(head, tuple(_outlet(tally) for tally in tallies))


def _outlet(tally: OutletTally) -> tuple[str, ...]:
    share = f"{tally.wire_share:.0%} ({tally.wire})" if tally.wire else ""
    late = "" if tally.median_lag is None else lag(tally.median_lag) or "0m"
    return tally.outlet, str(tally.articles), share, str(tally.undisclosed or ""), late, str(tally.stale or "")


def trends_grid(trends: Sequence[Trend]) -> Grid:
    """A row a name."""
    head = ("NAME", "KIND", "STORIES", "EXPECTED", "RISE")
    rows = ((t.name, t.kind, str(t.stories), f"{t.expected:.1f}", f"{t.score:.1f}") for t in trends)
    return Grid(head, tuple(rows))


def entity_lines(view: StoryView) -> list[str]:
    """The entities of a story by type, each with the number of copies that name it."""
    lines = []
    for kind, title in ENTITY_TYPES.items():
        names = [
            f"{entity['name']} ({entity['articles']})"
            for entity in view.story.get("entity_counts", [])
            if entity["type"] == kind
        ]
        if names:
            more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
            lines.append(f"{title}: {', '.join(names[:MAX_NAMES])}{more}")
    return lines


def show(grid: Grid) -> None:
    """Print to standard output: for a person on a terminal, else as plain aligned columns."""
    if not sys.stdout.isatty():
        print("\n".join(plain(grid)))
        return
    console = Console(soft_wrap=grid.stacked)
    console.print(_stack(grid) if grid.stacked else _table(grid))


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in grid.head:
        table.add_column(title, no_wrap=title not in LONG, overflow="fold")
    for row in grid.rows:
        # As Text, so that square brackets in a headline are not taken for markup.
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _stack(grid: Grid) -> Text:
    """The short facts in columns, below them the two long ones: readable at any width, addresses unbroken."""
    head, *facts = plain(Grid(grid.head[:-2], tuple(row[:-2] for row in grid.rows)))
    lines = [Text(head, style="bold")]
    for line, row in zip(facts, grid.rows, strict=True):
        lines.append(Text(line))
        lines += [Text(f"    {printable(cell)}", style="dim") for cell in row[-2:] if cell]
    return Text("\n").join(lines)


def plain(grid: Grid) -> list[str]:
    """Aligned columns, two blanks between them; wide characters count twice, long cells are cut."""
    rows = [tuple(_cut(printable(cell)) for cell in row) for row in (grid.head, *grid.rows)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(grid.head))]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]


def printable(text: str) -> str:
    """One line without control characters or marks that turn the direction of writing round."""
    kept = ("" if c in BIDI_CONTROLS else " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join("".join(kept).split())


def indented(line: str) -> str:
    """A printable line that keeps the blanks that it begins with.

    >>> indented("  a  b")
    '  a b'
    """
    return line[: len(line) - len(line.lstrip(" "))] + printable(line)


def moment(stamp: str) -> str:
    """A stored time to the minute, UTC."""
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M}Z"


def lag(seconds: float) -> str:
    """`+1h 05m` after the canonical copy, `-3m` before it, nothing at the same minute."""
    minutes = round(abs(seconds) / 60)
    if not minutes:
        return ""
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = f"{days}d {hours:02}h" if days else f"{hours}h {rest:02}m" if hours else f"{rest}m"
    return ("+" if seconds > 0 else "-") + parts


def _story_hit(hit: Hit) -> tuple[str, ...]:
    article, story = hit.article, hit.story
    outlets = story.get("outlets_count", 1)
    carried = f"{outlets} outlets" if outlets > 1 else article["outlet"]
    agencies = story.get("agencies") or article["agencies"]
    headline = story.get("headline") or article["headline"]
    first = story.get("first_published") or article["published"]
    last = story.get("last_published") or article["published"]
    span = (moment(first), moment(last) if last != first else "")
    return (*span, headline, ", ".join([carried, *agencies]), article["story"][:SHORT_ID])


def _copy_hit(article: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        moment(article["published"]),
        article["outlet"],
        article["headline"],
        article["origin_class"],
        ", ".join(article["agencies"]),
        article["story"][:SHORT_ID],
    )


def _copy(copy: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        moment(copy["published"]),
        copy["outlet"],
        lag(copy["lag"]),
        copy.get("relation") or "canonical",
        f"{copy['containment']:.0%}",
        copy["origin_class"],
        credit(copy),
        _state(copy) + copy["headline"],
        copy.get("url", ""),
    )


def _state(copy: Mapping[str, Any]) -> str:
    before = f"(was in {copy['previous_story']['story'][:SHORT_ID]}) " if "previous_story" in copy else ""
    return ("(taken out) " if "removed" in copy else "") + before


def credit(copy: Mapping[str, Any]) -> str:
    """Whom a copy credits and where, else whose text it is although it does not say so."""
    named: dict[str, list[str]] = {}
    for found in copy.get("credits", []):
        if found["role"] != "quoted":
            named.setdefault(found["agency"], []).append(found["evidence"])
    if named:
        return ", ".join(f"{agency} ({'+'.join(dict.fromkeys(where))})" for agency, where in named.items())
    return f"undisclosed {', '.join(copy['agencies'])}" if copy.get("undisclosed") else ""


def _cut(text: str) -> str:
    return text if cell_len(text) <= MAX_CELL or text.startswith("http") else set_cell_size(text, MAX_CELL - 1) + "…"


def _count(number: int, one: str, many: Sequence[str] | str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
