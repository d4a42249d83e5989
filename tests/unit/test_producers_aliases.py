"""Entries that come under another name than before, and others that only look like it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.parsed import ParsedEntry, ParsedFeed, distinct
from producers.polling.entries import initial_state, new_revisions
from producers.polling.memory import link_hash, mark_of
from schemas.feed_records import Feed, FeedState, RawEntry

FEED = Feed(id="top", url="https://a.example/rss", outlet="a.example")
NOW = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)
AT = datetime(2026, 6, 18, 5, 7, 12, tzinfo=UTC)


class Paper:
    """A feed that is read every ten minutes."""

    def __init__(self) -> None:
        self.state: FeedState = initial_state(FEED, NOW, 300)
        self.now = NOW

    def read(self, *entries: ParsedEntry) -> list[RawEntry]:
        self.now += timedelta(minutes=10)
        parsed = ParsedFeed("T", "rss20", None, "en", None, distinct(entries))
        records, state = new_revisions(FEED, parsed, self.state, self.now)
        self.state = state.model_copy(update={"last_poll": self.now})
        return records


def others(newest: datetime = AT, count: int = 6) -> list[ParsedEntry]:
    """Older stories below it, so that what is missing above them has been taken out."""
    return [
        ParsedEntry(
            guid=f"o{number}",
            url=f"https://a.example/other-story-number-{number}",
            headline=f"Another story, number {number}",
            published=newest - timedelta(minutes=17 * (number + 1)),
        )
        for number in range(count)
    ]


def lead() -> ParsedEntry:
    return ParsedEntry(guid="lead", url="https://a.example/lead", headline="Lead", published=AT + timedelta(minutes=9))


def story(address: str, headline: str, published: datetime | None = AT, text: str = "High water.") -> ParsedEntry:
    return ParsedEntry(guid=address, url=address, headline=headline, summary=text, published=published)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://a.example/city/dam-opened/articleshow/119799583.cms", "https://a.example/city/mettur-dam/articleshow/119799583.cms"),
        ("https://a.example/city/dam/articleshow/119799583.cms", "https://a.example/city/gates/articleshow/119799583.cms"),
        ("https://a.example/india-news/dam-opened-6543210", "https://a.example/india-news/gates-of-dam-opened-6543210"),
        ("https://a.example/article/cities/dam-opened-9876543/", "https://a.example/article/india/gates-open-9876543/"),
        ("https://a.example/dam-opened-101718700000000.html", "https://a.example/gates-opened-101718700000000.html"),
        ("https://a.example/news/dam-opened/article68300000.ece", "https://a.example/news/gates-open/article68300000.ece"),
        ("https://a.example/article/1069444/dam-opened-today", "https://a.example/article/1069444/gates-opened-today"),
        ("https://a.example/story/dam-open-2554321-2026-06-18", "https://a.example/story/gates-open-2554321-2026-06-18"),
        ("https://a.example/p/dam-opened-3f2a9b7c1d2e", "https://a.example/p/gates-opened-3f2a9b7c1d2e"),
        ("https://a.example/dam-opened-54321", "https://a.example/gates-opened-54321"),
        ("https://a.example/2026/06/18/dam-opened/", "https://a.example/2026/06/18/gates-opened/"),
    ],
)  # fmt: skip
def test_a_headline_edited_into_address_and_guid_is_a_revision_and_no_removal(old: str, new: str) -> None:
    paper = Paper()
    first, *_ = [record for record in paper.read(lead(), story(old, "Dam opened"), *others()) if record.guid == old]
    assert paper.read(lead(), story(old, "Dam opened"), *others()) == []
    (edited,) = paper.read(lead(), story(new, "Gates of the dam opened"), *others())
    assert (edited.article, edited.revision, edited.guid) == (first.article, 2, new)
    for _ in range(3):
        assert paper.read(lead(), story(new, "Gates of the dam opened"), *others()) == []


@pytest.mark.parametrize(
    ("old", "new", "later"),
    [
        # The headline ends with a number, and another headline with the same.
        ("https://a.example/nifty-ends-at-80000", "https://a.example/rupee-falls-jobs-80000", 40),
        # Nothing in common but the section.
        ("https://a.example/city/dam-opened", "https://a.example/city/cable-thieves-held", 40),
        # A date is nobody's number.
        ("https://a.example/weather-today-20260618", "https://a.example/markets-today-20260618", 40),
        ("https://a.example/city/weather-today/18062026", "https://a.example/city/markets-today/18062026", 40),
        # A number that is used again days later.
        ("https://a.example/gallery-of-the-week-1234567", "https://a.example/best-of-the-week-1234567", 60 * 24 * 9),
    ],
)
def test_other_stories_are_not_taken_for_edits(old: str, new: str, later: int) -> None:
    paper = Paper()
    paper.read(lead(), story(old, "Dam opened"), *others())
    moved = AT + timedelta(minutes=later)
    (record,) = paper.read(story(new, "Two held", moved, "Police said so."), lead(), *others())
    assert (record.revision, record.guid) == (1, new)


def test_stories_of_one_moment_are_not_taken_for_edits_of_each_other() -> None:
    paper = Paper()
    batch = [story(f"https://a.example/story-of-{word}", f"Story of {word}") for word in ("dams", "mines", "mills")]
    paper.read(lead(), *batch, *others())
    (record,) = paper.read(
        lead(), story("https://a.example/story-of-bridges", "Story of bridges"), *batch[1:], *others()
    )
    assert record.revision == 1
    hour = AT.replace(minute=0, second=0)
    paper = Paper()
    paper.read(lead(), story("https://a.example/noon-bulletin", "Bulletin", hour), *others())
    (record,) = paper.read(lead(), story("https://a.example/tender-notice", "Tender", hour), *others())
    assert record.revision == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://agg.example/rss/articles/CBMi{token}?oc=5",
        "https://agg.example/click/{token}/story",
        "https://agg.example/apiclick.aspx?ref=rss&aid=&tid={token}&url=https%3a%2f%2fpaper.example%2fdam-opened&c={token}",
        "https://agg.example/story?id=7&sid={token}",
    ],
)
@pytest.mark.parametrize("published", [AT, None])
def test_a_token_that_flips_in_an_aggregators_address_makes_no_second_article(
    address: str, published: datetime | None
) -> None:
    paper = Paper()
    tokens = ("8f3a9c0d1e", "77ab01ff2c", "90cc3e5b6d", "1d1d2e3f40")
    seen = set()
    for token in tokens:
        flipping = story(address.format(token=token), "Dam opened at Mettur", published)
        below = others() if published else []
        records = paper.read(*([lead()] if published else []), flipping, *below)
        seen |= {record.article for record in records if record.headline == "Dam opened at Mettur"}
        assert not any(record.removed for record in records)
        assert token == tokens[0] or records == []
    assert len(seen) == 1


def test_an_edit_under_a_flipping_token_is_one_by_the_address_that_it_leads_to() -> None:
    paper, wrapped = (
        Paper(),
        "https://agg.example/go?tid={}&url=https%3A%2F%2Fpaper.example%2Fnews%2Fdam-opened-at-mettur",
    )
    (first,) = paper.read(story(wrapped.format(1), "Dam opened"))
    (edited,) = paper.read(story(wrapped.format(2), "Dam opened, alert downstream"))
    assert (edited.article, edited.revision) == (first.article, 2)


TEXT = "The sluice gates were opened on Thursday after heavy rain upstream, officials said."


@pytest.mark.parametrize("dated", [True, False])
def test_a_text_under_another_headline_address_and_guid_is_an_edit_whatever_its_date(dated: bool) -> None:
    paper = Paper()
    below = [entry if dated else replace(entry, published=None) for entry in others()]
    before = story("https://a.example/news/dam-opened", "Dam opened", AT if dated else None, TEXT)
    moved = AT + timedelta(hours=2) if dated else None
    after = story("https://a.example/news/mettur-alert", "Alert at Mettur", moved, TEXT)
    (first,) = [record for record in paper.read(before, *below) if record.guid == before.guid]
    (edited,) = paper.read(after, *below)
    assert (edited.article, edited.revision, edited.headline) == (first.article, 2, after.headline)
    assert [paper.read(after, *below) for _ in range(3)] == [[], [], []]


def test_bulletins_that_always_say_the_same_are_not_edits_of_each_other() -> None:
    def bulletin(hour: int) -> ParsedEntry:
        at = AT + timedelta(hours=hour)
        return story(f"https://a.example/bulletin-of-hour-{hour}x", f"Bulletin of {hour}", at, TEXT)

    paper = Paper()
    for hour in range(8):
        records = paper.read(*(bulletin(hour - back) for back in range(3)))
        assert {record.revision for record in records} == {1}
    paper = Paper()
    for hour in range(4):
        (record,) = paper.read(bulletin(hour))
        assert record.revision == 1


# ---- one address for several stories ----------------------------------------------------------------------------

PAGE = "https://a.example/briefs"


def brief(headline: str, minutes: int = 0, guid: str | None = None) -> ParsedEntry:
    text = f"All about how {headline.lower()} came to pass."
    return ParsedEntry(guid, PAGE, headline, summary=text, published=AT - timedelta(minutes=minutes))


def untitled(text: str) -> ParsedEntry:
    return ParsedEntry(url=PAGE, summary=text)


BRIEFS = (
    brief("Ferry stopped at Ramnagar"),
    brief("Two held for cable theft", 11),
    brief("School reopens on Monday", 23),
)


def test_stories_that_share_an_address_are_stories_of_their_own_whichever_of_them_are_left() -> None:
    paper = Paper()
    assert len(paper.read(*BRIEFS)) == 3
    assert paper.read(*BRIEFS[1:]) == []
    assert paper.read(BRIEFS[1]) == []
    new = brief("Market closed for repairs", -5)
    (record,) = paper.read(new, BRIEFS[1])
    assert (record.headline, record.revision) == (new.headline, 1)


def test_one_story_and_then_another_at_its_address() -> None:
    paper = Paper()
    (first,) = paper.read(BRIEFS[1])
    (second,) = paper.read(*BRIEFS[:2])
    assert first.article != second.article
    assert (second.headline, second.revision) == (BRIEFS[0].headline, 1)
    assert paper.read(BRIEFS[0]) == []


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        (BRIEFS, 3),
        (BRIEFS[:2], 2),
        ((brief("Ferry stopped at Ramnagar"), brief("Ferry at Ramnagar stopped again")), 1),
        (tuple(brief(f"Release 20.0{number} of the index", number, guid="0") for number in range(4)), 4),
        ((brief("Ferry stopped at Ramnagar", guid="7"), brief("Two held for cable theft", guid="7")), 2),
        ((brief("Old", guid="7"), brief("New", 5, guid="7")), 1),
        ((brief("Brief 1"), brief("Brief 2"), brief("Brief 3")), 3),
        ((brief("Ferry stopped"), brief("Ferry stopped", 5)), 1),
        ((brief("Ferry stopped"), brief("")), 1),
        ((untitled("The ferry stopped at noon."), untitled("Two were held for theft."), untitled("Schools open.")), 3),
        ((untitled("The ferry stopped at noon."), untitled("The ferry stopped at noon today.")), 1),
    ],
)
def test_a_name_that_is_given_to_several_headlines_names_none(entries: tuple[ParsedEntry, ...], count: int) -> None:
    assert len(distinct(entries)) == count


# ---- one page under several addresses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "number", "strength"),
    [
        ("https://a.example/city/dam-opened/articleshow/119799583.cms", "119799583", "strong"),
        ("https://a.example/dam-opened-6543210", "6543210", "strong"),
        ("https://a.example/dam-opened-54321", "54321", "weak"),
        ("https://a.example/2026/06/18/dam-opened", "", "none"),
        ("https://a.example/dam-opened-20260618", "", "none"),
        ("https://a.example/live/119799583", "", "none"),
        ("https://a.example/news/60123456", "", "none"),
        ("https://a.example/?p=119799583", "", "none"),
        ("https://a.example/dam-deadbeef", "", "none"),
        ("https://[", "", "none"),
        (None, "", "none"),
    ],
)
def test_the_number_in_an_address_and_its_strength_are_found(address: str | None, number: str, strength: str) -> None:
    assert (mark_of(address).number, mark_of(address).strength) == (number, strength)


@pytest.mark.parametrize(
    "same",
    [
        "https://www.a.example/%E0%A4%9C%E0%A4%B2/%e0%a4%ac%e0%a4%be?b=2&a=1",
        "http://A.example/जल/बा/?a=1&b=2&utm_source=x",
        "https://agg.example/go?x=1&url=https%3A%2F%2Fa.example%2F%25E0%25A4%259C%25E0%25A4%25B2%2Fबा%3Fa%3D1%26b%3D2",
    ],
)
def test_addresses_that_differ_in_form_only_are_of_one_page(same: str) -> None:
    assert link_hash(same) == link_hash("https://a.example/जल/बा?a=1&b=2")


@given(st.text(max_size=60), st.sampled_from(["https://a.example/", "https://a.example/x?url=http", ""]))
def test_no_address_is_too_odd_to_be_told_from_others(odd: str, before: str) -> None:
    assert len(link_hash(before + odd)) == 8
    assert mark_of(before + odd).strength in ("none", "weak", "strong")
