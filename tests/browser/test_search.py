"""Search in a browser, against what the wire day left in the index and what is true of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.integration.outcome import Outcome

Article = dict[str, Any]


def counted(stories: int, articles: int) -> str:
    return (
        f"{stories} {'story' if stories == 1 else 'stories'} in {articles} {'article' if articles == 1 else 'articles'}"
    )


def expect_found(page: Page, articles: list[Article]) -> None:
    """The page says that it has found these."""
    expect(page.locator("#found")).to_have_text(counted(len({a["story"] for a in articles}), len(articles)))


def among(wire_day: Outcome, holds: Callable[[Article], object]) -> list[Article]:
    return [article for article in wire_day.articles.values() if holds(article)]


def test_the_first_page_shows_the_newest_stories(page: Page, wire_day: Outcome) -> None:
    page.goto("/")
    expect_found(page, list(wire_day.articles.values()))
    newest = max(wire_day.articles.values(), key=lambda article: article["published"])
    expect(page.locator(".rows h3").first).to_have_text(wire_day.stories[newest["story"]]["headline"])


def test_words_find_a_story_with_its_copies(page: Page, wire_day: Outcome) -> None:
    """A headline quoted finds the story that bears it; how many copies there are is true."""
    name, story = max(wire_day.stories.items(), key=lambda item: item[1]["articles_count"])
    true_story = wire_day.truth[story["canonical_article"]]["story"]
    true = [article for article in wire_day.truth.values() if article["story"] == true_story]
    page.goto("/")
    page.get_by_label("Words").fill(f'"{story["headline"]}"')
    page.keyboard.press("Enter")
    row = page.locator(".rows > li").first
    expect(row.get_by_role("heading")).to_have_text(story["headline"])
    expect(row.get_by_role("link").first).to_have_attribute("href", f"/story/{name}")
    expect(row).to_contain_text(f"{len({article['outlet'] for article in true})} outlets")
    expect(row.locator("mark").first).to_be_visible()


def test_a_choice_narrows_and_its_address_is_a_link_to_share(
    page: Page, open_context: Callable[..., BrowserContext], wire_day: Outcome
) -> None:
    page.goto("/")
    page.get_by_role("checkbox", name=re.compile("^PTI ")).check()
    pti = among(wire_day, lambda article: "PTI" in article["agencies"])
    expect_found(page, pti)
    expect(page.get_by_role("status")).to_have_text(counted(len({a["story"] for a in pti}), len(pti)))
    page.get_by_role("checkbox", name=re.compile("^Undisclosed")).check()
    undisclosed = [article for article in pti if article["undisclosed"]]
    expect_found(page, undisclosed)
    assert page.url.endswith("/search?agency=PTI&undisclosed=1")
    other = open_context().new_page()
    other.goto(page.url)
    expect_found(other, undisclosed)


def test_what_credits_nobody_is_what_the_truth_says(page: Page, wire_day: Outcome) -> None:
    page.goto("/search.json?undisclosed=1&copies=1")
    found = {row["article"] for row in page.evaluate("JSON.parse(document.body.innerText)")["rows"]}
    true = {name for name, article in wire_day.truth.items() if article["undisclosed"]}
    assert len(found & true) >= 0.9 * len(found)


def test_going_back_shows_what_was_there(page: Page, wire_day: Outcome) -> None:
    page.goto("/")
    page.get_by_role("checkbox", name=re.compile("^IANS ")).check()
    expect_found(page, among(wire_day, lambda article: "IANS" in article["agencies"]))
    page.go_back()
    expect_found(page, list(wire_day.articles.values()))
    expect(page.get_by_role("checkbox", name=re.compile("^IANS "))).not_to_be_checked()


def test_a_drag_over_the_bars_sets_the_time(page: Page, wire_day: Outcome) -> None:
    page.goto("/")
    box = page.locator("#times svg").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, middle, steps=4)
    expect(page.locator("#times-told")).to_contain_text(re.compile(r"\d+ articles"))
    page.mouse.up()
    expect(page.get_by_label("From")).to_have_value(re.compile("Z$"))
    since, until = (
        datetime.fromisoformat(page.get_by_label(name, exact=True).input_value()) for name in ("From", "to")
    )
    inside = among(wire_day, lambda article: since <= datetime.fromisoformat(article["published"]) < until)
    assert 0 < len(inside) < len(wire_day.articles)
    expect_found(page, inside)


def test_everything_works_without_scripts(open_context: Callable[..., BrowserContext], wire_day: Outcome) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_role("checkbox", name=re.compile("^UNI ")).check()
    page.get_by_role("button", name="Apply").click()
    expect_found(page, among(wire_day, lambda article: "UNI" in article["agencies"]))
    bars = page.locator("#times a")
    bars.nth(bars.count() // 2).evaluate("bar => bar.setAttribute('id', 'chosen')")
    page.goto(page.locator("#chosen").get_attribute("href") or "")
    expect(page.get_by_label("From")).not_to_have_value("")


def test_a_search_is_kept_in_this_browser_and_forgotten(page: Page) -> None:
    page.goto("/search?agency=AFP&q=goal")
    page.get_by_role("button", name="Keep this search").click()
    page.goto("/")
    kept = page.locator("#kept").get_by_role("link", name="goal, AFP")
    expect(kept).to_have_attribute("href", "/search?q=goal&agency=AFP")
    page.locator("#kept").get_by_role("button", name="Forget goal, AFP").click()
    expect(kept).to_have_count(0)
    page.reload()
    expect(kept).to_have_count(0)


def test_times_are_the_readers_and_those_of_india_at_hand(
    open_context: Callable[..., BrowserContext], wire_day: Outcome
) -> None:
    page = open_context(timezone_id="America/New_York").new_page()
    name, story = max(wire_day.stories.items(), key=lambda item: item[1]["articles_count"])
    page.goto(f"/story/{name}")
    first = datetime.fromisoformat(story["first_published"])
    time = page.locator(".facts time").first
    expect(time).to_contain_text(re.compile("GMT-4|EDT"))
    expect(time).to_have_attribute("title", re.compile("IST$"))
    page.get_by_label("Times").select_option("UTC")
    expect(time).to_have_text(f"{first:%-d %b %Y, %H:%M} UTC")
    page.reload()
    expect(time).to_have_text(f"{first:%-d %b %Y, %H:%M} UTC")


def test_digits_are_grouped_as_in_india_where_asked(page: Page) -> None:
    page.goto("/")
    page.locator("data[value]").first.evaluate("element => { element.value = '1234567'; }")
    page.get_by_label("Digits").select_option("indian")
    expect(page.locator("data[value]").first).to_have_text("12,34,567")


def test_nothing_found_says_what_to_do(page: Page) -> None:
    page.goto("/search?q=qqqxzzz&agency=PTI")
    expect(page.locator(".nothing")).to_contain_text("No story matches")
    page.get_by_role("link", name="Look without filters").click()
    expect(page).to_have_url(re.compile(r"/search\?q=qqqxzzz$"))


def test_stories_of_one_origin_and_who_was_first(page: Page, wire_day: Outcome) -> None:
    single = {name for name, story in wire_day.stories.items() if story["origins_count"] == 1}
    page.goto("/search?origins=1")
    expect_found(page, among(wire_day, lambda article: article["story"] in single))
    first = {name for name, story in wire_day.stories.items() if story["first_outlet"] == "pti.example"}
    page.goto("/search?first=pti.example")
    expect_found(page, among(wire_day, lambda article: article["story"] in first))


@pytest.mark.parametrize("query", ["agency=ANI", "q=minister", "stale=1"])
def test_a_page_its_json_and_its_csv_say_the_same(page: Page, query: str) -> None:
    page.goto(f"/search?{query}")
    shown = page.locator(".rows h3").all_inner_texts()
    twin = page.request.get(f"/search.json?{query}").json()
    table = page.request.get(f"/search.csv?{query}").text()
    assert ["".join(piece["text"] for piece in row["headline"]) for row in twin["rows"]] == shown
    assert [row["headline"] for row in csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))] == shown
