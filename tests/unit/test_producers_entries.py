from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.parsed import ParsedEntry, ParsedFeed, distinct
from producers.polling.entries import (
    REMOVED_HASH,
    LastPublisher,
    OutletFeeds,
    Verdict,
    initial_state,
    new_revisions,
    verdict,
)
from producers.polling.memory import OWNER, REMOVED, WINDOW, Memory, Seen
from schemas.feed_records import Feed, FeedState, RawEntry
from schemas.ids import article_id

FEED = Feed(id="top", url="https://a.example/f", outlet="a.example")
SPORT = Feed(id="sport", url="https://a.example/s", outlet="a.example")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EMPTY = initial_state(FEED, NOW, 300)

texts = st.text(max_size=12)
entries = st.builds(
    ParsedEntry,
    guid=st.sampled_from(["a", "b", "c", "d", None]),
    url=st.sampled_from(["https://a.example/1", "https://a.example/2", None]),
    headline=texts,
    summary=texts | st.none(),
    published=st.none() | st.integers(0, 5).map(lambda hours: NOW - timedelta(hours=hours)),
)


def feed_of(*items: ParsedEntry, deleted: frozenset[str] = frozenset(), dropped: int = 0) -> ParsedFeed:
    return ParsedFeed("T", "rss20", None, "en", None, distinct(items), dropped=dropped, deleted=deleted)


def read(
    state: FeedState,
    parsed: ParsedFeed,
    now: datetime = LATER,
    *siblings: FeedState,
    feed: Feed = FEED,
    unlisted: frozenset[str] = frozenset(),
    partial: bool = False,
) -> tuple[list[RawEntry], FeedState]:
    """One poll, as far as it concerns entries."""
    records, after = new_revisions(feed, parsed, state, now, OutletFeeds(siblings, unlisted), partial=partial)
    return records, after.model_copy(update={"last_poll": now})


def remembered(state: FeedState) -> dict[str, Seen]:
    return {seen.article.hex(): seen for seen in Memory.of(state)}


# ---- verdicts ---------------------------------------------------------------------------------------------------


def said(content: bytes | None, flags: int = WINDOW) -> Seen | None:
    return None if content is None else Seen(b"article", content, b"link", 1, 0, 0, flags)


@pytest.mark.parametrize(
    ("publisher", "latest", "mine", "expected"),
    [
        (LastPublisher.NOBODY, None, None, Verdict.NEW),
        (LastPublisher.NOBODY, None, b"now", Verdict.NEW),
        (LastPublisher.THIS_FEED, b"now", b"now", Verdict.UNCHANGED),
        (LastPublisher.THIS_FEED, b"before", b"before", Verdict.REVISED),
        (LastPublisher.GONE, b"now", None, Verdict.UNCHANGED),
        (LastPublisher.GONE, b"before", None, Verdict.REVISED),
        (LastPublisher.GONE, b"before", b"before", Verdict.REVISED),
        (LastPublisher.GONE, b"before", b"other", Verdict.UNCHANGED),
        (LastPublisher.POLLED, b"now", None, Verdict.UNCHANGED),
        (LastPublisher.POLLED, b"before", None, Verdict.UNCHANGED),
        (LastPublisher.POLLED, b"before", b"before", Verdict.REVISED),
        (LastPublisher.POLLED, b"before", b"other", Verdict.UNCHANGED),
    ],
)
def test_each_state_of_publisher_and_texts_has_its_verdict(
    publisher: LastPublisher, latest: bytes | None, mine: bytes | None, expected: Verdict
) -> None:
    assert verdict(publisher, b"now", said(mine), said(latest)) is expected


@pytest.mark.parametrize("publisher", [LastPublisher.THIS_FEED, LastPublisher.POLLED, LastPublisher.GONE])
def test_an_entry_that_comes_back_after_it_was_taken_out_is_revised(publisher: LastPublisher) -> None:
    assert verdict(publisher, b"now", said(b"now"), said(b"now", OWNER | REMOVED)) is Verdict.REVISED


# ---- revisions --------------------------------------------------------------------------------------------------


def test_a_new_entry_is_its_first_revision() -> None:
    (record,), state = new_revisions(FEED, feed_of(ParsedEntry(guid="g", headline="H", language="en")), EMPTY, NOW)
    assert record.article == article_id("a.example", "g")
    assert (record.revision, record.first_seen, record.fetched, record.language) == (1, NOW, NOW, "en")
    assert state.last_new_entry == NOW
    (seen,) = Memory.of(state)
    assert (seen.article.hex(), seen.content.hex(), seen.revision) == (record.article, record.content_hash, 1)
    assert seen.has(WINDOW)
    assert seen.has(OWNER)


def test_all_that_the_parser_found_is_passed_on() -> None:
    entry = ParsedEntry(guid="g", headline="H", creditline="Kestrel Wire", pubstatus="withheld", full_text=True)
    (record,), _ = new_revisions(FEED, feed_of(entry), EMPTY, NOW)
    assert (record.creditline, record.pubstatus, record.full_text) == ("Kestrel Wire", "withheld", True)


def test_an_edit_is_the_next_revision_of_the_same_article() -> None:
    _, state = read(EMPTY, feed_of(ParsedEntry(guid="g", headline="H")), NOW)
    (record,), state = read(state, feed_of(ParsedEntry(guid="g", headline="H, updated")))
    assert (record.revision, record.first_seen, record.fetched) == (2, NOW, LATER)
    (record,), _ = read(state, feed_of(ParsedEntry(guid="g", headline="H")))
    assert record.revision == 3


def test_what_is_no_edit() -> None:
    entry = ParsedEntry(guid="g", headline="H", content='<p>Text <a href="https://a.example/?utm_source=1">x</a></p>')
    for same in (
        replace(entry, published=NOW, updated=LATER),
        replace(entry, url="https://a.example/?utm_source=2"),
        replace(entry, content='<p>Text\n <a href="https://a.example/?utm_source=2">x</a> </p>'),
        replace(entry, subjects=("A",)),
    ):
        assert same.content_hash == entry.content_hash
    for edited in (
        replace(entry, headline="h"),
        replace(entry, byline="PTI"),
        replace(entry, summary="s"),
        replace(entry, content="<p>Text y</p>"),
        replace(entry, creditline="PTI"),
        replace(entry, pubstatus="canceled"),
    ):
        assert edited.content_hash != entry.content_hash


def test_the_lists_language_counts_more_than_the_feeds() -> None:
    feed = FEED.model_copy(update={"language": "hi"})
    (record,), _ = new_revisions(feed, feed_of(ParsedEntry(guid="g", language="en-US")), EMPTY, NOW)
    assert record.language == "hi"


def test_one_outlet_cannot_reach_anothers_articles() -> None:
    entry = ParsedEntry(guid="g", headline="H")
    (ours,), _ = new_revisions(FEED, feed_of(entry), EMPTY, NOW)
    (theirs,), _ = new_revisions(FEED.model_copy(update={"outlet": "b.example"}), feed_of(entry), EMPTY, NOW)
    assert ours.article != theirs.article


def test_an_entry_that_comes_back_is_no_news() -> None:
    _, state = read(EMPTY, feed_of(*(ParsedEntry(guid=str(number)) for number in range(30))), NOW)
    _, state = read(state, feed_of(*(ParsedEntry(guid=str(number)) for number in range(30, 60))))
    records, _ = read(state, feed_of(*(ParsedEntry(guid=str(number)) for number in range(60))))
    assert records == []


@given(st.lists(entries, max_size=8))
def test_the_same_feed_again_publishes_nothing(items: list[ParsedEntry]) -> None:
    _, state = new_revisions(FEED, feed_of(*items), EMPTY, NOW)
    records, again = new_revisions(FEED, feed_of(*items), state, LATER)
    assert records == []
    assert again == state


@given(st.lists(entries, max_size=8).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_the_order_of_entries_does_not_matter(both: tuple[list[ParsedEntry], list[ParsedEntry]]) -> None:
    (first, one), (second, other) = (new_revisions(FEED, feed_of(*items), EMPTY, NOW) for items in both)
    assert first == second
    assert one.model_copy(update={"in_order": False}) == other.model_copy(update={"in_order": False})


@given(st.lists(st.lists(entries, max_size=5), min_size=1, max_size=5))
def test_revisions_of_an_article_count_up_by_one_and_keep_their_first_seen(polls: list[list[ParsedEntry]]) -> None:
    state, latest = EMPTY, dict[str, tuple[int, datetime]]()
    for number, items in enumerate(polls):
        now = NOW + timedelta(minutes=number)
        records, state = read(state, feed_of(*items), now)
        assert len({record.article for record in records}) == len(records)
        for record in records:
            revision, first_seen = latest.get(record.article, (0, now))
            assert (record.revision, record.first_seen) == (revision + 1, first_seen)
            latest[record.article] = (record.revision, record.first_seen)


# ---- another name for the same article --------------------------------------------------------------------------

STORY = "https://www.a.example/2026/ferry-service-resumes"


def test_a_guid_that_changed_is_the_same_article_by_its_address() -> None:
    (first,), state = read(EMPTY, feed_of(ParsedEntry(guid="old", url=STORY, headline="H")), NOW)
    renamed = ParsedEntry(guid="new", url="http://a.example/2026/ferry-service-resumes?utm_source=x", headline="H")
    records, state = read(state, feed_of(renamed))
    assert records == []
    (edited,), state = read(state, feed_of(replace(renamed, headline="H2")))
    assert (edited.article, edited.revision, edited.first_seen) == (first.article, 2, NOW)
    assert read(state, feed_of(replace(renamed, headline="H2")))[0] == []


@pytest.mark.parametrize(
    ("url", "apart"),
    [
        ("https://a.example/", timedelta(0)),
        ("https://a.example/weather", timedelta(hours=6)),
        (STORY, timedelta(days=3)),
    ],
)
def test_a_page_that_is_filled_with_other_things_makes_no_alias(url: str, apart: timedelta) -> None:
    _, state = read(EMPTY, feed_of(ParsedEntry(guid="1", url=url, headline="H", published=NOW)), NOW)
    (record,), _ = read(state, feed_of(ParsedEntry(guid="2", url=url, headline="H2", published=NOW + apart)))
    assert (record.article, record.revision) == (article_id("a.example", "2"), 1)


def test_an_address_that_several_entries_have_makes_no_alias() -> None:
    _, state = read(EMPTY, feed_of(ParsedEntry(guid="1", url=STORY, headline="H")), NOW)
    both = [ParsedEntry(guid="2", url=STORY, headline="A"), ParsedEntry(guid="3", url=STORY, headline="B")]
    assert {record.article for record in read(state, feed_of(*both))[0]} == {
        article_id("a.example", "2"),
        article_id("a.example", "3"),
    }
    beside = [ParsedEntry(guid="1", headline="H"), ParsedEntry(guid="2", url=STORY, headline="A")]
    assert [record.article for record in read(state, feed_of(*beside))[0]] == [article_id("a.example", "2")]
    _, state = read(state, feed_of(*both))
    (third,), _ = read(state, feed_of(ParsedEntry(guid="4", url=STORY, headline="C")))
    assert third.article == article_id("a.example", "4")


def test_another_feed_of_the_outlet_may_name_it_otherwise() -> None:
    (first,), top = read(EMPTY, feed_of(ParsedEntry(guid="g", url=STORY, headline="H", published=NOW)), NOW)
    named = ParsedEntry(guid="sport-1", url=STORY, headline="H, in short", published=NOW)
    records, sport = read(initial_state(SPORT, NOW, 300), feed_of(named), LATER, top, feed=SPORT)
    assert records == []
    assert list(remembered(sport)) == [first.article]


# ---- several feeds of one outlet --------------------------------------------------------------------------------


def outlet(*names: str) -> dict[str, tuple[Feed, FeedState]]:
    feeds = [FEED.model_copy(update={"id": name, "url": f"https://a.example/{name}"}) for name in names]
    return {feed.id: (feed, initial_state(feed, NOW, 300)) for feed in feeds}


class Outlet:
    """The feeds of one outlet, read one after the other, as one producer does."""

    def __init__(self, *names: str) -> None:
        self.feeds = outlet(*names)
        self.unlisted: frozenset[str] = frozenset()
        self.now = NOW

    def read(self, name: str, *items: ParsedEntry, **changes: bool) -> list[tuple[str, int, str]]:
        """What was published: GUID (or article), revision, headline."""
        feed, state = self.feeds[name]
        siblings = tuple(other for other_name, (_, other) in self.feeds.items() if other_name != name)
        self.now += timedelta(minutes=10)
        parsed = feed_of(*items)
        records, after = read(state, parsed, self.now, *siblings, feed=feed, unlisted=self.unlisted, **changes)
        self.feeds[name] = (feed, after)
        return [(record.guid or record.article, record.revision, record.headline) for record in records]

    def owners(self, article: str) -> list[str]:
        found = ((name, remembered(state).get(article)) for name, (_, state) in self.feeds.items())
        return [name for name, seen in found if seen is not None and seen.has(OWNER) and seen.has(WINDOW)]


FULL = ParsedEntry(guid="g", headline="H", content="<p>The whole text.</p>")
TEASER = ParsedEntry(guid="g", headline="H", content="<p>The whole …</p>")
ARTICLE = article_id("a.example", "g")


def test_an_article_in_two_feeds_is_published_by_the_first_and_other_words_are_no_revision() -> None:
    paper = Outlet("top", "sport")
    assert paper.read("top", FULL) == [("g", 1, "H")]
    assert paper.read("sport", TEASER) == []
    assert paper.read("top", FULL) == []
    assert paper.read("sport", replace(TEASER, headline="H2")) == []
    assert paper.read("top", replace(FULL, headline="H2")) == [("g", 2, "H2")]
    assert paper.owners(ARTICLE) == ["top"]


def test_when_it_leaves_its_feed_another_takes_over_without_a_word() -> None:
    paper = Outlet("top", "sport")
    paper.read("top", FULL)
    paper.read("sport", TEASER)
    paper.read("top", replace(FULL, headline="H2"))
    paper.read("top")
    assert paper.read("sport", replace(TEASER, headline="H2")) == []
    assert paper.owners(ARTICLE) == ["sport"]
    assert paper.read("top", replace(FULL, headline="H2")) == []
    assert paper.owners(ARTICLE) == ["sport"]
    assert paper.read("sport", replace(TEASER, headline="H3")) == [("g", 3, "H3")]


def test_an_edit_made_while_it_changes_hands_is_not_lost() -> None:
    paper = Outlet("top", "sport")
    paper.read("top", FULL)
    paper.read("sport", FULL)
    paper.read("top")
    assert paper.read("sport", replace(FULL, headline="H2")) == [("g", 2, "H2")]


def test_an_edit_that_only_the_other_feed_has_seen_is_not_lost() -> None:
    paper, edited = Outlet("top", "sport"), replace(FULL, headline="H2")
    paper.read("top", FULL)
    paper.read("sport", FULL)
    assert paper.read("sport", edited) == []
    paper.read("top")
    assert paper.read("sport", edited) == [("g", 2, "H2")]
    paper = Outlet("top", "sport")
    paper.read("top", FULL)
    paper.read("sport", FULL)
    assert paper.read("sport", edited) + paper.read("top", edited) == [("g", 2, "H2")]
    assert paper.read("sport", edited) + paper.read("top") + paper.read("sport", edited) == []


def test_what_a_feed_no_longer_listed_had_published_is_inherited() -> None:
    paper = Outlet("old", "new")
    paper.read("old", FULL)
    paper.unlisted = frozenset({"old"})
    assert paper.read("new", FULL) == []
    assert paper.read("new", replace(FULL, headline="H2")) == [("g", 2, "H2")]
    paper = Outlet("old", "new")
    paper.read("old", FULL)
    paper.unlisted = frozenset({"old"})
    assert paper.read("new", replace(FULL, headline="H2")) == [("g", 2, "H2")]


@pytest.mark.parametrize("end", ["parked", "retired"])
def test_what_a_feed_that_only_fails_had_published_is_carried_on(end: str) -> None:
    paper = Outlet("top", "sport")
    paper.read("top", FULL)
    paper.read("sport", TEASER)
    feed, state = paper.feeds["top"]
    paper.feeds["top"] = (feed, state.model_copy(update={end: NOW}))
    assert paper.read("sport", TEASER) == []
    assert paper.read("sport", replace(TEASER, headline="H2")) == [("g", 2, "H2")]


def test_a_feed_that_never_got_to_publish_leaves_the_article_to_the_others() -> None:
    """A producer ended between the two: the state of the feed that deferred was kept, that of the owner was not."""
    paper = Outlet("top", "sport")
    before = paper.feeds["top"]
    paper.read("top", FULL)
    paper.read("sport", TEASER)
    paper.feeds["top"] = before
    assert paper.read("sport", TEASER) == [("g", 1, "H")]
    assert paper.read("top", FULL) == []


@pytest.mark.parametrize("turns", [("sport", "top"), ("top", "sport")])
def test_two_feeds_that_both_think_it_theirs_come_to_one_owner(turns: tuple[str, str]) -> None:
    paper = Outlet("top", "sport")
    alone = paper.feeds["sport"]
    paper.read("top", FULL)
    first = paper.feeds["top"]
    paper.feeds["top"] = (first[0], initial_state(first[0], NOW, 300))
    paper.feeds["sport"] = alone
    paper.read("sport", FULL)
    paper.feeds["top"] = first
    assert len(paper.owners(ARTICLE)) == 2
    for name in turns:
        assert paper.read(name, FULL) == []
    assert paper.owners(ARTICLE) == ["top"]


moves = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sets(st.sampled_from("xyz")), st.integers(0, 2)), max_size=12
)


@given(moves)
def test_one_article_is_published_once_in_each_revision_whatever_the_feeds_do(
    polls: list[tuple[str, set[str], int]],
) -> None:
    paper, published = Outlet("a", "b", "c"), dict[str, int]()
    for name, guids, edition in polls:
        for guid, revision, _ in paper.read(name, *(ParsedEntry(guid=g, headline=f"{g}{edition}") for g in guids)):
            assert revision == published.get(guid, 0) + 1
            published[guid] = revision
        for guid in guids:
            assert guid in published
            assert len(paper.owners(article_id("a.example", guid))) == 1


@given(moves, st.sets(st.sampled_from("xyz")))
def test_the_order_of_siblings_decides_nothing(polls: list[tuple[str, set[str], int]], guids: set[str]) -> None:
    paper = Outlet("a", "b", "c")
    for name, some, edition in polls:
        paper.read(name, *(ParsedEntry(guid=guid, headline=f"{guid}{edition}") for guid in some))
    siblings = [state for _, state in paper.feeds.values()]
    feed = FEED.model_copy(update={"id": "d"})
    parsed = feed_of(*(ParsedEntry(guid=guid, url=f"https://a.example/{guid}") for guid in guids))
    results = [read(initial_state(feed, NOW, 300), parsed, LATER, *some, feed=feed) for some in permutations(siblings)]
    assert all(result == results[0] for result in results)


# ---- entries taken out ------------------------------------------------------------------------------------------


def dated(number: int, headline: str = "H") -> ParsedEntry:
    """Higher numbers are newer."""
    published = NOW - timedelta(days=30) + timedelta(hours=number)
    return ParsedEntry(guid=str(number), headline=headline, published=published)


class Desk:
    """One feed, in order of time, read again and again."""

    def __init__(self) -> None:
        self.state, self.now = EMPTY, NOW

    def read(self, *numbers: int, dropped: int = 0, deleted: tuple[int, ...] = (), partial: bool = False) -> list[str]:
        """What was published: the number, with ``-`` where it was removed."""
        self.now += timedelta(minutes=10)
        gone = frozenset(str(number) for number in deleted)
        parsed = feed_of(*map(dated, sorted(numbers, reverse=True)), dropped=dropped, deleted=gone)
        records, self.state = read(self.state, parsed, self.now, partial=partial)
        return [("-" if record.removed else "") + number_of(record) for record in records]


def number_of(record: RawEntry) -> str:
    return next(str(n) for n in range(1000) if article_id("a.example", str(n)) == record.article)


def test_an_entry_missing_from_the_middle_of_two_readings_is_removed() -> None:
    desk = Desk()
    desk.read(1, 2, 3, 4)
    desk.read(1, 2, 3, 4, 5)
    assert desk.read(1, 2, 4, 5) == []
    desk.now += timedelta(minutes=10)
    parsed = feed_of(*map(dated, (6, 5, 4, 2, 1)))
    records, state = read(desk.state, parsed, desk.now)
    (removal,) = (record for record in records if record.removed)
    assert (removal.article, removal.revision, removal.content_hash) == (article_id("a.example", "3"), 2, REMOVED_HASH)
    assert (removal.removed, removal.first_seen) == (desk.now, NOW + timedelta(minutes=10))
    assert (removal.headline, removal.content, removal.url) == ("", None, None)
    again, state = read(state, feed_of(*map(dated, (7, 6, 5, 4, 2, 1))), LATER)
    assert [record.guid for record in again] == ["7"]
    (back,), _ = read(state, feed_of(*map(dated, (7, 6, 5, 4, 3, 2, 1))), LATER)
    assert (back.guid, back.revision, back.headline, back.removed) == ("3", 3, "H", None)


def test_what_is_not_a_removal() -> None:
    desk = Desk()
    desk.read(1, 2, 3, 4)
    desk.read(1, 2, 3, 4, 5)
    kept = desk.state, desk.now

    def then(*readings: tuple[int, ...], **changes: Any) -> list[str]:
        desk.state, desk.now = kept
        return [word for reading in readings for word in desk.read(*reading, **changes) if word.startswith("-")]

    assert then((1, 2, 4, 5), (1, 2, 4, 5, 6)) == ["-3"]
    assert then((1, 2, 4, 5), (1, 2, 3, 4, 5, 6)) == []
    assert then((3, 4, 5), (4, 5, 6), (5, 6, 7)) == []
    assert then((1, 2, 4, 5), (1, 2, 4, 5, 6), partial=True) == []
    assert then((1, 2, 4, 5), (1, 2, 4, 5, 6), dropped=1) == []
    assert then((), ()) == []
    assert then((1, 5), (1, 5, 6)) == []
    assert then((1, 2, 3, 4, 5), (1, 2, 3, 4), (1, 2, 3)) == []
    assert then((1, 2, 3, 4, 5), (1, 2, 3, 4), (1, 2, 3, 6)) == ["-5"]


def test_an_entry_seen_only_once_is_not_called_removed() -> None:
    desk = Desk()
    desk.read(1, 2, 3, 5)
    desk.read(1, 2, 3, 4, 5)
    assert desk.read(1, 2, 3, 5) + desk.read(1, 2, 3, 5, 6) == ["6"]


@pytest.mark.parametrize(
    "readings",
    [
        [(2, 4, 1, 3), (2, 4, 1, 3, 5), (2, 4, 1, 5), (2, 6, 4, 1, 5)],
        [(4, 3, 2, 1), (5, 4, 3, 2, 1), (2, 4, 1, 5), (2, 6, 4, 1, 5)],
        [(4, 3, 2, 1), (5, 4, 3, 2, 1), (5, 4, 2, 1), (2, 6, 4, 1, 5)],
        [(3, 2, 9, 8), (3, 2, 9, 8), (4, 3, 2), (10, 4, 3)],
    ],
    ids=["never", "no longer", "not at the second look", "only now, cut at its end"],
)
def test_a_feed_that_is_not_in_order_of_time_says_nothing_by_leaving_out(readings: list[tuple[int, ...]]) -> None:
    state = EMPTY
    for number, reading in enumerate(readings):
        records, state = read(state, feed_of(*map(dated, reading)), NOW + timedelta(hours=number))
        assert not [record for record in records if record.removed]


def test_what_the_feed_itself_says_is_deleted_is_removed_at_once() -> None:
    desk = Desk()
    desk.read(1, 2, 3)
    assert desk.read(1, 2, deleted=(3, 77)) == ["-3"]
    assert desk.read(1, 2, 4, deleted=(3,)) == ["4"]
    assert desk.read(1, 2, 3, 4, deleted=(3,)) == ["3"]


def test_an_old_entry_pinned_to_the_end_removes_nobody() -> None:
    desk = Desk()
    latest = 400
    desk.read(0, latest, latest + 1, latest + 2)
    desk.read(0, latest, latest + 1, latest + 2)
    for number in range(latest + 3, latest + 12):
        assert desk.read(0, number - 2, number - 1, number) == [str(number)]


def test_pinned_entries_that_are_not_far_off_are_found_out() -> None:
    desk = Desk()
    removed = [word for end in range(20, 60) for word in desk.read(0, *range(end - 15, end)) if word.startswith("-")]
    assert len(removed) <= 1


def test_an_article_still_in_another_feed_of_the_outlet_is_not_removed() -> None:
    paper = Outlet("top", "sport")
    for numbers in ((1, 2, 3, 4), (1, 2, 3, 4, 5)):
        paper.read("top", *map(dated, sorted(numbers, reverse=True)))
    paper.read("sport", dated(3))
    for later in ((1, 2, 4, 5), (1, 2, 4, 5, 6), (1, 2, 4, 5, 6, 7)):
        assert all(headline for _, _, headline in paper.read("top", *map(dated, sorted(later, reverse=True))))
    paper.read("sport", dated(99))
    (removal,) = paper.read("top", *map(dated, (7, 6, 5, 4, 2, 1)))
    assert removal == (article_id("a.example", "3"), 2, "")


@st.composite
def timelines(draw: st.DrawFn) -> list[tuple[list[ParsedEntry], int, bool]]:
    """A feed that is only ever added to at its top and cut at its end, its dates right or wrong, as it is read."""
    right = draw(st.booleans())
    count = draw(st.integers(5, 40))
    hours = sorted(draw(st.lists(st.integers(0, 60), min_size=count, max_size=count)))
    if not right:
        hours = draw(st.permutations(hours))
    items = [
        ParsedEntry(guid=str(number), headline="H", published=NOW + timedelta(hours=hour))
        for number, hour in enumerate(hours)
    ]
    ends = sorted(draw(st.lists(st.integers(1, count), min_size=3, max_size=14)))
    return [
        (
            items[max(0, end - draw(st.integers(1, 12))) : end][::-1],
            draw(st.sampled_from([0, 0, 0, 1])),
            draw(st.booleans()),
        )
        for end in ends
    ]


@given(timelines())
def test_no_sequence_of_readings_removes_what_fell_off_the_end(
    readings: list[tuple[list[ParsedEntry], int, bool]],
) -> None:
    state, now = EMPTY, NOW
    for items, dropped, whole in readings:
        now += timedelta(minutes=10)
        records, state = read(state, feed_of(*items, dropped=dropped), now, partial=not whole and dropped == 0)
        assert not [record for record in records if record.removed]


@given(st.integers(8, 30), st.data())
def test_one_taken_out_of_the_middle_is_found_while_the_feed_goes_on(size: int, data: st.DataObject) -> None:
    desk = Desk()
    desk.read(*range(size))
    desk.read(*range(1, size + 1))
    lost = data.draw(st.integers(size // 2, size - 1))
    seen = [
        word
        for end in range(size + 1, size + 4)
        for word in desk.read(*(number for number in range(end - size, end + 1) if number != lost))
    ]
    assert f"-{lost}" in seen
    assert len([word for word in seen if word.startswith("-")]) == 1
