"""Feeds of every format and fault, each with what is to be read from it: ``feeds/NAME.expected.json``.

An expectation names the fields that the feed is there for; entries are compared in order, and none may be missing.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from producers.formats.parse import parse_feed
from schemas.public_records import Media

FEEDS = Path(__file__).parent / "feeds"
CASES = sorted(path for path in FEEDS.iterdir() if not path.name.endswith(".expected.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_feed_is_read_as_expected(path: Path) -> None:
    expected = json.loads((FEEDS / f"{path.stem}.expected.json").read_text("utf-8"))
    parsed = parse_feed(path.read_bytes(), "https://feeds.kaveriexpress.example/rss/top.xml")
    assert {key: _plain(getattr(parsed, key)) for key in expected["feed"]} == expected["feed"]
    entries = [asdict(entry) for entry in parsed.entries]
    assert len(entries) == len(expected["entries"])
    for entry, wanted in zip(entries, expected["entries"], strict=True):
        assert {key: _plain(entry[key]) for key in wanted} == wanted


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Media):
        return value.model_dump()
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
