"""JSON Schemas from the records: ``python -m schemas.generate`` writes them, a test holds them against the code."""

from __future__ import annotations

import json
from pathlib import Path

from schemas.topics import TOPICS

FOLDER = Path(__file__).parent / "json"


def documents() -> dict[str, str]:
    """File name to content: one schema a topic that carries records."""
    return {f"{topic.name}.v1.json": _render(topic.name) for topic in TOPICS if topic.record is not None}


def write(folder: Path = FOLDER) -> None:
    """Write every schema, and remove those of topics that are gone."""
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
