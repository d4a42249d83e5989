"""Who may do what in Elasticsearch: what the API key of each role carries. Declared here once.

Shown by ``wirecopy index keys --show``, made by ``wirecopy index keys``. A stage that writes cannot read, what reads
cannot write, and neither can make, change or delete an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.elasticsearch import INDEX_KINDS

VERSION_ONLY = "cluster:monitor/main"
"""``GET /`` and nothing else: what a client needs to find that the server is of the right version."""


@dataclass(frozen=True)
class IndexRole:
    """What one kind of process or person does with the indices. Names without the index prefix."""

    name: str
    purpose: str
    cluster: tuple[str, ...]
    indices: tuple[str, ...]
    privileges: tuple[str, ...]


INDEX_ROLES: tuple[IndexRole, ...] = (
    IndexRole(
        "indexing",
        "`wirecopy run indexing`",
        cluster=(VERSION_ONLY,),
        indices=tuple(f"{kind}-write" for kind in INDEX_KINDS),
        privileges=("index", "delete"),
    ),
    IndexRole(
        "search",
        "`wirecopy search`, `story`, `diff`, `why`, and whatever else only reads",
        cluster=(VERSION_ONLY,),
        indices=INDEX_KINDS,
        privileges=("read",),
    ),
    IndexRole(
        "operator",
        "whoever makes indices and looks after them: `wirecopy index apply`, `wirecopy index status`",
        cluster=("manage_index_templates", "monitor"),
        indices=("*",),
        privileges=("all",),
    ),
)


def role_descriptor(role: IndexRole, prefix: str) -> Mapping[str, Any]:
    """As Elasticsearch takes it in the body of ``POST /_security/api_key``, below a name of the role's own."""
    return {
        "cluster": list(role.cluster),
        "indices": [
            {"names": [f"{prefix}-{name}" for name in role.indices], "privileges": list(role.privileges)},
        ],
    }


def key_name(prefix: str, role: str) -> str:
    """Under which the keys of a role are known to the cluster."""
    return f"{prefix}-{role}"
