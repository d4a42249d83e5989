"""What one answer makes of a feed's state: politeness, trust, addresses, failures. No network, no clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from producers.errors import FetchError
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry, ParsedFeed, distinct
from producers.polling.entries import initial_state
from producers.polling.memory import Memory
from producers.polling.politeness import address, conditions, first_poll, resumed
from producers.polling.polling import BAD, Answer, Circumstances, Failed, News, Poll, Same, Unreadable, decide
from producers.state import worth_writing
from producers.web.fetch import Fetched, Redirect, Validators, body_hash
from schemas.feed_records import Feed, FeedState
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

FEED = Feed(id="top", url="https://a.example/f", outlet="a.example")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SETTINGS = ProducerSettings()
AT = Circumstances(SETTINGS, NOW)
STATE = initial_state(FEED, NOW, 300)
NEW_HOME = "https://new.example/f"


def at(seconds: float = 0.0, **changes: object) -> Circumstances:
    settings = ProducerSettings.model_validate(changes.pop("settings", {}))
    return Circumstances(settings, NOW + timedelta(seconds=seconds), **changes)  # type: ignore[arg-type]


def fetched(body: bytes, etag: str | None = '"1"', *redirects: Redirect, fresh_for: float | None = None) -> Fetched:
    final = redirects[-1].url if redirects else FEED.url
    return Fetched(body, body_hash(body), 200, final, None, Validators(etag), redirects, fresh_for)


def news(*guids: str, text: str = "T", limit: int = 2000, etag: str | None = '"1"', ttl: int = 20) -> News:
    items = "".join(f"<item><guid>{guid}</guid><title>{text}</title></item>" for guid in guids)
    body = f"<rss version='2.0'><channel><ttl>{ttl}</ttl>{items}</channel></rss>".encode()
    return News(fetched(body, etag), parse_feed(body, FEED.url, max_entries=limit))


def failed(status: int = 500, retry_after: float | None = None) -> Failed:
    return Failed(FetchError("http_status", str(status), status=status, retry_after=retry_after))


def moved_to(url: str = NEW_HOME, *statuses: int) -> Same:
    steps = tuple(Redirect(status, url) for status in statuses or (301,))
    return Same(Validators(), modified=False, final_url=url, redirects=steps)


SAME = Same(Validators(), modified=False)


def follow(*answers: tuple[float, Answer], state: FeedState = STATE, feed: Feed = FEED) -> list[Poll]:
    """One answer after the other, so many seconds after ``NOW``."""
    polls: list[Poll] = []
    for seconds, answer in answers:
        polls.append(decide(feed, state, answer, at(seconds)))
        state = polls[-1].state
    return polls


# ---- what moves the state on ------------------------------------------------------------------------------------


def test_new_entries_update_the_state() -> None:
    poll = decide(FEED, STATE, news("a", "b"), AT)
    assert (poll.outcome, len(poll.records), poll.dead_letters, poll.turned_over) == ("new", 2, (), False)
    assert (poll.state.etag, poll.state.interval, poll.state.last_success) == ('"1"', 1200, NOW)
    assert (poll.state.ttl, poll.state.last_poll, poll.state.last_body, poll.state.window) == (1200, NOW, NOW, 2)
    assert poll.state.next_poll >= NOW + timedelta(seconds=1200)


def test_what_the_feed_says_of_itself_is_kept_for_the_status() -> None:
    parsed = ParsedFeed(
        "Harbour News", "rss20", "https://a.example/", "en", 600.0, (), hub="https://hub.example/", topic=FEED.url,
        skip_hours=frozenset({3, 1}), skip_days=frozenset({6}),
    )  # fmt: skip
    state = decide(FEED, STATE, News(fetched(b"<rss/>"), parsed), AT).state
    assert (state.outlet, state.title, state.home) == ("a.example", "Harbour News", "https://a.example/")
    assert (state.hub, state.topic, state.skip_hours, state.skip_days) == (
        "https://hub.example/", FEED.url, (1, 3), (6,),
    )  # fmt: skip


def test_ttl_still_counts_where_the_server_says_not_modified() -> None:
    *_, poll = follow((0, news("a", ttl=60)), (3600, SAME))
    assert (poll.outcome, poll.state.interval, poll.state.last_success) == ("not_modified", 3600, NOW + _s(3600))


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_failure_keeps_everything_but_the_appointment() -> None:
    before, poll, again = follow((0, news("a")), (0, failed(429, retry_after=5000)), (6000, SAME))
    assert (poll.outcome, poll.state.failures, poll.state.last_error) == ("http_status", 1, "http_status: 429")
    assert (poll.state.memory, poll.state.etag, poll.state.body_hash) == (
        before.state.memory, '"1"', before.state.body_hash,
    )  # fmt: skip
    assert poll.state.next_poll >= NOW + timedelta(seconds=5000)
    assert (again.outcome, again.state.failures, again.state.last_error) == ("not_modified", 0, None)
    assert (again.state.etag, again.state.retry_at) == ('"1"', None)


def test_what_cannot_be_read_is_one_dead_letter_however_often_it_is_polled() -> None:
    bad = Unreadable(fetched(b"<html>"), BadInput("not_a_feed", "a web page"))
    poll = decide(FEED, STATE, bad, AT)
    (letter,) = poll.dead_letters
    assert (letter.key, letter.original, letter.reason, letter.source) == ("top", b"<html>", "not_a_feed", FEED.url)
    assert (poll.state.body_hash, poll.state.etag) == (BAD + body_hash(b"<html>"), None)
    again = decide(FEED, poll.state, bad, AT)
    assert (again.dead_letters, again.state.failures) == ((), 2)
    assert len(decide(FEED, poll.state, news("a"), AT).records) == 1


def test_entries_beyond_the_limit_are_in_the_dead_letters() -> None:
    answer = news("a", "b", "c", limit=2)
    (letter,) = decide(FEED, STATE, answer, AT).dead_letters
    assert (letter.reason, letter.original) == ("too_many_entries", answer.fetched.body)


def test_a_crash_before_the_state_is_written_publishes_the_same_again() -> None:
    before = decide(FEED, STATE, news("a", "b"), AT).state
    once, again = (decide(FEED, before, news("b", "c", text="Edited"), at(seconds)) for seconds in (600, 700))
    found = [
        [(record.article, record.revision, record.content_hash) for record in poll.records] for poll in (once, again)
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_a_window_that_turned_over_is_said_and_shortens_the_interval() -> None:
    feed, quick = FEED.model_copy(update={"interval": None}), SETTINGS
    first = decide(feed, STATE, news("a", "b", ttl=0), Circumstances(quick, NOW)).state
    poll = decide(feed, first, news("c", "d", ttl=0, etag='"2"'), at(600))
    assert poll.turned_over
    assert (poll.state.haste, poll.state.interval) == (2, first.interval / 2)
    assert not decide(feed, first, news("b", "c", ttl=0), at(600)).turned_over


# ---- what is worth a message ------------------------------------------------------------------------------------


def test_times_alone_are_not_worth_writing_until_they_are_far_off() -> None:
    before = decide(FEED, STATE, news("a"), AT).state
    assert worth_writing(None, before)
    soon = before.model_copy(update={"next_poll": before.next_poll + timedelta(minutes=1), "last_success": None})
    assert not worth_writing(before, soon)
    assert worth_writing(before, before.model_copy(update={"next_poll": before.next_poll + timedelta(hours=1)}))
    assert worth_writing(before, before.model_copy(update={"failures": 1}))
    assert worth_writing(before, before.model_copy(update={"memory": b""}))


def test_a_feed_that_is_read_again_and_again_without_news_is_written_every_quarter_of_an_hour() -> None:
    state = written = decide(FEED, STATE, news("a", "b", ttl=1), AT).state
    writes = 0
    for poll in range(1, 49):
        answer = SAME if poll % 2 else Same(Validators(f'"{poll}"'), modified=True)
        state = decide(FEED, state, answer, at(poll * 300, chance=random.Random(poll))).state
        if worth_writing(written, state):
            written, writes = state, writes + 1
    assert 4 <= writes <= 17


# ---- trust ------------------------------------------------------------------------------------------------------


def test_a_body_is_asked_for_unconditionally_once_in_a_while() -> None:
    state = decide(FEED, STATE, news("a"), AT).state
    assert conditions(FEED, state, NOW + timedelta(hours=23)) == Validators('"1"')
    later = NOW + timedelta(hours=24)
    assert conditions(FEED, state, later) == Validators()
    seen = decide(FEED, state, Same(Validators('"1"'), modified=True), at(24 * 3600)).state
    assert conditions(FEED, seen, later + timedelta(hours=1)) == Validators('"1"')
    lively = state.model_copy(update={"typical_gap": 600.0})
    assert conditions(FEED, lively, NOW + timedelta(hours=1)) == Validators('"1"')
    assert conditions(FEED, lively, NOW + timedelta(hours=2)) == Validators()


def test_a_feed_never_read_and_one_at_another_address_are_asked_without_conditions() -> None:
    state = decide(FEED, STATE, news("a"), AT).state
    assert conditions(FEED, STATE, NOW) == Validators()
    assert conditions(FEED.model_copy(update={"url": NEW_HOME}), state, NOW) == Validators()


@pytest.mark.parametrize("validators", [Validators('"1"'), Validators(None, "Sun, 01 Mar 2026 10:00:00 GMT")])
def test_validators_that_outlive_the_entries_they_stand_for_are_not_believed_again(validators: Validators) -> None:
    def saying(answer: News) -> News:
        found = answer.fetched
        return News(Fetched(found.body, found.body_hash, 200, FEED.url, None, validators), answer.parsed)

    state = decide(FEED, STATE, saying(news("a")), AT).state
    assert conditions(FEED, state, NOW) == validators
    stale = decide(FEED, state, saying(news("a", ttl=21)), at(600)).state
    assert conditions(FEED, stale, NOW) == validators
    lying = decide(FEED, state, saying(news("a", "b")), at(600)).state
    assert (lying.distrusted, conditions(FEED, lying, NOW)) == (True, Validators())
    assert not resumed(lying, NOW).distrusted


# ---- addresses --------------------------------------------------------------------------------------------------


def test_a_permanent_redirect_is_kept_after_a_second_look_an_hour_later() -> None:
    first, soon, then = follow((0, moved_to()), (1800, moved_to()), (3600, moved_to()))
    assert [address(FEED, poll.state) for poll in (first, soon, then)] == [FEED.url, FEED.url, NEW_HOME]
    assert then.state.moved_to is None
    *_, home = follow((0, moved_to(FEED.url)), (3600, moved_to(FEED.url)), state=then.state)
    assert (home.state.address, address(FEED, home.state)) == (None, FEED.url)


@pytest.mark.parametrize(
    "second",
    [SAME, moved_to("https://other.example/f"), moved_to(NEW_HOME, 302), moved_to(NEW_HOME, 308, 307), failed()],
)
def test_what_does_not_stand_at_the_second_look_is_not_kept(second: Answer) -> None:
    *_, poll = follow((0, moved_to()), (3600, second))
    assert address(FEED, poll.state) == FEED.url


def test_a_redirect_to_what_is_no_feed_is_not_kept() -> None:
    bad = Unreadable(fetched(b"<html>", None, Redirect(301, NEW_HOME)), BadInput("not_a_feed", "a web page"))
    *_, poll = follow((0, bad), (3600, bad), (7200, bad))
    assert address(FEED, poll.state) == FEED.url


def test_a_new_address_that_fails_three_times_is_given_up() -> None:
    *_, there = follow((0, moved_to()), (3600, moved_to()))
    polls = follow(*((7200.0 * n, failed(404)) for n in (1, 2, 3)), state=there.state)
    assert [address(FEED, poll.state) for poll in polls] == [NEW_HOME, NEW_HOME, FEED.url]
    (gone,) = follow((7200, failed(410)), state=there.state)
    assert (address(FEED, gone.state), gone.state.retired) == (FEED.url, None)


def test_a_changed_address_on_the_list_starts_with_a_clean_slate_but_the_same_articles() -> None:
    *_, there = follow((0, news("a")), (60, moved_to()), (3700, moved_to()), (3800, failed()))
    moved = FEED.model_copy(update={"url": "https://a.example/new"})
    assert address(moved, there.state) == moved.url
    poll = decide(moved, there.state, news("a", "b"), at(7200))
    assert [record.guid for record in poll.records] == ["b"]
    assert (poll.state.url, poll.state.address, poll.state.failures) == (moved.url, None, 0)
    (lost,) = follow((7200, failed()), state=there.state, feed=moved)
    assert (lost.state.failures, lost.state.etag) == (1, None)


def test_a_feed_given_to_another_outlet_has_its_articles_anew() -> None:
    state = decide(FEED, STATE, news("a"), AT).state
    other = FEED.model_copy(update={"outlet": "b.example"})
    poll = decide(other, state, news("a"), at(60))
    assert [(record.outlet, record.revision) for record in poll.records] == [("b.example", 1)]
    assert len(Memory.of(poll.state)) == 1


# ---- failing feeds ----------------------------------------------------------------------------------------------


def test_gone_retires_a_feed_at_once_until_it_is_resumed_or_changed_on_the_list() -> None:
    (poll,) = follow((0, failed(410)))
    assert poll.state.retired == NOW
    assert first_poll(FEED, poll.state, SETTINGS, NOW) is None
    assert first_poll(FEED.model_copy(update={"url": NEW_HOME}), poll.state, SETTINGS, NOW) == NOW
    back = resumed(poll.state, NOW)
    assert (back.retired, back.failures, first_poll(FEED, back, SETTINGS, NOW)) == (None, 0, NOW)


def test_a_feed_that_only_fails_is_parked_once_and_comes_back_by_itself() -> None:
    settings = {"park_after": 3, "park_interval": 50_000}
    state, parked = STATE, []
    for number in range(5):
        state = decide(FEED, state, failed(404), at(number, settings=settings)).state
        parked.append(state.parked)
    assert parked == [None, None, NOW + _s(2), NOW + _s(2), NOW + _s(2)]
    assert NOW + _s(50_000) <= state.next_poll <= NOW + _s(56_000)
    works = decide(FEED, state, news("a"), at(9, settings=settings)).state
    assert (works.parked, works.failures, works.interval) == (None, 0, 1200)


def test_a_busy_server_is_left_alone_as_long_as_it_asks() -> None:
    assert [poll.host_pause for poll in follow((0, failed(429, 120)), (0, failed(503, 60)))] == [120, 60]
    assert [poll.host_pause for poll in follow((0, failed(429)), (0, failed(500, 60)), (0, SAME))] == [None] * 3
    (poll,) = follow((0, failed(503, 9000)))
    assert first_poll(FEED, poll.state, SETTINGS, NOW) == NOW + _s(9000)


def test_a_quiet_feed_is_marked_when_it_is_polled_and_cleared_by_news() -> None:
    first = decide(FEED, STATE, news("a"), AT).state
    quiet = decide(FEED, first, SAME, at(40 * 86400)).state
    assert (first.quiet_since, quiet.quiet_since) == (None, NOW)
    assert decide(FEED, quiet, news("a", "b"), at(41 * 86400)).state.quiet_since is None


# ---- the first poll ---------------------------------------------------------------------------------------------


def test_when_a_feed_that_comes_to_this_process_is_polled() -> None:
    state = decide(FEED, STATE, news("a"), AT).state
    assert first_poll(FEED, None, SETTINGS, NOW) == NOW
    assert first_poll(FEED, state, SETTINGS, NOW) == NOW + _s(1200)
    assert first_poll(FEED, state, SETTINGS, NOW + timedelta(days=1)) == NOW + timedelta(days=1)
    assert first_poll(FEED.model_copy(update={"interval": 70}), state, SETTINGS, NOW) == NOW + _s(70)
    assert first_poll(FEED.model_copy(update={"paused": True}), state, SETTINGS, NOW) is None


# ---- pushes and folders -----------------------------------------------------------------------------------------


def partial(*guids: str) -> News:
    items = tuple(ParsedEntry(guid=guid, headline="T") for guid in guids)
    return News(
        fetched(" ".join(guids).encode(), None), ParsedFeed("", "", None, None, None, distinct(items)), partial=True
    )


def test_a_push_publishes_and_leaves_the_polls_alone() -> None:
    before = decide(FEED, STATE, news("a", "b"), AT).state
    poll = decide(FEED, before, partial("c"), at(60, pushed=True))
    assert [record.guid for record in poll.records] == ["c"]
    untouched = ("next_poll", "last_poll", "last_success", "etag", "body_hash", "failures", "ttl", "title", "interval")
    assert all(getattr(poll.state, name) == getattr(before, name) for name in untouched)
    assert (poll.state.newest_entry, poll.state.window, poll.turned_over) == (NOW + _s(60), 3, False)
    after = decide(FEED, poll.state, news("a", "b", "c", text="T"), at(1200))
    assert after.records == ()


def test_a_push_that_cannot_be_read_is_a_dead_letter_and_nothing_else() -> None:
    before = decide(FEED, STATE, news("a"), AT).state
    poll = decide(FEED, before, Unreadable(fetched(b"?"), BadInput("not_a_feed", "noise")), at(60, pushed=True))
    assert (poll.state, len(poll.dead_letters)) == (before, 1)


def test_a_folder_is_polled_on_and_remembers_a_bounded_number_of_items() -> None:
    state = STATE
    for start in range(0, 5000, 500):
        poll = decide(FEED, state, partial(*(str(n) for n in range(start, start + 500))), at(start))
        assert len(poll.records) == 500
        state = poll.state
    assert state.last_poll == NOW + _s(4500)
    assert len(Memory.of(state)) == 3100
    assert len(state.memory) < 150_000
