"""A message of ``clean``: the article's features, for the engine, and the article itself as JSON.

The engine never reads the article's text: it passes the JSON on as it came. So the two stand apart in one frame: the
format's number, the length of the features, the features (``schemas.features``), the JSON.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import orjson

from schemas.public_records import Article
from schemas.record import RecordError

FORMAT = 1
_HEAD = struct.Struct("<BI")


@dataclass(frozen=True, slots=True)
class Clean:
    """A cleaned article, or a notice that it was removed from its feed."""

    features: bytes
    """Packed; empty where the article was taken out."""
    article: bytes
    """JSON of an ``Article``; of what was taken out ``{"id", "revision", "removed"}``."""

    @classmethod
    def removal(cls, article: str, revision: int, removed: datetime) -> Self:
        """Make a notice that the article is gone from its feed."""
        return cls(b"", orjson.dumps({"id": article, "revision": revision, "removed": removed.isoformat()}))

    def to_bytes(self) -> bytes:
        return b"".join((_HEAD.pack(FORMAT, len(self.features)), self.features, self.article))

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        """Read a message. Raises ``RecordError`` where the format is another one, or unknown."""
        try:
            form, length = _HEAD.unpack_from(value)
        except struct.error as error:
            raise RecordError(f"Clean: not a message of clean ({error})") from None
        if form != FORMAT or len(value) < _HEAD.size + length:
            raise RecordError(f"Clean: format {form}, and this version of wirecopy reads {FORMAT}")
        return cls(value[_HEAD.size : _HEAD.size + length], value[_HEAD.size + length :])

    def read_article(self) -> Article:
        """Return the article. Raises ``RecordError`` where there is none."""
        return Article.from_bytes(self.article)
