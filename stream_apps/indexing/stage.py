"""The last stage: writes finished articles, stories and events, the states of feeds, and dead letters to the index."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from schemas.elasticsearch import IndexKind
from schemas.public_records import Event, PublishedArticle, Story
from schemas.record import RecordError
from schemas.topics import ARTICLES, DEAD_LETTERS, EVENTS, FEED_STATE, FEEDS, STORIES
from stream_apps.indexing.bulk_operations import IndexGone, Operation, Rejected
from stream_apps.indexing.dead_letter_documents import dead_letter_document, is_note, letter_id, noted
from stream_apps.indexing.documents import Document, article_document, event_document, story_document
from stream_apps.indexing.entity_names import EntityNames
from stream_apps.indexing.feed_documents import with_message, written_at
from stream_apps.indexing.generations import routing
from stream_apps.indexing.generations.names import write_alias
from stream_apps.indexing.generations.routing import Retention, Target
from stream_apps.indexing.generations.targets import Targets
from stream_apps.indexing.sink import BulkSink
from stream_apps.runtime.ahead import Ahead
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage
from wirecopy.errors import BadInput
from wirecopy.telemetry import logger

Origin = tuple[str, int, int]
"""Topic, partition and offset of a message."""
KINDS: dict[str, IndexKind] = {
    ARTICLES.name: "articles",
    STORIES.name: "stories",
    EVENTS.name: "events",
    FEEDS.name: "feeds",
    FEED_STATE.name: "feeds",
    DEAD_LETTERS.name: "dead-letters",
}
"""By topic, the index that its messages go to."""
WHOLE = frozenset({ARTICLES.name, STORIES.name, EVENTS.name})
"""Topics whose messages hold the whole document; those of the others change a part of one."""

_log = logger("indexing")


class IndexingStage(Stage):
    """Takes the topics of ``KINDS``, writes a batch of their messages at once, and returns the dead letters.

    ``prepare`` writes the whole batch; ``handle`` then answers for each message.
    """

    name = "indexing"

    def __init__(
        self, sink: BulkSink, targets: Targets, linger: Linger, names: EntityNames,
        retention_days: int | None = None,
    ) -> None:  # fmt: skip
        self._sink = sink
        self._where = targets
        self._retention_days = retention_days
        self._names = names
        self._linger = linger
        self._aliases = {topic: write_alias(targets.prefix, kind) for topic, kind in KINDS.items()}
        self._targets: Mapping[IndexKind, Sequence[Target]] = {}
        self._stored: dict[tuple[str, str], Document | None] = {}
        """By alias and id, as they stand: documents of feeds, and of dead letters that were noted, of this batch."""
        self._ahead = Ahead[Operation]()
        self._operations: dict[Origin, Operation] = {}
        self._rejected: dict[tuple[str, str, int], Rejected] = {}

    def linger(self, waiting: int) -> float:
        return self._linger.seconds(waiting)

    def look_ahead(self, messages: Sequence[Incoming]) -> None:
        """Make documents while Elasticsearch takes in those of the batch before."""
        for message in messages:
            if message.topic in WHOLE:
                with contextlib.suppress(RecordError):  # `handle` refuses it
                    self._ahead.put(message, self._operation(message))

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        self._linger.handled(len(messages))
        self._sink.waits = self.alive
        kinds = {KINDS[message.topic] for message in messages}
        while True:
            self._targets = await self._where.of(kinds)
            try:
                rejected = await self._write(messages)
                break
            except IndexGone:  # dropped, so that the aliases are read again
                self._where.forget()
                if await self._where.of(kinds) == self._targets:
                    raise
        self._rejected = {(r.operation.index, r.operation.id, r.operation.version): r for r in rejected}
        self._ahead.drop_before(messages)

    async def _write(self, messages: Sequence[Incoming]) -> list[Rejected]:
        """Write the messages. Returns the operations that a strict generation refused."""
        self._operations = {}
        self._stored = await self._stored_of(messages)
        for message in messages:
            with contextlib.suppress(RecordError):  # `handle` refuses it
                self._operations[_origin(message)] = self._ahead.take(message) or self._operation(message)
        retention = Retention(self._retention_days, self._where.now)
        routed: list[Operation] = []
        for (topic, _, _), operation in self._operations.items():
            routed += routing.route(operation, self._targets[KINDS[topic]], retention)
        every = [target for kind in self._targets.values() for target in kind]
        await self._where.made(routing.missing(routed, every))
        lenient = {name for target in every if not target.strict for name in target.generation.indices}
        rejected = await self._sink.write(await self._where.narrowed(routed))
        return [r for r in rejected if r.operation.target not in lenient]

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        operation = self._operations.get(_origin(message)) or self._operation(message)
        rejected = self._rejected.get((operation.index, operation.id, operation.version))
        if rejected is not None and message.topic == DEAD_LETTERS.name:
            _log.error("dead letter not indexed", id=operation.id, reason=rejected.reason, detail=rejected.detail)
        elif rejected is not None:
            raise BadInput(rejected.reason, rejected.detail)
        return ()

    def forget(self) -> None:
        self._ahead.clear()

    def origin(self, message: Incoming) -> str:
        if message.topic == ARTICLES.name:
            return PublishedArticle.from_bytes(message.value).article.outlet
        if message.topic == STORIES.name:
            return Story.from_bytes(message.value).first_outlet or "no outlet"
        return message.topic

    async def _stored_of(self, messages: Sequence[Incoming]) -> dict[tuple[str, str], Document | None]:
        """Read the stored documents of feeds, and of dead letters with a note: messages change only a part of them."""
        wanted: dict[str, set[str]] = {}
        for message in messages:
            if message.topic in (FEEDS.name, FEED_STATE.name):
                wanted.setdefault(FEEDS.name, set()).add(_key(message))
            elif message.topic == DEAD_LETTERS.name and is_note(message):
                wanted.setdefault(message.topic, set()).add(letter_id(message))
        return {
            (self._aliases[topic], identity): document
            for topic, ids in wanted.items()
            for identity, document in (await self._sink.documents(self._read_from(topic), sorted(ids))).items()
        }

    def _read_from(self, topic: str) -> str:
        """Return the index to read, of a kind that is never split: the one that answers, else the one being filled."""
        found = [target.generation for target in self._targets[KINDS[topic]]]
        return next((made for made in found if made.reads), found[0]).indices[0]

    def _operation(self, message: Incoming) -> Operation:
        alias = self._aliases[message.topic]
        if message.topic == ARTICLES.name:
            record = PublishedArticle.from_bytes(message.value)
            return Operation("index", alias, record.article.id, record.version, article_document(record, self._names))
        if message.topic == STORIES.name:
            story = Story.from_bytes(message.value)
            return _stored_or_deleted(alias, story.id, story.version, story_document(story, self._names))
        if message.topic == EVENTS.name:
            event = Event.from_bytes(message.value)
            return _stored_or_deleted(alias, event.id, event.version, event_document(event))
        if message.topic == DEAD_LETTERS.name:
            return self._letter_operation(alias, message)
        return self._feed_operation(alias, message)

    def _letter_operation(self, alias: str, message: Incoming) -> Operation:
        identity = letter_id(message)
        before = self._stored.get((alias, identity))
        document = dead_letter_document(message) if not is_note(message) else before and noted(before, message)
        self._stored[alias, identity] = document
        return _stored_or_deleted(alias, identity, max(0, message.timestamp or 0), document)

    def _feed_operation(self, alias: str, message: Incoming) -> Operation:
        document = with_message(self._stored.get((alias, _key(message))), message)
        self._stored[alias, _key(message)] = document
        return Operation("index", alias, _key(message), written_at(document), document)


def _stored_or_deleted(alias: str, identity: str, version: int, document: Document | None) -> Operation:
    return Operation("delete" if document is None else "index", alias, identity, version, document)


def _key(message: Incoming) -> str:
    return message.key.decode(errors="replace")


def _origin(message: Incoming) -> Origin:
    return message.topic, message.partition, message.offset
