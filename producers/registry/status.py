"""The output of ``feeds status``: the condition of every feed, those in trouble first. Pure: states in, rows out.

The times of a quiet feed are written to Kafka only now and then (``state.REWRITE_AFTER``), so they can be that old.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from producers.folders.folder import is_folder
from producers.formats.cleaning import clean_line
from producers.polling.memory import Memory
from schemas.feed_conditions import ORDER, FeedCondition, conditions, foremost, of_this_address
from schemas.feed_records import Feed, FeedState
from wirecopy.tables import Grid, count, joined

State = FeedCondition
OVERDUE_AFTER = timedelta(minutes=30)
"""How long after its appointment a poll is overdue: longer than the state in Kafka can lag behind."""
_LONGEST_ERROR, _LONGEST_LINE = 300, 2500
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTE, _HOUR, _DAY, _WEEK, _MONTH = 60.0, 3600.0, 86400.0, 7 * 86400.0, 30.4 * 86400.0


@dataclass(frozen=True)
class Row:
    """The condition of one feed. ``holds`` are all conditions that hold, ``state`` is the foremost."""

    feed: Feed
    polled: FeedState | None
    state: State
    holds: frozenset[State]
    overdue: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the feed, its state and its times, for programs."""
        parts = {"id": self.feed.id, "state": self.state, "holds": sorted(self.holds), "overdue": self.overdue}
        polled = self.polled.model_dump(mode="json", exclude={"feed", "memory"}) if self.polled else None
        return {**parts, "feed": self.feed.model_dump(mode="json", exclude_defaults=True), "polling": polled}


def rows(feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime) -> list[Row]:
    """Make a row for every feed: those in trouble first, then by id."""
    found = [_row(feed, states.get(feed.id), now) for feed in feeds]
    return sorted(found, key=lambda row: (ORDER.index(row.state), row.feed.id))


def _row(feed: Feed, polled: FeedState | None, now: datetime) -> Row:
    polled = of_this_address(feed, polled)
    holds = conditions(feed.paused, polled)
    state = foremost(feed.paused, holds)
    waits = polled is not None and not (feed.paused or polled.retired)
    overdue = waits and polled is not None and now - polled.next_poll > OVERDUE_AFTER
    return Row(feed, polled, state, holds, overdue)


def chosen(found: Iterable[Row], states: Iterable[State]) -> list[Row]:
    """Choose the rows with one of these conditions; all, if none is named."""
    wanted = set(states)
    return [row for row in found if not wanted or wanted & row.holds]


def summary(found: Sequence[Row], now: datetime) -> str:
    """Return one line about all feeds."""
    numbers = Counter(row.state for row in found)
    parts = [f"{numbers[state]} {state}" for state in ORDER if numbers[state]]
    newest = max((row.polled.newest_entry for row in found if row.polled and row.polled.newest_entry), default=None)
    line = count(len(found), "feed") + (f": {joined(parts)}" if parts else "")
    if newest:
        line += f"; the newest entry came {ago(newest, now)}"
    overdue = sum(row.overdue for row in found)
    if overdue:
        line += f"; {overdue} should have been polled by now: is a producer running?"
    return line


def grid(found: Iterable[Row], now: datetime) -> Grid:
    """Return a table with a line for each feed."""
    head = ("FEED", "STATE", "LAST SUCCESS", "LAST NEW", "RHYTHM", "NEXT POLL", "FAILURES", "WHY")
    return Grid(head, tuple(_cells(row, now) for row in found), frozenset({"FEED", "WHY"}))


def _cells(row: Row, now: datetime) -> tuple[str, ...]:
    polled = row.polled
    if polled is None:
        return row.feed.id, row.state, "never", "never", "", "" if row.feed.paused else "now", "", ""
    return (
        row.feed.id,
        row.state,
        ago(polled.last_success, now),
        ago(polled.newest_entry, now),
        rhythm(polled.typical_gap),
        _next_poll(row, now),
        str(polled.failures or ""),
        _why(polled, now),
    )


def _next_poll(row: Row, now: datetime) -> str:
    if row.feed.paused or row.polled is None or row.polled.retired:
        return "none"
    if row.overdue:
        return f"overdue by {span((now - row.polled.next_poll).total_seconds())}"
    return ahead(row.polled.next_poll, now)


def _why(polled: FeedState, now: datetime) -> str:
    """Explain the trouble of a feed."""
    said = clean_line(polled.last_error, _LONGEST_ERROR)
    if polled.retired:
        return f"gone since {moment(polled.retired)}" + (f": {said}" if said else "")
    if polled.failures:
        return said
    if polled.quiet_since:
        return f"quiet since {ago(polled.quiet_since, now)}, longest silence before {span(polled.longest_silence)}"
    return f"moved to {polled.address}" if polled.address else ""


# ---- one feed in words ----------------------------------------------------------------------------------------


def in_words(row: Row, now: datetime) -> list[str]:
    """Describe one feed in full."""
    feed, polled = row.feed, row.polled
    lines = [f"{feed.id}: {clean_line(feed.title or (polled.title if polled else None), 200) or '(no title)'}"]
    parts = [_as_listed(feed)]
    if polled is not None:
        parts += [_standing(row, polled, now), _polls(row, polled, now), _publishing(polled, now), wishes(polled)]
    else:
        parts += [iter(["paused before its first poll" if feed.paused else "not polled yet under this address"])]
    return [*lines, *(f"  {clean_line(line, _LONGEST_LINE)}" for sentences in parts for line in sentences)]


def _as_listed(feed: Feed) -> Iterator[str]:
    yield f"address {feed.url}"
    yield f"outlet {feed.outlet}" + (f", home page {feed.home}" if feed.home else "")
    yield "put there by hand" if feed.origin is None else f"from the list {feed.origin}"
    if feed.tags:
        yield f"tags {', '.join(feed.tags)}"
    if feed.language:
        yield f"language {feed.language}, whatever the feed says"
    if feed.timezone:
        yield f"dates without a zone are of {feed.timezone}"
    if feed.full_text:
        yield "the text is read from each entry's page"


def _standing(row: Row, polled: FeedState, now: datetime) -> Iterator[str]:
    if row.feed.paused:
        yield "paused: not polled until `wirecopy feeds resume`"
    if polled.retired:
        yield f"retired {ago(polled.retired, now)}: the server says that it is gone; `wirecopy feeds resume` retries"
    elif polled.parked:
        yield f"parked {ago(polled.parked, now)}: it only fails and is polled rarely; `wirecopy feeds resume` retries"
    if polled.failures:
        yield f"{count(polled.failures, 'failed poll')} in a row, the last: {polled.last_error}"
    if polled.quiet_since:
        yield f"quiet since {moment(polled.quiet_since)}: silent for longer than its rhythm explains"
    if polled.address:
        yield f"moved for good to {polled.address}, where it is polled; put that on the list"
    elif polled.moved_to:
        yield f"redirected to {polled.moved_to}, not yet for certain"
    if row.holds == {"ok"}:
        yield "works"


def _polls(row: Row, polled: FeedState, now: datetime) -> Iterator[str]:
    yield f"last poll {ago(polled.last_poll, now)}, last success {ago(polled.last_success, now)}"
    yield f"next poll {_next_poll(row, now)}, then every {span(polled.interval)}"
    if row.feed.interval is not None:
        yield f"its list sets the interval, {span(row.feed.interval)}, and not its rhythm"
    if polled.retry_at and polled.retry_at > now:
        yield f"the server asked not to be asked again before {moment(polled.retry_at)}"
    if polled.distrusted:
        yield "its ETag stayed the same while entries changed, and is not used"
    elif not (polled.etag or polled.last_modified or is_folder(row.feed.url)):
        yield "no ETag and no Last-Modified: every poll fetches the whole feed"
    if polled.last_body:
        yield f"last fetched whole {ago(polled.last_body, now)}"


def _publishing(polled: FeedState, now: datetime) -> Iterator[str]:
    yield f"last new entry {ago(polled.newest_entry, now)}, last published {ago(polled.last_new_entry, now)}"
    if polled.typical_gap:
        lively = f", every {span(polled.short_gap)} while lively" if polled.short_gap else ""
        silence = f"; longest silence {span(polled.longest_silence)}" if polled.longest_silence else ""
        yield f"publishes {rhythm(polled.typical_gap)}{lively}{silence}"
    yield f"{count(polled.window, 'entry', 'entries')} in the feed, {_remembered(polled)} remembered"
    if polled.turnover:
        yield f"about half of its entries have been replaced within {span(polled.turnover)}"
    if polled.haste > 1:
        yield f"entries may have been missed: its rhythm now asks for {polled.haste:.1f} times as many polls"


def wishes(polled: FeedState) -> Iterator[str]:
    """Describe what the feed asks of its pollers."""
    if polled.ttl:
        yield f"asks to be left alone for {span(polled.ttl)} (ttl)"
    if polled.skip_hours:
        yield f"asks not to be polled in the hours {', '.join(map(str, sorted(polled.skip_hours)))} UTC"
    if polled.skip_days:
        yield f"asks not to be polled on {joined([_DAYS[day] for day in sorted(polled.skip_days) if 0 <= day < 7])}"
    if polled.hub:
        yield f"names the hub {polled.hub} (WebSub)"


def _remembered(polled: FeedState) -> int:
    return len(Memory.of(polled))


# ---- times in words -------------------------------------------------------------------------------------------


def rhythm(gap: float | None) -> str:
    """Describe how often new entries come: ``every 7 min``, ``about daily``; ``unknown`` until it is known."""
    if not gap or gap <= 0:
        return "unknown"
    for usual, name in (
        (_HOUR, "hourly"),
        (_DAY, "daily"),
        (_WEEK, "weekly"),
        (_MONTH, "monthly"),
        (365 * _DAY, "yearly"),
    ):
        if 0.75 * usual <= gap <= 1.35 * usual:
            return f"about {name}"
    return f"every {span(gap)}"


def span(seconds: float | None) -> str:
    """Format a duration to about two digits."""
    if seconds is None:
        return "unknown"
    for limit, size, unit in (
        (100.0, 1.0, "s"), (1.5 * _HOUR, _MINUTE, "min"), (1.5 * _DAY, _HOUR, "h"), (14 * _DAY, _DAY, "days"),
        (10 * _WEEK, _WEEK, "weeks"), (24 * _MONTH, _MONTH, "months"),
    ):  # fmt: skip
        if seconds < limit:
            number = seconds / size
            return f"{number:.1f} {unit}" if number < 10 and f"{number:.1f}"[-1] != "0" else f"{number:.0f} {unit}"
    return f"{seconds / (365 * _DAY):.0f} years"


def ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    return "just now" if -60 < seconds < 1 else ahead(at, now) if seconds < 0 else f"{span(seconds)} ago"


def ahead(at: datetime, now: datetime) -> str:
    seconds = (at - now).total_seconds()
    return "now" if seconds <= 0 else f"in {span(seconds)}"


def moment(at: datetime) -> str:
    """Format a time to the minute, UTC."""
    return f"{at:%Y-%m-%d %H:%M}Z"
