"""The messages of a stream, made by a process of its own: making them takes as long as a third of what is measured.

``python -m bench.stream_process ORDER`` writes them to standard output, each behind its length.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import IO

import numpy as np

from bench import stream_clean
from bench.stream import DAYS, START, StreamArticle, copies, stream
from schemas.clean import Clean
from wirecopy.errors import ServerError

CHANGED = 8
"""Shingles that a new text changes."""
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Order:
    """What is to be made: in this order."""

    filling: int
    """Articles that fill a window: their features alone, which is all that the engine reads of a first text."""
    new: int = 0
    """Further articles of the same stream, in full."""
    revised: int = 0
    """New texts of so many of these, in full."""
    copies: int = 0
    """Copies of the last of these, in full."""
    revised_copies: int = 0
    """New texts of so many of the copies, in full."""
    stories_a_subject: int = 5
    last_seen: float | None = None
    """When the last article was first seen, in Unix seconds; by ``bench.stream`` otherwise."""

    @property
    def count(self) -> int:
        """Messages in all."""
        return self.filling + self.new + self.revised + self.copies + self.revised_copies


@contextmanager
def messages(order: Order) -> Iterator[Iterator[bytes]]:
    """The values of the messages. Raises ``ServerError`` where they end too early."""
    command = [sys.executable, "-m", "bench.stream_process", json.dumps(asdict(order))]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=1 << 20) as process:
        assert process.stdout is not None, "a pipe was asked for"
        try:
            yield _read(process.stdout, order.count)
        finally:
            process.kill()


def _read(pipe: IO[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        head = pipe.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise ServerError("the process that makes the articles has ended")
        yield pipe.read(*_LENGTH.unpack(head))


def made(order: Order) -> Iterator[bytes]:
    """Make them in this process."""
    articles = stream(order.filling + order.new, stories_a_subject=order.stories_a_subject)
    if order.last_seen is not None:
        shift = order.last_seen - DAYS * 86_400 - START
        articles = (_moved(one, shift) for one in articles)
    for one in islice(articles, order.filling):
        yield Clean(stream_clean.features(one).to_bytes(), b"").to_bytes()
    further = list(articles)
    yield from _in_full(further, order.revised)
    if order.copies:
        yield from _in_full(list(copies(further[-1], order.copies)), order.revised_copies)


def _in_full(articles: Sequence[StreamArticle], revised: int) -> Iterator[bytes]:
    """The articles, then new texts of so many of them."""
    yield from map(stream_clean.message, articles)
    for one in spread(articles, revised):
        yield stream_clean.message(_revised(one), 2)


def spread(articles: Sequence[StreamArticle], count: int) -> list[StreamArticle]:
    """So many of them, evenly."""
    return [articles[number * len(articles) // count] for number in range(count)]


def _moved(one: StreamArticle, seconds: float) -> StreamArticle:
    return replace(one, first_seen=one.first_seen + seconds, published=one.published + seconds)


def _revised(one: StreamArticle) -> StreamArticle:
    """The article with a few words changed."""
    shingles = one.shingles.copy()
    shingles[:CHANGED] = ~shingles[:CHANGED]
    return replace(one, shingles=shingles, digest=np.flip(np.frombuffer(one.digest, np.uint8)).tobytes())


if __name__ == "__main__":
    for value in made(Order(**json.loads(sys.argv[1]))):
        sys.stdout.buffer.write(_LENGTH.pack(len(value)) + value)
    sys.stdout.buffer.flush()
