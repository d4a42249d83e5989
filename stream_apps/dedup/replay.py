"""The engine over messages in memory, without servers: for evaluation, tests of any order, and measurement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from schemas.clean import Clean
from schemas.internal_records import Resolved
from schemas.public_records import Place
from schemas.record import ArticleId
from schemas.topics import RESOLVED
from schemas.versions import MAX_STEP
from stream_apps.dedup.publishing import Publication
from stream_apps.dedup.state import State, outgoing
from stream_apps.runtime.stage_interface import Outgoing


class Replay:
    """Applies messages of ``clean`` and keeps the engine's output. ``sent``: every message by topic."""

    def __init__(self, window_days: int, epoch: int = 1) -> None:
        self.state = State(window_days, epoch)
        self.sent: defaultdict[str, list[Outgoing]] = defaultdict(list)
        self.clean: list[bytes] = []

    def take(self, values: Sequence[bytes], *, batch: int = 100) -> None:
        """Apply messages in batches, then all queued work. Raises ``ValueError`` where one is refused."""
        for start in range(0, len(values), batch):
            self.take_batch(values[start : start + batch])
        self.settle()

    def take_batch(self, values: Sequence[bytes]) -> None:
        """Apply one batch."""
        messages = list(enumerate(values, len(self.clean)))
        self.clean += values
        for refused in self.state.apply(messages):
            raise ValueError(f"message {refused.offset}: {refused.detail}")
        self._send(self.state.publish())

    def settle(self) -> None:
        """Do all queued work."""
        while self.state.engine.is_busy or self.state.publisher.is_behind:
            self.state.step %= MAX_STEP
            self._send(self.state.idle())

    def resolved(self) -> list[Resolved]:
        """Return the records sent of stories, in order."""
        return [Resolved.from_bytes(message.value) for message in self.sent[RESOLVED.name]]

    def places(self) -> Mapping[ArticleId, Place]:
        """Return the last place of each article."""
        return {member.article: member.place for record in self.resolved() for member in record.members}

    def _send(self, publication: Publication) -> None:
        texts = [[Clean.from_bytes(self.clean[at]).article for at in draft.texts] for draft in publication.stories]
        for message in outgoing(publication, self.state.version, texts):
            self.sent[message.topic.name].append(message)
