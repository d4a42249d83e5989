"""Changes of the topic ``feeds`` by commands: which feeds are meant, what changes, and sending it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from producers.compacted import Contents
from producers.formats.cleaning import clean_line
from producers.messages import Message, state_message
from producers.polling.politeness import resumed
from producers.publish import Publisher
from producers.registry.feeds_topic import FeedChange, removal_message
from schemas.feed_records import Feed, FeedState
from wirecopy.errors import NotFound, ServerError, SettingsError
from wirecopy.settings import KafkaSettings
from wirecopy.tables import joined

_ACKNOWLEDGED_WITHIN = 30.0
_LONGEST_LINE = 3000


async def send(settings: KafkaSettings, messages: Sequence[Message]) -> None:
    """Publish in this order and wait for all acknowledgements. Raises ``ServerError`` where Kafka does not answer."""
    if not messages:
        return
    async with Publisher(settings, grace=1.0) as publisher:
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_WITHIN):
                refused = await publisher.publish(messages)
        except TimeoutError:
            raise ServerError(
                f"Kafka at {settings.bootstrap} has not acknowledged within {_ACKNOWLEDGED_WITHIN:g} s: "
                "part of it may have been done; doing it again is safe"
            ) from None
    if refused:
        raise ServerError(f"Kafka does not take {', '.join(m.key.decode() for m in refused)}: too large")


def messages_of(changes: Iterable[FeedChange], registry: Contents[Feed], prefix: str) -> list[Message]:
    """Return the messages of the changes, and tombstones of copies that a crash has left under another outlet."""
    copies = [removal_message(copy, prefix) for copy in registry.copies]
    return [*copies, *(message for change in changes for message in change.messages(prefix))]


def named(known: Mapping[str, Feed], names: Iterable[str]) -> list[Feed]:
    """Return the feeds of these ids. Raises ``NotFound`` naming unknown ids."""
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise NotFound(f"there is no feed with the id {joined([repr(name) for name in unknown])}; see `feeds list`")
    return [known[name] for name in wanted]


def removals(known: Mapping[str, Feed], names: Sequence[str], origin: str | None) -> list[FeedChange]:
    """Return the changes that remove these feeds, or all of the list ``origin``.

    Raises ``SettingsError`` for a feed that its list would bring back.
    """
    if bool(names) == bool(origin):
        raise SettingsError("say which feeds: their ids, or --list NAME for all that a list has brought")
    if origin:
        chosen = [feed for feed in known.values() if feed.origin == origin]
        if not chosen:
            lists = sorted({feed.origin for feed in known.values() if feed.origin})
            raise NotFound(f"no feed comes from a list {origin!r}; there are {joined(lists) or 'no lists'}")
        return [FeedChange("removed", feed, feed) for feed in sorted(chosen, key=lambda feed: feed.id)]
    for feed in named(known, names):
        if feed.origin is not None:
            raise SettingsError(
                f"{feed.id} comes from the list {feed.origin}, which would bring it back: take it off that list, or "
                f"`feeds pause {feed.id}`; if nobody reads that list any more, `feeds remove --list {feed.origin}`"
            )
    return [FeedChange("removed", feed, feed) for feed in named(known, names)]


def pauses(known: Mapping[str, Feed], names: Iterable[str], *, paused: bool) -> list[FeedChange]:
    """Return the changes that pause or resume feeds."""
    return [
        FeedChange("unchanged", feed, feed)
        if feed.paused == paused
        else FeedChange("changed", feed.model_copy(update={"paused": paused}), feed)
        for feed in named(known, names)
    ]


def resumptions(
    known: Mapping[str, Feed], names: Iterable[str], states: Mapping[str, FeedState], now: datetime, prefix: str
) -> tuple[list[FeedChange], list[Message]]:
    """Return the changes that resume feeds: paused, parked, retired or failing ones; and their new states.

    The states are sent before the feeds: a producer reads the new state of its feed when the feed's record comes
    again.
    """
    changes, messages = [], []
    for change in pauses(known, names, paused=False):
        state = states.get(change.feed.id)
        trouble = _trouble(state)
        if state is not None and trouble:
            messages.append(state_message(resumed(state, now), change.feed.outlet, prefix))
            changes.append(FeedChange("changed", change.feed, change.before, f"it was {trouble}, and is polled now"))
        else:
            changes.append(change)
    return changes, messages


def _trouble(state: FeedState | None) -> str:
    if state is None:
        return ""
    held = (("retired", state.retired), ("parked", state.parked), ("failing", state.failures))
    return next((name for name, it_is in held if it_is), "")


def as_json(changes: Iterable[FeedChange], *, dry_run: bool) -> dict[str, Any]:
    """Return what was done, or would be, to which feed, for programs."""
    done = list(changes)
    return {
        "dry_run": dry_run,
        "counts": Counter(change.kind for change in done),
        "changes": [
            {"change": change.kind, **change.feed.model_dump(mode="json", exclude_defaults=True)}
            | ({"why": change.why} if change.why else {})
            for change in done
        ],
    }


def _because(change: FeedChange) -> str:
    return f" ({change.why})" if change.why else ""


def in_words(changes: Iterable[FeedChange], *, dry_run: bool) -> list[str]:
    """Return a line for each change, and one that counts them and the unchanged feeds."""
    done = list(changes)
    lines = [
        clean_line(f"{change.kind}: {change.feed.id} {change.feed.url}{_because(change)}", _LONGEST_LINE)
        for change in done
        if change.kind != "unchanged"
    ]
    numbers = Counter(change.kind for change in done)
    counted = [
        f"{numbers[kind]} {kind}" for kind in ("added", "changed", "removed", "unchanged", "skipped") if numbers[kind]
    ]
    return [*lines, f"{'would be: ' if dry_run else ''}{joined(counted) or 'nothing'}"]
