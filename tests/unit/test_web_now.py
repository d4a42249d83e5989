"""The live page: what counts as happening, and one look at the index for everybody who watches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stream_apps.indexing.documents import story_document
from stream_apps.web import now_page
from stream_apps.web.answers import Page, to_csv
from stream_apps.web.live import BACKLOG, Live
from stream_apps.web.now_page import OVERLAP, ROWS, Changes, NowPage, fits, newest_request, now_table, read_id, row_of
from tests.unit.indexing_examples import article_id, story
from tests.unit.web_pages import rendered
from wirecopy.errors import ServerError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def document(number: int = 1, articles: int = 1, seconds: int = 0, **changes: Any) -> dict[str, Any]:
    known = story_document(story(number, tuple(range(number, number + articles)), corrections=()))
    assert known is not None
    return {**known, "indexed": (NOW + timedelta(seconds=seconds)).isoformat(), **changes}


def test_the_last_event_of_a_story_is_read_from_its_document() -> None:
    assert row_of(document()).happened == "filed"
    assert row_of(document(agencies=[])).happened == "new"
    assert row_of(document(articles=2)).happened == "grown"
    assert row_of(document(corrections_count=1)).happened == "corrected"


def test_only_new_grown_or_corrected_stories_are_events() -> None:
    changes = Changes()
    assert [row.story for row in changes.of([document(1), document(2)])] == [article_id(1), article_id(2)]
    again = [document(1, seconds=5), document(2, articles=2, seconds=6)]
    assert [row.story for row in changes.of(again)] == [article_id(2)]
    assert [row.happened for row in changes.of([document(1, corrections_count=1)])] == ["corrected"]
    assert changes.of([document(2, articles=1)]) == []


def test_the_number_of_remembered_stories_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now_page, "REMEMBERED", 2)
    changes = Changes()
    changes.of([document(1), document(2), document(3)])
    assert [row.story for row in changes.of([document(3), document(1)])] == [article_id(1)]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1795176000000", 1795176000000), (None, 0), ("", 0), ("-1", 0), ("x", 0), ("9" * 99, 0), ("१", 0)],
)
def test_an_event_id_that_is_not_ours_counts_as_none(text: str | None, number: int) -> None:
    assert read_id(text) == number


def test_a_page_can_be_of_filings_or_corrections_alone() -> None:
    own = row_of(document(agencies=[]))
    assert (fits(own, "all"), fits(own, "filings"), fits(own, "corrections")) == (True, False, False)
    filters = newest_request(NOW, 0, "filings", recent=False)["query"]["bool"]["filter"]
    assert filters == [{"exists": {"field": "agencies"}}]
    assert newest_request(NOW, 1)["size"] == ROWS


def test_the_page_is_whole_without_scripts() -> None:
    hostile = "<script>alert(1)</script>\u202e"
    page = NowPage("all", (row_of(document(articles=3, headline=hostile)), row_of(document(2, seconds=9))))
    html = rendered(Page("now.html", "Now", page, now_table(page)))
    assert f"/story/{article_id(1)}" in html
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert f"after={page.last}" in html
    assert to_csv(now_table(page)).decode("utf-8-sig").splitlines()[2].split(",")[1] == "filed"
    assert "Nothing has come yet" in rendered(Page("now.html", "Now", NowPage("corrections", ())))


# ---- one look for all -------------------------------------------------------------------------------------------


class Index:
    """Stories as they are asked for; each answer only once, and then the last again. None is a server that is away."""

    def __init__(self, *answers: list[dict[str, Any]] | None) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []

    async def __call__(self, after: int) -> Sequence[Mapping[str, Any]]:
        self.asked.append(after)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise ServerError("away")
        return answer


async def heard(live: Live, number: int) -> list[str]:
    async with live.listening() as queue, asyncio.timeout(10):
        return [(await queue.get()).story for _ in range(number)]


def test_every_listener_gets_the_changes_after_the_first_poll() -> None:
    index = Index([document(1)], None, [document(2, seconds=3), document(1)])
    live = Live(index, every=0.01)

    async def both() -> list[list[str]]:
        return list(await asyncio.gather(heard(live, 1), heard(live, 1)))

    assert asyncio.run(both()) == [[article_id(2)], [article_id(2)]]
    first = round(NOW.timestamp() * 1000)
    assert index.asked[:3] == [0] + [first - round(OVERLAP.total_seconds() * 1000)] * 2


def test_the_first_story_of_an_empty_index_is_sent() -> None:
    assert asyncio.run(heard(Live(Index([], [document(1)]), every=0.01), 1)) == [article_id(1)]


def test_the_index_is_not_polled_without_listeners() -> None:
    index = Index([], [document(1)])
    live = Live(index, every=0.001)

    async def scenario() -> int:
        await heard(live, 1)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)

    assert asyncio.run(scenario()) == 1


def test_the_number_of_listeners_is_bounded() -> None:
    live = Live(Index([]), most=1)

    async def scenario() -> tuple[bool, bool, bool]:
        before = live.full
        async with live.listening():
            during = live.full
        return before, during, live.full

    assert asyncio.run(scenario()) == (False, True, False)


def test_a_slow_listener_loses_rows_and_holds_nothing_up() -> None:
    many = [document(number) for number in range(1, BACKLOG + 50)]
    live = Live(Index([], many), every=0.01)

    async def scenario() -> int:
        async with live.listening() as slow:
            await heard(live, BACKLOG)
            return slow.qsize()

    assert asyncio.run(scenario()) == BACKLOG
