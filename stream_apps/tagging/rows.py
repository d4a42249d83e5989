"""The rows of the stage: one a story, one an article in it, one an earlier text of that.

While an article's text stays, what changes of it goes into a row of its own beside the first, a third as large.

Each begins with the number of its format and what is read of many rows at once; the rest is compressed by
Zstandard, to a third. What is only passed on stays JSON, as it was read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import cramjam
import orjson

from schemas.public_records import Revision, Signal
from schemas.record import ArticleId, Span
from stream_apps.tagging.members import Entry
from stream_apps.tagging.pipeline import RawMention
from wirecopy.errors import StateError

FORMAT = 4
SEALED_AS = 1
"""The format with which the runtime marks these rows; it stays, since each row tells ``FORMAT`` itself."""
LEVEL = 1
"""Of compression: a third of the time of zlib's default, to the same size within a twentieth."""
_HEAD = struct.Struct("<BQQIBI8sQ8sHIII")
_ENTRY = struct.Struct("<BQQIBI8s")
_STORY_HEAD = struct.Struct("<BBiQI")
_STORY, _ARTICLE = 32, 65
"""Lengths of keys: ``STORY``, ``STORY/ARTICLE``; longer are ``STORY/ARTICLE/REVISION`` and ``STORY/ARTICLE/place``."""
_PLACE = "/place"
KEY = re.compile(rb"(?P<story>[0-9a-f]{32})(/(?P<article>[0-9a-f]{32})(/([0-9]+|place))?)?")
"""A key of any row."""


class RowError(StateError):
    """A row of another format, or none: the state has to be rebuilt by a version that reads it."""


def story_key(story: ArticleId) -> bytes:
    return story.encode()


def article_key(story: ArticleId, article: ArticleId) -> bytes:
    return f"{story}/{article}".encode()


def place_key(story: ArticleId, article: ArticleId) -> bytes:
    """Of the row of what has changed while the text stayed."""
    return f"{story}/{article}{_PLACE}".encode()


def revision_key(story: ArticleId, article: ArticleId, revision: int) -> bytes:
    return f"{story}/{article}/{revision}".encode()


def is_story(key: bytes) -> bool:
    return len(key) == _STORY


def is_article(key: bytes) -> bool:
    return len(key) == _ARTICLE


def is_place(key: bytes) -> bool:
    return key.endswith(_PLACE.encode())


class ArticleRow(NamedTuple):
    """One article in its story: its newest text and place, what was found in it and what was published of it.

    A tuple, since each step of an update makes another.
    """

    id: ArticleId
    published: int
    revision: int
    text: bytes
    """Stands for ``article``: eight bytes."""
    article: bytes
    """JSON of the ``Article``."""
    mentions: bytes = b"[]"
    """What the model saw, as JSON."""
    place: bytes = b""
    """JSON of the ``Place``."""
    entities: bytes = b"[]"
    """JSON of the entities."""
    earlier: tuple[int, ...] = ()
    """Revisions whose texts are kept, in order: the first, and the newest up to a limit."""
    flags: int = 0
    carried: int = 0
    version: int = 0
    """Last published of it."""
    digest: bytes = bytes(8)
    """Of what was last published of it."""
    stored: int = 0
    """Version of the story when the row was written."""
    stored_text: bytes = b""
    """Stands for the text that is stored; empty where none is."""
    has_changes: bool = False
    """A row of what has changed is stored, too."""

    @property
    def entry(self) -> Entry:
        return Entry(self.published, self.id, self.flags, self.carried)

    def raw_mentions(self) -> tuple[RawMention, ...]:
        return tuple((start, end, label) for start, end, label in orjson.loads(self.mentions))

    def to_bytes(self) -> bytes:
        return self._packed(self.article, self.mentions)

    def changes(self) -> bytes:
        """The row less the text, of which that is stored already."""
        return self._packed(b"", b"")

    def _packed(self, article: bytes, mentions: bytes) -> bytes:
        head = _HEAD.pack(
            FORMAT, self.stored, self.published, self.revision, self.flags, self.carried, self.text, self.version,
            self.digest, len(self.earlier), len(article), len(mentions), len(self.place),
        )  # fmt: skip
        earlier = struct.pack(f"<{len(self.earlier)}I", *self.earlier)
        return head + _compressed(earlier, article, mentions, self.place, self.entities)

    @classmethod
    def from_bytes(cls, article: ArticleId, row: bytes) -> Self:
        """Read a row. Raises ``RowError`` where it is none."""
        require_format(row, _HEAD.size)
        _, stored, published, revision, flags, carried, text, version, digest, count, *lengths = _HEAD.unpack_from(row)
        body = _decompressed(row, _HEAD.size)
        earlier = struct.unpack_from(f"<{count}I", body)
        parts, at = [], 4 * count
        for length in (*lengths, len(body)):
            parts.append(body[at : at + length])
            at += length
        content, mentions, place, entities = parts
        return cls(
            article, published, revision, text, content, mentions, place, entities, earlier, flags, carried, version,
            digest, stored, stored_text=text,
        )  # fmt: skip

    def with_changes(self, changed: Self | None) -> Self:
        """The article as it is now. ``changed``: the row of what has changed; of an earlier text it is outdated."""
        if changed is None or changed.text != self.text:
            return self._replace(has_changes=changed is not None)
        return changed._replace(article=self.article, mentions=self.mentions, has_changes=True)


class ArticleHead(NamedTuple):
    """What is read of an article's row when a partition is loaded."""

    entry: Entry
    stored: int
    """Version of the story when the row was written."""
    text: bytes

    @classmethod
    def of(cls, article: ArticleId, row: bytes) -> Self:
        require_format(row, _HEAD.size)
        _, stored, published, _, flags, carried, text = _ENTRY.unpack_from(row)
        return cls(Entry(published, article, flags, carried), stored, text)

    def with_changes(self, changed: Self | None) -> Self:
        """As that of an article's row."""
        return self if changed is None or changed.text != self.text else changed


@dataclass(frozen=True)
class RevisionRow:
    """An earlier text: as it is published, and what was read from it."""

    revision: bytes
    """JSON of the ``Revision``."""
    signal: Signal | None
    annotations: tuple[Span, ...]

    def read(self) -> Revision:
        return Revision.model_validate_json(self.revision)

    def to_bytes(self) -> bytes:
        read = orjson.dumps([self.signal, self.annotations])
        return bytes([FORMAT]) + _compressed(len(read).to_bytes(4, "little"), read, self.revision)

    @classmethod
    def from_bytes(cls, row: bytes) -> Self:
        """Read a row. Raises ``RowError`` where it is none."""
        require_format(row, 1)
        body = _decompressed(row, 1)
        end = 4 + int.from_bytes(body[:4], "little")
        signal, annotations = orjson.loads(body[4:end])
        return cls(body[end:], signal, tuple((start, stop) for start, stop in annotations))


Sums = dict[str, list[int]]
"""Of each entity how many articles name it, and the sum of its salience there in ten thousandths."""


@dataclass
class StoryRow:
    """What is known of one story beside its articles."""

    version: int = -1
    """Of the newest message."""
    earlier_version: int = -1
    """Of the message before."""
    published: int = -1
    """Last published of it."""
    digest: str = ""
    """Of what was last published of it."""
    summary: bytes = b""
    """JSON of the ``StorySummary``; empty where the story has no article left."""
    context: Sequence[tuple[ArticleId, int]] = ()
    """Article and revision of the texts in whose light names are read."""
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name and type of the entities that the context names: those that are counted."""
    sums: Sums = field(default_factory=dict)
    fresh: Sums = field(default_factory=dict)
    """Sums of the round under way."""
    cursor: str | None = None
    """Round under way over all articles: the key in hex up to which it has come."""
    renew: bool = False
    """The round reads names again: the context is another."""
    judge: bool = False
    """The round looks for old text again: the corrections are others."""
    voices: Sequence[tuple[ArticleId, int, int]] = ()
    """Article, revision and number of earlier texts of those that corrections are read from."""
    corrections: bytes = b"[]"
    """JSON of the corrections."""
    begins: int = 0
    """Offset of `resolved` before which nothing is taken: the story was repaired, and comes again from there on."""
    again: int = 0
    """Newest version of what comes again. With it all is published once more: consumers may have anything up to it."""
    changed: str = ""
    """When the newest text that came to the story was fetched, ISO 8601 in UTC; empty in rows of earlier versions."""

    def to_bytes(self, day: int, articles: int) -> bytes:
        """``day``: of the last message about the story, since the year 1; ``articles``: how many rows it has."""
        head = _STORY_HEAD.pack(FORMAT, self.cursor is not None, day, self.version, articles)
        texts = {"summary": self.summary.decode(), "corrections": self.corrections.decode()}
        return head + _compressed(orjson.dumps(vars(self) | texts))

    @classmethod
    def from_bytes(cls, row: bytes) -> Self:
        """Read a row. Raises ``RowError`` where it is none."""
        require_format(row, _STORY_HEAD.size)
        content = orjson.loads(_decompressed(row, _STORY_HEAD.size))
        content["context"] = [tuple(text) for text in content["context"]]
        content["voices"] = [tuple(voice) for voice in content["voices"]]
        content |= {name: content[name].encode() for name in ("summary", "corrections")}
        return cls(**content)

    def copy(self) -> Self:
        """One that can be changed while this stays as it is."""
        return replace(self, sums=_copied(self.sums), fresh=_copied(self.fresh))


class StoryHead(NamedTuple):
    """What is read of a story's row when a partition is loaded."""

    under_way: bool
    """A round is."""
    day: int
    version: int
    articles: int

    @classmethod
    def of(cls, row: bytes) -> Self:
        require_format(row, _STORY_HEAD.size)
        _, under_way, day, version, articles = _STORY_HEAD.unpack_from(row)
        return cls(bool(under_way), day, version, articles)


def kept(revisions: Iterable[int], most: int) -> tuple[int, ...]:
    """Of an article's earlier revisions the first and the ``most`` newest, in order.

    >>> kept([3, 9, 1, 7], 2)
    (1, 7, 9)
    """
    ordered = sorted(set(revisions))
    return (*ordered[:1], *ordered[1:][-most:])


def _copied(sums: Sums) -> Sums:
    return {name: list(counts) for name, counts in sums.items()}


def _compressed(*parts: bytes) -> bytes:
    return bytes(cramjam.zstd.compress(b"".join(parts), LEVEL))


def _decompressed(row: bytes, at: int) -> bytes:
    """What is compressed in a row from this place on. Raises ``RowError`` where nothing is."""
    try:
        return bytes(cramjam.zstd.decompress(row[at:]))
    except cramjam.DecompressionError as error:
        raise RowError(f"a row of tagging-state is damaged: {error}") from error


def require_format(row: Sequence[int], size: int = 1) -> None:
    """Raise ``RowError`` where a row is of another format, or shorter than its head of this size."""
    if len(row) < size or row[0] != FORMAT:
        found = row[0] if row else "nothing"
        raise RowError(
            f"a row of tagging-state is of format {found}, and this version of wirecopy reads {FORMAT}: "
            "see `wirecopy state check`, `wirecopy state rebuild`"
        )
