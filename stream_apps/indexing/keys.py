"""API keys of the roles: makes them, writes them to files that only we can read, and revokes superseded ones."""

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
    """A valid key in a file. The key itself is not printed."""

    role: str
    id: str
    file: Path


def chosen(names: Sequence[str]) -> list[IndexRole]:
    """Return the roles of these names, or all. Raises ``ValueError`` for an unknown name."""
    known = {role.name: role for role in INDEX_ROLES}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{', '.join(unknown)} is no role: there are {', '.join(known)}")
    return [known[name] for name in names or known]


def request(role: IndexRole, prefix: str, expires: str | None = None, space: str = "") -> dict[str, Any]:
    """Return the body of ``POST /_security/api_key``; ``space`` is Kibana's."""
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
    """Make a new key for each role in ``folder``/elasticsearch-ROLE.key; earlier keys stay valid.

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
    """Revoke all keys of these roles but the newest. Returns their number by role. Raises the client's errors."""
    gone = {}
    for role in roles:
        answer = await client.security.get_api_key(name=key_name(prefix, role.name), active_only=True)
        old = superseded(answer["api_keys"])
        if old:
            await client.security.invalidate_api_key(ids=old)
        gone[role.name] = len(old)
    return gone


def superseded(keys: Sequence[dict[str, Any]]) -> list[str]:
    """Return the ids of all keys but the newest. Pure.

    >>> superseded([{"id": "b", "creation": 2}, {"id": "c", "creation": 3}, {"id": "a", "creation": 1}])
    ['a', 'b']
    """
    return [str(key["id"]) for key in sorted(keys, key=lambda key: (key["creation"], key["id"]))[:-1]]
