"""The public records: articles, stories and events as consumers of the topics read them.

Names follow IPTC ninjs and NewsML-G2 where they have one (``headline``, ``byline``, ``dateline``, ``creditline``,
``versioncreated``, ``pubstatus``, ``language`` as BCP 47). Every offset counts Unicode code points. What may be changed
here, and how, is said in ``schemas.record``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from schemas.record import ArticleId, Record, Share, Span

EvidenceKind = Literal["dateline", "byline", "tail", "credit_line", "disclaimer", "lede"]
Role = Literal["sole", "inputs", "quoted"]
OriginClass = Literal["wire_verbatim", "wire_edited", "wire_abridged", "wire_plus_staff", "rewrite", "original", "paid"]
RelationKind = Literal["exact", "near", "partial", "derived", "rewrite", "digest"]
Signal = Literal["corrected", "refile", "repeat", "withdrawn", "hold", "kill", "editors_note"]
PubStatus = Literal["usable", "withheld", "canceled"]
EntityType = Literal["PERSON", "ORG", "PLACE", "NORP", "FACILITY", "EVENT", "PRODUCT", "LAW", "WORK"]
MentionMethod = Literal["alias", "acronym", "partial", "rule", "model"]
MentionField = Literal["text", "headline"]


class Media(Record):
    """A picture, film or sound that goes with an entry. Only its address: nothing of it is fetched."""

    href: str = Field(description="http or https, absolute")
    contenttype: str | None = Field(default=None, description="as the feed says, for example `image/jpeg`")
    title: str | None = None
    creditline: str | None = Field(default=None, description="who made it, as printed")


class Credit(Record):
    """An agency named by an article as a source of its text, with the words that say so."""

    agency: str = Field(description="`PTI`, `IANS`, `ANI`, `UNI`, `Reuters`, `AP`, `AFP` …; `agencies` where unnamed")
    role: Role
    evidence: EvidenceKind
    span: Span | None = Field(default=None, description="into `text`; none where the evidence is the byline field")
    confidence: Share


class Service(Record):
    """An outlet's own service (`TNN`, `ENS`, `HTC` …) that an article names: its reporters, and so never an agency."""

    service: str
    evidence: EvidenceKind
    span: Span | None = Field(default=None, description="into `text`; none where the evidence is the byline field")
    confidence: Share


class Dateline(Record):
    """Where, and when, the first line says that the story was filed."""

    place: str | None = Field(default=None, description="without state and country; several are joined by `/`")
    places: tuple[str, ...] = Field(default=(), description="each place by itself, in the order printed")
    date: str | None = Field(default=None, description="as printed, for example `Jun 18`")
    day: dt.date | None = Field(default=None, description="`date` read; the year is taken from when it was published")
    span: Span


class Article(Record):
    """A feed entry made readable: paragraphs of plain text, with its credits read.

    Nothing is removed from ``text``; ``annotations`` says which parts are not the story (credits, disclaimers, page
    furniture) and so are neither compared nor tagged.
    """

    id: ArticleId
    revision: int = Field(ge=0)
    outlet: str
    feed: str
    guid: str | None = None
    url: str | None = None
    headline: str
    byline: str | None = None
    text: str = Field(description="paragraphs separated by a line feed")
    language: str | None = None
    subjects: tuple[str, ...] = ()
    pubstatus: PubStatus = "usable"
    signal: Signal | None = Field(default=None, description="an agency's correction marker, if the text opens with one")
    published: datetime
    versioncreated: datetime
    first_seen: datetime
    fetched: datetime
    dateline: Dateline | None = None
    creditline: str | None = Field(default=None, description="the words of the credit as printed")
    credits: tuple[Credit, ...] = ()
    services: tuple[Service, ...] = Field(default=(), description="outlets' own services that are named")
    paid: bool = False
    annotations: tuple[Span, ...] = Field(
        default=(), description="parts of `text` that are not the story, sorted, disjoint"
    )
    boilerplate_epoch: int = Field(
        default=0,
        ge=0,
        description="day since 1970 whose epoch of the outlet's boilerplate is annotated; 0 where none was learned",
    )
    truncated: bool = Field(default=False, description="the text was longer than the limit and was cut")
    backfill: bool = Field(default=False, description="from an archive, and not from a feed as it was published")
    media: tuple[Media, ...] = ()
    full_text: bool = Field(default=False, description="read from the article's page, where the feed only teased")


class TextLink(Record):
    """The overlap of an article with another, seen from the first: the evidence of a link."""

    other: ArticleId
    relation: RelationKind
    containment: Share = Field(description="share of this text found in the other")
    coverage: Share = Field(description="share of the other text found in this one")
    shared: int = Field(ge=0, description="word 4-grams in common")
    cover: str = Field(
        pattern=r"^[0-9a-f]{16}$",
        description="64 bits in hex: which 64ths of this text the other has, the first in the lowest bit",
    )


class Place(Record):
    """An article's place: its story, and what it shares with the canonical article.

    It depends on the article, the canonical article and the eight oldest articles of the story alone, so that a further
    copy does not change it.
    """

    story: ArticleId = Field(description="id of the story: that of its first article")
    canonical_article: ArticleId
    relation: RelationKind | None = Field(default=None, description="to the canonical article; none for itself")
    containment: Share = Field(default=1.0, description="share of this text found in the canonical article")
    coverage: Share = Field(default=1.0, description="share of the canonical text found in this article")
    lag: float = Field(default=0.0, description="seconds after the canonical article's publication")
    origin_class: OriginClass = "original"
    agencies: tuple[str, ...] = Field(default=(), description="whose text this is, disclosed or not")
    undisclosed: bool = False
    links: tuple[TextLink, ...] = Field(
        default=(),
        description="articles that share text with this one: the canonical or nearest one, then older ones, the oldest "
        "first, at most nine in all",
    )
    includes: tuple[ArticleId, ...] = Field(default=(), description="stories that a digest or merged copy quotes")
    removed: datetime | None = Field(default=None, description="when it was found gone from its outlet's feed")
    previous_story: Departure | None = Field(
        default=None, description="the last story that a new text took it out of; depends on the order of arrival"
    )


class Departure(Record):
    """The departure of an article from a story: its new text shares nothing with any other member."""

    story: ArticleId = Field(description="as it was called then: it may have been merged into another since")
    revision: int = Field(description="the text that took the article out of it")
    at: datetime = Field(description="when that text was made, as its outlet says")


class Revision(Record):
    """An earlier text of an article."""

    revision: int
    versioncreated: datetime
    headline: str
    text: str
    truncated: bool = Field(default=False, description="the text was left out: the record would have been too large")


class Entity(Record):
    """A person, organisation, place … that an article is about."""

    id: str = Field(description="`wd:Q…`, `nc:type:slug` (curated) or `x:type:slug` (provisional)")
    name: str
    type: EntityType
    method: MentionMethod = "model"
    confidence: Share
    salience: Share
    mentions: tuple[Mention, ...]

    def occurrences(self) -> Iterator[Occurrence]:
        """Yield the mentions with what they leave out, which is the entity's."""
        for mention in self.mentions:
            yield Occurrence(
                mention.field,
                mention.start,
                mention.end,
                self.name if mention.text is None else mention.text,
                mention.method or self.method,
                self.confidence if mention.confidence is None else mention.confidence,
            )


class Mention(Record):
    """An occurrence of an entity. What is left out is the entity's: ``mention.method or entity.method``."""

    field: MentionField = "text"
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str | None = Field(
        default=None, description="what stands there, `field[start:end]`, where that is not the entity's `name`"
    )
    method: MentionMethod | None = Field(default=None, description="where it differs from the entity's")
    confidence: Share | None = Field(default=None, description="where it differs from the entity's")


class Occurrence(NamedTuple):
    """A mention with all that is known of it: ``field[start:end] == text``."""

    field: MentionField
    start: int
    end: int
    text: str
    method: MentionMethod
    confidence: float


class PublishedArticle(Record):
    """Topic ``articles`` (public, compacted by article id): the finished article.

    Of two records of one article, the one with the higher ``version`` counts; equal versions have equal contents.
    """

    article: Article
    place: Place
    entities: tuple[Entity, ...] = ()
    revisions: tuple[Revision, ...] = Field(
        default=(), description="earlier texts, oldest first: the first one, and the newest up to a limit"
    )
    revisions_count: int = Field(default=0, ge=0, description="how many earlier texts there were, by their numbers")
    stale: bool = Field(default=False, description="it carries what the agency has corrected or taken back")
    stale_since: datetime | None = Field(default=None, description="since when, where the agency dated what it said")
    model: str = Field(description="name and version of the pipeline that tagged the text")
    alias_version: str = Field(description="version of the alias set that named the entities")
    tagged_chars: int | None = Field(
        default=None, ge=0, description="of a text too long to be tagged whole: how much of it was; none: all"
    )
    version: int = Field(ge=0, description="logical clock of the last message that changed this record")


class Carrier(Record):
    """One outlet's copy of a story."""

    article: ArticleId
    outlet: str
    url: str | None = None
    headline: str
    byline: str | None = None
    published: datetime
    lag: float = Field(description="seconds after the canonical article's publication")
    relation: RelationKind | None = None
    containment: Share
    coverage: Share
    origin_class: OriginClass
    agencies: tuple[str, ...] = ()
    undisclosed: bool = False
    removed: datetime | None = Field(default=None, description="when it was found gone from its outlet's feed")
    stale: bool = Field(default=False, description="it carries what the agency has corrected or taken back")
    stale_since: datetime | None = Field(default=None, description="since when, where the agency dated what it said")


class StoryEntity(Record):
    """An entity of a story, with how many of its articles name it."""

    id: str
    name: str
    type: EntityType
    articles: int = Field(ge=1)
    salience: Share


class StoryCorrection(Record):
    """An agency's correction, hold or withdrawal of a story, and the copies that still carry the old text."""

    article: ArticleId = Field(description="in which the agency said so")
    signal: Signal
    at: datetime | None = Field(
        default=None, description="as the agency dates it; none: from about when `article` was fetched"
    )
    old: tuple[str, ...] = Field(
        default=(), description="sentences that were put right, as they stood; none where that is not known"
    )
    new: tuple[str, ...] = Field(default=(), description="what stands in their place")
    carried_by: tuple[ArticleId, ...] = Field(
        default=(), description="copies with the old text, by publication, then id; at most 100"
    )


class Story(Record):
    """Topic ``stories`` (public, compacted by story id): the copies of one text.

    Where the story was merged into another, only ``redirect_to`` is set. ``carriers`` are capped:
    the first, the newest and the canonical one are always among them; the counts are of all.
    """

    id: ArticleId = Field(description="id of its first article, kept when that article leaves the window")
    version: int = Field(ge=0, description="logical clock of the last message that changed anything told here")
    redirect_to: ArticleId | None = None
    headline: str = ""
    canonical_article: ArticleId | None = None
    language: str | None = None
    first_published: datetime | None = None
    last_published: datetime | None = None
    first_seen: datetime | None = Field(default=None, description="when wirecopy first saw an article of it")
    changed: datetime | None = Field(default=None, description="when wirecopy fetched the newest text that came to it")
    first_outlet: str | None = Field(default=None, description="of the article that was published first")
    agencies: tuple[str, ...] = ()
    origin_classes: tuple[OriginClass, ...] = ()
    articles_count: int = Field(default=0, ge=0)
    outlets_count: int = Field(default=0, ge=0)
    undisclosed_count: int = Field(default=0, ge=0)
    stale_count: int = Field(default=0, ge=0, description="copies that carry what the agency corrected or took back")
    outlets: tuple[str, ...] = Field(default=(), description="outlets of the carriers listed here")
    carriers: tuple[Carrier, ...] = Field(default=(), description="by publication, then id; at most 100")
    includes: tuple[ArticleId, ...] = Field(default=(), description="stories that its articles quote, at most 50")
    entities: tuple[StoryEntity, ...] = ()
    event: StoryEvent | None = Field(default=None, description="none where no other story tells of the same event")
    corrections: tuple[StoryCorrection, ...] = Field(default=(), description="by time, the agency's only")


class StoryEvent(Record):
    """The event that a story tells of, with others. ``origins`` lists the independent sources of the event."""

    id: ArticleId
    origins: tuple[str, ...] = ()


class EventStory(Record):
    """One story of an event."""

    story: ArticleId
    headline: str
    first_published: datetime | None = None
    articles: int = Field(ge=1)
    outlets: int = Field(ge=1)
    agencies: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class Event(Record):
    """Topic ``events`` (public, compacted by event id): stories that tell of one event in words of their own.

    Weaker than a story: grouped by similarity, not by shared text. Two stories or more, always: a story that is alone
    has no event. Where an event is no more, ``redirect_to`` names the event that its first story is in now; with
    neither ``redirect_to`` nor ``stories`` it has ended, since fewer than two stories are left.
    """

    id: ArticleId = Field(description="the smallest story id of the event")
    version: int = Field(ge=0, description="logical clock of the message that caused this")
    redirect_to: ArticleId | None = None
    headline: str = ""
    first_published: datetime | None = None
    last_published: datetime | None = None
    stories: tuple[EventStory, ...] = Field(
        default=(), description="by first publication, then id; at most 100: the first and the newest"
    )
    stories_count: int = Field(default=0, ge=0)
    articles: int = Field(default=0, ge=0)
    outlets_count: int = Field(default=0, ge=0, description="of its stories, each outlet counted once a story")
    agencies: tuple[str, ...] = ()
    origins: tuple[str, ...] = Field(
        default=(),
        description="independent origins: each agency, and each outlet with reporting of its own, that found something "
        "out about the event. Copies, rewrites, digests and paid material add none",
    )


for _record in (Entity, Place, PublishedArticle, Story):
    _record.model_rebuild()
