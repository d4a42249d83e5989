"""One story while messages about it are applied, and what has to be published of it then.

Nothing here costs more in a large story than in one of fifty articles: what concerns all of them is done in *rounds*,
some articles a batch. A round goes through the articles by publication and brings each up to date with the context
and the corrections of the story, and adds up anew how many name what. Where it has come stands in the story's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import TypeAdapter

from schemas.internal_records import Resolved, StorySummary
from schemas.public_records import Article, Place, Revision, Signal
from schemas.record import ArticleId, Record, RecordError
from schemas.topics import ARTICLES, STORIES
from stream_apps.runtime.stage_interface import Outgoing
from stream_apps.tagging import corrections as correcting
from stream_apps.tagging import story_record
from stream_apps.tagging.corrections import Correction, Earlier
from stream_apps.tagging.members import REMOVED, Entry, Members, moment
from stream_apps.tagging.published_article import article_record, digest
from stream_apps.tagging.rows import ArticleRow, RevisionRow, StoryRow, Sums, kept
from stream_apps.tagging.stored_story import StoredStory
from stream_apps.tagging.story_context import Context, StoryText
from stream_apps.tagging.text_reader import KnownTexts

if TYPE_CHECKING:
    from stream_apps.tagging.alias_set import AliasSet

RecordT = TypeVar("RecordT", bound=Record)

NEWEST_REVISIONS = 20
"""Earlier texts that are kept of an article, beside the first."""
SAID = 16
"""Flag of an article: an earlier text of it was a correction."""
STEP = 16
"""Articles that a round goes through between two looks at the budget."""
_CORRECTIONS = TypeAdapter(tuple[Correction, ...])


@dataclass
class Known:
    """What is remembered of a story between batches; all of it follows from the rows."""

    row: StoryRow
    context: Context | None = None
    context_texts: Sequence[tuple[ArticleId, int]] = ()
    carriers: dict[ArticleId, bytes] = field(default_factory=dict)
    outlets: dict[ArticleId, str] = field(default_factory=dict)
    torn: bool = False
    """The story's row may not fit the articles' rows: nothing may be taken as unchanged."""


@dataclass(frozen=True)
class Tools:
    """What every story needs."""

    aliases: AliasSet
    model_name: str
    max_chars: int
    texts: KnownTexts


class StoryUpdate:
    """``take`` every message of a batch, ``settle``, ``work`` on the round, then ``publish`` once."""

    def __init__(self, stored: StoredStory, known: Known, members: Members, tools: Tools) -> None:
        self.story = stored.id
        self.known = replace(known, row=known.row.copy(), carriers=dict(known.carriers))
        self.members = members
        self.taken = False
        """A message was taken, and not only the round gone on with."""
        self._stored = stored
        self._tools = tools
        self._read: dict[ArticleId, ArticleRow | None] = {}
        self._records: dict[tuple[type[Record], bytes], Record] = {}
        """What came with the messages, by its JSON in the rows: not to be read again."""
        self._changed: set[ArticleId] = set()
        self._new_texts: set[ArticleId] = set()
        self._touched: set[ArticleId] = set()
        """Articles that came, went or changed, other than by the round."""
        self._resolved: set[ArticleId] = set()
        self._judged: set[ArticleId] = set()
        self._all_again = False
        """A repaired story is whole again."""
        self._redirect: ArticleId | None = None

    @property
    def row(self) -> StoryRow:
        return self.known.row

    # ---- taking messages ------------------------------------------------------------------------------------

    def take(self, resolved: Resolved, texts: Mapping[tuple[ArticleId, int], StoryText]) -> None:
        """Apply a message; one that is not newer than the last has been applied."""
        if resolved.version <= self.row.version:
            return
        self._check(resolved)
        self.taken = True
        self._all_again |= self.row.version < self.row.again <= resolved.version
        self.row.earlier_version, self.row.version = self.row.version, resolved.version
        for article in (*resolved.left, *resolved.expired):
            self._drop(article)
        for text in resolved.texts:
            self._take_text(text, texts[text.id, text.revision])
        for member in resolved.members:
            self._take_place(member.article, member.place)
        self._redirect = resolved.redirect_to
        if resolved.summary is None:
            self.drop_all()
        else:
            self.row.summary = self._written(resolved.summary)

    def _check(self, resolved: Resolved) -> None:
        placed = {member.article for member in resolved.members}
        lost = [t.id for t in resolved.texts if t.id not in placed and self._article(t.id) is None]
        if lost:
            raise RecordError(f"Resolved.texts: {lost[0]} is not among the members")

    def _take_text(self, article: Article, text: StoryText) -> None:
        """The newest text holds, older ones are history; delivery again changes nothing."""
        # Before anything else: the article's row may have been written, and the story's not.
        self.row.changed = max(self.row.changed, article.fetched.astimezone(UTC).isoformat(timespec="microseconds"))
        row = self._article(article.id)
        if row is not None and article.revision < row.revision:
            self._keep_earlier(row, article)
            return
        content = self._written(article)
        if row is not None and row.article == content:
            return
        newest = ArticleRow(
            article.id, moment(article.published), article.revision, digest(content), content,
            orjson.dumps(text.mentions),
        )  # fmt: skip
        if row is not None:
            newest = newest._replace(
                place=row.place, earlier=row.earlier, version=row.version, digest=row.digest,
                entities=row.entities, flags=row.flags, stored_text=row.stored_text, has_changes=row.has_changes,
            )  # fmt: skip
        self._tools.texts.keep(text, newest.revision)
        self._put(row, newest)
        if row is not None and row.revision < article.revision:
            self._keep_earlier(newest, Article.from_bytes(row.article))
        self._new_texts.add(article.id)

    def _keep_earlier(self, row: ArticleRow, earlier: Article) -> None:
        number = earlier.revision
        if number in row.earlier:
            return
        numbers = kept((*row.earlier, number), NEWEST_REVISIONS)
        self._stored.put_revision(row.id, number, _revision_row(earlier))
        for gone in {*row.earlier, number} - set(numbers):
            self._stored.delete_revision(row.id, gone)
        said = SAID * (earlier.signal in correcting.CORRECTED)
        self._put(row, row._replace(earlier=numbers, flags=row.flags | said))
        self._new_texts.add(row.id)

    def _take_place(self, article: ArticleId, place: Place) -> None:
        row = self._article(article)
        if row is not None and row.place != (new := self._written(place)):
            self._put(row, row._replace(place=new))
            self._touched.add(article)

    def _drop(self, article: ArticleId) -> None:
        row = self._article(article)
        if row is None:
            return
        self._stored.delete_article(row)
        self._count(row, -1)
        self.members.remove(row.entry.key)
        self._read[article] = None
        self._touched.add(article)
        self._changed.discard(article)
        self._new_texts.discard(article)
        self.known.carriers.pop(article, None)

    def drop_all(self) -> None:
        """Give up every article; what was published of them stays."""
        for entry in list(self.members):
            self._drop(entry.article)
        row = self.row
        self.known.row = StoryRow(row.version, row.earlier_version, row.published, row.digest, again=row.again)
        self.known.context, self.known.context_texts = None, ()

    # ---- articles -------------------------------------------------------------------------------------------

    def _article(self, article: ArticleId) -> ArticleRow | None:
        if article not in self._read:
            self._read[article] = self._stored.article(article)
        return self._read[article]

    def _put(self, before: ArticleRow | None, row: ArticleRow) -> None:
        """Keep an article as it is now, in the index and in the sums too."""
        if before is not None and before.entry != row.entry:
            self.members.remove(before.entry.key)
        if before is None or before.entry != row.entry:
            self.members.put(row.entry)
        if before is None or before.entities != row.entities or before.published != row.published:
            if before is not None:
                self._count(before, -1)
            self._count(row, 1)
        self._read[row.id] = row
        self._changed.add(row.id)

    def _count(self, row: ArticleRow, sign: int) -> None:
        if self.row.sums:
            _add(self.row.sums, row.entities, sign)
        if self.row.cursor is not None and row.entry.key.hex() <= self.row.cursor:
            _add(self.row.fresh, row.entities, sign)

    # ---- what follows for the story -------------------------------------------------------------------------

    def settle(self) -> None:
        """Bring what is new up to date, and begin a round where all articles are concerned."""
        if not self.row.summary:
            return
        self._touched |= self._new_texts
        for article in sorted(self._touched):
            self._complete(article)
            self.known.carriers.pop(article, None)
        renew = self._renew_context()
        for article in sorted(self._new_texts):
            self._resolve(article)
        judge = self._reread_corrections()
        if renew or judge or self.known.torn or self._all_again:
            self._begin_round(renew=renew or self.known.torn, judge=judge or self.known.torn)
            self.known.torn = False
        for article in sorted(self._touched):
            self._judge(article)

    def _complete(self, article: ArticleId) -> None:
        """What follows from an article's text and place alone."""
        row = self._article(article)
        if row is None:
            return
        text, place = self._record(Article, row.article), self._record(Place, row.place)
        signals: tuple[Signal, ...] = ("corrected",) if row.flags & SAID else ()
        flags = correcting.flags(text, place, signals) | row.flags & SAID
        if flags != row.flags:
            self._put(row, row._replace(flags=flags))

    def _begin_round(self, *, renew: bool, judge: bool) -> None:
        """Once more from the first article on; what an unfinished round had to do is still to be done."""
        row, unfinished = self.row, self.row.cursor is not None
        row.renew, row.judge = renew or (unfinished and row.renew), judge or (unfinished and row.judge)
        row.cursor, row.fresh = "", {name: [0, 0] for name in row.names}

    def _here(self, article: ArticleId) -> ArticleRow:
        row = self._article(article)
        assert row is not None, article
        return row

    def _summary(self) -> StorySummary:
        return self._record(StorySummary, self.row.summary)

    def _written(self, record: Record) -> bytes:
        """The JSON of a record, which is remembered by it."""
        content = record.to_bytes()
        self._records[type(record), content] = record
        return content

    def _record(self, kind: type[RecordT], content: bytes) -> RecordT:
        """The record that this is the JSON of, read where it is not remembered."""
        known = self._records.get((kind, content))
        if known is None:
            known = self._records[kind, content] = kind.from_bytes(content)
        assert isinstance(known, kind), kind
        return known

    # ---- names ----------------------------------------------------------------------------------------------

    def _renew_context(self) -> bool:
        """Read names again in the texts of the context, where it is another than before."""
        summary = self._summary()
        wanted = sorted({*summary.representatives, summary.canonical_article})
        known = [article for article, _ in self.row.context]
        if wanted == known and self._touched.isdisjoint(wanted) and not self.known.torn:
            return False
        rows = [row for article in wanted if (row := self._article(article)) is not None]
        texts: list[tuple[ArticleId, int]] = [(row.id, row.revision) for row in rows]
        if texts == self.row.context and not self.known.torn:
            return False
        self.row.context = texts
        context = self._context()
        for row in rows:
            if row.id in self._new_texts or row.id not in context.as_before:
                self._resolve(row.id)
            self._resolved.add(row.id)
        self.row.names = self._names([row.id for row in rows])
        return True

    def _resolve(self, article: ArticleId) -> None:
        """The entities of an article in the light of the context."""
        if article in self._resolved or (row := self._article(article)) is None:
            return
        self._resolved.add(article)
        entities = self._context().entities(self._tools.texts.of(row))
        if entities != row.entities:
            self._put(row, row._replace(entities=entities))

    def _context(self) -> Context:
        if self.known.context is None or self.known.context_texts != self.row.context:
            texts = [self._tools.texts.of(self._here(article)) for article, _ in self.row.context]
            self.known.context = Context(texts, self._tools.aliases, self.known.context)
            self.known.context_texts = self.row.context
        return self.known.context

    def _names(self, articles: Iterable[ArticleId]) -> dict[str, tuple[str, str]]:
        """Name and type of all that the context's articles name."""
        entities = (entity for article in articles for entity in orjson.loads(self._here(article).entities))
        return {entity["id"]: (entity["name"], entity["type"]) for entity in entities}

    # ---- corrections ----------------------------------------------------------------------------------------

    def _reread_corrections(self) -> bool:
        """Whether something else is corrected than before."""
        articles = correcting.considered(self.members)
        known = [article for article, *_ in self.row.voices]
        if articles == known and self._touched.isdisjoint(articles) and not self.known.torn:
            return False
        voices = [(a, self._here(a).revision, len(self._here(a).earlier)) for a in articles]
        if voices == self.row.voices:
            return False
        self.row.voices = voices
        spoken = {a: correcting.texts_of(Article.from_bytes(self._here(a).article), self._earlier(a)) for a in articles}
        found = _CORRECTIONS.dump_json(correcting.corrections(spoken), exclude_defaults=True)
        changed, self.row.corrections = found != self.row.corrections, found
        return changed

    def _earlier(self, article: ArticleId) -> Iterator[Earlier]:
        for row in self._stored.revisions(self._here(article)):
            yield Earlier(row.read(), row.signal, row.annotations)

    def _corrections(self) -> Sequence[Correction]:
        return _read_corrections(self.row.corrections)

    def _judge(self, article: ArticleId) -> None:
        """Which corrections an article does not follow."""
        row, found = self._article(article), self._corrections()
        self._judged.add(article)
        if row is None or not (found or row.carried):
            return
        bits = 0
        if not row.flags & REMOVED:
            bits = correcting.carried(correcting.current_text(Article.from_bytes(row.article)), found)
        if bits != row.carried:
            self._put(row, row._replace(carried=bits))

    # ---- the round ------------------------------------------------------------------------------------------

    def work(self, budget: int) -> int:
        """Go on with the round. Returns for how many articles."""
        done = 0
        while self.row.cursor is not None and done < budget:
            entries = self.members.after(bytes.fromhex(self.row.cursor), min(STEP, budget - done))
            for entry in entries:
                self._visit(entry)
            done += len(entries)
            if not entries or entries[-1].key == self.members[len(self.members) - 1].key:
                self._end_round()
        return done

    def _visit(self, entry: Entry) -> None:
        if self.row.renew:
            self._resolve(entry.article)
        if self.row.judge:
            self._judge(entry.article)
        row = self._here(entry.article)
        _add(self.row.fresh, row.entities, 1)
        if self._is_new(self._digest(row), row.digest, row.version):
            self._changed.add(row.id)  # was awaited
        self.row.cursor = entry.key.hex()

    def _end_round(self) -> None:
        row = self.row
        row.sums, row.fresh, row.cursor, row.renew, row.judge = row.fresh, {}, None, False, False

    # ---- publishing -----------------------------------------------------------------------------------------

    def publish(self, day: int) -> Iterator[Outgoing]:
        """Write the rows, the story's last, and give what is new."""
        for article in sorted(self._changed):
            yield from self._publish_article(self._here(article))
        if self.row.summary:
            yield from self._publish_story()
        elif self._redirect is not None:
            yield from self._emit(self.row.version, story_record.redirect(self._redirect))
        self._stored.put(self.row, day, len(self.members))

    def _publish_article(self, row: ArticleRow) -> Iterator[Outgoing]:
        found, version = self._digest(row), self.row.version
        if not self._is_new(found, row.digest, row.version) or self._is_awaited(row):
            row = row._replace(stored=version)
        else:
            row = row._replace(version=version, digest=found, stored=version)
            record = article_record(
                row,
                [revision.revision for revision in self._stored.revisions(row)],
                staleness=self._staleness(row),
                model=self._tools.model_name,
                alias_version=self._tools.aliases.version,
                tagged_chars=self._tools.max_chars if self._length(row) > self._tools.max_chars else None,
            )
            yield Outgoing(ARTICLES, row.id.encode(), record)
        self._stored.put_article(row)

    def _is_new(self, found: bytes | str, published: bytes | str, version: int) -> bool:
        """Whether something is to be published: ``version`` is that with which ``published`` was."""
        return found != published or version < self.row.again <= self.row.version

    def _digest(self, row: ArticleRow) -> bytes:
        """Stands for all that is published of an article."""
        staleness = self._staleness(row)
        stale = [orjson.dumps(staleness)] if staleness else []
        return digest(row.text, row.place, row.entities, orjson.dumps(row.earlier), *stale)

    def _staleness(self, row: ArticleRow) -> Mapping[str, object]:
        """``stale`` and ``stale_since`` as the record has them; nothing of an article that is not stale."""
        if not row.carried:
            return {}
        published = Article.from_bytes(row.article).published
        since = correcting.stale_since(published, row.carried, self._corrections())
        return {"stale": True, **({"stale_since": since} if since else {})}

    def _is_awaited(self, row: ArticleRow) -> bool:
        """Whether the round has yet to come to it: a record with old names or staleness would use up the version."""
        cursor = self.row.cursor
        if cursor is None or row.entry.key.hex() <= cursor:
            return False
        return (self.row.renew and row.id not in self._resolved) or (self.row.judge and row.id not in self._judged)

    def _length(self, row: ArticleRow) -> int:
        """Characters of the text: no more than the bytes of the whole record."""
        if len(row.article) <= self._tools.max_chars:
            return 0
        return len(orjson.loads(row.article)["text"])

    def _publish_story(self) -> Iterator[Outgoing]:
        """While a round is under way the newest version is kept back, for the record that the round ends with."""
        under_way = self.row.cursor is not None
        version = self.row.earlier_version if under_way else self.row.version
        if not len(self.members) or version < self.row.published + under_way:
            return
        summary, found = self._summary(), self._corrections()
        canonical = self._article(summary.canonical_article) or self._here(self.members[0].article)
        carriers = story_record.carriers_of(self.members, canonical.entry)
        self._remember_carriers(carriers)
        named = story_record.entities(self.row.sums, self.row.names, len(self.members))
        content = story_record.story(
            self.row.summary,
            changed=self._changed_at(),
            canonical=canonical.article,
            outlets=self.known.outlets.values(),
            named=named,
            members=self.members,
            found=found,
        )
        yield from self._emit(version, content, story_record.with_staleness(self.known.carriers, carriers, found))

    def _changed_at(self) -> datetime | None:
        return datetime.fromisoformat(self.row.changed) if self.row.changed else None

    def _remember_carriers(self, carriers: Sequence[Entry]) -> None:
        """The carriers that are told, and their outlets; those told before are not read again."""
        before, outlets = self.known.carriers, self.known.outlets
        new = [e.article for e in carriers if e.article not in before]
        fresh = {article: self._carrier(self._here(article)) for article in new}
        named = {article: orjson.loads(carrier)["outlet"] for article, carrier in fresh.items()}
        self.known.carriers = {e.article: fresh.get(e.article) or before[e.article] for e in carriers}
        self.known.outlets = {e.article: named.get(e.article) or outlets[e.article] for e in carriers}

    def _carrier(self, row: ArticleRow) -> bytes:
        return story_record.carrier(self._record(Article, row.article), self._record(Place, row.place))

    def _emit(self, version: int, content: bytes, carriers: bytes = b"") -> Iterator[Outgoing]:
        found = digest(content, carriers).hex()
        if self._is_new(found, self.row.digest, self.row.published):
            self.row.digest, self.row.published = found, version
            record = story_record.record(self.story, version, content, carriers)
            yield Outgoing(STORIES, self.story.encode(), record)


@lru_cache(maxsize=64)
def _read_corrections(found: bytes) -> tuple[Correction, ...]:
    """The corrections of a story's row: asked for at each of its articles."""
    return _CORRECTIONS.validate_json(found)


def _revision_row(article: Article) -> RevisionRow:
    revision = Revision(
        revision=article.revision,
        versioncreated=article.versioncreated,
        headline=article.headline,
        text=article.text,
    )
    return RevisionRow(revision.to_bytes(), article.signal, article.annotations)


def _add(sums: Sums, entities: bytes, sign: int) -> None:
    """Count the entities of an article, or count them out, as far as they are counted."""
    for entity in orjson.loads(entities):
        counts = sums.get(entity["id"])
        if counts is not None:
            counts[0] += sign
            counts[1] += sign * round(entity["salience"] * story_record.UNIT)
