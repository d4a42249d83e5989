"""Writes to an index as plain data: what they say, how they are put together, what their answers mean."""

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
    """One write. ``index`` is a write alias; of two with one id the higher ``version`` holds, equal ones are alike."""

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
        """The name that it is written under."""
        return self.target or self.index


class IndexGone(ServerError):  # what happened, not a fault
    """An index or alias that was to be written is not there."""


@dataclass(frozen=True)
class Rejected:
    """An operation that can never succeed: for the dead letters. ``reason`` is a short stable code."""

    operation: Operation
    reason: str
    detail: str


@dataclass(frozen=True)
class Encoded:
    """An operation as it stands in a request body."""

    operation: Operation
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """What an item's answer means: done, to be sent again, or never."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    doubtful: bool = False
    """The server failed in a way of its own: worth a few more tries, but not for ever."""


def newest(operations: Iterable[Operation]) -> list[Operation]:
    """At most one operation an id and index: the highest version, the later among equals; in order of arrival."""
    kept: dict[tuple[str, str], Operation] = {}
    for operation in operations:
        key = (operation.place, operation.id)
        if key not in kept or operation.version >= kept[key].version:
            kept.pop(key, None)
            kept[key] = operation
    return list(kept.values())


def encode(operation: Operation, indexed: str) -> Encoded | Rejected:
    """The lines of one operation, stamped with the time of indexing; rejected where it is not JSON."""
    meta = {"_index": operation.place, "_id": operation.id, "version": operation.version}
    # Requests ask for aliases, so that a name that is missing makes no index; templates see to that for the others.
    physical = {} if operation.target is None else {"require_alias": False}
    lines: list[object] = [{operation.action: {**meta, "version_type": "external_gte", **physical}}]
    if operation.action == "index":
        lines.append({**(operation.document or {}), "indexed": indexed})
    try:
        return Encoded(operation, b"".join(orjson.dumps(line) + b"\n" for line in lines))
    except TypeError as error:
        return Rejected(operation, "not_json", str(error)[:MAX_DETAIL])


def chunks(encoded: Iterable[Encoded], documents: int, size: int) -> Iterator[list[Encoded]]:
    """Groups of at most ``documents`` operations and ``size`` bytes; a larger operation goes alone."""
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
    """What the answer to one operation means.

    Raises ``ServerError`` where a person has to act first: no permission, index or alias missing.
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
    """Two halves, to find the operation that makes the server refuse a whole request."""
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
