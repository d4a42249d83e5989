"""The rows of one story, by what they are."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from schemas.record import ArticleId
from stream_apps.runtime.state_store import BadRow, StateStore
from stream_apps.tagging.rows import (
    ArticleRow,
    RevisionRow,
    StoryRow,
    article_key,
    place_key,
    revision_key,
    story_key,
)
from wirecopy.errors import StateError

Row = TypeVar("Row")


@dataclass(frozen=True)
class StoredStory:
    """Reads and writes by key alone. Nothing is remembered here."""

    rows: StateStore
    partition: int
    id: ArticleId

    def read(self) -> StoryRow:
        """The story's own row; that of a story of which nothing is known, where there is none."""
        return self._read(story_key(self.id), StoryRow.from_bytes) or StoryRow()

    def put(self, row: StoryRow, day: int, articles: int) -> None:
        """To be written after all that it follows from: a row that is there says that they are."""
        self.rows.put(self.partition, story_key(self.id), row.to_bytes(day, articles))

    def delete(self) -> None:
        self.rows.delete(self.partition, story_key(self.id))

    def article(self, article: ArticleId) -> ArticleRow | None:
        def read(row: bytes) -> ArticleRow:
            return ArticleRow.from_bytes(article, row)

        whole = self._read(article_key(self.id, article), read)
        return whole and whole.with_changes(self._read(place_key(self.id, article), read))

    def put_article(self, row: ArticleRow) -> None:
        """The text only where it is new. A row of changes that is left by a crash in between is outdated by it."""
        if row.text == row.stored_text:
            self.rows.put(self.partition, place_key(self.id, row.id), row.changes())
            return
        self.rows.put(self.partition, article_key(self.id, row.id), row.to_bytes())
        if row.has_changes:
            self.rows.delete(self.partition, place_key(self.id, row.id))

    def delete_article(self, row: ArticleRow) -> None:
        """With its earlier texts; the row without which nobody asks for the others goes last."""
        for number in row.earlier:
            self.delete_revision(row.id, number)
        if row.has_changes:
            self.rows.delete(self.partition, place_key(self.id, row.id))
        self.rows.delete(self.partition, article_key(self.id, row.id))

    def revisions(self, row: ArticleRow) -> list[RevisionRow]:
        """The earlier texts of an article that are kept, oldest first."""
        keys = (revision_key(self.id, row.id, number) for number in row.earlier)
        found = (self._read(key, RevisionRow.from_bytes) for key in keys)
        return [revision for revision in found if revision is not None]

    def put_revision(self, article: ArticleId, number: int, row: RevisionRow) -> None:
        self.rows.put(self.partition, revision_key(self.id, article, number), row.to_bytes())

    def delete_revision(self, article: ArticleId, number: int) -> None:
        self.rows.delete(self.partition, revision_key(self.id, article, number))

    def _read(self, key: bytes, read: Callable[[bytes], Row]) -> Row | None:
        """A row; none where there is none. Raises ``BadRow`` where it cannot be read."""
        row = self.rows.get(self.partition, key)
        if row is None:
            return None
        try:
            return read(row)
        except (StateError, struct.error, ValueError, TypeError, IndexError, KeyError) as error:
            raise BadRow(self.partition, key, f"{type(error).__name__}: {error}") from error
