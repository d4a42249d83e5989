"""The committed JSON Schemas are those of the records, and what the records write fits them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from schemas import generate, records, topics
from schemas.ids import article_id

MOMENT = datetime(2026, 6, 18, 9, 30, tzinfo=UTC)
ID = article_id("ledger.example", "1")


def test_committed_schemas_are_generated_from_the_records() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in generate.FOLDER.glob("*.json")}
    assert committed == generate.documents(), "run `python -m schemas.generate` and commit what it writes"


def test_the_contract_for_consumers_is_generated_and_whole() -> None:
    assert generate.ASYNCAPI.read_text(encoding="utf-8") == generate.asyncapi(), "run `python -m schemas.generate`"
    contract = json.loads(generate.asyncapi())
    assert contract["channels"].keys() == {topic.name for topic in topics.TOPICS if topic.public}
    for channel in contract["channels"].values():
        for message in channel["messages"].values():
            assert (generate.FOLDER.parent / message["payload"]["schema"]["$ref"]).is_file()


def test_topics_have_names_and_lifetimes_of_their_own() -> None:
    names = [topic.full_name("wirecopy") for topic in topics.TOPICS]
    assert len(set(names)) == len(names)
    for topic in topics.TOPICS:
        assert topic.compacted != (topic.retention_days is not None), topic.name
        assert topic.compacted or not topic.public, "a public topic holds the last word on every key"
        assert topic.config()["cleanup.policy"] == ("compact" if topic.compacted else "delete")


def test_families_have_a_single_writer() -> None:
    assert topics.FAMILIES.partitions(8) == topics.FAMILIES_STATE.partitions(8) == 1
    assert topics.RAW.partitions(8) == 8


EXAMPLES: list[records.Record] = [
    records.RawEntry(
        article=ID, revision=1, content_hash="0", feed="ledger", outlet="ledger.example", first_seen=MOMENT,
        fetched=MOMENT, headline="Ferry service resumes", content="<p>Text</p>",
    ),
    records.Posting(
        article=ID, revision=1, outlet="ledger.example", first_seen=MOMENT, range=0, ranges=4, hashes=(1, 2**32 - 1)
    ),
    records.Candidates(article=ID, revision=1, range=0, ranges=4, complete=True, shared={ID: (1, 3, False)}),
    records.Comparison(
        article=ID, revision=1, other=ID, other_revision=1, other_outlet="post.example", other_published=MOMENT,
        fingerprint=records.Fingerprint(digest="d", tokens=3, shingles=bytes(range(256))),
    ),
    records.Verdict(
        article=ID, revision=1, other=ID, other_revision=1,
        link=records.Link(
            a=ID, b=ID, a_revision=1, b_revision=1, relation="near", containment_a=1, containment_b=0.9, shared=90,
            cover_a=2**64 - 1, cover_b=1,
        ),
    ),
    records.Story(id=ID, version=7, redirect_to=ID),
]  # fmt: skip


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_what_is_written_fits_the_schema_and_reads_back(record: records.Record) -> None:
    value = record.to_bytes()
    assert type(record).from_bytes(value) == record
    jsonschema.validate(record.model_dump(mode="json"), type(record).model_json_schema(mode="serialization"))


def test_a_reader_ignores_fields_of_a_newer_writer() -> None:
    story = records.Story.from_bytes(b'{"id":"%s","version":1,"new_in_v2":true}' % ID.encode())
    assert story.version == 1


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"id":"not an id","version":1}', b'{"version":1}'])
def test_what_does_not_fit_is_refused_with_the_place(value: bytes) -> None:
    with pytest.raises(records.RecordError, match="Story"):
        records.Story.from_bytes(value)
