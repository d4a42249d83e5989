"""Paragraphs as the HTML of the outlets' content systems."""

from __future__ import annotations

import random
import re
from html import escape

from wirecopy.wireday.chance import chance
from wirecopy.wireday.items import Item, Version, slug
from wirecopy.wireday.outlets import Outlet, is_agency

_NAME = re.compile(r"\b[A-Z][a-z]{2,20} [A-Z][a-z]{2,20}\b")
_OWN_DATELINE = re.compile(r"^([A-Z][\w ().]{2,40}:) ")
_ENTITIES = {
    "\u2018": "&lsquo;",
    "\u2019": "&rsquo;",
    "\u201c": "&ldquo;",
    "\u201d": "&rdquo;",
    "\u2014": "&mdash;",
    "\u20b9": "&#8377;",
}
_AMOUNT = re.compile(r"\b(Rs|USD) (?=\d)")


def body_html(item: Item, version: Version) -> str:
    """The article as markup: well-formed, so that it can stand in XHTML content as it is."""
    rng = chance(item.outlet.id, item.key, "markup")
    linked = rng.randrange(1, max(2, len(version.paragraphs) - 2))
    parts = [_inline(item.outlet, p, linked=i == linked) for i, p in enumerate(version.paragraphs)]
    return _picture(item, version, rng) + _PARAGRAPHS[item.outlet.feed.paragraphs](parts)


def summary(version: Version) -> str:
    """The lead, cut short as teasers are."""
    lead = " ".join(version.paragraphs[0].split())
    return lead if len(lead) <= 200 else lead[:200].rpartition(" ")[0] + " ..."


def _inline(outlet: Outlet, paragraph: str, *, linked: bool) -> str:
    """One paragraph, with a link to a topic page, a dateline in bold or a link to another story, as the case may be."""
    if outlet.also_read and paragraph.startswith(outlet.also_read):
        title = paragraph[len(outlet.also_read) :]
        return _text(outlet, outlet.also_read) + _link(outlet, f"story/{slug(title)}", title)
    name = _NAME.search(paragraph) if linked and not is_agency(outlet) else None
    if name:
        before, after = paragraph[: name.start()], paragraph[name.end() :]
        topic = _link(outlet, f"topic/{slug(name.group())}", name.group())
        return _text(outlet, before) + topic + _text(outlet, after)
    return _OWN_DATELINE.sub(r"<strong>\1</strong> ", _text(outlet, paragraph))


def _link(outlet: Outlet, path: str, text: str) -> str:
    return f'<a href="https://www.{outlet.host}/{path}">{_text(outlet, text)}</a>'


def _text(outlet: Outlet, text: str) -> str:
    text = escape(text, quote=False)
    if outlet.feed.quotes != "entities" or outlet.feed.wrapping == "xhtml":
        return text
    for character, entity in _ENTITIES.items():
        text = text.replace(character, entity)
    return _AMOUNT.sub(r"\1&nbsp;", text)


def _picture(item: Item, version: Version, rng: random.Random) -> str:
    if is_agency(item.outlet) or rng.random() < 0.4:
        return ""
    source = f"https://www.{item.outlet.host}/media/{item.number}.jpg"
    return f'<figure><img src="{source}" alt="{escape(version.headline)}" width="1200" height="675"/></figure>'


def _p(parts: list[str]) -> str:
    return "\n".join(f"<p>{part}</p>" for part in parts)


def _br(parts: list[str]) -> str:
    return "<br/><br/>\n".join(parts)


def _div(parts: list[str]) -> str:
    inner = "".join(f'<div class="para">{part}</div>' for part in parts)
    return f'<div class="story">{inner}</div>'


_PARAGRAPHS = {"p": _p, "br": _br, "div": _div}
