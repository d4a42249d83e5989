"""What is generated from the records and topics: JSON Schemas, and the AsyncAPI document of the public topics.

``python -m schemas.generate`` writes them; a test holds what is committed against the code.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from schemas.topics import TOPICS, Topic

FOLDER = Path(__file__).parent / "json"
ASYNCAPI = Path(__file__).parent / "asyncapi.json"
DEFAULT_PREFIX = "wirecopy"


def documents() -> dict[str, str]:
    """File name to content: one schema a topic that carries records."""
    return {f"{topic.name}.v1.json": _render(topic.name) for topic in TOPICS if topic.record is not None}


def asyncapi() -> str:
    """The contract for consumers (AsyncAPI 3.0): the public topics, what keys them and what their messages are."""
    public = [topic for topic in TOPICS if topic.public]
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "wirecopy",
            "version": "v1",
            "description": "Finished articles and stories. Delivery is at least once: a message may come again with "
            "the same key and content. Of two messages of one key, the higher `version` holds; among equals, the later "
            "one. A field may be added when it is optional; none is removed or given another meaning within v1.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in public},
        "operations": {
            f"publish-{topic.name}": {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in public
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _channel(topic: Topic) -> dict[str, Any]:
    assert topic.record is not None
    return {
        "address": topic.full_name(DEFAULT_PREFIX),
        "description": inspect.cleandoc(topic.record.__doc__ or ""),
        "messages": {
            topic.record.__name__: {
                "payload": {
                    "schemaFormat": "application/schema+json;version=draft-2020-12",
                    "schema": {"$ref": f"./json/{topic.name}.v1.json"},
                },
                "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
            }
        },
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": ["compact"]}}},
    }


def write(folder: Path = FOLDER) -> None:
    """Write every schema, and remove those of topics that are gone."""
    ASYNCAPI.write_text(asyncapi(), encoding="utf-8")
    folder.mkdir(exist_ok=True)
    wanted = documents()
    for name, content in wanted.items():
        (folder / name).write_text(content, encoding="utf-8")
    for stale in set(folder.glob("*.json")) - {folder / name for name in wanted}:
        stale.unlink()


def _render(name: str) -> str:
    topic = next(topic for topic in TOPICS if topic.name == name)
    assert topic.record is not None
    schema = topic.record.model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": topic.record.__name__, **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write()
