"""Write what the chart reads of the code: topics, who takes which, and rights. ``python deploy/helm/generate.py``.

Names stand in them without the topic prefix, which is a value of the chart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from schemas.access import rules
from schemas.topics import TAKEN, TOPICS

FILES = Path(__file__).parent / "wirecopy" / "files"


def contents() -> dict[str, str]:
    """What belongs into each of the files."""
    topics = [{"name": t.name, "partitioning": t.partitioning, "config": t.config()} for t in TOPICS]
    users = [
        {
            "role": role,
            "rules": [
                {
                    "resource": rule.resource,
                    "name": rule.name,
                    "pattern": rule.pattern,
                    "operations": list(rule.operations),
                }
                for rule in group
            ],
        }
        for role, group in groupby(rules(""), key=lambda rule: rule.role)
    ]
    taken = {app: [topic.name for topic in found] for app, found in TAKEN.items()}
    return {"topics.json": lines(topics), "access.json": lines(users), "taken.json": json.dumps(taken) + "\n"}


def lines(records: Sequence[Mapping[str, object]]) -> str:
    """A JSON array with a record a line, so that a change shows as what it is."""
    return "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n"


if __name__ == "__main__":
    for name, content in contents().items():
        (FILES / name).write_text(content, encoding="utf-8")
