"""The tagging stage: tags the articles of a story and publishes finished articles and the story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from cachetools import LRUCache

from schemas.internal_records import Resolved
from schemas.record import ArticleId, RecordError
from stream_apps.runtime.ahead import Ahead
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage
from stream_apps.runtime.state_store import StateStore
from stream_apps.tagging import metrics
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.stored_story import StoredStory
from stream_apps.tagging.story_context import StoryText
from stream_apps.tagging.story_index import StoryIndex
from stream_apps.tagging.story_update import Known, StoryUpdate, Tools
from stream_apps.tagging.text_reader import Asked, KnownTexts, Model, TextReader

EXTRA_DAYS = 4
"""A story stays here longer than where it is decided, so that nothing can be said of an article that is gone."""
KNOWN_STORIES = 1_000
"""Stories remembered with what their texts settle: those that copies are still coming in for."""
KNOWN_TEXTS = 2_000
"""Articles remembered as they were read, some 50 KB each: the copies of a story come close upon each other, in a burst
of whole feeds one feed apart. With 500, half of the texts of such a burst were read again, a quarter of the time."""
KNOWN_LINES = 10_000
"""Lines remembered with their words and names, some 2 KB each: a day of four hundred articles has a thousand."""
STORY_BUDGET = 32
"""Articles that a story with a new message goes through in its round, at most."""
BATCH_BUDGET = 64
"""Articles that all other stories together go through in their rounds, at least; twice the messages of a batch."""

Texts = dict[tuple[ArticleId, int], StoryText]
Partitioned = tuple[int, ArticleId]


@dataclass
class _Batch:
    """The stories that the messages of one batch have touched. Dropped when the batch is finished or undone."""

    updates: dict[Partitioned, StoryUpdate] = field(default_factory=dict)
    messages: int = 0


@dataclass(frozen=True)
class _Arrived:
    """A decoded message whose texts the model was asked about."""

    resolved: Resolved
    asked: Sequence[Asked]


class TaggingStage(Stage):
    """Reads ``Resolved``; publishes ``PublishedArticle`` and ``Story``.

    The model is asked about the texts of a message when it comes, so that it works while the names of earlier ones are
    resolved. ``finish`` without messages continues deferred rounds; ``unfinished`` says whether there are any.
    """

    name = "tagging"

    def __init__(
        self,
        rows: StateStore,
        model: Model,
        model_name: str,
        aliases: AliasSet,
        *,
        window_days: int,
        max_chars: int,
        cache_paragraphs: int,
        linger: Linger | None = None,
    ) -> None:
        self._rows = rows
        texts = KnownTexts(KNOWN_TEXTS, KNOWN_LINES)
        self._reader = TextReader(model, aliases, max_chars, cache_paragraphs, texts)
        self._window = window_days + EXTRA_DAYS
        self._tools = Tools(aliases, model_name, max_chars, texts)
        self._known: LRUCache[str, Known] = LRUCache(KNOWN_STORIES)
        self._arrived = Ahead[_Arrived]()
        self._prepared: dict[tuple[int, int], tuple[Resolved, Texts]] = {}
        """Those of the batch, with their texts."""
        self._indices: dict[int, StoryIndex] = {}
        self._batch = _Batch()
        self._linger = linger

    # ---- the stage ------------------------------------------------------------------------------------------

    def linger(self, waiting: int) -> float:
        return self._linger.seconds(waiting) if self._linger else 0.0

    def look_ahead(self, messages: Sequence[Incoming]) -> None:
        """Ask the model about every paragraph that is not remembered, each once."""
        decoded = [(message, resolved) for message in messages if (resolved := _decoded(message)) is not None]
        asked = iter(self._reader.ask([article for _, resolved in decoded for article in resolved.texts]))
        for message, resolved in decoded:
            self._arrived.put(message, _Arrived(resolved, [next(asked) for _ in resolved.texts]))

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        """Read the texts of the batch, with what the model has answered."""
        if self._linger:
            self._linger.handled(len(messages))
        self.look_ahead([message for message in messages if message not in self._arrived])
        taken = ((_place(message), self._arrived.take(message)) for message in messages)
        arrived = {place: one for place, one in taken if one is not None}
        self._arrived.drop_before(messages)
        texts = iter(await self._reader.read([asked for one in arrived.values() for asked in one.asked]))
        for place, one in arrived.items():
            read = {(asked.article.id, asked.article.revision): next(texts) for asked in one.asked}
            self._prepared[place] = one.resolved, read

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        prepared = self._prepared.get(_place(message))
        if prepared is None:
            Resolved.from_bytes(message.value)
            raise RuntimeError(f"message {message.partition}-{message.offset} was not prepared")
        resolved, texts = prepared
        seen = (article.first_seen.date().toordinal() for article in resolved.texts)
        self._index(message.partition).advance(resolved.version, seen)
        update = self._update(message.partition, resolved.story)
        if message.offset >= update.row.begins:
            update.take(resolved, texts)
        self._batch.messages += 1
        return ()

    def finish(self) -> Iterator[Outgoing]:
        """Publish the changed stories of the batch, and continue deferred rounds."""
        for (partition, story), update in sorted(self._batch.updates.items()):
            if update.taken:
                update.settle()
                update.work(STORY_BUDGET)
                yield from self._close(partition, story, update)
        yield from self._go_on(max(BATCH_BUDGET, 2 * self._batch.messages))
        for partition, _ in groupby(sorted(self._batch.updates), key=lambda place: place[0]):
            self._expire(partition)
        self._prepared.clear()
        self._batch = _Batch()

    def forget(self) -> None:
        self._known.clear()
        self._indices.clear()
        self._arrived.clear()
        self._prepared.clear()
        self._batch = _Batch()

    @property
    def unfinished(self) -> bool:
        """Whether rounds are under way: ``finish`` goes on with them."""
        return any(index.rounds for index in self._indices.values())

    # ---- stories --------------------------------------------------------------------------------------------

    def _index(self, partition: int) -> StoryIndex:
        if partition not in self._indices:
            self._indices[partition] = StoryIndex.of(self._rows.items(partition))
        return self._indices[partition]

    def _update(self, partition: int, story: ArticleId) -> StoryUpdate:
        if (partition, story) not in self._batch.updates:
            stored = StoredStory(self._rows, partition, story)
            known = self._known.get(f"{partition}/{story}") or Known(
                stored.read(), torn=story in self._index(partition).torn
            )
            members = self._index(partition).members(story)
            self._batch.updates[partition, story] = StoryUpdate(stored, known, members, self._tools)
        return self._batch.updates[partition, story]

    def _close(self, partition: int, story: ArticleId, update: StoryUpdate) -> Iterator[Outgoing]:
        index = self._index(partition)
        day = index.today if update.taken else index.day(story)
        yield from update.publish(day)
        self._known[f"{partition}/{story}"] = update.known
        index.put(story, day, update.members)
        index.torn.discard(story)
        if update.row.cursor is None:
            index.rounds.pop(story, None)
        else:
            index.rounds[story] = None

    def _go_on(self, budget: int) -> Iterator[Outgoing]:
        """Continue the rounds of stories that have no new message, first come first served."""
        for partition, index in sorted(self._indices.items()):
            for story in [story for story in index.rounds if (partition, story) not in self._batch.updates]:
                if budget <= 0:
                    break
                update = self._update(partition, story)
                budget -= max(1, update.work(budget))
                yield from self._close(partition, story, update)
        metrics.ROUNDS.set(sum(len(index.rounds) for index in self._indices.values()))

    def _expire(self, partition: int) -> None:
        """Drop stories without a message for longer than the window. Runs once a day."""
        index = self._index(partition)
        if index.settled <= index.swept:
            return
        index.swept = index.settled
        for story in list(index.before(index.settled - self._window)):
            update = self._update(partition, story)
            update.drop_all()
            self._known.pop(f"{partition}/{story}", None)
            StoredStory(self._rows, partition, story).delete()
            index.remove(story)


def _place(message: Incoming) -> tuple[int, int]:
    return message.partition, message.offset


def _decoded(message: Incoming) -> Resolved | None:
    try:
        return Resolved.from_bytes(message.value)
    except RecordError:
        return None  # refused when it is handled
