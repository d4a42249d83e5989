"""What a process knows of its feeds as they come, change, move between outlets, and go."""

from __future__ import annotations

from datetime import UTC, datetime

from producers.assignment.stale_writes import Written
from producers.assignment.tracking import Tracking, conditions_of
from producers.polling.memory import OWNER, WINDOW, Memory, Seen
from schemas.feed_records import Feed, FeedState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def feed(name: str, outlet: str = "a.example", **changes: object) -> Feed:
    return Feed.model_validate({"id": name, "url": f"https://{outlet}/{name}", "outlet": outlet, **changes})


def written(name: str, outlet: str = "a.example", number: int = 1, **changes: object) -> Written:
    known = {"feed": name, "url": f"https://{outlet}/{name}", "outlet": outlet, "interval": 300, "next_poll": NOW}
    return Written(FeedState.model_validate(known | changes), number)


def taken(*feeds: Feed, states: list[Written] | None = None, partition: int = 0) -> Tracking:
    tracking = Tracking()
    tracking.take_over(partition, {each.id: each for each in feeds}, {w.state.feed: w for w in states or []})
    return tracking


def siblings(tracking: Tracking, of: Feed) -> tuple[list[str], frozenset[str]]:
    states, unlisted = tracking.siblings(of)
    return [state.feed for state in states], unlisted


def test_feeds_of_one_outlet_know_each_other_and_what_is_left_of_earlier_ones() -> None:
    feeds = (feed("one"), feed("two", paused=True), feed("three"), feed("alone", "b.example"))
    states = [written(name) for name in ("one", "two", "old")]
    tracking = taken(*feeds, states=[*states, written("gone", "b.example")])
    assert siblings(tracking, feeds[0]) == (["two", "old"], frozenset({"two", "old"}))
    assert siblings(tracking, feeds[2]) == (["one", "two", "old"], frozenset({"two", "old"}))
    assert siblings(tracking, feeds[3]) == (["gone"], frozenset({"gone"}))


def test_a_removed_feed_leaves_its_state_and_takes_it_up_when_it_comes_back() -> None:
    tracking = taken(feed("one"), feed("two"), states=[written("one", number=7)])
    assert tracking.remove(1, "one") is None
    assert tracking.remove(0, "one") == feed("one")
    assert tracking.get("one") is None
    assert siblings(tracking, feed("two")) == (["one"], frozenset({"one"}))
    tracked, before = tracking.put(0, feed("one", tags=["x"]))
    assert before is None
    assert tracked.state is not None
    assert tracked.number == 7
    assert siblings(tracking, feed("two")) == (["one"], frozenset())


def test_a_feed_that_moves_to_another_outlet_starts_anew_there() -> None:
    tracking = taken(feed("one"), feed("two"), states=[written("one")])
    tracking.take_over(1, {}, {})
    moved, before = tracking.put(1, feed("one", "b.example"))
    assert before == feed("one")
    assert moved.state is None
    assert tracking.remove(0, "one") is None
    assert tracking.get("one") is moved
    assert siblings(tracking, feed("two")) == (["one"], frozenset({"one"}))


def test_what_is_written_of_a_feed_in_the_same_place_changes_the_feed_that_is_running() -> None:
    tracking = taken(feed("one"))
    running = tracking.get("one")
    tracked, before = tracking.put(0, feed("one", paused=True))
    assert tracked is running
    assert before == feed("one")
    assert tracked.feed.paused


def test_giving_up_forgets_everything_of_a_partition() -> None:
    tracking = taken(feed("one"), states=[written("one", failures=2), written("old")])
    tracking.take_over(1, {"two": feed("two", "b.example")}, {})
    assert tracking.names(frozenset({0})) == ["one"]
    tracking.give_up(frozenset({0}))
    assert (len(tracking), tracking.partitions, tracking.counts["failing"]) == (1, {1}, 0)
    assert siblings(tracking, feed("new")) == ([], frozenset())
    assert tracking.get("two") is not None


def test_conditions_are_counted_as_they_change() -> None:
    tracking = taken(feed("one"), feed("two"), states=[written("one", failures=2), written("two", parked=NOW)])
    assert tracking.counts == {"failing": 1, "parked": 1}
    one = tracking.get("one")
    assert one is not None
    tracking.store(one, written("one", retired=NOW, failures=3, quiet_since=NOW).state)
    assert +tracking.counts == {"retired": 1, "parked": 1, "quiet": 1}
    tracking.store(one, written("one").state)
    assert +tracking.counts == {"parked": 1}
    tracking.remove(0, "two")
    assert not +tracking.counts
    tracking.store(one, written("one", failures=1).state)
    tracking.give_up(frozenset({0}))
    tracking.store(one, written("one", failures=1).state)
    assert not +tracking.counts
    assert list(conditions_of(feed("one"), None)) == []


def test_a_paused_feed_is_in_no_condition() -> None:
    tracking = taken(feed("one"), states=[written("one", parked=NOW)])
    tracking.put(0, feed("one").model_copy(update={"paused": True}))
    assert not +tracking.counts
    tracking.put(0, feed("one"))
    assert +tracking.counts == {"parked": 1}


def test_a_late_state_is_mail_for_a_listed_feed_and_joined_to_what_is_left_of_another() -> None:
    memory = Memory([Seen(b"x" * 16, b"c" * 8, bytes(8), 1, 1, 0, WINDOW | OWNER)]).pack()
    tracking = taken(feed("one"), states=[written("one"), written("old", number=3)])
    late = written("one", number=1, memory=memory)
    tracked = tracking.take_stale(0, late)
    assert tracked is tracking.get("one")
    assert tracked is not None
    assert tracked.inbox.stale == [late]
    assert tracking.take_stale(0, written("old", number=2, memory=memory)) is None
    assert tracking.take_stale(0, written("never-seen", memory=memory)) is None
    states, _ = tracking.siblings(feed("one"))
    assert {state.feed: bool(state.memory) for state in states} == {"never-seen": True, "old": True}


def test_one_lock_an_outlet_while_somebody_uses_it() -> None:
    tracking = Tracking()
    lock = tracking.lock("a.example")
    assert tracking.lock("a.example") is lock
    assert tracking.lock("b.example") is not lock
