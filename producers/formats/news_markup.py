"""Converts bodies of agency items, XHTML or NITF, to plain HTML: text tags only, no attribute but a link's address.

The tree is walked without recursion, each node once. Scripts, pictures with their captions, and a page header that
repeats headline and byline are left out with all their content.
"""

# ruff: noqa: SIM905 -- lists of words read better in one string
from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from producers.formats.cleaning import paragraphs_as_html, visible_text, web_address
from producers.formats.sanitise import safe_html

_SAME = "p h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote table caption thead tbody tfoot tr td th em strong b i q sub sup"
_TAGS = {tag: tag for tag in _SAME.split()} | {
    # NITF: subheads and quotations; a sign-off ("Reporting by …") is read in the text, so it becomes a paragraph.
    "h1": "h2", "hl1": "h2", "hl2": "h3", "bq": "blockquote", "tagline": "p", "bibliography": "p", "credit": "p",
}  # fmt: skip
_EMPTY = {"br": "<br>", "hr": "<hr>"}
_LEFT_OUT = frozenset(
    "script style iframe object embed applet svg math template noscript form button select textarea nav head "
    "audio video canvas media figure figcaption nitf-table-metadata body.head block.head copyrite".split()
)
_PAGE_HEADER = frozenset(("header",))
_PARTING = frozenset("div section article block main body.content body.end pre".split())
_HEADINGS = frozenset("h1 hl1 h2 hl2 h3".split())
_BLOCK = re.compile(r"<(?:p|h[2-6]|ul|ol|dl|table|blockquote|br)\b")
_SPACE = re.compile(r"\s+")
_GAVE_UP = etree.ErrorTypes.ERR_RESOURCE_LIMIT


def local_name(node: etree._Element) -> str:
    """Return the name of an element without its namespace; empty for comments and the like."""
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def as_html(root: etree._Element, headline: str = "") -> str:
    """Return the story in ``root`` as HTML. A heading that only repeats ``headline`` is left out."""
    found = _written(root, headline, _LEFT_OUT | _PAGE_HEADER)
    return found or _written(root, headline, _LEFT_OUT)


def html_to_html(markup: str, headline: str = "") -> str:
    """Convert HTML given as a string, as ``as_html`` does. Nesting too deep for libxml2 costs no text."""
    if not markup.strip():
        return ""
    parser = etree.HTMLParser(recover=True, no_network=True, encoding="utf-8", remove_comments=True)
    try:
        root = etree.fromstring(markup.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or any(entry.type == _GAVE_UP for entry in parser.error_log):
        return safe_html(markup)
    return as_html(root, headline)


def _written(root: etree._Element, headline: str, left_out: frozenset[str]) -> str:
    writer = _Writer(visible_text(headline).casefold())
    waiting: list[tuple[etree._Element, bool]] = [(root, False)]
    while waiting:
        node, done = waiting.pop()
        if done:
            writer.end(node)
        elif isinstance(node.tag, str) and local_name(node).lower() not in left_out:
            writer.start(node)
            writer.text(node.text)
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(node))
            continue
        if node is not root:
            writer.text(node.tail)
    return writer.result()


@dataclass
class _Writer:
    """Receives a tree in document order and writes the known tags."""

    headline: str
    _out: list[str] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    """Where each element that is open begins in ``_out``; -1 for one that has no tag there."""
    _preformatted: list[str] | None = None

    def start(self, node: etree._Element) -> None:
        name = local_name(node).lower()
        if self._preformatted is not None:
            self._starts.append(-1)
            return
        tag = _opening(name, node)
        self._starts.append(len(self._out) if tag else -1)
        self._out.append(tag or _between(name))
        if name == "pre":
            self._preformatted = []

    def end(self, node: etree._Element) -> None:
        name = local_name(node).lower()
        start = self._starts.pop()
        if self._preformatted is not None:
            if name == "pre":
                self._out.append(paragraphs_as_html("".join(self._preformatted)))
                self._preformatted = None
        elif start < 0:
            self._out.append(" " if name in _PARTING else "")
        elif self._is_empty(start) or (name in _HEADINGS and self._repeats_headline(start)):
            del self._out[start:]
        else:
            self._out.append("</a>" if name == "a" else f"</{_TAGS[name]}>")

    def text(self, words: str | None) -> None:
        if not words:
            return
        if self._preformatted is not None:
            self._preformatted.append(words)
        else:
            self._out.append(html.escape(_SPACE.sub(" ", words), quote=False))

    def result(self) -> str:
        written = _SPACE.sub(" ", "".join(self._out)).strip()
        return f"<p>{written}</p>" if written and not _BLOCK.search(written) else written

    def _is_empty(self, start: int) -> bool:
        return not any(part.strip() for part in islice(self._out, start + 1, None))

    def _repeats_headline(self, start: int) -> bool:
        inside = self._out[start + 1 : start + 10]
        return bool(self.headline) and visible_text("".join(inside)).casefold() == self.headline


def _opening(name: str, node: etree._Element) -> str | None:
    if name == "a":
        address = web_address(node.get("href"))
        return f'<a href="{html.escape(address)}">' if address else None
    return f"<{_TAGS[name]}>" if name in _TAGS else None


def _between(name: str) -> str:
    """Return the separator in place of an element without a tag: a break, or a blank so that words stay apart."""
    return _EMPTY.get(name, " " if name in _PARTING else "")
