"""The feeds as XML (RSS 2.0 or Atom), and the lists of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any

import yaml

from wirecopy.wireday.items import Item, Version
from wirecopy.wireday.markup import body_html, summary
from wirecopy.wireday.outlets import Outlet

Entry = tuple[Item, Version]

_RSS_HEAD = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">'
)


def feed_xml(outlet: Outlet, entries: Sequence[Entry], rendered: Callable[[Entry], str] | None = None) -> bytes:
    """The outlet's feed holding these entries in this order. ``rendered`` may be a cache around ``entry_xml``."""
    items = "\n".join(map(rendered or entry_xml, entries))
    frame = _atom_frame if outlet.feed.format == "atom" else _rss_frame
    changed = max((version.at for _, version in entries), default=None)
    return ('<?xml version="1.0" encoding="utf-8"?>\n' + frame(outlet, items, changed)).encode()


def entry_xml(entry: Entry) -> str:
    """One ``item`` or ``entry`` element."""
    item, version = entry
    return _atom_entry(item, version) if item.outlet.feed.format == "atom" else _rss_item(item, version)


def feed_list(outlets: Sequence[Outlet], base: str, interval: float) -> str:
    """The feeds as YAML: a list of ``{id, url, outlet, language, interval, folder}``; ``interval`` in seconds."""
    rows: list[dict[str, Any]] = [
        {
            "id": outlet.id,
            "url": feed_address(outlet, base),
            "outlet": outlet.host,
            "language": outlet.language,
            "interval": interval,
            "folder": outlet.folder,
        }
        for outlet in outlets
    ]
    return yaml.safe_dump(rows, sort_keys=False, allow_unicode=True)


def opml(outlets: Sequence[Outlet], base: str) -> str:
    """The feeds as OPML 2.0, an outline a folder; an outlet is known by the host of its ``htmlUrl``."""
    folders = dict.fromkeys(outlet.folder for outlet in outlets)
    groups = "".join(
        f'<outline text="{escape(folder)}">\n'
        + "".join(_outline(outlet, base) for outlet in outlets if outlet.folder == folder)
        + "</outline>\n"
        for folder in folders
    )
    head = "<head><title>The wire day</title></head>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<opml version="2.0">{head}\n<body>\n{groups}</body></opml>\n'


def feed_address(outlet: Outlet, base: str) -> str:
    return f"{base}/{outlet.host}/feed.xml"


def _outline(outlet: Outlet, base: str) -> str:
    return (
        f'<outline type="rss" text="{escape(outlet.name)}" xmlUrl="{feed_address(outlet, base)}" '
        f'htmlUrl="https://www.{outlet.host}/" language="{outlet.language}" category="/{escape(outlet.folder)}"/>\n'
    )


def _rss_frame(outlet: Outlet, items: str, changed: datetime | None) -> str:
    built = f"<lastBuildDate>{format_datetime(changed)}</lastBuildDate>" if changed else ""
    return (
        f"{_RSS_HEAD}<channel><title>{escape(outlet.name)}</title><link>https://www.{outlet.host}/</link>"
        f"<description>Latest from {escape(outlet.name)}</description><language>{outlet.language}</language>"
        f"{built}\n{items}\n</channel></rss>\n"
    )


def _rss_item(item: Item, version: Version) -> str:
    wrap = _cdata if item.outlet.feed.wrapping == "cdata" else _escaped
    html = body_html(item, version)
    full = item.outlet.feed.body == "content"
    text = f"<content:encoded>{wrap(html)}</content:encoded>" if full else ""
    return (
        f"<item><title>{wrap(version.headline)}</title><link>{escape(item.url)}</link>"
        f'<guid isPermaLink="{str(item.guid == item.url).lower()}">{escape(item.guid)}</guid>'
        f"<pubDate>{format_datetime(item.published)}</pubDate><dc:creator>{wrap(version.byline)}</dc:creator>"
        f"<category>{item.beat}</category>"
        f"<description>{wrap(escape(summary(version), quote=False) if full else html)}</description>{text}</item>"
    )


def _atom_frame(outlet: Outlet, entries: str, changed: datetime | None) -> str:
    updated = f"<updated>{changed.isoformat()}</updated>" if changed else "<updated>2026-01-01T00:00:00Z</updated>"
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}"><title>{escape(outlet.name)}</title>'
        f'<id>tag:{outlet.host},2026:feed</id><link rel="alternate" href="https://www.{outlet.host}/"/>'
        f"{updated}\n{entries}\n</feed>\n"
    )


def _atom_entry(item: Item, version: Version) -> str:
    html = body_html(item, version)
    if item.outlet.feed.wrapping == "xhtml":
        content = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{html}</div></content>'
    else:
        content = f'<content type="html">{_escaped(html)}</content>'
    return (
        f'<entry><title type="text">{escape(version.headline)}</title><id>{escape(item.guid)}</id>'
        f'<link rel="alternate" type="text/html" href="{escape(item.url)}"/>'
        f"<published>{item.published.isoformat()}</published><updated>{version.at.isoformat()}</updated>"
        f'<author><name>{escape(version.byline)}</name></author><category term="{item.beat}"/>'
        f'<summary type="text">{escape(summary(version))}</summary>{content}</entry>'
    )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _escaped(text: str) -> str:
    return escape(text, quote=False)
