"""The expected results of gofeed's test suite (github.com/mmcdan/gofeed), brought to ``common.Feed``.

Its folders hold three shapes: ``parser/atom`` and ``parser/rss`` as those formats have them, everything else as
gofeed's own feed. A JSON feed's expectation is named ``…_expected.json``; it is read where it is a gofeed feed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conformance.common import Entry, Feed, texts

Shape = Mapping[str, Any]


def cases(folder: Path) -> Iterator[tuple[Path, Feed | None]]:
    """Each feed of the suite, and what is expected of it, if anything is."""
    for path in sorted(folder.rglob("*.xml")):
        yield path, _expected(path, path.with_suffix(".json"))
    for path in sorted(folder.rglob("*.json")):
        if not path.stem.endswith("_expected") and not path.with_suffix(".xml").exists():
            yield path, _expected(path, path.with_name(f"{path.stem}_expected.json"))


def _expected(path: Path, expectation: Path) -> Feed | None:
    try:
        found = json.loads(expectation.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    kind = path.parent.name if path.parent.parent.name == "parser" else "universal"
    read = {"atom": _atom, "rss": _rss, "json": _json}.get(kind, _universal)
    return read(found)


def _list(holder: Shape, key: str) -> Sequence[Any]:
    found = holder.get(key)
    return found if isinstance(found, list) else []


def _atom(found: Shape) -> Feed:
    entries = [
        Entry(
            guid=entry.get("id", ""),
            link=_alternate(entry),
            title=entry.get("title", ""),
            published=entry.get("publishedParsed", ""),
            updated=entry.get("updatedParsed", ""),
            authors=_people(entry) or _people(entry.get("source") or {}) or _people(found),
            categories=tuple(tag.get("label") or tag.get("term", "") for tag in _list(entry, "categories")),
            texts=texts(entry.get("summary"), (entry.get("content") or {}).get("value")),
            media=(
                *(link["href"] for link in _list(entry, "links") if link.get("rel") == "enclosure"),
                *texts((entry.get("content") or {}).get("src")),
            ),
        )
        for entry in _list(found, "entries")
    ]
    return Feed(found.get("title", ""), _alternate(found), found.get("language", ""), (), tuple(entries))


def _alternate(holder: Shape) -> str:
    links = [link for link in _list(holder, "links") if link.get("rel", "alternate") == "alternate"]
    return next((link["href"] for link in links if link.get("href")), "")


def _people(holder: Shape) -> tuple[str, ...]:
    people = _list(holder, "authors") or [holder.get("author") or {}]
    names = (person.get("name") or person.get("email") or "" for person in people if isinstance(person, dict))
    return tuple(name for name in names if name)


def _rss(found: Shape) -> Feed:
    entries = [
        Entry(
            guid=(item.get("guid") or {}).get("value", ""),
            link=item.get("link", ""),
            title=item.get("title", ""),
            published=item.get("pubDateParsed", ""),
            authors=texts(
                item.get("author"), *_extension(item, "dcExt", "creator"), *_extension(item, "itunesExt", "author")
            ),
            categories=(
                *(tag.get("value", "") for tag in _list(item, "categories")),
                *_extension(item, "dcExt", "subject"),
            ),
            texts=texts(item.get("description"), item.get("content")),
            media=tuple(medium["url"] for medium in _list(item, "enclosures") if medium.get("url")),
        )
        for item in _list(found, "items")
    ]
    hints = [f"ttl {float(found['ttl']) * 60:g}"] if found.get("ttl") else []
    hints += [f"hour {int(hour)}" for hour in _list(found, "skipHours")]
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    hints += [f"day {days.index(day)}" for day in sorted(_list(found, "skipDays"), key=days.index)]
    language = found.get("language", "")
    return Feed(found.get("title", ""), found.get("link", ""), language, tuple(hints), tuple(entries))


def _extension(item: Shape, name: str, field: str) -> Sequence[str]:
    values = (item.get(name) or {}).get(field) or ()
    return (values,) if isinstance(values, str) else values


def _json(found: Shape) -> Feed:
    """As JSON Feed itself has it."""
    entries = [
        Entry(
            guid=item.get("id", ""),
            link=item.get("url") or item.get("external_url", ""),
            title=item.get("title", ""),
            published=item.get("date_published", ""),
            updated=item.get("date_modified", ""),
            authors=_people(item) or _people(found),
            categories=tuple(_list(item, "tags")),
            texts=texts(item.get("summary"), item.get("content_html") or item.get("content_text")),
            media=texts(
                item.get("image"), item.get("banner_image"), *(each.get("url") for each in _list(item, "attachments"))
            ),
        )
        for item in _list(found, "items")
    ]
    return Feed(found.get("title", ""), found.get("home_page_url", ""), found.get("language", ""), (), tuple(entries))


def _universal(found: Shape) -> Feed:
    entries = [
        Entry(
            guid=item.get("guid", ""),
            link=item.get("link", ""),
            title=item.get("title", ""),
            published=item.get("publishedParsed", ""),
            updated=item.get("updatedParsed", ""),
            authors=_people(item),
            categories=tuple(_list(item, "categories")),
            texts=texts(item.get("description"), item.get("content")),
            media=tuple(medium["url"] for medium in _list(item, "enclosures") if medium.get("url")),
        )
        for item in _list(found, "items")
    ]
    return Feed(found.get("title", ""), found.get("link", ""), found.get("language", ""), (), tuple(entries))
