"""Generate the contract for consumers from the records and topics: JSON Schemas and the AsyncAPI document.

``python -m schemas.generate`` writes them; a test holds what is committed against the code. Only public topics have a
schema: the others are ours alone and change without notice (``clean`` is packed, see ``schemas.clean``).

The schemas are open: a reader that refuses unknown fields would break on a field that is added.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas import dead_letters
from schemas.examples import EXAMPLES
from schemas.record import Record
from schemas.topics import DEAD_LETTERS, MAX_MESSAGE_BYTES, TOPICS, Topic

FOLDER = Path(__file__).parent / "json"
ASYNCAPI = Path(__file__).parent / "asyncapi.json"
DEFAULT_PREFIX = "wirecopy"
PUBLIC = tuple(topic for topic in TOPICS if topic.public)
_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_ABOUT = (
    "Finished articles, the stories that they are copies of, and the events that stories tell of. Delivery is at least "
    "once: a message may come again. Of two messages of one key the one with the higher `version` holds; equal "
    "versions are equal contents. There is no order across topics: an article can come before its story. Topics are "
    "compacted: who reads one from its beginning has the last message of every key. `events` is written in "
    "transactions: read it with isolation.level read_committed. Batches are compressed with lz4 unless "
    "kafka.compression says otherwise. A field may be added when it is optional; none is "
    'removed or given another meaning within v1. See docs/architecture.md, "Contract for consumers".'
)
_HEADERS = {
    "stage": "which stage could not process the message, or `producer`",
    "reason": "short stable code: `schema`, `unexpected`, …",
    "detail": f"for people, at most {dead_letters.MAX_HEADER} characters; may quote the message",
    "topic": "topic of the message, without prefix and version; of what a producer refused, its address",
    "attempt": "how often the message has failed, in digits",
    "time": "when, ISO 8601 in UTC",
}


def documents() -> dict[str, str]:
    """Return the content of each schema file, by name: one for each public topic."""
    return {f"{topic.name}.v1.json": _render(_schema(topic)) for topic in PUBLIC}


def _schema(topic: Topic) -> dict[str, Any]:
    record = _record(topic)
    return {"$schema": _JSON_SCHEMA, "title": record.__name__, **record.model_json_schema(mode="serialization")}


def asyncapi() -> str:
    """Render the contract as one AsyncAPI 3.0 document without external references."""
    return _render(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": "wirecopy",
                "version": "1.0.0",
                "description": _ABOUT,
                "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            },
            "defaultContentType": "application/json",
            "servers": _servers(),
            "channels": {topic.name: _channel(topic) for topic in PUBLIC} | {DEAD_LETTERS.name: _dead_letters()},
            "operations": {f"publish-{name}": _operation(name) for name in (*_names(), DEAD_LETTERS.name)},
            "components": {
                "messages": {_record(topic).__name__: _message(topic) for topic in PUBLIC}
                | {"DeadLetter": _dead_letter()},
                "schemas": _schemas(),
                "securitySchemes": {"login": {"type": "scramSha512", "description": "kafka.sasl_mechanism says which"}},
            },
        }
    )


def _names() -> list[str]:
    return [topic.name for topic in PUBLIC]


def _record(topic: Topic) -> type[Record]:
    assert topic.record is not None, topic.name
    return topic.record


def _servers() -> dict[str, Any]:
    return {
        "local": {
            "host": "127.0.0.1:29092",
            "protocol": "kafka",
            "description": "What `wirecopy up` starts: loopback only, without encryption and login",
        },
        "production": {
            "host": "{bootstrap}",
            "protocol": "kafka-secure",
            "description": "A deployment's brokers: TLS, and a login that may read the public topics",
            "variables": {
                "bootstrap": {
                    "description": "what kafka.bootstrap says",
                    "default": "kafka.example:9093",
                    "examples": ["kafka-1.example:9093"],
                }
            },
            "security": [{"$ref": "#/components/securitySchemes/login"}],
        },
    }


def _operation(name: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}


def _channel(topic: Topic) -> dict[str, Any]:
    name = _record(topic).__name__
    return {
        "address": topic.full_name(DEFAULT_PREFIX),
        "description": _plain(_record(topic).__doc__),
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topicConfiguration": _configuration(topic)}},
    }


def _dead_letters() -> dict[str, Any]:
    return {
        "address": DEAD_LETTERS.full_name(DEFAULT_PREFIX),
        "description": "What could not be processed, at any stage. For operators: what is in it follows no schema.",
        "messages": {"DeadLetter": {"$ref": "#/components/messages/DeadLetter"}},
        "bindings": {"kafka": {"topicConfiguration": _configuration(DEAD_LETTERS)}},
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    lifetime = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    retention = {} if topic.compacted else {"retention.ms": int(topic.config()["retention.ms"])}
    return {**lifetime, **retention, "max.message.bytes": MAX_MESSAGE_BYTES}


def _message(topic: Topic) -> dict[str, Any]:
    name = _record(topic).__name__
    return {
        "name": name,
        "description": "Carries no headers.",
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
        "examples": [
            {"name": _slug(summary), "summary": summary, "payload": json.loads(record.to_bytes())}
            for summary, record in EXAMPLES[topic.name].items()
        ],
    }


def _dead_letter() -> dict[str, Any]:
    shown = dead_letters.headers("indexing", "strict_dynamic_mapping_exception", "unknown field", "articles")
    fixed = {name: value.decode() for name, value in shown} | {dead_letters.PREFIX + "time": "2026-11-20T09:13:00.000Z"}
    return {
        "name": "DeadLetter",
        "description": "The key and the value are those of the message that failed, byte for byte.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": {
                dead_letters.PREFIX + name: {"type": "string", "description": text} for name, text in _HEADERS.items()
            },
            "required": [dead_letters.PREFIX + name for name in _HEADERS],
        },
        "payload": {"description": "any bytes"},
        "bindings": {"kafka": {"key": {"type": "string", "description": DEAD_LETTERS.key}}},
        "examples": [{"name": "refused-by-the-index", "summary": "Refused by the index", "headers": fixed}],
    }


def _schemas() -> dict[str, Any]:
    """Every record that a public message is or holds, under one name each."""
    wanted = [(_record(topic), "serialization") for topic in PUBLIC]
    _, found = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # its type names a literal
    schemas: dict[str, Any] = _as_draft_07(found["$defs"])
    return schemas


def _as_draft_07(schema: Any) -> Any:
    """AsyncAPI's own schemas are of draft 7, which writes the items of a pair another way."""
    if isinstance(schema, list):
        return [_as_draft_07(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {("items" if key == "prefixItems" else key): _as_draft_07(value) for key, value in schema.items()}


def _slug(summary: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in summary.lower()).split())


def _plain(text: str | None) -> str:
    """A docstring as running text."""
    return " ".join((text or "").replace("``", "`").split())


def _render(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write every schema and the AsyncAPI document, and remove schemas of topics that are gone."""
    ASYNCAPI.write_text(asyncapi(), encoding="utf-8")
    folder.mkdir(exist_ok=True)
    wanted = documents()
    for name, content in wanted.items():
        (folder / name).write_text(content, encoding="utf-8")
    for stale in set(folder.glob("*.json")) - {folder / name for name in wanted}:
        stale.unlink()


if __name__ == "__main__":
    write()
