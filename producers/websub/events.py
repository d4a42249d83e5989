"""Events from a callback to the owner of a feed, in the topic ``feed-pushes``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from producers.formats.cleaning import clean_line
from producers.messages import Message
from producers.websub.callbacks import Callback
from schemas.feed_records import HubEvent
from schemas.topics import FEED_PUSHES

Kind = Literal["news", "verified", "unsubscribed", "denied"]
MAX_REASON = 300


def event(
    kind: Kind, callback: Callback, now: datetime, *, lease: float | None = None, reason: str | None = None
) -> HubEvent:
    said = clean_line(reason, MAX_REASON) if reason else None
    return HubEvent(
        feed=callback.feed, received=now, event=kind, binding=callback.binding(), lease=lease, reason=said or None
    )


def event_message(push: HubEvent, outlet: str, prefix: str) -> Message:
    return Message(FEED_PUSHES.full_name(prefix), push.feed.encode(), push.to_bytes(), partitioned_by=outlet.encode())
