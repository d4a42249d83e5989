"""An API key for each role: made, written to a file that only we can read, taken back when a newer one is in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch.access import INDEX_ROLES, IndexRole, key_name, role_descriptor
from wirecopy.local.secret_files import write_secret


@dataclass(frozen=True)
class MadeKey:
    """A key that is in force and lies in a file. The key itself is not told."""

    role: str
    id: str
    file: Path


def chosen(names: Sequence[str]) -> list[IndexRole]:
    """The roles of these names, or all; raises ``ValueError`` for a name that is none."""
    known = {role.name: role for role in INDEX_ROLES}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{', '.join(unknown)} is no role: there are {', '.join(known)}")
    return [known[name] for name in names or known]


def request(role: IndexRole, prefix: str, expires: str | None = None, space: str = "") -> dict[str, Any]:
    """The body of ``POST /_security/api_key``; ``space`` is that of Kibana."""
    body: dict[str, Any] = {
        "name": key_name(prefix, role.name),
        "role_descriptors": {role.name: role_descriptor(role, prefix, space)},
        "metadata": {"managed_by": "wirecopy", "role": role.name},
    }
    return body | ({"expiration": expires} if expires else {})


async def make(
    client: AsyncElasticsearch,
    prefix: str,
    roles: Sequence[IndexRole],
    folder: Path,
    expires: str | None = None,
    *,
    space: str = "",
) -> list[MadeKey]:
    """A new key for each role, in ``folder``/elasticsearch-ROLE.key; keys from before go on being valid.

    Raises ``ServerError`` where a file cannot be written, and the client's errors.
    """
    made = []
    for role in roles:
        answer = await client.security.create_api_key(**request(role, prefix, expires, space))
        path = folder / f"elasticsearch-{role.name}.key"
        write_secret(path, answer["encoded"])
        made.append(MadeKey(role.name, answer["id"], path))
    return made


async def retire(client: AsyncElasticsearch, prefix: str, roles: Sequence[IndexRole]) -> dict[str, int]:
    """Take back every key of these roles but the newest; how many that were, by role. Raises the client's errors."""
    gone = {}
    for role in roles:
        answer = await client.security.get_api_key(name=key_name(prefix, role.name), active_only=True)
        old = superseded(answer["api_keys"])
        if old:
            await client.security.invalidate_api_key(ids=old)
        gone[role.name] = len(old)
    return gone


def superseded(keys: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of all but the newest. Pure.

    >>> superseded([{"id": "b", "creation": 2}, {"id": "c", "creation": 3}, {"id": "a", "creation": 1}])
    ['a', 'b']
    """
    return [str(key["id"]) for key in sorted(keys, key=lambda key: (key["creation"], key["id"]))[:-1]]
