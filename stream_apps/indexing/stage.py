"""The last stage: finished articles and stories into the index."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from schemas.records import PublishedArticle, RecordError, Story
from schemas.topics import ARTICLES, STORIES
from stream_apps.indexing.documents import article_document, story_document
from stream_apps.indexing.indices import write_alias
from stream_apps.indexing.operations import Operation, Rejected
from stream_apps.indexing.sink import BulkSink
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from wirecopy.errors import BadInput

Origin = tuple[str, int, int]
"""Topic, partition and offset of a message."""


class IndexingStage(Stage):
    """Takes ``PublishedArticle`` and ``Story``; writes a batch of them at once and gives the dead letters.

    The writing is done in ``prepare``, for the whole batch; ``handle`` then answers for each message.
    """

    name = "indexing"

    def __init__(self, sink: BulkSink, index_prefix: str, linger: Linger) -> None:
        self._sink = sink
        self._linger = linger
        self._aliases = {topic.name: write_alias(index_prefix, topic.name) for topic in (ARTICLES, STORIES)}
        self._operations: dict[Origin, Operation] = {}
        self._rejected: dict[tuple[str, str, int], Rejected] = {}

    def linger(self, waiting: int) -> float:
        return self._linger.seconds(waiting)

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        self._linger.handled(len(messages))
        self._operations = {}
        for message in messages:
            with contextlib.suppress(RecordError):  # refused when it is handled
                self._operations[_origin(message)] = self._operation(message)
        self._sink.waits = self.alive
        rejected = await self._sink.write(list(self._operations.values()))
        self._rejected = {(r.operation.index, r.operation.id, r.operation.version): r for r in rejected}

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        operation = self._operations.get(_origin(message)) or self._operation(message)
        rejected = self._rejected.get((operation.index, operation.id, operation.version))
        if rejected is not None:
            raise BadInput(rejected.reason, rejected.detail)
        return ()

    def origin(self, message: Incoming) -> str:
        if message.topic == ARTICLES.name:
            return PublishedArticle.from_bytes(message.value).article.outlet
        return Story.from_bytes(message.value).first_outlet or "no outlet"

    def _operation(self, message: Incoming) -> Operation:
        alias = self._aliases[message.topic]
        if message.topic == ARTICLES.name:
            record = PublishedArticle.from_bytes(message.value)
            return Operation("index", alias, record.article.id, record.version, article_document(record))
        story = Story.from_bytes(message.value)
        document = story_document(story)
        return Operation("delete" if document is None else "index", alias, story.id, story.version, document)


def _origin(message: Incoming) -> Origin:
    return message.topic, message.partition, message.offset
