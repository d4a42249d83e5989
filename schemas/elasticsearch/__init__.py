"""The index templates, as Elasticsearch takes them, without what a deployment decides (prefix, shards, replicas)."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Literal

Template = Literal["articles", "stories", "events", "feeds", "dead-letters", "settings"]
IndexKind = Literal["articles", "stories", "events", "feeds", "dead-letters"]
INDEX_KINDS: tuple[IndexKind, ...] = ("articles", "stories", "events", "feeds", "dead-letters")


@cache
def _text(name: Template) -> str:
    return resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")


def load(name: Template) -> dict[str, Any]:
    """Return a fresh copy of the template of this name.

    ``settings`` is the component that the others are composed of.
    """
    content: dict[str, Any] = json.loads(_text(name))
    return content


def fields(name: IndexKind) -> dict[str, dict[str, Any]]:
    """List the fields that a document may have, by dotted path; sub-fields (``outlet.folded``) too."""
    found: dict[str, dict[str, Any]] = {}
    _collect(load(name)["template"]["mappings"]["properties"], "", found)
    return found


def _collect(properties: dict[str, Any], parent: str, found: dict[str, dict[str, Any]]) -> None:
    for key, mapping in properties.items():
        path = f"{parent}{key}"
        found[path] = mapping
        _collect(mapping.get("properties", {}), f"{path}.", found)
        _collect(mapping.get("fields", {}), f"{path}.", found)
