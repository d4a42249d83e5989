"""Log lines about changes of a feed, each once, when it happens. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from producers.polling.polling import Poll
from schemas.feed_records import FeedState


@dataclass(frozen=True)
class Line:
    """One line of the log, without the feed's id."""

    level: Literal["info", "warning"]
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


def lines(before: FeedState, poll: Poll) -> Iterator[Line]:
    """Return the lines in order of importance."""
    after = poll.state
    for letter in poll.dead_letters:
        yield Line("warning", "sent to the dead letters", {"reason": letter.reason, "detail": letter.detail})
    yield from _health(before, after)
    if after.address and after.address != before.address:
        yield Line("info", "the feed has moved for good", {"address": after.address})
    elif before.address and not after.address:
        yield Line("warning", "the feed's new address is given up", {"address": before.address})
    if poll.turned_over:
        why = "all entries are new since the last poll, so some may have been missed"
        yield Line("warning", "the feed's window has turned over", {"why": why, "interval": round(after.interval)})
    if after.quiet_since and not before.quiet_since:
        yield Line("warning", "the feed has gone quiet", {"since": str(after.quiet_since)})
    elif before.quiet_since and not after.quiet_since:
        yield Line("info", "the feed publishes again", {"quiet_since": str(before.quiet_since)})


def _health(before: FeedState, after: FeedState) -> Iterator[Line]:
    failing = {"why": after.last_error, "failures": after.failures, "next_poll": str(after.next_poll)}
    if after.retired and not before.retired:
        text = "the feed is gone, says its server; it is not polled any more until `wirecopy feeds resume`"
        yield Line("warning", text, {"why": after.last_error})
    elif after.parked and not before.parked:
        yield Line("warning", "the feed only fails and is parked: polled rarely from now on", failing)
    elif after.failures and not before.failures:
        yield Line("warning", "the feed fails", failing)
    elif after.failures and _reason(after) != _reason(before):
        yield Line("warning", "the feed fails for another reason", failing)
    elif before.failures and not after.failures:
        yield Line("info", "the feed works again", {"failures": before.failures})


def _reason(state: FeedState) -> str:
    """Return the stable part of an error: its code, without times and ports of the detail."""
    return (state.last_error or "").partition(":")[0]
