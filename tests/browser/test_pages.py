"""Differences, the live page, numbers and operations in a browser, against the wire day's truth."""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from elasticsearch import Elasticsearch
from playwright.sync_api import Page, expect

from stream_apps.indexing.indices import write_alias
from tests.browser.axe import violations
from tests.integration.outcome import Outcome

PAGES = (
    "difference", "inline", "now", "outlets", "outlet", "agencies", "agency", "name", "trends", "operations", "feeds",
    "dead-letters",
)  # fmt: skip


def address(name: str, wire_day: Outcome) -> str:
    a, b = edited(wire_day)
    outlet = Counter(article["outlet"] for article in wire_day.articles.values()).most_common(1)[0][0]
    ways = {
        "difference": f"/difference?a={a['id']}&b={b['id']}",
        "inline": f"/difference?a={a['id']}&b={b['id']}&layout=inline",
        "outlet": f"/outlet/{outlet}",
        "agency": "/agency/PTI",
        "name": f"/name/{most_named(wire_day)[0]}",
    }
    return ways.get(name, f"/{name}")


def edited(wire_day: Outcome) -> tuple[dict[str, Any], dict[str, Any]]:
    """A canonical article, and one that has only part of its text."""
    copies = sorted(wire_day.articles.values(), key=lambda article: article["id"])
    copy = next(article for article in copies if article.get("relation") == "partial")
    return wire_day.articles[copy["canonical_article"]], copy


def most_named(wire_day: Outcome) -> tuple[str, str]:
    """Id and name of the person in most stories."""
    people = [story["entities"].get("person", {"id": [], "name": []}) for story in wire_day.stories.values()]
    pairs = Counter(pair for facet in people for pair in zip(facet["id"], facet["name"], strict=True))
    return pairs.most_common(1)[0][0]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_sticks_out(page: Page, wire_day: Outcome, name: str) -> None:
    page.goto(address(name, wire_day))
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


# ---- a difference -----------------------------------------------------------------------------------------------


def test_a_difference_is_led_to_and_shows_both_texts(page: Page, wire_day: Outcome) -> None:
    canonical, copy = edited(wire_day)
    page.goto(f"/article/{copy['id']}")
    page.locator("#why + p").get_by_role("link", name="Difference").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Difference")
    heads = page.locator(".sides thead")
    expect(heads).to_contain_text(canonical["headline"])
    expect(heads).to_contain_text(copy["headline"])
    page.get_by_label("Layout").select_option("inline")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".inline del, .inline ins").first).to_be_visible()


def test_an_earlier_text_is_laid_beside_the_newest(page: Page, wire_day: Outcome) -> None:
    revised = next(article for article in wire_day.articles.values() if article["revisions"])
    page.goto(f"/article/{revised['id']}")
    page.locator(".earlier").first.locator("summary").click()
    page.get_by_role("link", name="Difference to the newest text").first.click()
    expect(page.locator(".kicker")).to_have_text("Two texts of one article")
    expect(page.locator(".sides thead")).to_contain_text(f"revision {revised['revision']}")


# ---- numbers ----------------------------------------------------------------------------------------------------


def test_outlets_are_told_by_their_numbers(page: Page, wire_day: Outcome) -> None:
    page.goto("/outlets")
    expect(page.locator("tbody tr")).to_have_count(len(wire_day.outlets))
    tally = max(wire_day.outlets.values(), key=lambda tally: tally.articles)
    row = page.locator("tbody tr", has=page.get_by_role("link", name=tally.outlet, exact=True))
    expect(row.locator("td").first).to_have_text(str(tally.articles))
    page.get_by_role("link", name=tally.outlet, exact=True).click()
    expect(page.locator(".figures dd").first).to_have_text(str(tally.articles))


def test_who_carries_an_agency_is_told_as_a_table_too(page: Page, desk: str, wire_day: Outcome) -> None:
    page.goto("/agency/pti")
    carried = Counter(article["outlet"] for article in wire_day.articles.values() if "PTI" in article["agencies"])
    expect(page.locator("section[aria-labelledby=carriers] tbody tr")).to_have_count(len(carried))
    with urllib.request.urlopen(f"{desk}/agency/PTI.csv") as answer:
        lines = answer.read().decode("utf-8-sig").splitlines()[1:]
    assert {line.split(",")[1]: int(line.split(",")[2]) for line in lines} == carried


def test_a_name_leads_to_its_stories(page: Page, wire_day: Outcome) -> None:
    identity, name = most_named(wire_day)
    stories = [story for story in wire_day.stories.values() if identity in story["entities"]["ids"]]
    page.goto(f"/story/{stories[0]['id']}")
    page.locator(".names").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text(f"{len(stories)} stor")).to_be_visible()
    expect(page.get_by_role("heading", name="As it is written")).to_be_visible()


def test_what_rises_is_a_name_of_the_day(page: Page, wire_day: Outcome) -> None:
    page.goto("/trends?kind=person")
    names = {
        name for story in wire_day.stories.values() for name in story["entities"].get("person", {"name": ()})["name"]
    }
    assert page.locator("tbody th").first.inner_text() in names


def test_operations_count_feeds_and_dead_letters(page: Page, wire_day: Outcome) -> None:
    page.goto("/operations")
    listed = sum(feed["listed"] for feed in wire_day.feeds.values())
    expect(page.locator(".figures a").nth(0)).to_have_text(str(listed))
    expect(page.locator(".figures a").nth(1)).to_have_text(str(wire_day.dead_letters))
    page.goto("/feeds")
    expect(page.locator("tbody tr")).to_have_count(listed)


# ---- now --------------------------------------------------------------------------------------------------------


@pytest.fixture
def breaking(wire_day: Outcome) -> Iterator[tuple[Elasticsearch, str, dict[str, Any]]]:
    """The index, where stories are written, and one that has not been there; gone afterwards."""
    like = next(iter(wire_day.stories.values()))
    story = {**like, "id": "f" * 32, "headline": "Ferry adrift off Palmgrove", "articles_count": 1, "agencies": ["PTI"]}
    alias = write_alias(wire_day.settings.elasticsearch.index_prefix, "stories")
    with Elasticsearch(wire_day.settings.elasticsearch.url) as client:
        yield client, alias, story
        client.delete(index=alias, id=story["id"], refresh=True)


def write(client: Elasticsearch, alias: str, story: dict[str, Any], **changes: Any) -> None:
    moment = datetime.now(UTC).isoformat()
    client.index(
        index=alias, id=story["id"], refresh=True, document={**story, "changed": moment, "indexed": moment, **changes}
    )


def test_a_story_shows_up_by_itself_and_grows(
    page: Page, desk: str, breaking: tuple[Elasticsearch, str, dict[str, Any]]
) -> None:
    client, alias, story = breaking
    page.goto("/now")
    expect(page.locator("#now-state")).to_have_text("live")
    write(client, alias, story)
    first = page.locator("#now > li").first
    expect(first.get_by_role("heading")).to_have_text(story["headline"])
    expect(first).to_contain_text("new, by PTI")
    page.get_by_role("button", name="Pause").click()
    write(client, alias, story, articles_count=4, outlets_count=4)
    expect(page.locator("#now-state")).to_have_text("paused, 1 waiting")
    page.get_by_role("button", name="Go on").click()
    expect(first).to_contain_text("4 outlets")
    # The same row, grown. Others may come meanwhile: what was indexed just before the page was made.
    expect(page.locator("#now > li").filter(has_text=story["headline"])).to_have_count(1)
    asked = urllib.request.Request(
        f"{desk}/now/stream?form=json",
        headers={"Last-Event-ID": str(int(datetime.now(UTC).timestamp() * 1000) - 60_000)},
    )
    with urllib.request.urlopen(asked, timeout=20) as stream:
        sent = (orjson.loads(line.removeprefix(b"data:")) for line in stream if line.startswith(b"data:"))
        # Within that minute the end of the wire day may lie, too.
        assert next(row for row in sent if row["story"] == story["id"])["outlets"] == 4
