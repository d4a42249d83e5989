"""Search in a browser, over the wire day."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.integration.outcome import Outcome


def test_the_first_page_shows_the_newest_stories_and_how_many_there_are(page: Page, wire_day: Outcome) -> None:
    page.goto("/")
    expect(page.get_by_role("status")).to_have_text(
        f"{len(wire_day.stories)} stories in {len(wire_day.articles)} articles"
    )
    newest = max(wire_day.articles.values(), key=lambda article: article["published"])
    first = page.locator(".rows h3").first
    expect(first).to_have_text(wire_day.stories[newest["story"]]["headline"])


def test_axe_finds_nothing_on_the_search_page(page: Page) -> None:
    page.goto("/search?agency=PTI")
    assert violations(page) == []
