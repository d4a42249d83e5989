from __future__ import annotations

import io
import json
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from producers.polling.memory import WINDOW, Memory, Seen
from producers.registry import status
from schemas.feed_records import Feed, FeedState
from wirecopy.tables import Grid, count, joined, plain, show

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def feed(name: str = "top", **changes: object) -> Feed:
    return Feed(id=name, url=f"https://{name}.example/f", outlet=f"{name}.example").model_copy(update=changes)


def state(name: str = "top", /, **changes: object) -> FeedState:
    given = FeedState(
        feed=name, url=f"https://{name}.example/f", outlet=f"{name}.example", interval=420, etag='"1"', window=30,
        next_poll=NOW + timedelta(minutes=7), last_poll=NOW - timedelta(seconds=90), typical_gap=420, short_gap=60,
        last_success=NOW - timedelta(seconds=90), newest_entry=NOW - timedelta(hours=3), longest_silence=30_000,
    )  # fmt: skip
    return given.model_copy(update=changes)


def row(**changes: object) -> status.Row:
    (found,) = status.rows([feed()], {"top": state("top", **changes)}, NOW)
    return found


@pytest.mark.parametrize(
    ("changes", "shown", "holds"),
    [
        ({}, "ok", {"ok"}),
        ({"failures": 2}, "failing", {"failing"}),
        ({"failures": 20, "parked": NOW}, "parked", {"parked", "failing"}),
        ({"failures": 1, "retired": NOW}, "retired", {"retired", "failing"}),
        ({"quiet_since": NOW - DAY}, "quiet", {"quiet"}),
        ({"quiet_since": NOW - DAY, "failures": 1}, "failing", {"failing", "quiet"}),
        ({"address": "https://new.example/f"}, "moved", {"moved", "ok"}),
        ({"last_success": None}, "new", {"new"}),
        ({"url": "https://old.example/f", "failures": 3}, "new", {"new"}),
    ],
)
def test_the_state_of_a_feed(changes: dict[str, object], shown: status.State, holds: set[status.State]) -> None:
    found = row(**changes)
    assert found.state == shown
    assert set(found.holds) == holds
    (paused,) = status.rows([feed(paused=True)], {"top": state("top", **changes)}, NOW)
    assert paused.state == "paused"
    assert set(paused.holds) == {*holds, "paused"}


def test_a_feed_without_a_state_is_new() -> None:
    (found,) = status.rows([feed()], {}, NOW)
    assert (found.state, found.polled) == ("new", None)
    assert status.grid([found], NOW).rows == (("top", "new", "never", "never", "", "now", "", ""),)
    assert status.in_words(found, NOW)[-1] == "  not polled yet under this address"


def everything() -> list[status.Row]:
    names = ["ok", "failing", "parked", "retired", "quiet", "paused", "fresh"]
    states = {
        "ok": state("ok"), "failing": state("failing", failures=1, last_error="timeout: no answer within 20 s"),
        "parked": state("parked", failures=30, parked=NOW - DAY), "retired": state("retired", retired=NOW - 2 * DAY),
        "quiet": state("quiet", quiet_since=NOW - 3 * DAY, newest_entry=NOW - 3 * DAY), "paused": state("paused"),
    }  # fmt: skip
    return status.rows([feed(name, paused=name == "paused") for name in names], states, NOW)


def test_trouble_comes_first_and_a_line_sums_it_up() -> None:
    found = everything()
    assert [row.feed.id for row in found] == ["parked", "retired", "failing", "quiet", "fresh", "ok", "paused"]
    assert status.summary(found, NOW) == (
        "7 feeds: 1 parked, 1 retired, 1 failing, 1 quiet, 1 new, 1 ok and 1 paused; the newest entry came 3 h ago"
    )
    assert status.summary([], NOW) == "0 feeds"
    assert [row.feed.id for row in status.chosen(found, ["failing", "quiet"])] == ["parked", "failing", "quiet"]
    assert status.chosen(found, []) == found


def test_a_line_says_when_how_often_and_why() -> None:
    lines = {cells[0]: cells for cells in status.grid(everything(), NOW).rows}
    assert lines["ok"] == ("ok", "ok", "90 s ago", "3 h ago", "every 7 min", "in 7 min", "", "")
    assert lines["failing"][5:] == ("in 7 min", "1", "timeout: no answer within 20 s")
    assert lines["retired"][5:] == ("none", "", "gone since 2026-11-20 12:00Z")
    assert lines["quiet"][7] == "quiet since 3 days ago, longest silence before 8.3 h"
    assert lines["paused"][5] == "none"


def test_a_feed_that_should_have_been_polled_says_so() -> None:
    late = row(next_poll=NOW - timedelta(hours=2))
    assert late.overdue
    assert status.grid([late], NOW).rows[0][5] == "overdue by 2 h"
    assert "1 should have been polled by now: is a producer running?" in status.summary([late], NOW)
    assert not row(next_poll=NOW - timedelta(minutes=20)).overdue
    assert not row(next_poll=NOW - DAY, retired=NOW - DAY).overdue


def test_one_feed_in_words() -> None:
    told = feed(
        title="Top news", tags=("India", "top"), language="hi", interval=60.0, full_text=True, home="https://top.example/",
        origin="feeds.yml", paused=True,
    )  # fmt: skip
    memory = Memory([Seen(bytes([n]) * 16, bytes(8), bytes(8), 1, 1, 0, WINDOW) for n in range(3)]).pack()
    known = state(
        failures=3, last_error="http_status: 503", parked=NOW - DAY, quiet_since=NOW - DAY, moved_to="https://m.example/",
        retry_at=NOW + timedelta(hours=1), distrusted=True, turnover=7200.0, haste=2.0, ttl=3600.0, skip_hours=(3, 1),
        skip_days=(6, 5), hub="https://hub.example/", last_body=NOW - DAY, memory=memory,
    )  # fmt: skip
    (found,) = status.rows([told], {"top": known}, NOW)
    assert status.in_words(found, NOW) == [
        "top: Top news",
        "  address https://top.example/f",
        "  outlet top.example, home page https://top.example/",
        "  from the list feeds.yml",
        "  tags India, top",
        "  language hi, whatever the feed says",
        "  the text is read from each entry's page",
        "  paused: not polled until `wirecopy feeds resume`",
        "  parked 24 h ago: it only fails and is polled rarely; `wirecopy feeds resume` retries",
        "  3 failed polls in a row, the last: http_status: 503",
        "  quiet since 2026-11-21 12:00Z: silent for longer than its rhythm explains",
        "  redirected to https://m.example/, not yet for certain",
        "  last poll 90 s ago, last success 90 s ago",
        "  next poll none, then every 7 min",
        "  its list sets the interval, 60 s, and not its rhythm",
        "  the server asked not to be asked again before 2026-11-22 13:00Z",
        "  its ETag stayed the same while entries changed, and is not used",
        "  last fetched whole 24 h ago",
        "  last new entry 3 h ago, last published never",
        "  publishes every 7 min, every 60 s while lively; longest silence 8.3 h",
        "  30 entries in the feed, 3 remembered",
        "  about half of its entries have been replaced within 2 h",
        "  entries may have been missed: its rhythm now asks for 2.0 times as many polls",
        "  asks to be left alone for 60 min (ttl)",
        "  asks not to be polled in the hours 1, 3 UTC",
        "  asks not to be polled on Saturday and Sunday",
        "  names the hub https://hub.example/ (WebSub)",
    ]
    (well,) = status.rows([feed()], {"top": state(etag=None)}, NOW)
    assert "  works" in status.in_words(well, NOW)
    assert "  no ETag and no Last-Modified: every poll fetches the whole feed" in status.in_words(well, NOW)
    (gone,) = status.rows([feed()], {"top": state(retired=NOW - DAY, address="https://new.example/f")}, NOW)
    assert any(line.startswith("  retired 24 h ago") for line in status.in_words(gone, NOW))
    assert any(line.startswith("  moved for good to https://new.example/f") for line in status.in_words(gone, NOW))


def test_json_has_the_feed_and_its_polling_without_its_memory() -> None:
    told = json.loads(json.dumps(row(failures=1, memory=b"\x01").as_json()))
    assert (told["id"], told["state"], told["holds"], told["overdue"]) == ("top", "failing", ["failing"], False)
    assert told["feed"]["outlet"] == "top.example"
    assert told["polling"]["failures"] == 1
    assert "memory" not in told["polling"]
    (new,) = status.rows([feed()], {}, NOW)
    assert new.as_json()["polling"] is None


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (None, "unknown"), (0.0, "unknown"), (20.0, "every 20 s"), (420.0, "every 7 min"), (3600.0, "about hourly"),
        (3 * 3600.0, "every 3 h"), (90_000.0, "about daily"), (3.5 * 86400, "every 3.5 days"), (6e5, "about weekly"),
        (2.6e6, "about monthly"), (6.5e6, "every 2.5 months"), (3e7, "about yearly"), (1e9, "every 32 years"),
    ],
)  # fmt: skip
def test_rhythm_in_words(gap: float | None, words: str) -> None:
    assert status.rhythm(gap) == words


@given(st.floats(0, 1e12))
def test_a_span_is_short_whatever_its_length(seconds: float) -> None:
    number, unit = status.span(seconds).split()
    assert float(number) >= 0
    assert unit in {"s", "min", "h", "days", "weeks", "months", "years"}


HOSTILE = "\x1b]0;owned\x07\x1b[31mRED\x1b[0m [bold red]x[/] \u202egpj.exe\r\nnext \x9b31m"


def test_what_a_feed_says_steers_no_terminal() -> None:
    (found,) = status.rows([feed(title=HOSTILE, tags=(HOSTILE,))], {"top": state(failures=1, last_error=HOSTILE)}, NOW)
    output = io.StringIO()
    show(status.grid([found], NOW), Console(file=output, width=200))
    shown = [output.getvalue(), *plain(status.grid([found], NOW)), *status.in_words(found, NOW)]
    for text in shown:
        assert not [c for c in text if unicodedata.category(c) == "Cc" and c != "\n"]
        assert "\u202e" not in text
    assert "[bold red]x[/]" in output.getvalue()


def test_plain_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    grid = Grid(("A", "B"), (("हिन्दी", "1"), ("日本", "22"), ("x" * 300, "3")))
    show(grid)
    lines = capsys.readouterr().out.splitlines()
    assert lines == plain(grid)
    assert len(lines[3]) == 120 + 3


def test_counts_and_lists_in_words() -> None:
    assert [count(1, "feed"), count(1200, "feed"), count(2, "entry", "entries")] == [
        "1 feed",
        "1,200 feeds",
        "2 entries",
    ]
    assert [joined([]), joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
