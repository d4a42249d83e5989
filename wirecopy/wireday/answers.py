"""What each address of the wire day's server answers at a moment."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from html import escape
from http import HTTPStatus

import orjson

from wirecopy.wireday.channels import WINDOW, Channel
from wirecopy.wireday.day import WireDay
from wirecopy.wireday.feeds import Entry, entry_xml, feed_list, feed_xml, opml
from wirecopy.wireday.items import Item, truth
from wirecopy.wireday.outlets import Outlet

POLL = 300.0
"""Seconds between polls in real life; under compression they come closer, but not closer than ``SHORTEST_POLL``."""

SHORTEST_POLL = 2.0
"""Seconds. Each poll of a feed that changed has all its entries parsed again, which is what costs a reader."""

HELD_POLLS = 10
"""Polls for which an entry stays in its feed at least, however many entries follow it."""


@dataclass(frozen=True)
class Answer:
    """A response before it is written; ``changed`` is in unix seconds, none where it may change again within them."""

    body: bytes
    kind: str
    status: HTTPStatus = HTTPStatus.OK
    changed: int | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'


@dataclass(frozen=True)
class Release:
    """A day being released: what each address answers at a moment.

    ``started`` is the moment, in unix seconds, at which the simulated day began. ``at_once`` releases all of it then,
    each entry in its last version, and every feed holds all that its outlet printed.
    """

    day: WireDay
    channels: Mapping[str, Channel]
    started: float
    base: str
    at_once: bool = False
    clock: Callable[[], float] = time.time
    _rendered: Callable[[Entry], str] = field(default_factory=lambda: lru_cache(maxsize=20_000)(entry_xml), repr=False)

    @cached_property
    def duration(self) -> float:
        """Seconds from the start to the last release."""
        last = (channel.offsets[-1] for channel in self.channels.values() if channel.offsets)
        return 0.0 if self.at_once else max(last, default=0.0)

    @property
    def elapsed(self) -> float:
        return math.inf if self.at_once else max(0.0, self.clock() - self.started)

    @property
    def interval(self) -> float:
        """Seconds between polls that the feed list asks for."""
        return round(max(SHORTEST_POLL, POLL / self.day.compress), 1)

    @property
    def hold(self) -> float:
        """Seconds that an entry stays in its feed at least: a reader who polls within them loses nothing."""
        return HELD_POLLS * self.interval

    def answer(self, path: str) -> Answer:
        """The response to a GET of a path; 404 where there is nothing."""
        pages: dict[str, Callable[[], Answer]] = {
            "/": self._index,
            "/feeds.yml": lambda: self._text(feed_list(self.day.outlets, self.base, self.interval), "application/yaml"),
            "/feeds.opml": lambda: self._text(opml(self.day.outlets, self.base), "text/x-opml"),
            "/truth.json": self._truth,
            "/now": self._now,
        }
        if path in pages:
            return pages[path]()
        channel = self.channels.get(path.removeprefix("/").removesuffix("/feed.xml"))
        if channel is not None and path.endswith("/feed.xml"):
            return self._feed(channel)
        return Answer(b"nothing here; see /\n", "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)

    def _feed(self, channel: Channel) -> Answer:
        out = self._out(channel)
        body = feed_xml(channel.outlet, channel.visible(out), self._rendered)
        kind = "application/atom+xml" if channel.outlet.feed.format == "atom" else "application/rss+xml"
        changed = int(self.started + (channel.offsets[out[-1]] if out and not self.at_once else 0))
        # A date has whole seconds: while this one lasts, another entry may come that it could not tell apart.
        settled = self.clock() >= changed + 1
        return Answer(body, f"{kind}; charset=utf-8", changed=changed if settled else None)

    def _out(self, channel: Channel) -> range:
        return range(len(channel.entries)) if self.at_once else channel.out(self.elapsed, self.hold)

    def _truth(self) -> Answer:
        return Answer(self._truth_body, "application/json")

    @cached_property
    def _truth_body(self) -> bytes:
        items = {item.id: item for channel in self.channels.values() for item, _ in channel.entries}
        articles = [truth(item) | {"released": self._released(item)} for item in items.values()]
        return orjson.dumps(
            {
                "articles": articles,
                "events": sorted({row["event"] for row in articles}),
                "published_all_at": self.started + self.duration,
            }
        )

    def _released(self, item: Item) -> list[float]:
        """When each version comes out, in unix seconds; all at once, there is only the last one."""
        if self.at_once:
            return [self.started]
        return [round(self.started + self.day.offset(version.at), 3) for version in item.versions]

    def _now(self) -> Answer:
        offsets = [offset for channel in self.channels.values() for offset in channel.offsets]
        elapsed = self.elapsed
        passed = timedelta(seconds=min(elapsed, self.duration) * self.day.compress)
        content = {
            "now": self.clock(),
            "simulated": (self.day.start + passed).isoformat(),
            "released": sum(offset <= elapsed for offset in offsets),
            "total": len(offsets),
            "published_all_at": self.started + self.duration,
            "done": elapsed >= self.duration,
        }
        return Answer(orjson.dumps(content), "application/json")

    def _index(self) -> Answer:
        rows = "".join(self._row(outlet) for outlet in self.day.outlets)
        return self._text(_PAGE.format(rows=rows, window=WINDOW, hold=round(self.hold)), "text/html")

    def _row(self, outlet: Outlet) -> str:
        channel = self.channels[outlet.host]
        out = len(channel.visible(self._out(channel)))
        return (
            f"<tr><td>{escape(outlet.name)}</td><td>{escape(outlet.folder)}</td><td>{outlet.feed.format}</td>"
            f'<td class="number">{out}</td><td><a href="/{outlet.host}/feed.xml">/{outlet.host}/feed.xml</a></td></tr>'
        )

    @staticmethod
    def _text(text: str, kind: str) -> Answer:
        return Answer(text.encode(), f"{kind}; charset=utf-8")


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The wire day</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fdfcf9 }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd8cc }}
.number {{ text-align: right }}
</style></head><body>
<h1>The wire day</h1>
<p>Invented outlets and their feeds. Every article was written for this project; no event in them happened.</p>
<table><thead><tr><th>Outlet</th><th>Folder</th><th>Format</th>
<th class="number">Entries now</th><th>Feed</th></tr></thead>
<tbody>{rows}</tbody></table>
<p>A feed holds its newest {window} entries, and each entry for at least {hold} seconds.</p>
<p>All feeds as <a href="/feeds.opml">OPML</a> or <a href="/feeds.yml">YAML</a> ·
<a href="/now">how far the day has come</a> · <a href="/truth.json">which articles are copies of which</a></p>
</body></html>
"""
