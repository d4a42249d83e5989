"""Sanitises the HTML of an entry by an allowlist (nh3), so that unforeseen markup is left out, too.

A reader of ``raw`` gets paragraphs, lists, tables, links and pictures. Scripts, styles, frames, event handlers and
addresses other than http and https never get that far. ``stream_apps/text/html.py`` reads what is kept, and relies on
the tags of blocks, figures and navigation; it uses no attributes, so classes and ids go.
"""

# ruff: noqa: SIM905 -- lists of words read better in one string
from __future__ import annotations

import re
from functools import lru_cache
from re import Match
from typing import Literal

import nh3

from producers.formats.cleaning import clean, paragraphs_as_html, visible_text
from producers.formats.parsed import MAX_BODY

_TAGS = frozenset(
    # blocks
    "p div br hr li ul ol dl dt dd h1 h2 h3 h4 h5 h6 table caption thead tbody tfoot tr td th blockquote pre section "
    "article aside header footer main address center figure figcaption nav details "
    # words
    "a abbr b bdi bdo cite code del dfn em i img ins kbd mark q rp rt ruby s samp small span strike strong sub sup "
    "time tt u var wbr "
    # removed below, where no text is lost
    "form button".split()
)
_WITH_CONTENT = frozenset(
    "script style iframe frame frameset noscript template svg math object embed applet audio video canvas title select "
    "textarea noframes noembed".split()
)
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
}
_SCHEMES = {"http", "https"}

_MARKUP = re.compile(r"[<&]")
# CDATA that was wrapped twice; as markup it would be a comment up to the next ">".
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_FORM = re.compile(r"<(form|button)\b[^>]*>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# As in stream_apps/text/html.py: a form with more text than this was opened around the story, or never closed.
_MOST_IN_FORM = 600

# Markup on which an HTML parser takes quadratic time: 1 MB of it takes minutes, and no publisher writes it.
_DEEPEST = 500
_MOST_AMPERSANDS = 20_000
_MOST_ATTRIBUTES = 500
_FEW_TAGS = 500
_OPEN_OR_CLOSE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{5000,}")
# Elements without an end tag, or ended by the next of their kind.
_NEVER_CLOSED = frozenset(
    "area base br col dd dt embed hr img input li link meta option p param source tbody td tfoot th thead tr track "
    "wbr".split()
)
_BLOCK = re.compile(r"<(?:p|br|div|li|h[1-6]|tr|blockquote|pre)\b[^<>]*>", re.IGNORECASE)

_MAX_GROWTH = 3
"""How many times as long as before the markup may be: escaping and absolute links make it longer."""


def safe_html(body: object, base: str | None = None) -> str:
    """Remove everything that runs, loads or submits; text and blocks stay. Returns an empty string for no text.

    At most ``MAX_BODY`` characters are read. Relative links and pictures are resolved against ``base``, an http or
    https address; without one they lose their address. Markup that would take a parser minutes keeps its paragraphs
    alone.
    """
    markup = clean(body, MAX_BODY)
    if not _MARKUP.search(markup):
        return markup
    if "CDATA[" in markup:
        markup = _CDATA.sub("", markup)
    if _takes_too_long(markup):
        return _flat(markup)
    kept = _cleaner(base).clean(markup)
    if "<form" in kept or "<button" in kept:
        kept = _FORM.sub(_form, _FORM.sub(_form, kept))  # a button in a form, then the form
    if len(kept) > _MAX_GROWTH * len(markup) + 1000:
        return _flat(markup)
    # Again, where character references stand for control and direction characters.
    return clean(kept, len(kept)) if "&#" in markup else kept.strip()


def _form(found: Match[str]) -> str:
    text = _TAG.sub("", found[2])
    return "" if len(text) <= _MOST_IN_FORM else found[2]


def _flat(markup: str) -> str:
    parts = (visible_text(part) for part in _BLOCK.split(markup))
    return paragraphs_as_html("\n\n".join(part for part in parts if part))


def _takes_too_long(markup: str) -> bool:
    if markup.count("&") > _MOST_AMPERSANDS:
        return True
    if any(tag[0].count("=") > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(markup)):
        return True
    return markup.count("<") > _FEW_TAGS and _depth(markup) > _DEEPEST


def _depth(markup: str) -> int:
    """Return the depth of nesting, by the tags as written."""
    depth = deepest = 0
    for tag in _OPEN_OR_CLOSE.finditer(markup):
        if tag[2].lower() in _NEVER_CLOSED:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=64)
def _cleaner(base: str | None) -> nh3.Cleaner:
    try:
        return _cleaner_for(("rewrite_with_base", base) if base else "deny")
    except ValueError:  # an address that Python takes for one and Rust does not
        return _cleaner_for("deny")


def _cleaner_for(relative: Literal["deny"] | tuple[Literal["rewrite_with_base"], str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        url_relative=relative,
        link_rel=None,
    )
