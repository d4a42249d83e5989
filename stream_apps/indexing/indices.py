"""The index templates and indices of a deployment: what should be there, and how to get there.

A *kind* of index (``articles``, ``stories``) has numbered physical indices, ``<prefix>-articles-v1-000001``, behind
two aliases: ``<prefix>-articles`` to read and ``<prefix>-articles-write``. ``v1`` is the version of the template.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from schemas import elasticsearch as templates
from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing.client import describe
from wirecopy.settings import ElasticsearchSettings

Action = Literal["created", "updated", "unchanged", "incompatible"]

CHANGEABLE: Final = frozenset({"ignore_above", "search_analyzer", "dynamic", "fields", "properties"})
"""Parameters of a field that Elasticsearch lets one change in a live index; the last two are looked into."""
OWN_REFRESH: Final = "1s"
"""Elasticsearch's own interval. Left unset, it spares the refreshes (some 50 ms of CPU each) of an index that nobody
has searched for 30 s; the next search then waits for one."""
PRIORITY: Final = 500
"""Above every template that a cluster brings along."""


@dataclass(frozen=True)
class IndexChange:
    """What was, or with a dry run would be, done about one thing in the cluster."""

    kind: Literal["component_template", "index_template", "index", "aliases", "mapping", "settings"]
    name: str
    action: Action
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Difference:
    """How a live mapping differs from the wanted one, by dotted path of the field."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    incompatible: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.incompatible)


# ---- names and definitions: pure ------------------------------------------------------------------------------


def read_alias(prefix: str, kind: str) -> str:
    return f"{prefix}-{kind}"


def write_alias(prefix: str, kind: str) -> str:
    return f"{prefix}-{kind}-write"


def index_stem(prefix: str, kind: IndexKind) -> str:
    """The name of the physical indices of the template's present version, without their number."""
    return f"{prefix}-{kind}-v{templates.load(kind)['version']}"


def first_index(prefix: str, kind: IndexKind) -> str:
    return f"{index_stem(prefix, kind)}-000001"


def component_template(settings: ElasticsearchSettings) -> dict[str, Any]:
    """What the indices share: analysis, and the numbers that the deployment sets."""
    body = templates.load("settings")
    body["template"]["settings"]["index"] |= {
        "number_of_shards": settings.shards,
        "number_of_replicas": settings.replicas,
    }
    if settings.refresh_interval != OWN_REFRESH:
        body["template"]["settings"]["index"]["refresh_interval"] = settings.refresh_interval
    return _with_digest(body)


def index_template(settings: ElasticsearchSettings, kind: IndexKind) -> dict[str, Any]:
    body = templates.load(kind)
    prefix = settings.index_prefix
    body |= {
        "index_patterns": [f"{index_stem(prefix, kind)}-*"],
        "composed_of": [component_name(prefix)],
        "priority": PRIORITY,
    }
    return _with_digest(body)


def component_name(prefix: str) -> str:
    return f"{prefix}-settings"


def compare_mappings(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> Difference:
    """What has to change in a live mapping. A field that only the live one has is let be: it can hold documents."""
    found = list(_compare_properties(live.get("properties", {}), wanted["properties"], ""))
    return Difference(
        added=tuple(path for kind, path in found if kind == "added"),
        changed=tuple(path for kind, path in found if kind == "changed"),
        incompatible=tuple(path for kind, path in found if kind == "incompatible"),
    )


def _compare_properties(live: Mapping[str, Any], wanted: Mapping[str, Any], parent: str) -> Iterator[tuple[str, str]]:
    for key, field in wanted.items():
        path = f"{parent}{key}"
        if key not in live:
            yield "added", path
            continue
        present = live[key]
        differing = {name for name in {*field, *present} if _plain(present.get(name)) != _plain(field.get(name))}
        if differing - CHANGEABLE - _implied(field, present):
            yield "incompatible", path
        elif differing - {"fields", "properties", "type"}:
            yield "changed", path
        for group in ("properties", "fields"):
            yield from _compare_properties(present.get(group, {}), field.get(group, {}), f"{path}.")


def _implied(field: Mapping[str, Any], present: Mapping[str, Any]) -> frozenset[str]:
    """Elasticsearch leaves out the type of an object field."""
    is_object = {field.get("type", "object"), present.get("type", "object")} == {"object"}
    return frozenset({"type"}) if is_object else frozenset()


def compare_settings(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Settings of an index to put (none: back to the default), and names of those that only a new index can have."""
    dynamic = ("refresh_interval", "number_of_replicas", "gc_deletes")
    to_put = {name: wanted.get(name) for name in dynamic if _plain(live.get(name)) != _plain(wanted.get(name))}
    fixed = [name for name in ("number_of_shards", "analysis") if _plain(live.get(name)) != _plain(wanted[name])]
    return to_put, fixed


def _plain(value: Any) -> Any:
    """Elasticsearch answers every setting as text."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value).lower() if isinstance(value, (bool, int, float)) else value


def _with_digest(body: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
    return {**body, "_meta": {**body.get("_meta", {}), "managed_by": "wirecopy", "digest": digest}}


# ---- the cluster ----------------------------------------------------------------------------------------------


async def apply(
    client: AsyncElasticsearch,
    settings: ElasticsearchSettings,
    *,
    dry_run: bool = False,
    kinds: Sequence[IndexKind] = INDEX_KINDS,
) -> list[IndexChange]:
    """Bring templates, indices and aliases to what this version wants; doing it again changes nothing.

    With ``dry_run`` only tells. What cannot be done to a live index is told as ``incompatible`` with its remedy, and
    left as it is. Raises the client's errors.
    """
    work = _Apply(client, settings, dry_run)
    changes = [await work.component()]
    for kind in kinds:
        changes.append(await work.template(kind))
        changes += await work.index(kind)
    return changes


class _Apply:
    """One run of ``apply``."""

    def __init__(self, client: AsyncElasticsearch, settings: ElasticsearchSettings, dry_run: bool) -> None:
        self._client = client
        self._settings = settings
        self._prefix = settings.index_prefix
        self._dry_run = dry_run

    async def component(self) -> IndexChange:
        name, body = component_name(self._prefix), component_template(self._settings)
        action = _template_action(await component_meta(self._client, name), body)
        if action != "unchanged" and not self._dry_run:
            await self._client.cluster.put_component_template(name=name, **_arguments(body))
        return IndexChange("component_template", name, action)

    async def template(self, kind: IndexKind) -> IndexChange:
        name, body = read_alias(self._prefix, kind), index_template(self._settings, kind)
        action = _template_action(await template_meta(self._client, name), body)
        if action != "unchanged" and not self._dry_run:
            await self._client.indices.put_index_template(name=name, **_arguments(body))
        return IndexChange("index_template", name, action)

    async def index(self, kind: IndexKind) -> list[IndexChange]:
        alias = read_alias(self._prefix, kind)
        if await self._is_index(alias) or await self._is_index(write_alias(self._prefix, kind)):
            return [IndexChange("aliases", alias, "incompatible", "an index has the name of the alias", _remove(alias))]
        found = await physical_indices(self._client, self._prefix, kind)
        if not found:
            return [await self._create(kind)]
        current = _current(found, self._prefix, kind)
        changes = [await self._aliases(kind, current, found[current])]
        if not current.startswith(f"{index_stem(self._prefix, kind)}-"):
            detail = f"the template is version {templates.load(kind)['version']}, this index of another"
            return [*changes, IndexChange("index", current, "incompatible", detail, _remedy(current))]
        return [*changes, await self._mapping(kind, current), await self._index_settings(current)]

    async def _create(self, kind: IndexKind) -> IndexChange:
        name = first_index(self._prefix, kind)
        aliases = {read_alias(self._prefix, kind): {}, write_alias(self._prefix, kind): {"is_write_index": True}}
        if not self._dry_run:
            try:
                await self._client.indices.create(index=name, aliases=aliases)
            except ApiError as error:
                # Another process ran the same command at the same time.
                if describe(error).split(":", 1)[0] != "resource_already_exists_exception":
                    raise
                return IndexChange("index", name, "unchanged")
        return IndexChange("index", name, "created")

    async def _aliases(self, kind: IndexKind, current: str, present: Mapping[str, Any]) -> IndexChange:
        read, write = read_alias(self._prefix, kind), write_alias(self._prefix, kind)
        if read in present and write in present:
            return IndexChange("aliases", read, "unchanged", current)
        if not self._dry_run:
            actions: list[dict[str, Any]] = [
                {"add": {"index": current, "alias": read}},
                {"add": {"index": current, "alias": write, "is_write_index": True}},
            ]
            await self._client.indices.update_aliases(actions=actions)
        return IndexChange("aliases", read, "updated", f"now point to {current}")

    async def _mapping(self, kind: IndexKind, index: str) -> IndexChange:
        wanted = templates.load(kind)["template"]["mappings"]
        answer = await self._client.indices.get_mapping(index=index)
        difference = compare_mappings(answer[index]["mappings"], wanted)
        if difference.incompatible:
            detail = f"cannot change in a live index: {', '.join(difference.incompatible)}"
            return IndexChange("mapping", index, "incompatible", detail, _remedy(index))
        if not difference.any:
            return IndexChange("mapping", index, "unchanged")
        detail = ", ".join((*(f"+{path}" for path in difference.added), *difference.changed))
        return await self._put_mapping(index, wanted, detail)

    async def _put_mapping(self, index: str, wanted: Mapping[str, Any], detail: str) -> IndexChange:
        if not self._dry_run:
            try:
                await self._client.indices.put_mapping(index=index, **wanted)
            except ApiError as error:
                if error.meta.status != 400:
                    raise
                return IndexChange("mapping", index, "incompatible", describe(error), _remedy(index))
        return IndexChange("mapping", index, "updated", detail)

    async def _index_settings(self, index: str) -> IndexChange:
        wanted = component_template(self._settings)["template"]["settings"]["index"]
        answer = await self._client.indices.get_settings(index=index)
        to_put, fixed = compare_settings(answer[index]["settings"]["index"], wanted)
        if to_put and not self._dry_run:
            await self._client.indices.put_settings(index=index, settings=to_put)
        if fixed:
            return IndexChange(
                "settings", index, "incompatible", f"fixed at creation: {', '.join(fixed)}", _remedy(index)
            )
        return IndexChange("settings", index, "updated" if to_put else "unchanged", ", ".join(to_put))

    async def _is_index(self, name: str) -> bool:
        """Whether the name is an index's own, as when a writer created one before its alias was there."""
        try:
            return name in await self._client.indices.get(index=name)
        except NotFoundError:
            return False


async def component_meta(client: AsyncElasticsearch, name: str) -> dict[str, Any] | None:
    """``_meta`` of a component template, none where there is no such template."""
    try:
        answer = await client.cluster.get_component_template(name=name)
    except NotFoundError:
        return None
    return dict(answer["component_templates"][0]["component_template"].get("_meta", {}))


async def template_meta(client: AsyncElasticsearch, name: str) -> dict[str, Any] | None:
    """``_meta`` of an index template, none where there is no such template."""
    try:
        answer = await client.indices.get_index_template(name=name)
    except NotFoundError:
        return None
    return dict(answer["index_templates"][0]["index_template"].get("_meta", {}))


async def physical_indices(
    client: AsyncElasticsearch, prefix: str, kind: IndexKind
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The indices of a kind, of any template version, each with its aliases, sorted by name."""
    answer = await client.indices.get_alias(index=f"{read_alias(prefix, kind)}-v*", allow_no_indices=True)
    ours = re.compile(re.escape(read_alias(prefix, kind)) + r"-v\d+-\d{6}")
    return {name: answer[name]["aliases"] for name in sorted(answer) if ours.fullmatch(name)}


def _current(found: Mapping[str, Mapping[str, Any]], prefix: str, kind: IndexKind) -> str:
    """The index that is written to, else the latest."""
    alias = write_alias(prefix, kind)
    return next((name for name, aliases in found.items() if alias in aliases), max(found))


def _template_action(meta: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Action:
    if meta is None:
        return "created"
    return "unchanged" if meta.get("digest") == wanted["_meta"]["digest"] else "updated"


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    return {("meta" if key == "_meta" else key): value for key, value in body.items()}


def _remove(alias: str) -> str:
    return f"stop `wirecopy run indexing`, delete the index {alias} and apply again: its content is in the topics"


def _remedy(index: str) -> str:
    return (
        f"stop `wirecopy run indexing`, delete {index}, run `wirecopy index apply`, and start indexing again with its "
        "consumer group reset to the earliest offset: its topics hold every document (dead letters those of 90 days)"
    )
