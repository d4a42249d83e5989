"""The record of one article, put together from parts that are JSON already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import orjson

from schemas.public_records import Revision
from stream_apps.tagging import metrics
from stream_apps.tagging.rows import ArticleRow

MAX_BYTES = 2_000_000
"""Of one record: half of what a message may have."""


def digest(*parts: bytes) -> bytes:
    """Eight bytes that stand for all parts."""
    found = blake2b(digest_size=8)
    for part in parts:
        found.update(len(part).to_bytes(4, "little"))
        found.update(part)
    return found.digest()


def article_record(
    row: ArticleRow,
    earlier: Sequence[bytes],
    *,
    staleness: Mapping[str, object],
    model: str,
    alias_version: str,
    tagged_chars: int | None,
) -> bytes:
    """A ``PublishedArticle``. Where it would be too large, the oldest earlier texts are left out, and marked.

    ``staleness``: its fields ``stale`` and ``stale_since``, where it is stale.
    """
    room = MAX_BYTES - len(row.article) - len(row.place) - len(row.entities) - 1_000
    content: dict[str, object] = {
        "article": orjson.Fragment(row.article),
        "place": orjson.Fragment(row.place),
        "entities": orjson.Fragment(row.entities),
        "model": model,
        "alias_version": alias_version,
        "version": row.version,
        **staleness,
    }
    if earlier:
        content["revisions"] = [orjson.Fragment(one) for one in fitting(earlier, room)]
        content["revisions_count"] = row.revision - row.earlier[0]
    if tagged_chars is not None:
        content["tagged_chars"] = tagged_chars
    return orjson.dumps(content)


def fitting(earlier: Sequence[bytes], room: int) -> list[bytes]:
    """Revisions in JSON, oldest first, of which as many as must be have lost their text."""
    excess = sum(map(len, earlier)) - room
    fitted = []
    for one in earlier:
        if excess > 0:
            cut = Revision.from_bytes(one).model_copy(update={"text": "", "truncated": True}).to_bytes()
            metrics.CUT_REVISIONS.inc()
            excess -= len(one) - len(cut)
            fitted.append(cut)
        else:
            fitted.append(one)
    return fitted
