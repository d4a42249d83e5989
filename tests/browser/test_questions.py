"""The questions of ``docs/questions.md``, asked by clicks from the first page: at most three for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_search import among, expect_found
from tests.integration.outcome import Outcome
from tests.integration.pipeline import poll

MOST = 3
NO_STORIES = re.compile(r"^0 stor")


class Reader:
    """Somebody at a browser. A click, a choice from a list, and words written into a box each count one."""

    def __init__(self, page: Page, wire_day: Outcome) -> None:
        self.page, self.day = page, wire_day
        self.clicks = 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def follow(self, name: str, within: str = "main") -> None:
        self.click(self.page.locator(within).get_by_role("link", name=name, exact=True).first)

    def menu(self, name: str) -> None:
        self.follow(name, "nav")

    def write(self, label: str, text: str) -> None:
        self.clicks += 1
        with self.answered():
            self.page.get_by_label(label, exact=True).fill(text)
            self.page.keyboard.press("Enter")

    def choose(self, label: str, option: str) -> None:
        self.clicks += 1
        with self.answered():
            self.page.get_by_label(label).select_option(option)

    def tick(self, name: str) -> None:
        with self.answered():
            self.click(self.page.get_by_role("checkbox", name=re.compile(rf"^{re.escape(name)}( |$)")))

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Until another content stands in the place of this one."""
        self.page.locator("#content").evaluate("content => { content.dataset.before = 'yes'; }")
        yield
        expect(self.page.locator("#content:not([data-before])")).to_be_attached()

    def first_story(self) -> None:
        self.click(self.page.locator(".rows h3 a").first)

    def sees(self, matches: Callable[[dict[str, Any]], bool]) -> None:
        expect_found(self.page, among(self.day, matches))

    def sees_text(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def story_of(self, article: dict[str, Any]) -> dict[str, Any]:
        return self.day.stories[article["story"]]


def who_carried_it_and_with_which_changes(reader: Reader) -> None:
    reader.write("Words", "cement vidarbha")
    reader.first_story()
    expect(reader.page.locator(".carriers tbody tr")).to_have_count(9)
    reader.click(reader.page.get_by_role("link", name="difference").first)
    reader.sees_text("What they disagree on")


def what_is_one_source(reader: Reader) -> None:
    reader.choose("independent origins", "1")
    reader.sees(lambda article: reader.story_of(article)["origins_count"] == 1)
    reader.tick("PTI")
    reader.sees(lambda article: reader.story_of(article)["origins_count"] == 1 and "PTI" in article["agencies"])


def what_have_several_found_out(reader: Reader) -> None:
    reader.choose("independent origins", "3")
    reader.sees(lambda article: reader.story_of(article)["origins_count"] == 3)
    reader.first_story()
    reader.sees_text("Same event")


def who_credits_nobody(reader: Reader) -> None:
    reader.tick("Undisclosed")
    reader.sees(lambda article: article["undisclosed"])


def which_corrections_were_not_followed(reader: Reader) -> None:
    reader.tick("Not corrected")
    reader.sees(lambda article: article["stale"])


def what_was_corrected(reader: Reader) -> None:
    reader.write("Words", "turtles kakinada")
    reader.first_story()
    reader.sees_text("Of 478 trawlers checked at the Kakinada harbour")
    reader.sees_text("still carried by 2")


def who_was_first(reader: Reader) -> None:
    reader.menu("Outlets")
    reader.follow("uni.example")
    reader.follow("those that it published first")
    reader.sees(lambda article: reader.story_of(article)["first_outlet"] == "uni.example")


def everything_on_a_person(reader: Reader) -> None:
    reader.write("Words", "Mhatre")
    reader.first_story()
    reader.follow("Ganesh Mhatre", ".names")
    reader.sees_text("1 story, 9 articles")


def everything_on_a_body_by_its_short_name(reader: Reader) -> None:
    reader.write("Words", "IMD")
    reader.first_story()
    reader.follow("India Meteorological Department", ".names")
    reader.sees_text("3 stories")
    aliases = reader.page.locator("section[aria-labelledby=aliases]")
    poll(lambda: aliases.count() or reader.page.reload() is None, "the alias files are read", 60)
    expect(aliases).to_contain_text("Indian Meteorological Department")


def what_happened_near_a_place(reader: Reader) -> None:
    reader.write("near", "Nagpur")
    expect(reader.page.locator("#found")).not_to_have_text(NO_STORIES)
    reader.write("within", "50km")
    expect(reader.page.locator("#found")).to_have_text("5 stories in 14 articles")


def what_is_new(reader: Reader) -> None:
    reader.write("From", "1d")
    expect(reader.page.locator("#found")).to_have_text(NO_STORIES)
    reader.choose("Time that is meant", "seen")
    reader.sees(lambda _: True)


def which_story_has_this_number(reader: Reader) -> None:
    reader.write("Words", "318 cr")
    expect(reader.page.locator("#found")).to_have_text("1 story in 9 articles")


def how_an_outlet_uses_the_wire(reader: Reader) -> None:
    reader.menu("Outlets")
    reader.follow("gangatimes.example")
    reader.sees_text("94%")


def what_one_agency_has_alone(reader: Reader) -> None:
    reader.write("Words", "agency:IANS -agency:PTI")
    reader.sees(lambda article: "IANS" in article["agencies"] and "PTI" not in article["agencies"])


def what_rises(reader: Reader) -> None:
    reader.menu("Trends")
    expect(reader.page.locator("tbody tr", has_text="Mumbai").first).to_contain_text("13")


@pytest.mark.parametrize(
    "ask",
    [
        who_carried_it_and_with_which_changes,
        what_is_one_source,
        what_have_several_found_out,
        who_credits_nobody,
        which_corrections_were_not_followed,
        what_was_corrected,
        who_was_first,
        everything_on_a_person,
        everything_on_a_body_by_its_short_name,
        what_happened_near_a_place,
        what_is_new,
        which_story_has_this_number,
        how_an_outlet_uses_the_wire,
        what_one_agency_has_alone,
        what_rises,
    ],
)
def test_a_question_takes_three_clicks_at_most(page: Page, wire_day: Outcome, ask: Callable[[Reader], None]) -> None:
    page.goto("/")
    reader = Reader(page, wire_day)
    ask(reader)
    assert reader.clicks <= MOST
