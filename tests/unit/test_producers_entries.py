from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from producers.entries import REMEMBERED, OtherFeeds, initial_state, new_revisions
from producers.parsed import ParsedEntry, ParsedFeed, content_hash, distinct
from schemas.ids import article_id
from schemas.records import Feed, FeedState, SeenEntry

FEED = Feed(id="top", url="https://a.example/f", outlet="a.example")
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


def feed_of(*items: ParsedEntry) -> ParsedFeed:
    return ParsedFeed("T", "rss20", None, "en", None, distinct(items))


def test_a_new_entry_is_its_first_revision() -> None:
    (record,), state = new_revisions(FEED, feed_of(ParsedEntry(guid="g", headline="H", language="en")), EMPTY, NOW)
    assert record.article == article_id("a.example", "g")
    assert (record.revision, record.first_seen, record.fetched, record.language) == (1, NOW, NOW, "en")
    assert state.last_new_entry == NOW
    assert state.entries == {record.article: SeenEntry(content_hash=record.content_hash, revision=1, first_seen=NOW)}


def test_an_edit_is_the_next_revision_of_the_same_article() -> None:
    _, state = new_revisions(FEED, feed_of(ParsedEntry(guid="g", headline="H")), EMPTY, NOW)
    (record,), state = new_revisions(FEED, feed_of(ParsedEntry(guid="g", headline="H, updated")), state, LATER)
    assert (record.revision, record.first_seen, record.fetched) == (2, NOW, LATER)
    (record,), _ = new_revisions(FEED, feed_of(ParsedEntry(guid="g", headline="H")), state, LATER)
    assert record.revision == 3


def test_what_is_no_edit() -> None:
    entry = ParsedEntry(guid="g", headline="H", content='<p>Text <a href="https://a.example/?utm_source=1">x</a></p>')
    for same in (
        replace(entry, published=NOW, updated=LATER),
        replace(entry, url="https://a.example/?utm_source=2"),
        replace(entry, content='<p>Text\n <a href="https://a.example/?utm_source=2">x</a> </p>'),
        replace(entry, subjects=("A",)),
    ):
        assert content_hash(same) == content_hash(entry)
    for edited in (
        replace(entry, headline="h"),
        replace(entry, byline="PTI"),
        replace(entry, summary="s"),
        replace(entry, content="<p>Text y</p>"),
    ):
        assert content_hash(edited) != content_hash(entry)


def test_the_lists_language_counts_more_than_the_feeds() -> None:
    feed = FEED.model_copy(update={"language": "hi"})
    (record,), _ = new_revisions(feed, feed_of(ParsedEntry(guid="g", language="en-US")), EMPTY, NOW)
    assert record.language == "hi"


def test_one_outlet_cannot_reach_anothers_articles() -> None:
    entry = ParsedEntry(guid="g", headline="H")
    (ours,), _ = new_revisions(FEED, feed_of(entry), EMPTY, NOW)
    (theirs,), _ = new_revisions(FEED.model_copy(update={"outlet": "b.example"}), feed_of(entry), EMPTY, NOW)
    assert ours.article != theirs.article


def test_what_another_feed_of_the_outlet_publishes_is_left_to_it() -> None:
    article = article_id("a.example", "g")
    others = OtherFeeds(elsewhere={article})
    records, state = new_revisions(FEED, feed_of(ParsedEntry(guid="g")), EMPTY, NOW, others)
    assert (records, state.entries) == ([], {})


def test_a_feed_with_a_new_id_inherits_what_the_old_one_had_published() -> None:
    entry = ParsedEntry(guid="g", headline="H")
    _, old = new_revisions(FEED, feed_of(entry), EMPTY, NOW)
    renamed, others = FEED.model_copy(update={"id": "renamed"}), OtherFeeds(inherited=old.entries)
    records, state = new_revisions(renamed, feed_of(entry), EMPTY, LATER, others)
    assert (records, state.entries) == ([], old.entries)
    (record,), _ = new_revisions(renamed, feed_of(replace(entry, headline="H2")), EMPTY, LATER, others)
    assert (record.revision, record.first_seen) == (2, NOW)


def test_the_window_and_the_latest_thousand_are_remembered() -> None:
    state, window = EMPTY, 50
    for start in range(0, 2 * REMEMBERED, window):
        items = [ParsedEntry(guid=str(number)) for number in range(start, start + window)]
        records, state = new_revisions(FEED, feed_of(*items), state, NOW)
        assert len(records) == window
    assert len(state.entries) == REMEMBERED + window
    assert article_id("a.example", str(2 * REMEMBERED - 1)) in state.entries
    assert article_id("a.example", "0") not in state.entries
    survived = FeedState.model_validate_json(state.model_dump_json())
    assert list(survived.entries) == list(state.entries)


@given(st.lists(entries, max_size=8))
def test_the_same_feed_again_publishes_nothing(items: list[ParsedEntry]) -> None:
    _, state = new_revisions(FEED, feed_of(*items), EMPTY, NOW)
    records, again = new_revisions(FEED, feed_of(*items), state, LATER)
    assert records == []
    assert again == state


@given(st.lists(entries, max_size=8).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_the_order_of_entries_does_not_matter(both: tuple[list[ParsedEntry], list[ParsedEntry]]) -> None:
    first, second = (new_revisions(FEED, feed_of(*items), EMPTY, NOW) for items in both)
    assert first == second


@given(st.lists(st.lists(entries, max_size=5), min_size=1, max_size=5))
def test_revisions_of_an_article_count_up_by_one_and_keep_their_first_seen(polls: list[list[ParsedEntry]]) -> None:
    state, latest = EMPTY, dict[str, tuple[int, datetime]]()
    for number, items in enumerate(polls):
        now = NOW + timedelta(minutes=number)
        records, state = new_revisions(FEED, feed_of(*items), state, now)
        assert len({record.article for record in records}) == len(records)
        for record in records:
            revision, first_seen = latest.get(record.article, (0, now))
            assert (record.revision, record.first_seen) == (revision + 1, first_seen)
            latest[record.article] = (record.revision, record.first_seen)
