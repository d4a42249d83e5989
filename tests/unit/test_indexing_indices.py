from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from schemas import elasticsearch as templates
from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing import indices
from stream_apps.indexing.generations import names
from stream_apps.indexing.indices import Difference, compare_mappings, compare_settings
from stream_apps.indexing.status import IndexStatus, problems
from wirecopy.settings import ElasticsearchSettings

SETTINGS = ElasticsearchSettings(index_prefix="test", shards=2, replicas=1, refresh_interval="5s")
NAME: dict[str, Any] = {
    "type": "keyword",
    "ignore_above": 64,
    "fields": {"folded": {"type": "keyword", "normalizer": "folded"}},
}
WANTED: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "outlet": NAME,
        "published": {"type": "date"},
        "dateline": {"dynamic": "strict", "properties": {"place": NAME}},
        "revisions": {"type": "object", "enabled": False},
    },
}


def fresh() -> dict[str, Any]:
    """The wanted mapping, no part of it shared."""
    mapping: dict[str, Any] = json.loads(json.dumps(WANTED))
    return mapping


def changed(path: str, **values: Any) -> dict[str, Any]:
    """The wanted mapping with other values for one field."""
    mapping = fresh()
    field: dict[str, Any] = mapping
    for key in path.split("."):
        field = field.get("properties", field.get("fields", {}))[key]
    field.update(values)
    return mapping


def test_what_elasticsearch_answers_of_our_own_mapping_is_no_difference() -> None:
    live = json.loads(json.dumps(WANTED).replace("false", '"false"'))
    live["properties"]["dateline"]["type"] = "object"
    live["properties"]["dateline"]["dynamic"] = "strict"
    assert not compare_mappings(live, WANTED).any


def test_a_new_field_and_a_new_sub_field_are_additions() -> None:
    live = fresh()
    del live["properties"]["published"]
    del live["properties"]["dateline"]["properties"]["place"]["fields"]
    assert compare_mappings(live, WANTED) == Difference(added=("published", "dateline.place.folded"))


def test_a_field_that_only_the_live_index_has_stays() -> None:
    live = fresh()
    live["properties"]["older"] = {"type": "keyword"}
    assert not compare_mappings(live, WANTED).any


@pytest.mark.parametrize(
    ("live", "difference"),
    [
        (changed("outlet", ignore_above=32), Difference(changed=("outlet",))),
        (changed("outlet", type="text"), Difference(incompatible=("outlet",))),
        (changed("outlet.folded", normalizer="other"), Difference(incompatible=("outlet.folded",))),
        (changed("dateline.place", type="text"), Difference(incompatible=("dateline.place",))),
        (changed("dateline", type="nested"), Difference(incompatible=("dateline",))),
        (changed("revisions", enabled=True), Difference(incompatible=("revisions",))),
        (changed("published", index=False), Difference(incompatible=("published",))),
    ],
)
def test_what_can_and_cannot_change(live: dict[str, Any], difference: Difference) -> None:
    assert compare_mappings(live, WANTED) == difference


def test_settings_that_can_change_are_put_and_the_others_told() -> None:
    wanted = indices.component_template(SETTINGS)["template"]["settings"]["index"]
    live = json.loads(json.dumps(wanted)) | {"number_of_shards": "2", "number_of_replicas": "0", "uuid": "x"}
    assert compare_settings(live, wanted) == ({"number_of_replicas": 1}, [])
    live["number_of_shards"] = "1"
    live["analysis"]["analyzer"]["news"]["filter"].reverse()
    assert compare_settings(live, wanted) == ({"number_of_replicas": 1}, ["number_of_shards", "analysis"])


def test_an_index_that_nobody_searches_is_not_refreshed_unless_an_interval_was_chosen() -> None:
    """Elasticsearch leaves an idle index alone only where no interval is set."""
    chosen = indices.component_template(SETTINGS)["template"]["settings"]["index"]
    ours = indices.component_template(SETTINGS.model_copy(update={"refresh_interval": "1s"}))
    unset = ours["template"]["settings"]["index"]
    assert chosen["refresh_interval"] == "5s"
    assert "refresh_interval" not in unset
    live = json.loads(json.dumps(chosen))
    assert compare_settings(live, unset) == ({"refresh_interval": None}, [])
    del live["refresh_interval"]
    assert compare_settings(live, unset) == ({}, [])


@pytest.mark.parametrize("kind", INDEX_KINDS)
def test_an_index_template_takes_its_indices_and_no_others(kind: IndexKind) -> None:
    body = indices.index_template(SETTINGS, kind)
    stem = f"test-{kind}-v{templates.load(kind)['version']}"
    assert body["index_patterns"] == [f"{stem}-*"]
    assert indices.first_index("test", kind) == f"{stem}-000001"
    assert body["composed_of"] == ["test-settings"]
    assert body["_meta"]["digest"] != indices.index_template(SETTINGS, "articles" if kind == "stories" else "stories")


def test_a_changed_template_has_another_digest() -> None:
    one = indices.component_template(SETTINGS)
    other = indices.component_template(SETTINGS.model_copy(update={"replicas": 0}))
    assert one["_meta"]["digest"] != other["_meta"]["digest"]
    assert one == indices.component_template(SETTINGS)


def test_deletes_are_remembered_longer_than_the_window_of_copies() -> None:
    assert templates.load("settings")["template"]["settings"]["index"]["gc_deletes"] == "7d"


def test_problems_are_named() -> None:
    wanted = indices.index_template(SETTINGS, "articles")
    good = IndexStatus("test-articles-v2-000001", "green", 3, 100, reads=True, writes=True)
    answers = {"test-articles", "test-articles-write"}
    one = names.generations("test", {good.name: answers})
    assert problems((good,), one, wanted["_meta"], wanted) == []
    assert problems((), [], None, wanted) == ["no index template", "no index to write to", "no index to read from"]
    red = IndexStatus("test-articles-v2-000002", "red", 3, 100, reads=True, writes=True)
    two = names.generations("test", {good.name: answers, red.name: answers})
    assert problems((good, red), two, {"digest": "old"}, wanted) == [
        "the index template is of another version",
        "two generations answer",
        "test-articles-v2-000002 is red",
    ]
    half = IndexStatus("test-articles-v2-000001-2026.11", "green", 0, 100, reads=False, writes=True)
    rest = replace(half, name="test-articles-v2-000001-2026.10", reads=True)
    split = names.generations("test", {half.name: {"test-articles-write"}, rest.name: answers})
    assert problems((rest, half), split, wanted["_meta"], wanted) == [
        f"{half.name} does not answer with the others of its generation"
    ]


def test_a_rebuild_beside_what_answers_is_no_problem() -> None:
    wanted = indices.index_template(SETTINGS, "articles")
    aliases = {"test-articles-v2-000001": {"test-articles", "test-articles-write"}}
    every = names.generations("test", aliases | {"test-articles-v2-000002": {"test-articles-write"}})
    statuses = [IndexStatus(g.stem, "green", 3, 100, reads=g.reads, writes=g.writes) for g in every]
    assert problems(statuses, every, wanted["_meta"], wanted) == []
