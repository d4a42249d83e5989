"""The wire day on disk: the feeds as they stand at its end, the articles, and the truth."""

from __future__ import annotations

from pathlib import Path

import orjson

from wirecopy.wireday.day import WireDay
from wirecopy.wireday.feeds import Entry, feed_list, feed_xml, opml
from wirecopy.wireday.items import Item, article, truth


def write_day(day: WireDay, folder: Path) -> int:
    """Write ``articles.jsonl``, ``truth.jsonl``, ``feeds/*.xml``, ``feeds.yml`` and ``feeds.opml``; count articles.

    The two ``.jsonl`` files hold any scale, line by line; a feed file holds the entries of the first turn, so that
    it stays the size of a feed. Raises ``OSError`` where the folder cannot be written.
    """
    (folder / "feeds").mkdir(parents=True, exist_ok=True)
    written = 0
    with (folder / "articles.jsonl").open("wb") as articles, (folder / "truth.jsonl").open("wb") as truths:
        for item in day.items():
            articles.write(orjson.dumps(article(item)) + b"\n")
            truths.write(orjson.dumps(truth(item)) + b"\n")
            written += 1
    _write_feeds(day, folder)
    return written


def _write_feeds(day: WireDay, folder: Path) -> None:
    items = list(day.first_turn())
    for outlet in day.outlets:
        entries = sorted(map(_last, (item for item in items if item.outlet.id == outlet.id)), key=_newest_first)
        (folder / "feeds" / f"{outlet.id}.xml").write_bytes(feed_xml(outlet, entries))
    base = "http://127.0.0.1"
    (folder / "feeds.yml").write_text(feed_list(day.outlets, base, 300), encoding="utf-8")
    (folder / "feeds.opml").write_text(opml(day.outlets, base), encoding="utf-8")


def _last(item: Item) -> Entry:
    return item, item.versions[-1]


def _newest_first(entry: Entry) -> tuple[float, str]:
    return -entry[1].at.timestamp(), entry[0].id
