"""Fit records into the size of a message: where texts are too long, earlier ones are left out first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from schemas.topics import MAX_MESSAGE_BYTES

MOST_TEXT = MAX_MESSAGE_BYTES * 3 // 4
"""Bytes of the texts of one record; the rest is for places and the summary."""

Message = tuple[int, bytes]
"""An offset of ``clean`` and its value."""


def parts(messages: Iterable[Message], most: int = MOST_TEXT) -> Iterator[list[Message]]:
    """Group messages whose texts fit one record together; a larger message goes alone.

    >>> [len(part) for part in parts([(0, b"12345"), (1, b"12345"), (2, b"1")], most=6)]
    [1, 2]
    """
    part: list[Message] = []
    size = 0
    for message in messages:
        if part and size + len(message[1]) > most:
            yield part
            part, size = [], 0
        part.append(message)
        size += len(message[1])
    if part:
        yield part


def fitting(articles: Sequence[bytes], most: int = MOST_TEXT) -> list[bytes]:
    """Choose texts (JSON of articles) that fit one record, dropping earlier texts of an article, the oldest first.

    The newest text of each is always among them: its size is bounded where texts are read.
    """
    kept = list(articles)
    size = sum(map(len, kept))
    if size <= most:
        return kept
    names = [orjson.loads(article)["id"] for article in kept]
    earlier = [number for number, name in enumerate(names) if name in names[number + 1 :]]
    gone = set()
    for number in earlier:
        if size <= most:
            break
        gone.add(number)
        size -= len(kept[number])
    return [article for number, article in enumerate(kept) if number not in gone]
