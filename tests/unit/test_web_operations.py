"""The pages of operations: how feeds fare, and what could not be processed, shown harmlessly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas import dead_letters
from schemas.feed_conditions import ORDER
from schemas.topics import DEAD_LETTERS
from stream_apps.indexing.dead_letter_documents import dead_letter_document
from stream_apps.indexing.desk_operations_queries import Freshness, dead_letters_request, feeds_request, freshness
from stream_apps.runtime.stage_interface import Incoming
from stream_apps.web.answers import Page, to_csv
from stream_apps.web.operations_page import (
    DeadLettersPage,
    FeedsPage,
    dead_letters_page,
    dead_letters_table,
    feeds_page,
    feeds_table,
    operations_page,
)
from stream_apps.web.period import Period
from tests.unit.test_indexing_feeds import after, listed, polled
from tests.unit.web_pages import rendered

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = Period("7d", "", NOW - timedelta(days=7), NOW)
HOSTILE = "<script>alert(1)</script>\u202e"
SHOWN = {"shown_rows": 200, "order": ORDER}


def answer(sources: Sequence[dict[str, Any]], **counts: dict[str, int]) -> dict[str, Any]:
    return {
        "hits": {"total": {"value": len(sources)}, "hits": [{"_source": source} for source in sources]},
        "aggregations": {
            name: {"buckets": [{"key": key, "doc_count": number} for key, number in found.items()]}
            for name, found in counts.items()
        },
    }


def feeds(*documents: dict[str, Any], **counts: int) -> FeedsPage:
    return feeds_page("", "", answer(documents, conditions=counts))


def letters(**headers: str) -> DeadLettersPage:
    raw = tuple((dead_letters.PREFIX + name, value.encode()) for name, value in headers.items())
    document = dead_letter_document(Incoming(DEAD_LETTERS.name, 2, 118, b"key", b"body", 1, raw))
    return dead_letters_page(WEEK, {}, answer([document], stage={"dedup": 1}, reason={"malformed": 1}))


def test_a_feed_says_since_when_it_is_in_trouble_and_why() -> None:
    document = after(listed(1), polled(2, retired=None, last_error=HOSTILE))
    page = feeds(document, parked=1, ok=3)
    (feed,) = page.feeds
    assert (feed.condition, feed.failures, feed.typical_gap) == ("parked", 2, 600)
    assert feed.since is not None
    assert (page.total, list(page.conditions)) == (4, ["parked", "ok"])
    html = rendered(Page("feeds.html", "Feeds", page, feeds_table(page), SHOWN))
    assert "10m between entries" in html
    assert "<script>alert" not in html
    assert "\u202e" not in html


def test_feeds_without_a_poll_are_shown_too() -> None:
    html = rendered(Page("feeds.html", "Feeds", feeds(after(listed(1)), new=1), extra=SHOWN))
    assert "never" in html
    assert "not known" in html


def test_empty_pages_of_feeds_and_letters_say_what_to_do() -> None:
    nothing = dead_letters_page(WEEK, {"stage": "dedup"}, answer([], stage={}, reason={}))
    assert "wirecopy feeds add" in rendered(Page("feeds.html", "Feeds", feeds(), extra=SHOWN))
    assert "No message failed" in rendered(Page("dead_letters.html", "Dead letters", nothing, extra=SHOWN))
    page = operations_page(feeds(), nothing, answer([]))
    assert "wirecopy feeds add" in rendered(Page("operations.html", "Operations", page, extra=SHOWN))


def test_a_dead_letter_is_told_by_its_place_and_shown_harmlessly() -> None:
    page = letters(stage="dedup", reason="malformed", detail=HOSTILE, topic="clean", time=NOW.isoformat())
    html = rendered(Page("dead_letters.html", "Dead letters", page, extra=SHOWN))
    assert "2:118" in html
    assert "reason=malformed" in html
    assert "<script>alert" not in html
    lines = to_csv(dead_letters_table(page)).decode("utf-8-sig").splitlines()
    assert lines[1].startswith("2:118,2026-11-20T12:00:00.000Z,dedup,malformed,")


def test_a_dead_letter_without_headers_is_one() -> None:
    html = rendered(Page("dead_letters.html", "Dead letters", letters(), extra=SHOWN))
    assert "2:118" in html


def test_only_feeds_in_trouble_are_to_be_looked_at() -> None:
    well = after(listed(1, id="well"), polled(2, parked=None, retired=None, quiet_since=None, failures=0))
    bad = after(listed(1), polled(2))
    page = operations_page(feeds(bad, well, parked=1, ok=1), letters(stage="dedup"), answer([]))
    assert [feed.id for feed in page.troubled] == [bad["id"]]
    assert "2:118" in rendered(Page("operations.html", "Operations", page, extra=SHOWN))


def test_freshness_is_the_newest_text_and_the_time_from_fetch_to_index() -> None:
    def text(seconds: int, took: float) -> dict[str, str]:
        fetched = NOW + timedelta(seconds=seconds)
        return {"fetched": fetched.isoformat(), "indexed": (fetched + timedelta(seconds=took)).isoformat()}

    texts = [text(0, 0.5), text(1, 1.5), text(2, -1.0), text(3, 60.0)]
    assert freshness(texts) == Freshness("2026-11-20T12:01:03+00:00", 1.5, 60.0)
    assert freshness([]) is None


def test_what_is_asked_for_is_bounded_and_only_what_was_chosen() -> None:
    assert "post_filter" not in feeds_request()
    assert feeds_request("quiet")["post_filter"] == {"term": {"condition": "quiet"}}
    asked = dead_letters_request(None, None, {"stage": "dedup"}, 20)
    assert (asked["size"], asked["query"]["bool"]["filter"]) == (20, [{"term": {"stage": "dedup"}}])


@pytest.mark.parametrize(("reason", "shown"), [("sent_again", "sent again"), ("purged", "purged")])
def test_a_letter_that_was_dealt_with_says_so(reason: str, shown: str) -> None:
    raw = ((dead_letters.PREFIX + "stage", b"dedup"),)
    document = dead_letter_document(Incoming(DEAD_LETTERS.name, 2, 118, b"key", b"body", 1, raw))
    page = dead_letters_page(WEEK, {}, answer([{**document, "open": False, "done": reason}], stage={}, reason={}))
    assert page.letters[0].done == shown
    html = rendered(Page("dead_letters.html", "Dead letters", page, extra=SHOWN))
    assert f'<span class="tag">{shown}</span>' in html
    assert 'href="/dead-letter/2:118"' in html


def test_the_result_of_a_change_stands_beside_its_feed() -> None:
    page = feeds(after(listed(1)), new=1)
    name = page.feeds[0].id
    done = rendered(Page("feeds.html", "Feeds", page, extra={**SHOWN, "notice": ("paused", name)}))
    assert f"Paused: <bdi>{name}</bdi>." in done
    held = rendered(Page("feeds.html", "Feeds", page, extra={**SHOWN, "problem": (name, f"no: {HOSTILE}")}))
    gone = rendered(Page("feeds.html", "Feeds", page, extra={**SHOWN, "problem": ("other", "no such feed")}))
    assert "no: &lt;script&gt;" in held
    assert "no such feed" in gone
