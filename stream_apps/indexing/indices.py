"""The index templates and indices of a deployment: their wanted state, and how to reach it.

A *kind* of index (``articles``, ``stories``) has numbered generations of physical indices,
``<prefix>-articles-v1-000001``, behind two aliases: ``<prefix>-articles`` to read and ``<prefix>-articles-write``.
``v1`` is the version of the template. ``generations.names`` explains names and aliases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from schemas import elasticsearch as templates
from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing.client import describe
from stream_apps.indexing.generations import lifecycle_policy, names, periods, plans
from stream_apps.indexing.generations.names import SPLIT_KINDS, Generation, IndexName
from stream_apps.indexing.generations.periods import Period
from wirecopy.settings import ElasticsearchSettings

read_alias, write_alias = names.read_alias, names.write_alias

Action = Literal["created", "updated", "unchanged", "incompatible"]

CHANGEABLE: Final = frozenset({"ignore_above", "search_analyzer", "dynamic", "fields", "properties"})
"""Parameters of a field that Elasticsearch lets one change in a live index; the last two are looked into."""
OWN_REFRESH: Final = "1s"
"""Elasticsearch's own interval. Left unset, it spares the refreshes (some 50 ms of CPU each) of an index that nobody
has searched for 30 s; the next search then waits for one."""
ANSWERING: Final[frozenset[plans.Role]] = frozenset({"read", "write"})
"""What the generation is for that answers."""
PRIORITY: Final = 500
"""Above every template that a cluster brings along."""


@dataclass(frozen=True)
class IndexChange:
    """A change of one thing in the cluster that was made, or in a dry run would be."""

    kind: Literal["component_template", "index_template", "policy", "index", "aliases", "mapping", "settings"]
    name: str
    action: Action
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Difference:
    """The difference of a live mapping from the wanted one, by dotted path of the field."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    incompatible: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.incompatible)


# ---- names and definitions: pure ------------------------------------------------------------------------------


def index_stem(prefix: str, kind: IndexKind) -> str:
    """Return the name of physical indices of the template's present version, without their number."""
    return f"{prefix}-{kind}-v{templates.load(kind)['version']}"


def first_index(prefix: str, kind: IndexKind) -> str:
    return f"{index_stem(prefix, kind)}-000001"


def period_of(settings: ElasticsearchSettings, kind: IndexKind) -> Period:
    """Return the period by which a new generation of this kind is split."""
    return settings.period if kind in SPLIT_KINDS else "none"


def new_generation(settings: ElasticsearchSettings, kind: IndexKind, number: int, now: datetime) -> Generation:
    """Return a generation with its first index: that of the present period, where it is split."""
    version: int = templates.load(kind)["version"]
    period = periods.name_of(period_of(settings, kind), now)
    name = IndexName(settings.index_prefix, kind, version, number, period)
    return Generation(kind, version, number, name.stem, (str(name),))


def component_template(settings: ElasticsearchSettings) -> dict[str, Any]:
    """Return the component template that all indices share: analysis, and the deployment's numbers."""
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
        # A late write to a dropped index must not create it again.
        "allow_auto_create": False,
    }
    return _with_digest(body)


def generation_template(
    settings: ElasticsearchSettings, generation: Generation, roles: Collection[plans.Role], policy: str | None = None
) -> dict[str, Any]:
    """Return the template of a generation's future periods, with the aliases of the present ones.

    ``policy``: the lifecycle policy that will delete them.
    """
    body = index_template(settings, generation.kind)
    aliases: dict[str, dict[str, Any]] = {
        plans.alias_name(settings.index_prefix, generation.kind, role): {} for role in sorted(roles)
    }
    template = {**body["template"], "aliases": aliases, "settings": lifecycle_policy.index_setting(policy)}
    own = {"index_patterns": [generation.pattern], "priority": PRIORITY + 1, "template": template}
    return _with_digest(body | own)


def component_name(prefix: str) -> str:
    return f"{prefix}-settings"


def compare_mappings(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> Difference:
    """Return the changes to a live mapping. Fields that only the live one has stay, since documents may use them."""
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
    """Add the type of an object field, which Elasticsearch leaves out."""
    is_object = {field.get("type", "object"), present.get("type", "object")} == {"object"}
    return frozenset({"type"}) if is_object else frozenset()


def compare_settings(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return settings to put (None resets to the default), and the names of those that only a new index can have."""
    dynamic = ("refresh_interval", "number_of_replicas", "gc_deletes")
    to_put = {name: wanted.get(name) for name in dynamic if _plain(live.get(name)) != _plain(wanted.get(name))}
    fixed = [name for name in ("number_of_shards", "analysis") if _plain(live.get(name)) != _plain(wanted[name])]
    return to_put, fixed


def _plain(value: Any) -> Any:
    """Return settings as text, as Elasticsearch answers them."""
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
    """Bring templates, indices and aliases to this version's state; idempotent.

    With ``dry_run`` only reports. A change that a live index cannot take is reported as ``incompatible`` with its
    remedy, and not made. Raises the client's errors.
    """
    work = _Apply(client, settings, dry_run)
    changes = [await work.component(), *await work.policy()]
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

    async def policy(self) -> list[IndexChange]:
        """Set the lifecycle policy; nothing without retention, or where the cluster has no lifecycle management."""
        wanted = lifecycle_policy.policy(self._settings)
        stored = await lifecycle_policy.stored(self._client, self._settings) if wanted is not None else None
        if wanted is None or stored is None:
            return []
        action: Action = "unchanged" if stored.get("_meta") == wanted["_meta"] else "updated" if stored else "created"
        if action != "unchanged" and not self._dry_run:
            await lifecycle_policy.put(self._client, self._settings, wanted)
        return [IndexChange("policy", lifecycle_policy.name_of(self._settings), action)]

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
        every = names.generations(self._prefix, found)
        current = names.current(every)
        if current is None:
            return await self._create(kind)
        roles = ANSWERING
        changes = [await self._aliases(current, roles, every, found)]
        if not current.stem.startswith(f"{index_stem(self._prefix, kind)}-"):
            detail = f"the template is version {templates.load(kind)['version']}, this index of another"
            changes.append(IndexChange("index", current.stem, "incompatible", detail, _remedy(kind)))
        elif current.period != period_of(self._settings, kind):
            detail = f"elasticsearch.period is {self._settings.period}, of this index it is {current.period}"
            changes.append(IndexChange("index", current.stem, "incompatible", detail, _remedy(kind)))
        for generation in every:
            if generation.version == templates.load(kind)["version"] and (generation == current or generation.writes):
                changes += await self._generation(generation, roles if generation == current else None)
        return changes

    async def _generation(self, generation: Generation, roles: Collection[plans.Role] | None) -> list[IndexChange]:
        changes = []
        if generation.period != "none":
            changes.append(await self._generation_template(generation, roles or plans.roles_of(generation)))
        for index in generation.indices:
            changes += [await self._mapping(generation.kind, index), await self._index_settings(generation, index)]
        return changes

    async def _create(self, kind: IndexKind) -> list[IndexChange]:
        made = new_generation(self._settings, kind, 1, datetime.now(UTC))
        roles = ANSWERING
        changes = [] if made.period == "none" else [await self._generation_template(made, roles)]
        action: Action = "created"
        if not self._dry_run and not await make_index(self._client, self._settings, made, roles):
            action = "unchanged"  # another process ran the same command at the same time
        return [*changes, IndexChange("index", made.indices[0], action)]

    async def _generation_template(self, generation: Generation, roles: Collection[plans.Role]) -> IndexChange:
        policy = await lifecycle_policy.in_force(self._client, self._settings)
        body = generation_template(self._settings, generation, roles, policy)
        action = _template_action(await template_meta(self._client, generation.stem), body)
        if action != "unchanged" and not self._dry_run:
            await put_generation_template(self._client, self._settings, generation, roles)
        return IndexChange("index_template", generation.stem, action)

    async def _aliases(
        self, current: Generation, roles: frozenset[plans.Role], every: Sequence[Generation],
        found: Mapping[str, Collection[str]],
    ) -> IndexChange:  # fmt: skip
        """Give every index of a generation its aliases; the generation that answers, or should, is read and written."""
        read = read_alias(self._prefix, current.kind)
        steps = plans.set_aliases(self._prefix, current.kind, every, found, {current.stem: roles})
        if not steps:
            return IndexChange("aliases", read, "unchanged", current.stem)
        for step in steps:
            if isinstance(step, plans.SetAliases) and not self._dry_run:
                await self._client.indices.update_aliases(actions=[dict(action) for action in step.actions])
        return IndexChange("aliases", read, "updated", f"now point to {current.stem}")

    async def _mapping(self, kind: IndexKind, index: str) -> IndexChange:
        wanted = templates.load(kind)["template"]["mappings"]
        answer = await self._client.indices.get_mapping(index=index)
        difference = compare_mappings(answer[index]["mappings"], wanted)
        if difference.incompatible:
            detail = f"cannot change in a live index: {', '.join(difference.incompatible)}"
            return IndexChange("mapping", index, "incompatible", detail, _remedy(kind))
        if not difference.any:
            return IndexChange("mapping", index, "unchanged")
        detail = ", ".join((*(f"+{path}" for path in difference.added), *difference.changed))
        return await self._put_mapping(kind, index, wanted, detail)

    async def _put_mapping(self, kind: IndexKind, index: str, wanted: Mapping[str, Any], detail: str) -> IndexChange:
        if not self._dry_run:
            try:
                await self._client.indices.put_mapping(index=index, **wanted)
            except ApiError as error:
                if error.meta.status != 400:
                    raise
                return IndexChange("mapping", index, "incompatible", describe(error), _remedy(kind))
        return IndexChange("mapping", index, "updated", detail)

    async def _index_settings(self, generation: Generation, index: str) -> IndexChange:
        wanted = component_template(self._settings)["template"]["settings"]["index"]
        answer = await self._client.indices.get_settings(index=index)
        live = answer[index]["settings"]["index"]
        to_put, fixed = compare_settings(live, wanted)
        policy = await lifecycle_policy.in_force(self._client, self._settings) if generation.period != "none" else None
        if policy != (tied := live.get("lifecycle", {}).get("name")) and tied in (None, f"{self._prefix}-retention"):
            to_put["lifecycle.name"] = policy
        if to_put and not self._dry_run:
            await self._client.indices.put_settings(index=index, settings=to_put)
        if fixed:
            return IndexChange(
                "settings", index, "incompatible", f"fixed at creation: {', '.join(fixed)}", _remedy(generation.kind)
            )
        return IndexChange("settings", index, "updated" if to_put else "unchanged", ", ".join(to_put))

    async def _is_index(self, name: str) -> bool:
        """Return whether the name is an index's own, as when a writer created one before its alias existed."""
        try:
            return name in await self._client.indices.get(index=name)
        except NotFoundError:
            return False


async def component_meta(client: AsyncElasticsearch, name: str) -> dict[str, Any] | None:
    """Return ``_meta`` of a component template; None where there is no such template."""
    try:
        answer = await client.cluster.get_component_template(name=name)
    except NotFoundError:
        return None
    return dict(answer["component_templates"][0]["component_template"].get("_meta", {}))


async def template_meta(client: AsyncElasticsearch, name: str) -> dict[str, Any] | None:
    """Return ``_meta`` of an index template; None where there is no such template."""
    try:
        answer = await client.indices.get_index_template(name=name)
    except NotFoundError:
        return None
    return dict(answer["index_templates"][0]["index_template"].get("_meta", {}))


async def physical_indices(
    client: AsyncElasticsearch, prefix: str, kind: IndexKind
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return the indices of a kind, of any template version, with their aliases, sorted by name."""
    answer = await client.indices.get_alias(index=names.pattern(prefix, kind), allow_no_indices=True)
    return {name: answer[name]["aliases"] for name in sorted(answer) if names.parse(prefix, name) is not None}


async def put_generation_template(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, generation: Generation, roles: Collection[plans.Role]
) -> None:
    """Put the template of a generation's further periods. Raises the client's errors."""
    body = generation_template(settings, generation, roles, await lifecycle_policy.in_force(client, settings))
    await client.indices.put_index_template(name=generation.stem, **_arguments(body))


async def make_index(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, generation: Generation, roles: Collection[plans.Role]
) -> bool:
    """Make the first index of a generation, with its aliases; False where it exists. Raises the client's errors."""
    aliases: dict[str, dict[str, Any]] = {
        plans.alias_name(settings.index_prefix, generation.kind, role): {} for role in roles
    }
    try:
        await client.indices.create(index=generation.indices[0], aliases=aliases)
    except ApiError as error:
        if describe(error).split(":", 1)[0] != "resource_already_exists_exception":
            raise
        return False
    return True


def _template_action(meta: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Action:
    if meta is None:
        return "created"
    return "unchanged" if meta.get("digest") == wanted["_meta"]["digest"] else "updated"


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    return {("meta" if key == "_meta" else key): value for key, value in body.items()}


def _remove(alias: str) -> str:
    return f"stop `wirecopy run indexing`, delete the index {alias} and apply again: its content is in the topics"


def _remedy(kind: IndexKind) -> str:
    return f"`wirecopy index rebuild {kind}` makes it anew while this one answers, then `wirecopy index swap {kind}`"
