from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from producers.compacted import Contents, Update, latest
from producers.messages import Message
from producers.registry.feeds_topic import (
    FeedChange,
    changes,
    feed_message,
    imported,
    reconcile,
    removal_message,
    same_feed,
)
from schemas.feed_records import Feed

A = Feed(id="a", url="https://a.example/f", outlet="a.example")
PREFIX = "test"


def feed(name: str, **changes: object) -> Feed:
    return Feed(id=name, url=f"https://{name}.example/f", outlet=f"{name}.example").model_copy(update=changes)


def applied(known: Mapping[str, Feed], messages: Iterable[Message], partitions: int) -> Contents[Feed]:
    """What the topic holds when these have been sent to it, with the broker's compaction at its worst."""
    log: list[Update] = []
    for value in known.values():
        log.append(update(feed_message(value, PREFIX), partitions, len(log)))
    for message in messages:
        log.append(update(message, partitions, len(log)))
    # Partition by partition, in any order of partitions.
    order = list(range(partitions))
    random.Random(len(log)).shuffle(order)
    return latest(sorted(log, key=lambda one: order.index(one.partition)), lambda _, value: Feed.from_bytes(value))


def update(message: Message, partitions: int, time: int) -> Update:
    assert message.topic == "test.feeds.v1"
    assert message.partitioned_by is not None
    return Update(message.key.decode(), message.value, sum(message.partitioned_by) % partitions, time)


FEEDS = st.builds(
    Feed,
    id=st.sampled_from("abcd"),
    url=st.sampled_from(
        ["https://x.example/f", "http://www.x.example/f/", "https://y.example/f", "https://z.example/"]
    ),
    outlet=st.sampled_from(["x.example", "y.example", "z.example"]),
    paused=st.booleans(),
    tags=st.sampled_from([(), ("news",)]),
    origin=st.sampled_from([None, "list-1", "list-2"]),
)
REGISTRIES = st.lists(FEEDS, max_size=4).map(lambda feeds: {one.id: one for one in feeds})
LISTS = st.lists(FEEDS, max_size=4)


@given(REGISTRIES, LISTS, st.integers(1, 4))
def test_a_list_that_has_been_applied_changes_nothing(known: dict[str, Feed], wanted: list[Feed], n: int) -> None:
    after = applied(known, reconcile(known, wanted, "list-1", PREFIX), n)
    assert after.copies == []
    assert reconcile(after.values, wanted, "list-1", PREFIX) == []


@given(REGISTRIES, LISTS, LISTS)
def test_two_lists_do_not_fight(known: dict[str, Feed], one: list[Feed], other: list[Feed]) -> None:
    """After each has been heard twice neither wants anything."""
    for _ in range(2):
        for name, wanted in (("list-1", one), ("list-2", other)):
            known = applied(known, reconcile(known, wanted, name, PREFIX), 3).values
    assert reconcile(known, one, "list-1", PREFIX) == reconcile(known, other, "list-2", PREFIX) == []


@given(REGISTRIES, LISTS)
def test_a_list_touches_nothing_but_its_own(known: dict[str, Feed], wanted: list[Feed]) -> None:
    after = applied(known, reconcile(known, wanted, "list-1", PREFIX), 2).values
    others = {name: one for name, one in known.items() if one.origin != "list-1"}
    assert {name: after.get(name) for name in others} == others
    assert all(after[name].paused == one.paused for name, one in known.items() if name in after)
    assert {one.id for one in after.values() if one.origin == "list-1"} <= {one.id for one in wanted}


@given(REGISTRIES, LISTS, st.integers(1, 3))
def test_an_import_takes_nothing_away_and_is_done_once(known: dict[str, Feed], wanted: list[Feed], n: int) -> None:
    done = [message for change in imported(known, wanted) for message in change.messages(PREFIX)]
    after = applied(known, done, n)
    assert set(known) <= set(after.values)
    assert after.copies == []
    assert {change.kind for change in imported(after.values, wanted)} <= {"unchanged", "skipped"}


def test_a_new_a_changed_and_a_gone_feed() -> None:
    known = {
        "old": feed("old", origin="ours"),
        "same": feed("same", origin="ours"),
        "edit": feed("edit", origin="ours"),
    }
    wanted = [feed("same"), feed("edit", tags=("x",)), feed("new")]
    found = changes(known, wanted, "ours")
    assert [(change.kind, change.feed.id) for change in found] == [
        ("removed", "old"), ("unchanged", "same"), ("changed", "edit"), ("added", "new"),
    ]  # fmt: skip
    assert all(change.feed.origin == "ours" for change in found)


def test_a_feed_that_changes_its_outlet_leaves_the_old_partition_first() -> None:
    known = {"a": A.model_copy(update={"origin": "ours"})}
    messages = reconcile(known, [A.model_copy(update={"outlet": "b.example"})], "ours", PREFIX)
    assert [(message.value is None, message.partitioned_by) for message in messages] == [
        (True, b"a.example"), (False, b"b.example"),
    ]  # fmt: skip
    for partitions in (1, 2, 3):
        assert applied(known, messages, partitions).values["a"].outlet == "b.example"


def test_by_hand_wins_by_id_and_by_address() -> None:
    by_id, by_address = feed("a"), feed("mine", url="http://www.b.example/f/")
    found = changes({"a": by_id, "mine": by_address}, [feed("a", interval=9.0), feed("b")], "ours")
    assert [(change.kind, change.why) for change in found] == [
        ("skipped", "put there by hand"), ("skipped", "its address is that of mine, put there by hand"),
    ]  # fmt: skip
    taken_over = changes({"b": feed("b", origin="ours"), "mine": by_address}, [feed("b")], "ours")
    assert [change.kind for change in taken_over] == ["removed", "skipped"]


def test_the_first_list_keeps_a_feed_until_it_drops_it() -> None:
    known = {"a": feed("a", origin="first")}
    assert reconcile(known, [feed("a", interval=9.0)], "second", PREFIX) == []
    known = applied(known, reconcile(known, [], "first", PREFIX), 2).values
    assert known == {}
    known = applied(known, reconcile(known, [feed("a", interval=9.0)], "second", PREFIX), 2).values
    assert known["a"] == feed("a", interval=9.0, origin="second")


def test_pausing_is_for_the_commands_after_the_first_time() -> None:
    (new,) = changes({}, [feed("a", paused=True)], "ours")
    assert new.feed.paused
    (resumed,) = changes({"a": feed("a", origin="ours")}, [feed("a", paused=True)], "ours")
    assert resumed.kind == "unchanged"
    (paused,) = changes({"a": feed("a", origin="ours", paused=True)}, [feed("a", tags=("x",))], "ours")
    assert (paused.kind, paused.feed.paused) == ("changed", True)


def test_an_import_takes_over_what_it_describes_otherwise() -> None:
    known = {"a": feed("a", origin="ours"), "b": feed("b", origin="ours"), "c": feed("c")}
    wanted = [
        feed("a"),
        feed("b", interval=9.0),
        feed("d", url="http://c.example/f/"),
        feed("e"),
        feed("f", url="https://e.example/f"),
    ]
    found = imported(known, wanted)
    assert [(change.kind, change.feed.id, change.feed.origin) for change in found] == [
        ("unchanged", "a", "ours"), ("changed", "b", None), ("skipped", "d", None), ("added", "e", None),
        ("skipped", "f", None),
    ]  # fmt: skip
    assert found[2].why == "its address is that of c"
    assert found[4].why == "its address is that of e"


def test_messages_are_the_feed_or_a_tombstone_at_its_outlet() -> None:
    assert feed_message(A, PREFIX) == Message("test.feeds.v1", b"a", A.to_bytes(), partitioned_by=b"a.example")
    assert removal_message(A, PREFIX) == Message("test.feeds.v1", b"a", None, partitioned_by=b"a.example")
    assert FeedChange("skipped", A).messages(PREFIX) == []


def test_a_tombstone_counts_for_its_partition_and_the_latest_copy_holds() -> None:
    old, new = A, A.model_copy(update={"outlet": "b.example"})
    log = [Update("a", new.to_bytes(), 0, 20), Update("a", old.to_bytes(), 1, 10), Update("a", None, 1, 21)]
    assert latest(log, lambda _, value: Feed.from_bytes(value)) == Contents({"a": new}, [])
    assert latest(log[:2], lambda _, value: Feed.from_bytes(value)) == Contents({"a": new}, [old])
    assert latest([*log, Update("a", None, 0, 30)], lambda _, value: Feed.from_bytes(value)) == Contents({}, [])
    assert latest([log[1], Update("a", b"broken", 1, 22)], lambda *_: None) == Contents({}, [])


def test_the_same_feed_under_another_spelling_of_its_address() -> None:
    known = [A, feed("b", url="https://b.example:8443/f?x=1")]
    for address in (
        "http://a.example/f",
        "https://www.a.example/f/",
        "https://A.example:443/f#top",
        "http://a.example:80/f",
    ):
        assert same_feed(known, address) == A
    for address in (
        "https://a.example/F",
        "https://a.example/f?x=1",
        "https://b.example/f?x=1",
        "https://a.example:x/",
    ):
        assert same_feed(known, address) is None
