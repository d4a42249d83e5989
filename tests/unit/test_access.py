"""The table of rights: held against what the code takes and gives, and how the brokers get there."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import schemas.topics
from schemas.access import GROUPS, ROLES, Role, principal, rules
from schemas.elasticsearch import INDEX_KINDS
from schemas.elasticsearch.access import INDEX_ROLES, VERSION_ONLY, role_descriptor
from schemas.topics import DEAD_LETTERS, TAKEN, TOPICS, Topic
from stream_apps.indexing import keys
from stream_apps.indexing.generations.names import previous_alias, read_alias, write_alias
from wirecopy.cli import build
from wirecopy.kafka_acls import Grant, grants, plan

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = {role.name: role for role in ROLES}
FOLDERS = {"fingerprint": "fingerprint", "engine": "dedup", "tagging": "tagging", "indexing": "indexing"}
STAGES = ("producer", *FOLDERS)


def sent_by(folder: Path) -> Iterator[Topic]:
    """The topics of all messages that the code of a folder makes."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Outgoing":
                first = node.args[0]
                assert isinstance(first, ast.Name), f"{path}: {ast.unparse(node)}"
                yield getattr(schemas.topics, first.id)


@pytest.mark.parametrize("app", TAKEN)
def test_a_stage_may_read_what_it_takes_and_write_what_it_sends(app: str) -> None:
    role = BY_NAME[app]
    changelogs = {topic for topic in role.writes if topic.changelog}
    assert {topic for topic in role.reads if not topic.changelog} == set(TAKEN[app])
    assert {topic for topic in role.reads if topic.changelog} == changelogs
    sent = set(sent_by(ROOT / "stream_apps" / FOLDERS[app])) | {DEAD_LETTERS}
    assert set(role.writes) - changelogs == sent - changelogs


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_has_who_writes_and_who_reads_it(topic: Topic) -> None:
    assert [role.name for role in ROLES if topic in role.writes]
    assert [role.name for role in ROLES if topic in role.reads]


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.changelog], ids=lambda topic: topic.name)
def test_rows_are_those_of_one_stage(topic: Topic) -> None:
    (reads,) = [role.name for role in ROLES if topic in role.reads]
    (writes,) = [role.name for role in ROLES if topic in role.writes]
    assert reads == writes


@pytest.mark.parametrize("name", STAGES)
def test_no_stage_may_change_topics_or_join_the_group_of_another(name: str) -> None:
    table = [rule for rule in rules("p") if rule.role == name]
    assert {operation for rule in table for operation in rule.operations} <= {"Read", "Write"}
    assert [rule.name for rule in table if rule.resource == "group"] == [f"p-{name}"]
    assert [rule.name for rule in table if rule.pattern == "prefix"] == (["p-engine-"] if name == "engine" else [])


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_only_public_topics_are_for_readers(role: Role) -> None:
    if role.name == "reader":
        assert set(role.reads) == {topic for topic in TOPICS if topic.public}
        assert not role.writes


def test_no_group_of_readers_is_a_group_of_ours() -> None:
    assert not [group for group in GROUPS if group.startswith("reader")]


WANTED = grants(rules("p"), "p")


def test_everything_is_granted_once_and_then_kept() -> None:
    assert {step.action for step in plan(WANTED, [])} == {"grant"}
    assert {step.action for step in plan(WANTED, WANTED)} == {"keep"}
    assert len(set(WANTED)) == len(WANTED)


def test_what_is_more_is_told_and_goes_only_when_asked() -> None:
    more = Grant("User:p-engine", "topic", "p.raw.v1", "literal", "Write")
    (step,) = [step for step in plan(WANTED, [*WANTED, more]) if step.action != "keep"]
    assert (step.action, step.grant) == ("extra", more)
    (step,) = [step for step in plan(WANTED, [*WANTED, more], prune=True) if step.action != "keep"]
    assert (step.action, step.grant) == ("revoke", more)


def test_principals_of_certificates() -> None:
    assert principal("User:CN={prefix}-{role},O=news", "p", "engine") == "User:CN=p-engine,O=news"
    assert {grant.principal for grant in grants(rules("p"), "p", "User:CN={prefix}-{role}")} == {
        f"User:CN=p-{role.name}" for role in ROLES
    }


def test_the_table_is_shown() -> None:
    done = CliRunner().invoke(build(["topics", "acls"]), ["topics", "acls"])
    assert done.exit_code == 0
    assert "User:wirecopy-engine  wirecopy run engine" in done.output
    assert "wirecopy-engine-*" in done.output


def test_the_table_as_json_is_that_of_the_schemas() -> None:
    done = CliRunner().invoke(build(["topics", "acls"]), ["topics", "acls", "--json"])
    shown = json.loads(done.output)
    assert len(shown) == len(rules("wirecopy"))
    assert {"principal", "role", "resource", "name", "pattern", "operations"} == set(shown[0])


# ---- Elasticsearch --------------------------------------------------------------------------------------------


def allowed(role: str) -> dict[str, set[str]]:
    """The privileges of a role by the name that it asks for."""
    (known,) = [one for one in INDEX_ROLES if one.name == role]
    found: dict[str, set[str]] = {}
    for right in role_descriptor(known, "p")["indices"]:
        for name in right["names"]:
            found.setdefault(name, set()).update(right["privileges"])
    return found


def test_who_writes_the_index_cannot_read_it_and_the_other_way_round() -> None:
    writes = {f"p-{kind}-v*": {"index", "delete", "view_index_metadata"} for kind in INDEX_KINDS}
    for kind in INDEX_KINDS:
        for alias in (read_alias, write_alias, previous_alias):
            writes[alias("p", kind)] = {"view_index_metadata"}
    for kind in ("feeds", "dead-letters"):
        writes[f"p-{kind}-v*"].add("read")
    for kind in ("articles", "stories"):
        writes[f"p-{kind}-v*"].add("create_index")
    assert allowed("indexing") == writes
    assert allowed("search") == {read_alias("p", kind): {"read"} for kind in INDEX_KINDS}
    assert allowed("operator") == {"p-*": {"all"}}
    assert allowed("kibana") == {read_alias("p", kind): {"view_index_metadata"} for kind in INDEX_KINDS}
    assert {role.name: role.cluster for role in INDEX_ROLES if role.name != "operator"} == {
        "indexing": (VERSION_ONLY,), "search": (VERSION_ONLY,), "kibana": (),
    }  # fmt: skip


def test_only_who_writes_dashboards_may_do_anything_in_kibana_and_in_one_space() -> None:
    asked = {role.name: role_descriptor(role, "p", "desk").get("applications", []) for role in INDEX_ROLES}
    (of_kibana,) = asked.pop("kibana")
    assert of_kibana["resources"] == ["space:desk"]
    assert not any(asked.values())
    (role,) = keys.chosen(["kibana"])
    assert keys.request(role, "p")["role_descriptors"]["kibana"]["applications"][0]["resources"] == ["space:default"]


def test_a_request_names_the_role_and_may_end() -> None:
    (role,) = keys.chosen(["search"])
    made = keys.request(role, "p", "90d")
    assert (made["name"], made["expiration"], list(made["role_descriptors"])) == ("p-search", "90d", ["search"])
    assert "expiration" not in keys.request(role, "p")
    assert keys.chosen([]) == list(INDEX_ROLES)
    with pytest.raises(ValueError, match="nobody is no role: there are indexing, search, operator, kibana"):
        keys.chosen(["search", "nobody"])


def test_all_keys_but_the_newest_are_superseded() -> None:
    assert keys.superseded([]) == []
    assert keys.superseded([{"id": "b", "creation": 2}, {"id": "a", "creation": 1}, {"id": "c", "creation": 3}]) == [
        "a",
        "b",
    ]
