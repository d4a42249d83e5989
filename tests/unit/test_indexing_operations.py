from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.indexing.bulk_operations import Encoded, Operation, Rejected, chunks, encode, judge, newest
from wirecopy.errors import ServerError

INDEX = Operation("index", "test-articles-write", "a", 3, {"id": "a"})
DELETE = Operation("delete", "test-stories-write", "b", 3)

operations = st.builds(
    Operation,
    action=st.sampled_from(["index", "delete"]),
    index=st.sampled_from(["articles", "stories"]),
    id=st.sampled_from("abcd"),
    version=st.integers(0, 5),
)


@given(st.lists(operations, max_size=30))
def test_the_newest_operation_of_each_id_is_kept(batch: list[Operation]) -> None:
    kept = newest(batch)
    assert len({(o.index, o.id) for o in kept}) == len(kept)
    for operation in batch:
        winner = next(o for o in kept if (o.index, o.id) == (operation.index, operation.id))
        assert winner.version >= operation.version
    assert newest(kept) == kept


@given(st.lists(operations, max_size=30, unique_by=lambda o: (o.index, o.id, o.version)), st.randoms())
def test_order_of_arrival_does_not_matter(batch: list[Operation], shuffle: random.Random) -> None:
    other = batch.copy()
    shuffle.shuffle(other)
    assert set(map(str, newest(other))) == set(map(str, newest(batch)))


def test_of_equal_versions_the_later_holds() -> None:
    first = Operation("index", "articles", "a", 3, {"n": 1})
    second = Operation("index", "articles", "a", 3, {"n": 2})
    assert newest([first, second]) == [second]


@given(st.lists(st.integers(1, 400), max_size=40), st.integers(1, 10), st.integers(1, 500))
def test_chunks_keep_order_and_limits(sizes: list[int], documents: int, size: int) -> None:
    encoded = [Encoded(INDEX, bytes(length)) for length in sizes]
    made = list(chunks(encoded, documents, size))
    assert [item for chunk in made for item in chunk] == encoded
    for chunk in made:
        assert chunk
        assert len(chunk) <= documents
        assert len(chunk) == 1 or sum(len(item.body) for item in chunk) <= size


def test_encoding_stamps_the_time_and_leaves_the_document_alone() -> None:
    encoded = encode(INDEX, "2026-11-20T12:00:00.000Z")
    assert isinstance(encoded, Encoded)
    action, source = map(orjson.loads, encoded.body.splitlines())
    assert action == {
        "index": {"_index": "test-articles-write", "_id": "a", "version": 3, "version_type": "external_gte"}
    }
    assert source == {"id": "a", "indexed": "2026-11-20T12:00:00.000Z"}
    assert INDEX.document == {"id": "a"}


def test_a_delete_is_one_line() -> None:
    encoded = encode(DELETE, "")
    assert isinstance(encoded, Encoded)
    assert encoded.body.count(b"\n") == 1


@pytest.mark.parametrize("value", ["\ud800", 2**70, object()])
def test_what_is_not_json_is_rejected(value: Any) -> None:
    result = encode(Operation("index", "articles", "a", 1, {"headline": value}), "")
    assert isinstance(result, Rejected)
    assert result.reason == "not_json"


def failure(status: int, kind: str = "some_exception") -> dict[str, Any]:
    return {"status": status, "error": {"type": kind, "reason": "because", "caused_by": {"reason": "of this"}}}


@pytest.mark.parametrize(
    ("operation", "item", "outcome"),
    [
        (INDEX, {"status": 201}, "indexed"),
        (INDEX, {"status": 200}, "indexed"),
        (DELETE, {"status": 200}, "deleted"),
        (DELETE, {"status": 404}, "absent"),
        (INDEX, failure(409, "version_conflict_engine_exception"), "stale"),
        (DELETE, failure(409, "version_conflict_engine_exception"), "stale"),
        (INDEX, failure(429, "es_rejected_execution_exception"), "retried"),
        (INDEX, failure(429, "circuit_breaking_exception"), "retried"),
        (INDEX, failure(503, "unavailable_shards_exception"), "retried"),
        (INDEX, failure(429, "cluster_block_exception"), "retried"),
        (INDEX, failure(403, "cluster_block_exception"), "retried"),
        (INDEX, failure(500, "null_pointer_exception"), "retried"),
        (INDEX, failure(400, "document_parsing_exception"), "rejected"),
        (INDEX, failure(400, "strict_dynamic_mapping_exception"), "rejected"),
        (INDEX, failure(400, "mapper_parsing_exception"), "rejected"),
        (INDEX, failure(400, "illegal_argument_exception"), "rejected"),
    ],
)
def test_each_answer_has_its_meaning(operation: Operation, item: dict[str, Any], outcome: str) -> None:
    assert judge(operation, item).outcome == outcome


def test_a_server_of_no_known_mind_is_not_asked_for_ever() -> None:
    assert judge(INDEX, failure(500)).doubtful
    assert not judge(INDEX, failure(429)).doubtful


def test_a_rejection_tells_type_and_cause() -> None:
    verdict = judge(INDEX, failure(400, "document_parsing_exception"))
    assert verdict.reason == "document_parsing_exception"
    assert verdict.detail == "document_parsing_exception: because; of this"


@pytest.mark.parametrize(
    ("item", "advice"),
    [
        (failure(401), "credentials"),
        (failure(403, "security_exception"), "privileges"),
        (failure(404, "index_not_found_exception"), "wirecopy index apply"),
    ],
)
@pytest.mark.parametrize("operation", [INDEX, DELETE])
def test_what_a_person_has_to_mend_stops_the_stage(operation: Operation, item: dict[str, Any], advice: str) -> None:
    with pytest.raises(ServerError, match=advice):
        judge(operation, item)
