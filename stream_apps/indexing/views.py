"""What a person sees: results and stories as tables. Texts of feeds are printed without what steers a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from stream_apps.indexing.finder import Hit, Results, StoryView
from stream_apps.indexing.queries import MAX_SIBLINGS, MAX_STORIES
from stream_apps.indexing.tallies import OutletTally, Trend
from wirecopy.tables import Grid, count, printable

SHORT_ID: Final = 12
"""Digits of an id in a table; `wirecopy story` takes the start of an id."""
LONG: Final = frozenset({"HEADLINE", "CARRIED BY", "AGENCIES"})
"""Columns that may take several lines on a terminal."""
MAX_CELL: Final = 90
ENTITY_TYPES: Final = {
    "PERSON": "people",
    "ORG": "organisations",
    "PLACE": "places",
    "NORP": "groups",
    "EVENT": "events",
}
MAX_NAMES: Final = 12


def results_grid(results: Results, *, copies: bool) -> Grid:
    """One row a story, or with ``copies`` one row an article."""
    if copies:
        every = ("PUBLISHED", "OUTLET", "HEADLINE", "ORIGIN", "AGENCIES", "STORY")
        return Grid(every, tuple(_copy_hit(hit.article) for hit in results.hits), LONG, max_cell=MAX_CELL)
    head = ("FIRST", "LAST", "HEADLINE", "CARRIED BY", "STORY")
    return Grid(head, tuple(_story_hit(hit) for hit in results.hits), LONG, max_cell=MAX_CELL)


def results_summary(results: Results) -> str:
    found = f"{count(results.stories, 'story', 'stories')}, {count(results.total, 'article')}"
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
        f"{count(len(view.copies), 'copy', 'copies')} by {count(len(outlets), 'outlet')}",
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
        more + count(stories, "story", "stories"),
        f"{count(len(event['origins']), 'origin')} ({', '.join(event['origins'])})",
    ]
    return [" · ".join(facts), *(f"  {_sibling(story)}" for story in view.siblings)]


def _sibling(story: Mapping[str, Any]) -> str:
    by = ", ".join([count(story["outlets_count"], "outlet"), *story.get("agencies", ())])
    return f"{moment(story['first_published'])}  {story['id'][:SHORT_ID]}  {story['headline']} ({by})"


def copies_grid(view: StoryView) -> Grid:
    """Every copy, by publication."""
    head = ("PUBLISHED", "OUTLET", "LAG", "RELATION", "CONTAINMENT", "ORIGIN", "CREDIT", "HEADLINE", "URL")
    return Grid(head, tuple(_copy(copy) for copy in view.copies), stacked=True, max_cell=MAX_CELL)


def outlets_grid(tallies: Sequence[OutletTally]) -> Grid:
    """A row an outlet."""
    head = ("OUTLET", "ARTICLES", "WIRE", "UNDISCLOSED", "MEDIAN LAG", "NOT CORRECTED")
    return Grid(head, tuple(_outlet(tally) for tally in tallies), LONG, max_cell=MAX_CELL)


def _outlet(tally: OutletTally) -> tuple[str, ...]:
    share = f"{tally.wire_share:.0%} ({tally.wire})" if tally.wire else ""
    late = "" if tally.median_lag is None else lag(tally.median_lag) or "0m"
    return tally.outlet, str(tally.articles), share, str(tally.undisclosed or ""), late, str(tally.stale or "")


def trends_grid(trends: Sequence[Trend]) -> Grid:
    """A row a name."""
    head = ("NAME", "KIND", "STORIES", "EXPECTED", "RISE")
    rows = ((t.name, t.kind, str(t.stories), f"{t.expected:.1f}", f"{t.score:.1f}") for t in trends)
    return Grid(head, tuple(rows), LONG, max_cell=MAX_CELL)


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


def indented(line: str) -> str:
    """A printable line that keeps the blanks that it begins with.

    >>> indented("  a  b")
    '  a b'
    """
    return line[: len(line) - len(line.lstrip(" "))] + printable(line)


def moment(stamp: str) -> str:
    """A stored time to the minute, in UTC whatever zone it was stored in; UTC where it names none.

    >>> moment("2026-03-02T09:00:00+05:30")
    '2026-03-02 03:30Z'
    """
    stored = datetime.fromisoformat(stamp)
    return f"{stored.astimezone(UTC) if stored.tzinfo else stored:%Y-%m-%d %H:%M}Z"


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
