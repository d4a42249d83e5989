"""Digests of records, by which the engine knows whether a record is new."""

from __future__ import annotations

from hashlib import blake2b

import orjson

NEVER, AGAIN = 0, 1
"""In place of a digest: nothing was published yet; something was, but of an earlier text."""


def digest_of(record: object) -> int:
    """Return 64 bits over the JSON of a record, neither ``NEVER`` nor ``AGAIN``."""
    digest = int.from_bytes(blake2b(orjson.dumps(record), digest_size=8).digest(), "little")
    return digest if digest > AGAIN else digest + 2
