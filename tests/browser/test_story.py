"""Stories and articles in a browser, against what the wire day left in the index and what is true of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.integration.outcome import Outcome


def largest(wire_day: Outcome, having: str = "articles_count") -> dict[str, Any]:
    """The largest story that has some of this."""
    found = [story for story in wire_day.stories.values() if story[having]]
    return max(found, key=lambda story: story["articles_count"])


def members(wire_day: Outcome, story: dict[str, Any]) -> list[dict[str, Any]]:
    found = [article for article in wire_day.articles.values() if article["story"] == story["id"]]
    return sorted(found, key=lambda article: (article["published"], article["id"]))


def test_a_story_shows_who_carried_it_and_when(page: Page, wire_day: Outcome) -> None:
    story = largest(wire_day)
    page.goto(f"/story/{story['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(story["headline"])
    carriers = members(wire_day, story)
    expect(page.locator(".carriers .headline")).to_have_text([article["headline"] for article in carriers])
    expect(page.locator(".carriers .c-what > .outlet")).to_have_text([article["outlet"] for article in carriers])
    true_story = wire_day.truth[story["canonical_article"]]["story"]
    true = {article["outlet"] for article in wire_day.truth.values() if article["story"] == true_story}
    assert {article["outlet"] for article in carriers} == true


def test_carriers_that_credit_nobody_are_marked(page: Page, wire_day: Outcome) -> None:
    story = largest(wire_day, "undisclosed_count")
    page.goto(f"/story/{story['id']}")
    silent = [article["outlet"] for article in members(wire_day, story) if article["undisclosed"]]
    expect(page.locator(".notice.undisclosed .outlet")).to_have_text(list(dict.fromkeys(silent)))
    expect(page.locator(".carriers .tag.undisclosed")).to_have_count(len(silent))


def test_what_was_corrected_is_shown_with_who_still_has_it(page: Page, wire_day: Outcome) -> None:
    story = next(
        s for s in wire_day.stories.values() if s["stale_count"] and any(c.get("old") for c in s["corrections"])
    )
    page.goto(f"/story/{story['id']}")
    correction = next(c for c in story["corrections"] if c.get("old"))
    expect(page.locator(".correction del").first).to_have_text(correction["old"][0])
    expect(page.locator(".correction ins").first).to_have_text(correction["new"][0])
    stale = [article["outlet"] for article in members(wire_day, story) if article["stale"]]
    rows = page.locator(".carriers tr", has=page.locator(".tag.stale"))
    expect(rows.locator(".c-what > .outlet")).to_have_text(stale)


def test_the_canonical_text_is_whole_and_says_what_is_not_the_story(page: Page, wire_day: Outcome) -> None:
    story = largest(wire_day)
    article = wire_day.articles[story["canonical_article"]]
    page.goto(f"/story/{story['id']}")
    expect(page.locator("section.text > p:not(.legend)")).to_have_text(
        [p for p in article["text"].split("\n") if p.strip()]
    )
    marked = "".join(article["text"][start:end] for start, end in article["annotations"])
    shown = page.locator("section.text > p:not(.legend) .not-story").all_inner_texts()
    assert "".join("".join(shown).split()) == "".join(marked.split())


def test_the_other_stories_of_its_event_are_a_click_away(page: Page, wire_day: Outcome) -> None:
    story = max(wire_day.stories.values(), key=lambda s: s["origins_count"])
    event = story["event"]["id"]
    others = [s for s in wire_day.stories.values() if s.get("event", {}).get("id") == event and s["id"] != story["id"]]
    page.goto(f"/story/{story['id']}")
    links = page.locator(".siblings li > a:first-child")
    others.sort(key=lambda s: (s["first_published"], s["id"]))
    expect(links).to_have_text([s["headline"] for s in others])
    links.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(others[0]["headline"])


def test_towns_are_on_a_map(page: Page, wire_day: Outcome) -> None:
    story = next(s for s in wire_day.stories.values() if s["entities"].get("place", {}).get("point"))
    page.goto(f"/story/{story['id']}")
    drawn = page.locator(".map svg")
    expect(drawn).to_be_visible()
    assert 1 <= drawn.locator("circle").count() <= len(story["entities"]["place"]["point"])


def test_a_name_leads_to_its_stories(page: Page, wire_day: Outcome) -> None:
    story = next(s for s in wire_day.stories.values() if any(e["type"] == "PERSON" for e in s["entity_counts"]))
    person = next(e["name"] for e in story["entity_counts"] if e["type"] == "PERSON")
    page.goto(f"/story/{story['id']}")
    page.get_by_role("region", name="People").get_by_role("link", name=person, exact=True).click()
    named = {
        a["story"] for a in wire_day.articles.values() if person in a["entities"].get("person", {}).get("name", ())
    }
    expect(page.locator(".sum")).to_contain_text(f"{len(named)} stor")


def test_an_article_shows_its_history_and_why_it_is_a_copy(page: Page, wire_day: Outcome) -> None:
    article = next(a for a in wire_day.articles.values() if a["revisions"] and a["links"] and not a["canonical"])
    page.goto(f"/article/{article['id']}")
    old = article["revisions"][0]
    history = page.locator(".earlier").last
    history.locator("summary").click()
    expect(history.locator("p[dir]")).to_have_text([p for p in old["text"].split("\n") if p.strip()])
    expect(page.locator(".links li")).to_have_count(len(article["links"]))
    expect(page.locator(".links")).to_contain_text(wire_day.articles[article["links"][0]["other"]]["outlet"])


@pytest.mark.parametrize("kind", ["story", "article"])
def test_the_start_of_an_id_leads_to_the_whole(page: Page, wire_day: Outcome, kind: str) -> None:
    name = largest(wire_day)["id"] if kind == "story" else largest(wire_day)["canonical_article"]
    page.goto(f"/{kind}/{name[:14]}")
    assert page.url.endswith(f"/{kind}/{name}")
    assert page.request.get(f"/{kind}/{name[:14]}.json").json()["id"] == name


def test_a_link_leads_to_the_outlet(page: Page, wire_day: Outcome) -> None:
    story = largest(wire_day)
    page.goto(f"/story/{story['id']}")
    urls = [article["url"] for article in members(wire_day, story)]
    links = page.locator(".carriers .outside")
    assert [link.get_attribute("href") for link in links.all()] == urls
