"""The contract for consumers: what is committed is generated, valid, open, and true of what is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas import dead_letters, feed_records, generate, internal_records, public_records, record, topics
from schemas.examples import EXAMPLES
from schemas.ids import article_id

MOMENT = datetime(2026, 6, 18, 9, 30, tzinfo=UTC)
ID = article_id("ledger.example", "1")
SPECIFICATION = Path(__file__).parents[1] / "data" / "asyncapi" / "asyncapi-3.0.0.json"
PUBLIC = {topic.name: topic.record for topic in topics.TOPICS if topic.public and topic.record}
SHOWN = [
    pytest.param(name, record, id=f"{name}: {summary}")
    for name, examples in EXAMPLES.items()
    for summary, record in examples.items()
]


def contract() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(generate.ASYNCAPI.read_text(encoding="utf-8"))
    return document


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a JSON document, with its path."""
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            yield from objects(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, item in enumerate(schema):
            yield from objects(item, f"{path}/{number}")


def closed(schema: Any) -> Any:
    """The schema with every object closed: it refuses a field that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    content = {key: closed(value) for key, value in schema.items()}
    return {**content, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else content


def test_committed_schemas_are_generated_from_the_records() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in generate.FOLDER.glob("*.json")}
    assert committed == generate.documents(), "run `python -m schemas.generate` and commit what it writes"
    assert generate.ASYNCAPI.read_text(encoding="utf-8") == generate.asyncapi(), "run `python -m schemas.generate`"


def test_every_public_topic_has_a_schema_and_no_other() -> None:
    assert generate.documents().keys() == {f"{name}.v1.json" for name in PUBLIC}
    assert EXAMPLES.keys() == PUBLIC.keys()


@pytest.mark.parametrize("name", PUBLIC)
def test_published_schemas_are_open(name: str) -> None:
    schema = json.loads((generate.FOLDER / f"{name}.v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [path for path, part in objects(schema) if part.get("additionalProperties") is False] == []
    assert [path for path, part in objects(contract()["components"]) if "additionalProperties" in part] == []


@pytest.mark.parametrize(("name", "record"), SHOWN)
def test_a_strict_reader_takes_a_message_with_a_field_that_was_added(name: str, record: record.Record) -> None:
    schema = json.loads((generate.FOLDER / f"{name}.v1.json").read_text(encoding="utf-8"))
    message = json.loads(record.to_bytes())
    for _, part in objects(message):
        part["added_in_a_later_version"] = 1
    jsonschema.validate(message, schema)


@pytest.mark.parametrize(("name", "record"), SHOWN)
def test_what_is_sent_holds_no_field_that_the_schema_does_not_name(name: str, record: record.Record) -> None:
    """The closed schema is for us: it would have consumers break on the next field."""
    schema = closed(json.loads((generate.FOLDER / f"{name}.v1.json").read_text(encoding="utf-8")))
    jsonschema.validate(json.loads(record.to_bytes()), schema)
    jsonschema.validate(record.model_dump(mode="json"), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(record.to_bytes()), "unknown": 1}, schema)


# ---- AsyncAPI -------------------------------------------------------------------------------------------------


def test_the_contract_is_a_valid_asyncapi_document() -> None:
    specification = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    errors = list(jsonschema.Draft7Validator(specification).iter_errors(contract()))
    assert [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors] == []


def test_the_validator_would_see_a_fault() -> None:
    specification = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    faults: list[dict[str, Any]] = [
        {"channels": {"a": {"address": 7}}}, {"servers": {"a": {"host": "x"}}}, {"info": {}}, {"tags": 1},
    ]  # fmt: skip
    for spoil in faults:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft7Validator(specification).validate(contract() | spoil)


def test_the_contract_refers_to_nothing_outside_of_itself() -> None:
    document = contract()
    references = {part["$ref"] for _, part in objects(document) if isinstance(part.get("$ref"), str)}
    assert references
    for reference in references:
        found: Any = document
        assert reference.startswith("#/"), reference
        for step in reference[2:].split("/"):
            assert step in found, reference
            found = found[step]


def test_the_contract_tells_of_every_public_topic_and_the_dead_letters() -> None:
    document = contract()
    assert document["channels"].keys() == PUBLIC.keys() | {topics.DEAD_LETTERS.name}
    assert {"local", "production"} <= document["servers"].keys()
    for name, channel in document["channels"].items():
        topic = next(topic for topic in topics.TOPICS if topic.name == name)
        kafka = channel["bindings"]["kafka"]["topicConfiguration"]
        assert channel["address"] == topic.full_name("wirecopy")
        assert kafka["cleanup.policy"] == [topic.config()["cleanup.policy"]]
        assert str(kafka["max.message.bytes"]) == topic.config()["max.message.bytes"]


@pytest.mark.parametrize("message", [name.__name__ for name in PUBLIC.values()])
def test_examples_of_the_contract_fit_its_schemas(message: str) -> None:
    document = contract()
    examples = document["components"]["messages"][message]["examples"]
    schema = closed({"$ref": f"#/components/schemas/{message}", "components": document["components"]})
    assert examples
    for example in examples:
        jsonschema.Draft7Validator(schema).validate(example["payload"])


def test_headers_of_dead_letters_are_those_that_are_written() -> None:
    written = [name for name, _ in dead_letters.headers("stage", "reason", "detail", "source")]
    message = contract()["components"]["messages"]["DeadLetter"]
    assert list(message["headers"]["properties"]) == message["headers"]["required"] == written
    assert list(message["examples"][0]["headers"]) == written


# ---- topics and records ---------------------------------------------------------------------------------------


def test_topics_have_names_and_lifetimes_of_their_own() -> None:
    names = [topic.full_name("wirecopy") for topic in topics.TOPICS]
    assert len(set(names)) == len(names)
    for topic in topics.TOPICS:
        assert topic.compacted != (topic.retention_days is not None), topic.name
        assert topic.compacted or not topic.public, "a public topic holds the last word on every key"
        assert topic.config()["cleanup.policy"] == ("compact" if topic.compacted else "delete")


def test_an_engine_has_a_partition_of_its_own() -> None:
    assert topics.CLEAN.partitions(8) == topics.ENGINE_STATE.partitions(8) == 1
    assert topics.CLEAN.partitions(8, engines=2) == topics.ENGINE_STATE.partitions(8, engines=2) == 2
    assert topics.RAW.partitions(8, engines=2) == topics.RESOLVED.partitions(8, engines=2) == 8


def test_what_is_written_in_transactions_may_have_gaps() -> None:
    """Where the marks of commits stand; other stages take a gap for a lost message."""
    assert {topic.name for topic in topics.TOPICS if topic.transactional} == {"resolved", "events", "engine-state"}
    assert all(topic.may_have_gaps for topic in topics.TOPICS if topic.transactional)
    assert not topics.RAW.may_have_gaps


RAW_ENTRY = feed_records.RawEntry(
    article=ID, revision=1, content_hash="0", feed="ledger", outlet="ledger.example", first_seen=MOMENT,
    fetched=MOMENT, headline="Ferry service resumes", content="<p>Text</p>",
)  # fmt: skip
RESOLVED = internal_records.Resolved(story=ID, version=7, left=(ID,), redirect_to=ID)


@pytest.mark.parametrize(
    "record", [RAW_ENTRY, RESOLVED, *(parameter.values[1] for parameter in SHOWN)], ids=lambda r: type(r).__name__
)
def test_what_is_written_fits_the_schema_and_reads_back(record: record.Record) -> None:
    value = record.to_bytes()
    assert type(record).from_bytes(value) == record
    jsonschema.validate(record.model_dump(mode="json"), type(record).model_json_schema(mode="serialization"))


def test_a_reader_ignores_fields_of_a_newer_writer() -> None:
    story = public_records.Story.from_bytes(b'{"id":"%s","version":1,"new_in_v2":true}' % ID.encode())
    assert story.version == 1


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"id":"not an id","version":1}', b'{"version":1}'])
def test_what_does_not_fit_is_refused_with_the_place(value: bytes) -> None:
    with pytest.raises(record.RecordError, match="Story"):
        public_records.Story.from_bytes(value)
