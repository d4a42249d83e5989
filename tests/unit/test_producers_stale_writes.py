"""Whatever a producer that has lost a feed still writes: nothing is forgotten, nothing is overruled."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.assignment.stale_writes import Raw, Written, joined, newest
from producers.messages import Stamp, state_message
from producers.polling.memory import NO_CONTENT, OWNER, WINDOW, Memory, Seen
from schemas.feed_records import FeedState
from schemas.record import RecordError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def seen(name: int, revision: int = 1, content: int = 1, first_seen: int = 100) -> Seen:
    return Seen(bytes([name]) * 16, bytes([content]) * 8, bytes(8), revision, first_seen, 0, WINDOW | OWNER)


def state(*entries: Seen, etag: str | None = '"1"', failures: int = 0) -> FeedState:
    return FeedState(
        feed="f", url="https://a.example/f", outlet="a.example", interval=300, next_poll=NOW, etag=etag,
        body_hash="b", failures=failures, memory=Memory(entries).pack(),
    )  # fmt: skip


def raw(given_state: FeedState, writer: str | None, number: int = 0) -> Raw:
    message = state_message(given_state, "a.example", "p", Stamp(writer, number) if writer else None)
    assert message.value is not None
    return Raw(message.value, Stamp.of(message.headers))


def known(given_state: FeedState) -> dict[int, tuple[int, bytes]]:
    return {entry.article[0]: (entry.revision, entry.content) for entry in Memory.of(given_state)}


def fold(*messages: Raw) -> Written:
    holds: Raw | Written | None = None
    for message in messages:
        holds = newest(holds, message)
    assert holds is not None
    return holds if isinstance(holds, Written) else holds.written()


def test_states_that_follow_each_other_are_not_joined() -> None:
    result = fold(raw(state(seen(1)), "a", 1), raw(state(seen(2)), "b", 2), raw(state(seen(3)), "b", 7))
    assert (set(known(result.state)), result.number) == ({3}, 7)


def test_a_late_state_does_not_hold_and_is_not_lost() -> None:
    found = fold(raw(state(seen(1)), "z", 4), raw(state(seen(1), seen(2), failures=1), "n", 5),
                 raw(state(seen(1), seen(3)), "z", 5))  # fmt: skip
    assert (set(known(found.state)), found.state.failures, found.number) == ({1, 2, 3}, 1, 5)
    assert (found.state.etag, found.state.body_hash) == (None, None)
    assert Memory.of(found.state).window() == {bytes([1]) * 16, bytes([2]) * 16}


def test_a_state_from_the_command_line_holds_and_remembers_what_was_known() -> None:
    found = fold(raw(state(seen(1), failures=30), "a", 9), raw(state(seen(1), failures=0), None))
    assert (found.state.failures, found.number, found.state.etag) == (0, 9, '"1"')
    stale = fold(raw(state(seen(1), seen(2)), "a", 9), raw(state(seen(1)), None))
    assert known(stale.state).keys() == {1, 2}


def test_of_two_texts_with_one_revision_neither_is_believed() -> None:
    found = joined(state(seen(1, 2, content=7)), state(seen(1, 2, content=8)))
    assert known(found) == {1: (2, NO_CONTENT)}
    assert found.etag is None
    higher = joined(state(seen(1, 2, content=7)), state(seen(1, 3, content=8)))
    assert known(higher) == {1: (3, bytes([8]) * 8)}


def test_what_says_nothing_new_changes_nothing() -> None:
    mine = state(seen(1, 3), seen(2))
    assert joined(mine, state(seen(1, 2, first_seen=200))) is mine
    assert joined(mine, mine) is mine
    other_outlet = state(seen(9)).model_copy(update={"outlet": "b.example"})
    assert joined(mine, other_outlet) is mine


@given(st.lists(st.lists(st.builds(seen, st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(1, 9)),
                         max_size=5), min_size=1, max_size=4))  # fmt: skip
def test_joining_knows_every_article_and_no_lower_revision_in_any_order(memories: list[list[Seen]]) -> None:
    states = [state(*entries) for entries in memories]
    results = []
    for order in list(permutations(states))[:6]:
        result = order[0]
        for other in order[1:]:
            result = joined(result, other)
        for other in order:
            assert joined(result, other) is result
        results.append({name: revision for name, (revision, _) in known(result).items()})
    highest: dict[int, int] = {}
    for each in states:
        for name, (revision, _) in known(each).items():
            highest[name] = max(highest.get(name, 0), revision)
    assert all(result == highest for result in results)


def test_an_unreadable_state_is_told_or_overruled() -> None:
    bad = Raw(b"{", Stamp("a", 3))
    with pytest.raises(RecordError):
        fold(bad)
    assert fold(bad, raw(state(seen(1)), None)).number == 0
    with pytest.raises(RecordError):
        newest(raw(state(seen(1)), "a", 3), Raw(b"{", Stamp("z", 3)))


def test_only_a_whole_stamp_counts() -> None:
    assert Stamp.of(Stamp("a", 12).headers()) == Stamp("a", 12)
    assert Stamp.of([("x-writer", b"a")]) is None
    assert Stamp.of([("x-writer", b"a"), ("x-number", b"-1")]) is None
    assert Stamp.of([]) is None
