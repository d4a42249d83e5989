"""Counts of progress: messages written to each topic, documents in the index."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from schemas.topics import ARTICLES, CLEAN, RAW
from wirecopy.errors import ServerError
from wirecopy.local import probes
from wirecopy.settings import Settings

STAGES = {"fetched": RAW, "cleaned": CLEAN, "grouped": CLEAN, "tagged": ARTICLES}
"""What has happened to an article that has been written to this topic, in the order of the flow; ``grouped``: that the
engine has taken from it and is done with. What the engine writes tells no number of articles."""
GROUPED = "grouped"
MAX_TERMS = 10_000


@dataclass(frozen=True)
class Counts:
    """Messages by stage since Kafka's data began (an article has several when it changes), and documents.

    ``indexed`` counts the expected articles that the index holds, or all where nothing particular is expected.
    """

    messages: Mapping[str, int] = field(default_factory=dict)
    indexed: int = 0
    documents: int = 0

    def line(self, expected: int | None = None) -> str:
        parts = [f"{stage} {count}" for stage, count in self.messages.items()]
        return "  ".join([*parts, f"indexed {self.indexed}{f' of {expected}' if expected else ''}"])


class Counter:
    """Asks both servers. While one of them is away, its last answer counts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Elasticsearch = probes.elasticsearch_client(settings.elasticsearch)
        self._alias = f"{settings.elasticsearch.index_prefix}-articles"
        self._admin: KafkaAdminClient | None = None
        self._last = Counts()

    def read(self, expected: Collection[str] = ()) -> Counts:
        """Read the counts; ``expected`` are article ids."""
        documents = self._documents()
        indexed = self._found(expected) if expected else documents
        self._last = Counts(self._messages(), indexed, documents)
        return self._last

    def close(self) -> None:
        self._client.close()
        if self._admin is not None:
            self._admin.close()

    def _messages(self) -> Mapping[str, int]:
        places = {stage: probes.partitions_of(topic, self._settings) for stage, topic in STAGES.items()}
        try:
            self._admin = self._admin or probes.open_admin(self._settings.kafka)
            done = probes.committed(self._admin, [f"{self._settings.kafka.topic_prefix}-engine"])
            found = probes.ends(self._admin, [place for stage in places.values() for place in stage])
        except (KafkaError, ServerError, OSError):
            return self._last.messages
        return {stage: sum((done if stage == GROUPED else found).get(p, 0) for p in places[stage]) for stage in STAGES}

    def _documents(self) -> int:
        try:
            return int(self._client.count(index=self._alias)["count"])
        except NotFoundError:
            return 0
        except (ApiError, TransportError):
            return self._last.documents

    def _found(self, expected: Collection[str]) -> int:
        ids = sorted(expected)
        try:
            return sum(self._count_ids(ids[at : at + MAX_TERMS]) for at in range(0, len(ids), MAX_TERMS))
        except NotFoundError:
            return 0
        except (ApiError, TransportError):
            return self._last.indexed

    def _count_ids(self, ids: list[str]) -> int:
        return int(self._client.count(index=self._alias, query={"ids": {"values": ids}})["count"])
