"""The records between our own stages: what the engine decided of a story. They change without notice."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from schemas.public_records import Article, OriginClass, Place, StoryEvent
from schemas.record import ArticleId, Record


class StoryMember(Record):
    """An article of a story whose place has changed."""

    article: ArticleId
    revision: int
    place: Place


class StorySummary(Record):
    """The engine's summary of a story. Counts are of the articles in the window."""

    canonical_article: ArticleId
    representatives: tuple[ArticleId, ...] = Field(
        description="its eight oldest articles: names are resolved in their light, and the canonical one's"
    )
    articles: int = Field(ge=1)
    outlets: int = Field(ge=1)
    undisclosed: int = Field(default=0, ge=0)
    first_published: datetime
    last_published: datetime
    first_seen: datetime = Field(description="when wirecopy first saw an article of it")
    first_outlet: str = Field(description="of the article that was published first")
    agencies: tuple[str, ...] = ()
    origin_classes: tuple[OriginClass, ...] = ()
    includes: tuple[ArticleId, ...] = Field(default=(), description="stories that its articles quote, at most 50")
    event: StoryEvent | None = None


class Resolved(Record):
    """Topic ``resolved``: what one message of ``clean`` changed in one story, at the owner of the story.

    The engine sends the text of every article that is new to the story. So the owner of the story that an article
    leaves neither forwards nor publishes anything of it.
    """

    story: ArticleId
    version: int = Field(ge=0, description="logical clock, see ``schemas.versions``")
    members: tuple[StoryMember, ...] = Field(default=(), description="articles whose place is new")
    texts: tuple[Article, ...] = Field(
        default=(),
        description="texts that are new to the story; all among ``members``. Of an article that comes from another "
        "story its earlier texts too: the first, and the newest 20",
    )
    left: tuple[ArticleId, ...] = Field(default=(), description="articles that are of another story now")
    expired: tuple[ArticleId, ...] = Field(default=(), description="articles that left the window")
    summary: StorySummary | None = Field(default=None, description="none where the story has no article left")
    redirect_to: ArticleId | None = Field(default=None, description="where its first article went, if it was merged")


for _record in (StorySummary, Resolved):
    _record.model_rebuild()
