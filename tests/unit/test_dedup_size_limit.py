"""No record is larger than Kafka takes, whatever the texts; what is given up is earlier texts."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import MAX_MESSAGE_BYTES
from stream_apps.dedup.size_limit import fitting, parts
from tests.unit.dedup_world import article, deliver, message


def text(name: str, revision: int, length: int = 100) -> bytes:
    return orjson.dumps({"id": name, "revision": revision, "text": "x" * length})


@given(st.lists(st.binary(max_size=40)), st.integers(1, 60))
def test_parts_hold_every_message_in_order_and_are_no_larger_than_asked_for(values: list[bytes], most: int) -> None:
    messages = list(enumerate(values))
    found = list(parts(messages, most))
    assert [one for part in found for one in part] == messages
    assert all(len(part) == 1 or sum(len(value) for _, value in part) <= most for part in found)


def test_earlier_texts_go_the_oldest_first_and_the_newest_of_each_stays() -> None:
    texts = [text("a", 1), text("b", 1), text("a", 2), text("a", 3)]
    size = sum(map(len, texts))
    assert fitting(texts, size) == texts
    assert fitting(texts, size - 1) == [text("b", 1), text("a", 2), text("a", 3)]
    assert fitting(texts, 1) == [text("b", 1), text("a", 3)]


def test_a_story_of_very_long_copies_moves_in_records_that_kafka_takes() -> None:
    """An older first article comes late and gives forty copies of 150 KB each another story."""
    long = ("river bank and old fort " * 6500).split()
    copies = [article(f"c{n}", long, outlet=f"c{n}.example", minute=10 + n, agency="PTI") for n in range(40)]
    first = article("first", long, outlet="first.example", minute=0, agency="PTI")
    replay = deliver(map(message, [*copies, first]), batch=8)
    assert {place.story for place in replay.places().values()} == {first.id}
    assert max(len(sent.value) for topic in replay.sent.values() for sent in topic) < MAX_MESSAGE_BYTES
