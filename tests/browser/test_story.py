"""A story in a browser, against the wire day's truth."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.integration.outcome import Outcome


@pytest.fixture
def largest(wire_day: Outcome) -> str:
    return max(wire_day.stories, key=lambda story: wire_day.stories[story]["articles_count"])


def test_a_story_shows_every_carrier(page: Page, wire_day: Outcome, largest: str) -> None:
    page.goto(f"/story/{largest}")
    members = [article for article in wire_day.articles.values() if article["story"] == largest]
    expect(page.locator("tbody tr")).to_have_count(len(members))
    expect(page.get_by_role("heading", level=1)).to_have_text(wire_day.stories[largest]["headline"])


def test_axe_finds_nothing_on_the_story_page(page: Page, largest: str) -> None:
    page.goto(f"/story/{largest}")
    assert violations(page) == []
