"""What holds for every page: for whoever reads it, with whatever they read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import served
from tests.integration.outcome import Outcome

PAGES = ("home", "search", "nothing", "story", "corrected", "article", "error")
WAYS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 360, "height": 740}},
}


def address(name: str, wire_day: Outcome) -> str:
    stories = sorted(wire_day.stories.values(), key=lambda story: -story["articles_count"])
    revised = next(article["id"] for article in wire_day.articles.values() if article["revisions"])
    return {
        "home": "/",
        "search": "/search?q=minister&agency=PTI&copies=1",
        "nothing": "/search?q=qqqxzzz",
        "story": f"/story/{stories[0]['id']}",
        "corrected": f"/story/{next(story['id'] for story in stories if story['stale_count'])}",
        "article": f"/article/{revised}",
        "error": "/search?page=none",
    }[name]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_sticks_out(
    open_context: Callable[..., BrowserContext], wire_day: Outcome, name: str, way: str
) -> None:
    page = open_context(**WAYS[way]).new_page()
    page.goto(address(name, wire_day))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_from_elsewhere(page: Page, desk: str, wire_day: Outcome, name: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(name, wire_day))
    assert asked
    assert [url for url in asked if not url.startswith(f"{desk}/")] == []


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Words")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_print_leaves_out_what_paper_cannot_use(page: Page, wire_day: Outcome) -> None:
    page.goto(address("search", wire_day))
    page.emulate_media(media="print")
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator(".rows h3").first).to_be_visible()


@pytest.fixture(scope="module")
def lost(desk: str, wire_day: Outcome) -> Iterator[str]:
    """A desk whose Elasticsearch is away."""
    search = wire_day.settings.elasticsearch.model_copy(update={"url": "http://127.0.0.1:9"})
    with served(wire_day.settings.model_copy(update={"elasticsearch": search})) as base:
        yield base


def test_while_the_index_is_away_a_page_says_what_to_do(page: Page, lost: str) -> None:
    answer = page.goto(f"{lost}/search?q=rail")
    assert answer is not None
    assert answer.status == 503
    expect(page.get_by_role("heading", level=1)).to_have_text("The index does not answer")
    expect(page.get_by_text("wirecopy doctor")).to_be_visible()
    assert violations(page) == []
