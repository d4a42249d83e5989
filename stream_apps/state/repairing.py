"""``wirecopy state repair``: makes the rows of one article, or of a story, again from their messages.

Its rows are deleted, and its newest entry in ``raw`` and its records in ``resolved`` are sent again: the results of the
stages overwrite the earlier ones. What tagging had not acknowledged before is of those records, and comes first; each
says only what has changed since the one before, so none may be taken before the first of them has come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.feed_records import RawEntry
from schemas.internal_records import Resolved
from schemas.record import RecordError
from schemas.topics import OUTLET_STATE, RAW, RESOLVED, TAGGING_STATE, Topic
from stream_apps.runtime.state_store import seal
from stream_apps.tagging.rows import KEY, SEALED_AS, StoryRow
from wirecopy.errors import BadInput

Written = tuple[Topic, int, bytes, bytes | None]
"""Topic, partition, key and value, none to delete a row."""


@dataclass
class StoryMessages:
    """The stories and articles of one id."""

    articles: set[str]
    stories: set[str]
    resolved: list[Any] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    """By partition of ``resolved``, the offset behind the last of its messages."""


def identity(key: str) -> str:
    """Return the id of whom to repair: an id as it is, the article of a row's key, the story of a story's.

    Raises ``BadInput``.

    >>> identity("f" * 32 + "/" + "a" * 32 + "/3") == "a" * 32
    True
    """
    named = KEY.fullmatch(key.encode())
    if named is None:
        raise BadInput(
            "bad_id",
            f"{key!r} is neither the id of an article or a story (32 hexadecimal digits) nor the key of such a row; "
            "`wirecopy state rebuild` mends rows of any key",
        )
    return (named["article"] or named["story"]).decode()


def stories_of(key: str, resolved: Iterable[Any]) -> StoryMessages:
    """Return the stories that an article is or was in, and all articles of the story whose id it is."""
    found = StoryMessages({key}, {key})
    kept: dict[str, list[Any]] = {}
    for message in resolved:
        found.ends[message.partition] = message.offset + 1
        story = message.key.decode(errors="replace")
        kept.setdefault(story, []).append(message)
        if key.encode() not in message.value and story != key:
            continue
        found.stories.add(story)
        if story == key:
            record = _resolved(message.value)
            found.articles |= {member.article for member in record.members} if record else set()
    found.resolved = [message for story in sorted(found.stories & set(kept)) for message in kept[story]]
    return found


def cleared(
    found: StoryMessages, outlet_rows: Iterable[Any], tagging_rows: Iterable[Any], today: date
) -> Iterator[Written]:
    """Return tombstones of the rows of these articles and stories, whose values are not read.

    Each story that is sent again has a row that says where it begins. ``today``: as if it had last been heard of then.
    """
    articles = {bytes.fromhex(article) for article in found.articles}
    stories = {story.encode() for story in found.stories}
    mine = [
        (OUTLET_STATE, [row for row in outlet_rows if row.key in articles]),
        (TAGGING_STATE, [row for row in tagging_rows if row.key.split(b"/", 1)[0] in stories]),
    ]
    for topic, rows in mine:
        live = {(m.partition, m.key): m.value is not None for m in rows}
        for (partition, key), there in sorted(live.items()):
            if there:
                yield topic, partition, key, None
    newest: dict[tuple[int, bytes], int] = {}
    for message in found.resolved:
        place, record = (message.partition, message.key), _resolved(message.value)
        newest[place] = max(newest.get(place, 0), record.version if record else 0)
    for (partition, story), version in sorted(newest.items()):
        row = StoryRow(version=0, begins=found.ends[partition], again=version)
        yield TAGGING_STATE, partition, story, seal(SEALED_AS, row.to_bytes(today.toordinal(), articles=0))


def sent_again(found: StoryMessages, raw: Iterable[Any]) -> Iterator[Written]:
    """Return the newest entry of each article, then all records of the stories in ``resolved``, in order."""
    newest: dict[bytes, tuple[int, Any]] = {}
    wanted = {article.encode() for article in found.articles}
    for message in raw:
        if message.key in wanted:
            revision = _revision(message.value)
            if revision >= newest.get(message.key, (-1, None))[0]:
                newest[message.key] = (revision, message)
    for _, (_, message) in sorted(newest.items()):
        yield RAW, message.partition, message.key, message.value
    for message in found.resolved:
        yield RESOLVED, message.partition, message.key, message.value


def _resolved(value: bytes) -> Resolved | None:
    """Return a record of ``resolved``; None for an unreadable one."""
    try:
        return Resolved.from_bytes(value)
    except RecordError:
        return None


def _revision(value: bytes) -> int:
    """Return the revision of an entry; an unreadable one counts as the oldest."""
    try:
        return RawEntry.from_bytes(value).revision
    except RecordError:
        return -1
