"""The rows of one story, by what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.records import ArticleId
from stream_apps.tagging.rows import ArticleRow, RevisionRow, StoryRow, article_key, revision_key, story_key

if TYPE_CHECKING:
    from stream_apps.runtime.rows import Rows


@dataclass(frozen=True)
class StoredStory:
    """Reads and writes by key alone. Nothing is remembered here."""

    rows: Rows
    partition: int
    id: ArticleId

    def read(self) -> StoryRow:
        """The story's own row; that of a story of which nothing is known, where there is none."""
        row = self.rows.get(self.partition, story_key(self.id))
        return StoryRow.from_bytes(row) if row is not None else StoryRow()

    def put(self, row: StoryRow, day: int, articles: int) -> None:
        """To be written after all that it follows from: a row that is there says that they are."""
        self.rows.put(self.partition, story_key(self.id), row.to_bytes(day, articles))

    def delete(self) -> None:
        self.rows.delete(self.partition, story_key(self.id))

    def article(self, article: ArticleId) -> ArticleRow | None:
        row = self.rows.get(self.partition, article_key(self.id, article))
        return ArticleRow.from_bytes(article, row) if row is not None else None

    def put_article(self, row: ArticleRow) -> None:
        self.rows.put(self.partition, article_key(self.id, row.id), row.to_bytes())

    def delete_article(self, row: ArticleRow) -> None:
        """With its earlier texts."""
        for number in row.earlier:
            self.delete_revision(row.id, number)
        self.rows.delete(self.partition, article_key(self.id, row.id))

    def revisions(self, row: ArticleRow) -> list[RevisionRow]:
        """The earlier texts of an article that are kept, oldest first."""
        found = (self.rows.get(self.partition, revision_key(self.id, row.id, number)) for number in row.earlier)
        return [RevisionRow.from_bytes(revision) for revision in found if revision is not None]

    def put_revision(self, article: ArticleId, number: int, row: RevisionRow) -> None:
        self.rows.put(self.partition, revision_key(self.id, article, number), row.to_bytes())

    def delete_revision(self, article: ArticleId, number: int) -> None:
        self.rows.delete(self.partition, revision_key(self.id, article, number))
