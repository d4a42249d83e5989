"""Writes to an index as plain data: their encoding, their requests, the meaning of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from stream_apps.indexing.client import advice
from stream_apps.indexing.metrics import Outcome
from wirecopy.errors import ServerError

MAX_DETAIL: Final = 500
WAIT_AND_RETRY: Final = frozenset({408, 429, 502, 503, 504})
"""The server is busy, starting or away: it will take the same write later."""
WRONG_SETUP: Final = frozenset({401, 403, 404, 405})
"""Nothing is wrong with the document: a person has to change something first."""
DISK_FULL: Final = "cluster_block_exception"


@dataclass(frozen=True)
class Operation:
    """One write. ``index`` is a write alias. Of two with one id the higher ``version`` counts; equal ones are alike."""

    action: Literal["index", "delete"]
    index: str
    id: str
    version: int
    document: Mapping[str, Any] | None = None
    target: str | None = None
    """The index behind the alias that it goes to; without one there is only one."""
    answers: bool = True
    """Whether that index is among those that searches ask."""

    @property
    def place(self) -> str:
        """Return the name that it is written under."""
        return self.target or self.index


class IndexGone(ServerError):  # what happened, not a fault
    """The index or alias of a write is missing."""


@dataclass(frozen=True)
class Rejected:
    """An operation that can never succeed, for the dead letters. ``reason`` is a short stable code."""

    operation: Operation
    reason: str
    detail: str


@dataclass(frozen=True)
class Encoded:
    """An operation as encoded in a request body."""

    operation: Operation
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """The meaning of an item's answer: done, to be sent again, or impossible."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    doubtful: bool = False
    """The server failed in a way of its own: worth a few more tries, but not for ever."""


def newest(operations: Iterable[Operation]) -> list[Operation]:
    """Keep one operation for each id and index, in order of arrival: the highest version, the later among equals."""
    kept: dict[tuple[str, str], Operation] = {}
    for operation in operations:
        key = (operation.place, operation.id)
        if key not in kept or operation.version >= kept[key].version:
            kept.pop(key, None)
            kept[key] = operation
    return list(kept.values())


def encode(operation: Operation, indexed: str) -> Encoded | Rejected:
    """Encode one operation with the time of indexing; rejected where it is not JSON."""
    meta = {"_index": operation.place, "_id": operation.id, "version": operation.version}
    # `require_alias`, so that a missing alias creates no index; templates prevent that for the other names.
    physical = {} if operation.target is None else {"require_alias": False}
    lines: list[object] = [{operation.action: {**meta, "version_type": "external_gte", **physical}}]
    if operation.action == "index":
        lines.append({**(operation.document or {}), "indexed": indexed})
    try:
        return Encoded(operation, b"".join(orjson.dumps(line) + b"\n" for line in lines))
    except TypeError as error:
        return Rejected(operation, "not_json", str(error)[:MAX_DETAIL])


def chunks(encoded: Iterable[Encoded], documents: int, size: int) -> Iterator[list[Encoded]]:
    """Group operations into at most ``documents`` and ``size`` bytes; a larger operation goes alone."""
    chunk: list[Encoded] = []
    filled = 0
    for item in encoded:
        if chunk and (len(chunk) >= documents or filled + len(item.body) > size):
            yield chunk
            chunk, filled = [], 0
        chunk.append(item)
        filled += len(item.body)
    if chunk:
        yield chunk


def judge(operation: Operation, item: Mapping[str, Any]) -> Verdict:
    """Judge the answer to one operation.

    Raises ``ServerError`` where a person has to act: no permission, a missing index or alias.
    """
    status = int(item.get("status", 0))
    error = item.get("error")
    if status in (200, 201):
        return Verdict("indexed" if operation.action == "index" else "deleted")
    if status == 404 and operation.action == "delete" and not error:
        return Verdict("absent")
    if status == 409:
        return Verdict("stale")
    return _failure(operation, status, *_cause(error))


def split(chunk: Sequence[Encoded]) -> tuple[Sequence[Encoded], Sequence[Encoded]]:
    """Return two halves, to find the operation that makes the server refuse a whole request."""
    middle = len(chunk) // 2
    return chunk[:middle], chunk[middle:]


def _failure(operation: Operation, status: int, kind: str, detail: str) -> Verdict:
    if kind == DISK_FULL or status in WAIT_AND_RETRY:
        return Verdict("retried", kind, detail)
    if status in WRONG_SETUP:
        wrong = IndexGone if status == 404 else ServerError
        raise wrong(f"Elasticsearch refused to write to {operation.place}: {advice(status, detail)}")
    if 400 <= status < 500:
        return Verdict("rejected", kind, detail)
    return Verdict("retried", kind, detail, doubtful=True)


def _cause(error: object) -> tuple[str, str]:
    if not isinstance(error, dict):
        return "unknown", str(error)[:MAX_DETAIL]
    reasons = [str(error.get("reason", ""))]
    if isinstance(error.get("caused_by"), dict):
        reasons.append(str(error["caused_by"].get("reason", "")))
    kind = str(error.get("type", "unknown"))
    return kind, f"{kind}: {'; '.join(filter(None, reasons))}"[:MAX_DETAIL]
