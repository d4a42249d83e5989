"""Bulk writes to Elasticsearch that lose no document.

Every item's answer is checked. A stale version is success; the sink waits for a busy or absent server without limit,
with exponential backoff and full jitter; operations that can never succeed are returned for the dead letters; a fault
that a person has to mend is a ``ServerError``. The client's own bulk helpers are not used: they never repeat a request
whose connection failed, and have no jitter.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from elasticsearch import ApiError, AsyncElasticsearch, SerializationError, TransportError, UnsupportedProductError
from elasticsearch.exceptions import SSLError

from stream_apps.indexing import metrics
from stream_apps.indexing.ages import observe
from stream_apps.indexing.bulk_operations import (
    DISK_FULL,
    WRONG_SETUP,
    Encoded,
    IndexGone,
    Operation,
    Rejected,
    chunks,
    encode,
    judge,
    newest,
    split,
)
from stream_apps.indexing.client import advice, describe, tls_advice
from wirecopy.errors import ServerError
from wirecopy.settings import ElasticsearchSettings
from wirecopy.telemetry import logger

MAX_OPERATION: Final = 64 * 1024 * 1024
"""Bytes. Elasticsearch takes requests of 100 MiB (``http.max_content_length``) and cuts the line on larger ones."""
DOUBTFUL_TRIES: Final = 8
REFUSALS_IN_A_ROW: Final = 200
"""So many documents refused, and not one taken in between: then the mapping is wrong, not the documents."""
OTHER_MAJOR: Final = "media_type_header_exception"
"""How a server of another major version answers this client."""
LOG_EVERY: Final = 30.0
CREATED: Final = 201
"""Status of a document that was not there before."""

_log = logger("indexing")


class SinkStopped(ServerError):  # what happened, not a fault
    """The sink was stopped before everything was acknowledged: the batch must be delivered again."""


@dataclass(frozen=True)
class Backoff:
    """Full jitter: before try n, a random wait of up to ``first * 2**n`` seconds, ``longest`` at most."""

    first: float = 0.1
    longest: float = 15.0
    draw: Callable[[], float] = random.random

    def delay(self, attempt: int) -> float:
        return self.draw() * min(self.longest, self.first * 2.0 ** min(attempt, 20))


@dataclass(frozen=True)
class _Answer:
    """The outcome of one request: operations to send again, with the reason; rejected ones; the count of accepted."""

    again: Sequence[Encoded] = ()
    doubtful: Sequence[Encoded] = ()
    rejected: Sequence[Rejected] = ()
    taken: int = 0
    reason: str = ""
    detail: str = ""
    halve: bool = False


class BulkSink:
    """Writes batches of operations through one client. Use it from one task at a time."""

    def __init__(
        self,
        client: AsyncElasticsearch,
        *,
        documents: int = 500,
        size: int = 5 * 1024 * 1024,
        stopping: asyncio.Event | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._documents = documents
        self._size = size
        self._stopping = stopping or asyncio.Event()
        self._backoff = backoff or Backoff()
        self.waits: Callable[[], object] = lambda: None
        """Called with every try that has to be repeated: whoever writes is waiting, and does not hang."""
        self.waits_for = ""
        """Why what is being written has to be sent again; empty while all is well."""
        self._refused = 0
        self._next_log = 0.0

    @classmethod
    def of(cls, client: AsyncElasticsearch, settings: ElasticsearchSettings, stopping: asyncio.Event) -> BulkSink:
        return cls(client, documents=settings.bulk_documents, size=settings.bulk_bytes, stopping=stopping)

    async def write(self, operations: Sequence[Operation]) -> list[Rejected]:
        """Return once every operation is stored, found stale, or rejected; the rejected ones are returned.

        Waits for as long as the server is away or its disk full. Raises ``ServerError`` where a person has to act
        (permissions, missing index, a server that refuses everything), ``SinkStopped`` once ``stopping`` is set; in
        both cases, and when cancelled, nothing is known of the batch, which is to be written again.
        """
        wanted = newest(operations)
        self._count_superseded(operations, wanted)
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        encoded, rejected = _encode_all(wanted, now)
        for chunk in chunks(encoded, self._documents, self._size):
            rejected += await self._write_chunk(chunk)
        for refusal in rejected:
            _count(refusal.operation, "rejected")
        return rejected

    async def documents(self, index: str, ids: Sequence[str]) -> dict[str, dict[str, Any] | None]:
        """Return the stored documents of these ids, as written last; None where there is none.

        Waits and raises as ``write`` does.
        """
        client = self._client.options(max_retries=0)
        answer = await self._asked(lambda: client.mget(index=index, ids=list(ids)), f"read from {index}", len(ids))
        failed = [found["error"] for found in answer["docs"] if "error" in found]
        if failed:
            raise IndexGone(f"Elasticsearch cannot read from {index}: {advice(404, str(failed[0])[:200])}")
        return {found["_id"]: found.get("_source") for found in answer["docs"]}

    async def aliases(self, patterns: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return the indices of these names with their aliases. Waits and raises as ``write`` does."""
        client = self._client.options(max_retries=0)
        answer = await self._asked(
            lambda: client.indices.get_alias(index=list(patterns), allow_no_indices=True), "tell its aliases"
        )
        return {name: frozenset(found["aliases"]) for name, found in answer.items()}

    async def make_index(self, index: str) -> None:
        """Make an index by its template, if it does not exist. Waits and raises as ``write`` does."""
        client = self._client.options(max_retries=0, ignore_status=400)
        answer = await self._asked(lambda: client.indices.create(index=index), f"make {index}")
        error = answer.get("error")
        if error and error.get("type") != "resource_already_exists_exception":
            raise ServerError(f"Elasticsearch refused to make {index}: {str(error.get('reason'))[:200]}")

    async def _asked(self, ask: Callable[[], Awaitable[Any]], what: str, waiting: int = 0) -> Any:
        """Ask until there is an answer, however long the server is away."""
        attempt = 0
        while True:
            try:
                return await ask()
            except ApiError as error:
                answer = _refusal((), error)
            except (TransportError, SerializationError) as error:
                answer = _Answer(reason=type(error).__name__, detail=str(error.message)[:200])
            if answer.halve:
                raise ServerError(f"Elasticsearch refused to {what}: {answer.detail}")
            attempt += 1
            await self._pause(attempt, waiting, answer)

    async def _write_chunk(self, chunk: Sequence[Encoded]) -> list[Rejected]:
        rejected: list[Rejected] = []
        pending, attempt, doubts = list(chunk), 0, 0
        while pending:
            answer = await self._send(pending)
            if answer.halve:
                return rejected + await self._write_halves(pending, answer)
            doubts += bool(answer.doubtful)
            given_up = answer.doubtful if doubts >= DOUBTFUL_TRIES else ()
            rejected += [*answer.rejected, *(Rejected(e.operation, answer.reason, answer.detail) for e in given_up)]
            self._guard_against_refusing_all(answer)
            pending = [*answer.again, *(() if given_up else answer.doubtful)]
            if pending:
                attempt = 0 if answer.taken else attempt + 1
                await self._pause(attempt, len(pending), answer)
        metrics.BULK_BLOCKED.set(0)
        self.waits_for = ""
        return rejected

    async def _write_halves(self, chunk: Sequence[Encoded], answer: _Answer) -> list[Rejected]:
        """Find the operations for which the server refused the whole request."""
        if len(chunk) == 1:
            refusal = Rejected(chunk[0].operation, answer.reason, answer.detail)
            self._guard_against_refusing_all(_Answer(rejected=[refusal]))
            return [refusal]
        first, second = split(chunk)
        return await self._write_chunk(first) + await self._write_chunk(second)

    async def _send(self, chunk: Sequence[Encoded]) -> _Answer:
        body = b"".join(item.body for item in chunk)
        metrics.BULK_BYTES.inc(len(body))
        try:
            with metrics.BULK_SECONDS.time():
                answer = await self._client.options(max_retries=0).bulk(
                    operations=body,  # type: ignore[arg-type]  # bytes pass through its serializer untouched
                    require_alias=True,
                    include_source_on_error=False,
                    filter_path="items.*.status,items.*.error",
                )
        except UnsupportedProductError as error:
            raise ServerError("what answers in place of Elasticsearch is something else") from error
        except ApiError as error:
            return _refusal(chunk, error)
        except SSLError as error:
            raise ServerError(f"Elasticsearch: {tls_advice(error)}") from error
        except (TransportError, SerializationError) as error:
            return _Answer(again=chunk, reason=type(error).__name__, detail=str(error.message)[:200])
        return _sort(chunk, answer["items"])

    async def _pause(self, attempt: int, waiting: int, answer: _Answer) -> None:
        metrics.BULK_RETRIES.labels(answer.reason).inc()
        self.waits()
        self.waits_for = answer.reason
        metrics.BULK_BLOCKED.set(answer.reason == DISK_FULL)
        self._report(waiting, answer)
        try:
            await asyncio.wait_for(self._stopping.wait(), self._backoff.delay(attempt))
        except TimeoutError:
            return
        raise SinkStopped(f"stopped while {waiting} documents waited for Elasticsearch ({answer.reason})")

    def _report(self, waiting: int, answer: _Answer) -> None:
        now = time.monotonic()
        if now < self._next_log:
            return
        self._next_log = now + LOG_EVERY
        if answer.reason == DISK_FULL:
            _log.error("elasticsearch_disk_full", waiting=waiting, detail=answer.detail, action="free disk space")
        else:
            _log.warning("elasticsearch_retry", waiting=waiting, reason=answer.reason, detail=answer.detail)

    def _guard_against_refusing_all(self, answer: _Answer) -> None:
        self._refused = 0 if answer.taken else self._refused + len(answer.rejected)
        if self._refused >= REFUSALS_IN_A_ROW:
            raise ServerError(
                f"Elasticsearch refused {self._refused} documents in a row and took none: run `wirecopy index apply` "
                f"(the last: {answer.rejected[-1].detail if answer.rejected else answer.detail})"
            )

    def _count_superseded(self, operations: Sequence[Operation], wanted: Sequence[Operation]) -> None:
        if len(wanted) < len(operations):
            kept = set(map(id, wanted))
            for operation in operations:
                if id(operation) not in kept:
                    _count(operation, "superseded")


def _count(operation: Operation, outcome: metrics.Outcome) -> None:
    """Count each operation once, for the index that answers searches."""
    if operation.answers:
        metrics.BULK_ITEMS.labels(operation.index, outcome).inc()


def _encode_all(operations: Sequence[Operation], now: str) -> tuple[list[Encoded], list[Rejected]]:
    encoded: list[Encoded] = []
    rejected: list[Rejected] = []
    for operation in operations:
        result = encode(operation, now)
        if isinstance(result, Rejected):
            rejected.append(result)
        elif len(result.body) > MAX_OPERATION:
            rejected.append(Rejected(operation, "too_large", f"{len(result.body)} bytes"))
        else:
            encoded.append(result)
    return encoded, rejected


def _refusal(chunk: Sequence[Encoded], error: ApiError) -> _Answer:
    """Judge an error answer to the whole request. Raises ``ServerError`` where a person has to act."""
    status, detail = error.meta.status, describe(error)
    kind = detail.split(":", 1)[0]
    if status == 404:
        raise IndexGone(f"Elasticsearch refused a request: {advice(status, detail)}")
    if (status in WRONG_SETUP and kind != DISK_FULL) or kind == OTHER_MAJOR:
        raise ServerError(f"Elasticsearch refused a bulk request: {advice(status, detail)}")
    if status in (400, 413):
        return _Answer(halve=True, reason=kind if status == 400 else "too_large", detail=detail)
    return _Answer(again=chunk, reason=f"http_{status}", detail=detail)


def _sort(chunk: Sequence[Encoded], items: Sequence[dict[str, Any]]) -> _Answer:
    again: list[Encoded] = []
    doubtful: list[Encoded] = []
    rejected: list[Rejected] = []
    reason = detail = ""
    for encoded, item in zip(chunk, items, strict=True):
        operation = encoded.operation
        verdict = judge(operation, item[operation.action])
        if verdict.outcome == "rejected":
            rejected.append(Rejected(operation, verdict.reason, verdict.detail))
            continue
        _count(operation, verdict.outcome)
        is_new = item[operation.action].get("status") == CREATED
        if is_new and operation.answers and operation.document is not None:
            observe(operation.document, datetime.now(UTC))
        if verdict.outcome == "retried":
            (doubtful if verdict.doubtful else again).append(encoded)
            reason, detail = verdict.reason, verdict.detail
    taken = len(chunk) - len(again) - len(doubtful) - len(rejected)
    return _Answer(again, doubtful, rejected, taken, reason, detail)
