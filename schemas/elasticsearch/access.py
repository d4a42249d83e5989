"""The rights in Elasticsearch: the privileges of each role's API key. Declared here once.

Shown by ``wirecopy index keys``, made by ``wirecopy index keys --to DIR``. What writes articles cannot read them, what
reads cannot write, and neither can change or delete an index. A writing role may create the index of a new period from
its template and list indices; it may not read articles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.elasticsearch import INDEX_KINDS

KIBANA = "kibana-.kibana"
"""The application of a Kibana that has not been given another name: its privileges are those of its features."""
VERSION_ONLY = "cluster:monitor/main"
"""``GET /`` and nothing else: what a client needs to find that the server is of the right version."""


ALIASES = ("", "-write", "-previous")
"""Alias suffixes after the kind: the read, the write and the previous alias."""


@dataclass(frozen=True)
class IndexRight:
    """Privileges on some indices, named without the index prefix."""

    indices: tuple[str, ...]
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class IndexRole:
    """The privileges of one kind of process or person."""

    name: str
    purpose: str
    cluster: tuple[str, ...]
    rights: tuple[IndexRight, ...]
    in_kibana: tuple[str, ...] = ()
    """What may be done in a space of Kibana."""


INDEX_ROLES: tuple[IndexRole, ...] = (
    IndexRole(
        "indexing",
        "`wirecopy run indexing`",
        cluster=(VERSION_ONLY,),
        rights=(
            IndexRight(tuple(f"{kind}-v*" for kind in INDEX_KINDS), ("index", "delete", "view_index_metadata")),
            # Of an index only those aliases are told whose names one has rights on.
            IndexRight(tuple(f"{kind}{use}" for kind in INDEX_KINDS for use in ALIASES), ("view_index_metadata",)),
            # Of a feed two topics tell, of a dead letter its notes; what the one said is kept when the other speaks.
            IndexRight(("feeds-v*", "dead-letters-v*"), ("read",)),
            IndexRight(("articles-v*", "stories-v*"), ("create_index",)),
        ),
    ),
    IndexRole(
        "search",
        "`wirecopy search`, `story`, `diff`, `why`, and whatever else only reads",
        cluster=(VERSION_ONLY,),
        rights=(IndexRight(INDEX_KINDS, ("read",)),),
    ),
    IndexRole(
        "operator",
        "whoever makes indices and looks after them: `wirecopy index`",
        cluster=("manage_index_templates", "manage_ilm", "monitor", "cluster:admin/snapshot/*"),
        rights=(IndexRight(("*",), ("all",)),),
    ),
    IndexRole(
        "kibana",
        "`wirecopy kibana push`",
        cluster=(),
        # Kibana looks up the fields of a data view as whoever asks; nobody's article is read for that.
        rights=(IndexRight(INDEX_KINDS, ("view_index_metadata",)),),
        in_kibana=("feature_indexPatterns.all", "feature_discover_v2.all", "feature_dashboard_v2.all"),
    ),
)


def role_descriptor(role: IndexRole, prefix: str, space: str = "") -> Mapping[str, Any]:
    """Return the role descriptor for the body of ``POST /_security/api_key``, below a name of the role's own.

    ``space`` is Kibana's, as in ``kibana.space``: empty for the default one.
    """
    in_kibana = {
        "application": KIBANA,
        "privileges": list(role.in_kibana),
        "resources": [f"space:{space or 'default'}"],
    }
    return {
        "cluster": list(role.cluster),
        "indices": [
            {"names": [f"{prefix}-{name}" for name in right.indices], "privileges": list(right.privileges)}
            for right in role.rights
        ],
        **({"applications": [in_kibana]} if role.in_kibana else {}),
    }


def key_name(prefix: str, role: str) -> str:
    """Return the name under which the cluster knows the keys of a role."""
    return f"{prefix}-{role}"
