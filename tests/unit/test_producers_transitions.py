"""Each change of a feed is one line, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from producers.messages import DeadLetter
from producers.polling.polling import Poll
from producers.polling.transitions import lines
from schemas.feed_records import FeedState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FINE = FeedState(feed="f", url="https://a.example/f", interval=300, next_poll=NOW)


def state(**changes: object) -> FeedState:
    return FINE.model_copy(update=changes)


def told(before: FeedState, after: FeedState, **poll: object) -> list[str]:
    return [line.text for line in lines(before, Poll(after, "new", **poll))]  # type: ignore[arg-type]


FAILING = state(failures=1, last_error="timeout: no answer")
PARKED = state(failures=20, last_error="timeout: no answer", parked=NOW)
RETIRED = state(failures=1, last_error="http_status: 410 Gone", retired=NOW)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (FINE, FAILING, "the feed fails"),
        (FAILING, state(failures=2, last_error="dns: unknown"), "the feed fails for another reason"),
        (state(failures=19, last_error="timeout: x"), PARKED, "parked"),
        (FINE, RETIRED, "the feed is gone"),
        (PARKED, FINE, "the feed works again"),
        (FINE, state(address="https://b.example/f"), "moved for good"),
        (state(address="https://b.example/f"), FINE, "given up"),
        (FINE, state(quiet_since=NOW), "gone quiet"),
        (state(quiet_since=NOW), FINE, "publishes again"),
    ],
)
def test_a_change_is_told_when_it_happens_and_not_again(before: FeedState, after: FeedState, text: str) -> None:
    assert [text in line for line in told(before, after)] == [True]
    assert told(after, after) == []


def test_the_detail_of_an_error_is_no_other_reason() -> None:
    assert told(FAILING, state(failures=2, last_error="timeout: no answer within 20 s")) == []


def test_letters_and_a_window_that_turned_over_are_told_each_time() -> None:
    letters = (DeadLetter("f", b"", "not_a_feed", "why", "source"),)
    found = told(FINE, FINE, dead_letters=letters, turned_over=True)
    assert found == ["sent to the dead letters", "the feed's window has turned over"]
