"""At the owner of a family: its articles meet here, are tagged, and leave as finished articles and one story.

A row an article and family. Articles can move between families; the one that they leave hands the text on, so that
whatever order messages of different families arrive in, the last to publish an article is the family it belongs to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from typing import Protocol

import orjson

from schemas.records import Article, Entity, EventPlace, Membership, PublishedArticle, Resolved, Revision, Story
from schemas.topics import ARTICLES, EVENT_PLACES, RESOLVED, STORIES
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.cache import RecentlyUsed
from stream_apps.tagging.paragraphs import split
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.resolve import FamilyText, resolve_family
from stream_apps.tagging.story import story

EXTRA_DAYS = 4
"""A family stays here longer than where it is decided, so that nothing can be told of an article that is gone."""
KNOWN_FAMILIES = 2_000
"""Families whose entities are remembered: those that copies are still coming in for."""
KNOWN_TEXTS = 500
"""Articles remembered as they were read, some 60 KB each: copies of one story come close upon each other."""
_STORY = b""
_EVENT = b"@"
Texts = tuple[tuple[str, int], ...]
"""The articles of a family and the revision of each."""


class Model(Protocol):
    """Finds names in paragraphs, away from the event loop."""

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]: ...


@dataclass
class Member:
    """One article in one family, or what is left of it there after it moved on."""

    membership: Membership
    article: Article | None = None
    """None until the text arrives, and after it was handed on."""
    history: tuple[Revision, ...] = ()
    mentions: list[RawMention] = field(default_factory=list)
    told: str = ""
    """Digest of what was last published of it."""
    touched: str = ""
    """Day of the last message about it, by the stream's own time."""
    published: int = 0
    """The version last published of it, by a former owner too: the next must not be lower."""

    def to_bytes(self) -> bytes:
        return orjson.dumps(
            [
                self.membership.model_dump(mode="json", exclude_defaults=True),
                self.article.model_dump(mode="json", exclude_defaults=True) if self.article else None,
                [revision.model_dump(mode="json") for revision in self.history],
                self.mentions,
                self.told,
                self.touched,
                self.published,
            ]
        )

    @classmethod
    def from_bytes(cls, row: bytes) -> Member:
        membership, article, history, mentions, *last = orjson.loads(row)
        return cls(
            Membership.model_validate(membership),
            Article.model_validate(article) if article else None,
            tuple(Revision.model_validate(revision) for revision in history),
            [(start, end, label) for start, end, label in mentions],
            *last,
        )


class TaggingDesk(Stage):
    """Takes ``Resolved`` and ``EventPlace``; gives ``PublishedArticle`` and ``Story``; hands on texts that moved."""

    name = "tagging"

    def __init__(
        self,
        rows: Rows,
        model: Model,
        model_name: str,
        aliases: AliasSet,
        *,
        window_days: int,
        max_chars: int,
        cache_paragraphs: int,
    ) -> None:
        self._rows = rows
        self._model = model
        self._model_name = model_name
        self._aliases = aliases
        self._window = timedelta(days=window_days + EXTRA_DAYS)
        self._max_chars = max_chars
        self._cache: RecentlyUsed[tuple[RawMention, ...]] = RecentlyUsed(cache_paragraphs)
        self._known: RecentlyUsed[tuple[Texts, Mapping[str, tuple[Entity, ...]]]] = RecentlyUsed(KNOWN_FAMILIES)
        self._read_before: RecentlyUsed[FamilyText] = RecentlyUsed(KNOWN_TEXTS)
        self._batch: dict[str, tuple[RawMention, ...]] = {}
        self._families: dict[int, defaultdict[bytes, set[bytes]]] = {}
        self._dirty: set[tuple[int, bytes]] = set()
        self._today: dict[int, date] = {}
        self._swept: dict[int, date] = {}

    # ---- the stage ------------------------------------------------------------------------------------------

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        """Tag every paragraph of the batch that is not remembered, each once."""
        self._batch = {}
        missing: dict[str, str] = {}
        for article in _articles(messages):
            for paragraph in split(article.text, article.annotations, self._max_chars):
                if paragraph.key in self._batch or paragraph.key in missing:
                    continue
                known = self._cache.get(paragraph.key)
                if known is None:
                    missing[paragraph.key] = paragraph.text
                else:
                    self._batch[paragraph.key] = known
        for key, mentions in zip(missing, await self._model.tag(list(missing.values())), strict=True):
            self._batch[key] = mentions
            self._cache.put(key, mentions)

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        if message.topic == EVENT_PLACES.name:
            return self._take_place(message)
        resolved = Resolved.from_bytes(message.value)
        family, article = message.key, resolved.membership.article.encode()
        member = self._take_in(message.partition, family, article, resolved)
        outgoing: list[Outgoing] = []
        if member.membership.family.encode() != family and member.article is not None:
            outgoing.append(_hand_on(member))
            member.article, member.mentions, member.told = None, [], ""
        member.touched = max(member.touched, self._day(message.partition, resolved))
        self._put(message.partition, family, article, member)
        self._dirty.add((message.partition, family))
        return outgoing

    def finish(self) -> Sequence[Outgoing]:
        """Publish what changed in the families of the batch."""
        dirty, self._dirty = sorted(self._dirty), set()
        outgoing = [sent for partition, family in dirty for sent in self._publish(partition, family)]
        for partition in {partition for partition, _ in dirty}:
            self._expire(partition)
        return outgoing

    def forget(self) -> None:
        self._known.clear()
        self._read_before.clear()
        self._families.clear()
        self._dirty.clear()
        self._today.clear()

    def _take_place(self, message: Incoming) -> Sequence[Outgoing]:
        """The event of a family; kept for articles that are still on their way."""
        place, family = EventPlace.from_bytes(message.value), message.key
        known = self._event(message.partition, family)
        if known is None or known.version <= place.version:
            self._members(message.partition).setdefault(family, set())
            self._rows.put(message.partition, _key(family, _EVENT), place.to_bytes())
        self._dirty.add((message.partition, family))
        return ()

    def _event(self, partition: int, family: bytes) -> EventPlace | None:
        row = self._rows.get(partition, _key(family, _EVENT))
        return EventPlace.from_bytes(row) if row else None

    # ---- members --------------------------------------------------------------------------------------------

    def _take_in(self, partition: int, family: bytes, article: bytes, resolved: Resolved) -> Member:
        row = self._rows.get(partition, _key(family, article))
        member = Member.from_bytes(row) if row else Member(resolved.membership)
        if resolved.membership.version >= member.membership.version:
            member.membership = resolved.membership
        if resolved.article is not None:
            self._take_text(member, resolved.article)
        member.history = _merged(member.history, resolved.history)
        member.published = max(member.published, resolved.published)
        return member

    def _take_text(self, member: Member, article: Article) -> None:
        """The newer text holds, the older one is history; delivery again changes nothing."""
        older = member.article
        if older is not None and article.revision < older.revision:
            older, article = article, older
        if older is not None and older.revision < article.revision:
            member.history = _merged(member.history, (_revision(older),))
        if member.article is not article:
            member.article, member.mentions = article, self._mentions(article)

    def _mentions(self, article: Article) -> list[RawMention]:
        return [
            (paragraph.start + start, paragraph.start + end, label)
            for paragraph in split(article.text, article.annotations, self._max_chars)
            for start, end, label in self._batch[paragraph.key]
        ]

    def _put(self, partition: int, family: bytes, article: bytes, member: Member) -> None:
        self._members(partition)[family].add(article)
        self._rows.put(partition, _key(family, article), member.to_bytes())

    def _members(self, partition: int) -> defaultdict[bytes, set[bytes]]:
        if partition not in self._families:
            families = self._families[partition] = defaultdict(set)
            for key, _ in self._rows.items(partition):
                family, _, article = key.partition(b"/")
                families[family].update({article} - {_STORY, _EVENT})
        return self._families[partition]

    # ---- publishing -----------------------------------------------------------------------------------------

    def _publish(self, partition: int, family: bytes) -> Iterable[Outgoing]:
        everyone = {
            article: Member.from_bytes(row)
            for article in sorted(self._members(partition)[family])
            if (row := self._rows.get(partition, _key(family, article))) is not None
        }
        present = {a: m for a, m in everyone.items() if m.article and m.membership.family.encode() == family}
        event = self._event(partition, family)
        records = self._finished(f"{partition}/{family.decode()}", list(present.values()), event)
        for (article, member), record in zip(present.items(), records, strict=True):
            told = _without_inner_links(record)
            if (digest := _digest(_timeless(told))) != member.told:
                member.told, member.published = digest, told.version
                self._rows.put(partition, _key(family, article), member.to_bytes())
                yield Outgoing(ARTICLES, article, told.to_bytes())
        if not everyone:
            return  # an event for articles that are still on their way
        version = max(_version(everyone), event.version if event else 0)
        whole = story(family.decode(), records, version, event) if records else _redirect(family, everyone)
        if whole is not None:
            yield from self._tell_story(partition, family, whole)

    def _finished(self, family: str, members: Sequence[Member], event: EventPlace | None) -> list[PublishedArticle]:
        entities = self._entities(family, [(m, m.article) for m in members if m.article]) if members else {}
        return [self._finish_one(m, m.article, entities[m.article.id], event) for m in members if m.article]

    def _entities(self, family: str, members: Sequence[tuple[Member, Article]]) -> Mapping[str, tuple[Entity, ...]]:
        """The entities of each article; worked out again only when a text of the family has changed."""
        texts = tuple((article.id, article.revision) for _, article in members)
        known = self._known.get(family)
        if known is None or known[0] != texts:
            known = (texts, resolve_family([self._read(*member) for member in members], self._aliases))
            self._known.put(family, known)
        return known[1]

    def _read(self, member: Member, article: Article) -> FamilyText:
        """The article for resolving names; what was worked out of it before is not worked out again."""
        key = f"{article.id}/{article.revision}"
        text = self._read_before.get(key)
        if text is None:
            text = FamilyText(article.id, article.headline, article.text, article.annotations, tuple(member.mentions))
            self._read_before.put(key, text)
        return text

    def _finish_one(
        self, member: Member, article: Article, entities: tuple[Entity, ...], event: EventPlace | None
    ) -> PublishedArticle:
        return PublishedArticle(
            article=article,
            membership=member.membership,
            entities=entities,
            revisions=member.history,
            model=self._model_name,
            alias_version=self._aliases.version,
            event=event.event if event and event.families > 1 else None,
            tagged_chars=self._max_chars if len(article.text) > self._max_chars else None,
            version=max(member.membership.version, member.published, event.version if event else 0),
        )

    def _tell_story(self, partition: int, family: bytes, told: Story) -> Iterable[Outgoing]:
        digest = _digest(told.model_copy(update={"version": 0}).to_bytes()).encode()
        if self._rows.get(partition, _key(family, _STORY)) != digest:
            self._rows.put(partition, _key(family, _STORY), digest)
            yield Outgoing(STORIES, family, told.to_bytes())

    def _day(self, partition: int, resolved: Resolved) -> str:
        """The day of the stream's own time: the latest on which any article of the partition was first seen.

        Empty before the first text: what cannot be dated is not forgotten either.
        """
        seen = resolved.article.first_seen.date() if resolved.article else date.min
        today = self._today[partition] = max(self._today.get(partition, date.min), seen)
        return today.isoformat() if today > date.min else ""

    def _expire(self, partition: int) -> None:
        """Forget families that nothing was heard of for longer than the window. Looked for once a day."""
        today = self._today.get(partition, date.min)
        if today <= self._swept.get(partition, date.min):
            return
        self._swept[partition] = today
        oldest = (today - self._window).isoformat()
        families = self._members(partition)
        for family, articles in list(families.items()):
            keys = [_key(family, article) for article in articles]
            rows = [row for key in keys if (row := self._rows.get(partition, key)) is not None]
            event = self._event(partition, family)
            touched = [Member.from_bytes(row).touched for row in rows] + ([event.seen] if event else [])
            if all("" < day < oldest for day in touched):
                for key in (*keys, _key(family, _STORY), _key(family, _EVENT)):
                    self._rows.delete(partition, key)
                del families[family]


def _without_inner_links(record: PublishedArticle) -> PublishedArticle:
    """The record as it is published: links to other members are told by the story, the canonical article's apart.

    Otherwise every new copy would change the record of every other: k copies cost k² records.
    """
    membership = record.membership
    links = tuple(k for k in membership.links if not k.inside or k.other == membership.canonical_article)
    return record.model_copy(update={"membership": membership.model_copy(update={"links": links})})


def _timeless(record: PublishedArticle) -> bytes:
    """What a record says, its version apart: a new version of the same is not worth telling."""
    membership = record.membership.model_copy(update={"version": 0})
    return record.model_copy(update={"membership": membership, "version": 0}).to_bytes()


def _articles(messages: Sequence[Incoming]) -> Iterable[Article]:
    for message in messages:
        if message.topic != RESOLVED.name:
            continue
        try:
            resolved = Resolved.from_bytes(message.value)
        except ValueError:
            continue  # refused when it is handled
        if resolved.article is not None:
            yield resolved.article


def _hand_on(member: Member) -> Outgoing:
    record = Resolved(
        membership=member.membership, article=member.article, history=member.history, published=member.published
    )
    return Outgoing(RESOLVED, member.membership.family.encode(), record.to_bytes())


def _redirect(family: bytes, everyone: dict[bytes, Member]) -> Story | None:
    """Where the story went once its family is empty: where the article went that gave it its id."""
    gone = everyone.get(family)
    if gone is None or gone.membership.family.encode() == family:
        return None  # only announced so far: the text is on its way
    return Story(id=family.decode(), version=_version(everyone), redirect_to=gone.membership.family)


def _version(members: dict[bytes, Member]) -> int:
    return max(member.membership.version for member in members.values())


def _revision(article: Article) -> Revision:
    return Revision(
        revision=article.revision,
        versioncreated=article.versioncreated,
        headline=article.headline,
        text=article.text,
    )


def _merged(*histories: Sequence[Revision]) -> tuple[Revision, ...]:
    by_number = {revision.revision: revision for history in histories for revision in history}
    return tuple(by_number[number] for number in sorted(by_number))


def _key(family: bytes, article: bytes) -> bytes:
    return family + b"/" + article


def _digest(value: bytes) -> str:
    return blake2b(value, digest_size=8).hexdigest()
