"""Converts markup to paragraphs of plain text.

The markup comes from a feed and may be hostile. libxml2 reads it as a stream of events: no tree is built, nesting costs
nothing, and nothing is executed or fetched. The result holds no markup, however often it was escaped.
"""

# ruff: noqa: SIM905 -- lists of words read better in one string
from __future__ import annotations

import html
import re
import threading
from dataclasses import dataclass, field

from lxml import etree

from stream_apps.text.normalise import characters

MAX_MARKUP = 2_000_000
"""Characters of markup that are looked at."""

# Feeds escape markup once too often, some twice. Markup that survives this many rounds is an attack.
_ROUNDS = 4
# A figure or form with more text than this was never closed: its text is the story's.
_MOST_IN_FURNITURE = 600

_TAG = re.compile(r"<(?:[A-Za-z]|/[A-Za-z]|!|\?)")
_PARAGRAPH_TAG = re.compile(r"<(?:p|br)\b", re.IGNORECASE)
_BLOCK_TAG = re.compile(
    r"<(?:div|li|h[1-6]|td|th|tr|table|blockquote|section|article|dd|dt|pre|ul|ol)\b", re.IGNORECASE
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_MARKUP_START = re.compile(r"[<&]+(?=[A-Za-z/!?#])")

_BLOCKS = frozenset(
    "p div br hr li ul ol dl dt dd h1 h2 h3 h4 h5 h6 table caption thead tbody tfoot tr blockquote pre section article "
    "aside header footer main address center figure figcaption details summary fieldset body html".split()
)
_CELLS = frozenset(("td", "th"))
_NEVER_TEXT = frozenset(
    "script style iframe noscript template svg math object embed applet audio video canvas head title select textarea "
    "noframes noembed".split()
)
_FURNITURE = frozenset(("figure", "figcaption", "nav", "form", "button"))


def paragraphs(html: str) -> list[str]:
    """Return the paragraphs of markup or plain text, none empty, each on one line.

    Never raises, and is idempotent on its result joined by line feeds. Without any tag for a paragraph or a block, each
    line is a paragraph. Scripts, frames, figures and forms are left out. At most ``MAX_MARKUP`` characters are read.

    >>> paragraphs("<p>Rain &amp;amp; wind</p><p>stopped.</p>")
    ['Rain & wind', 'stopped.']
    """
    current = characters(html[:MAX_MARKUP])
    for _ in range(_ROUNDS):
        lines = _decoded(current)
        joined = "\n".join(lines)
        if joined == current or not _may_be_markup(joined):
            return lines
        current = joined
    return _lines(characters(_MARKUP_START.sub("", current)))


def plain(markup: str) -> str:
    """Return a headline or byline as one line of text, without markup, decoded as often as the feed escaped it.

    >>> plain("Rain &amp;amp; wind")
    'Rain & wind'
    """
    return " ".join(paragraphs(markup))


def _decoded(text: str) -> list[str]:
    """Do one round: parse markup, or decode entities where there is no markup."""
    if _TAG.search(text):
        return _parsed(_with_breaks(text))
    return _lines(characters(html.unescape(text)) if "&" in text else text)


def _may_be_markup(text: str) -> bool:
    return "<" in text or "&" in text


def _lines(text: str) -> list[str]:
    return [line for line in (" ".join(raw.split()) for raw in text.split("\n")) if line]


def _with_breaks(markup: str) -> str:
    """Turn line feeds into paragraphs where the markup has too few tags of its own."""
    if _PARAGRAPH_TAG.search(markup):
        return markup
    if _BLOCK_TAG.search(markup):
        return _BLANK_LINE.sub("<br>", markup)
    return markup.replace("\n", "<br>")


def _parsed(markup: str) -> list[str]:
    reader = _own.reader
    reader.reset()
    try:
        etree.fromstring(markup.encode("utf-8", "replace"), _own.parser)
    except etree.LxmlError:
        reader.close()
    return reader.paragraphs


@dataclass
class _Reader:
    """Receives the parser's events, and collects the text between breaks."""

    paragraphs: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _open: list[tuple[str | bytes, int]] = field(default_factory=list)
    _silent: int = 0

    def reset(self) -> None:
        """Forget the last text."""
        self.paragraphs, self._pieces, self._open, self._silent = [], [], [], 0

    def start(self, tag: str | bytes, attributes: object) -> None:  # noqa: ARG002  # the parser's interface
        self._break(tag)
        if tag == "p" and self._open and self._open[-1][0] == "figure":
            self._open.pop()  # a paragraph of the story after a figure that was never closed
        if tag in _NEVER_TEXT:
            self._silent += 1
        elif tag in _FURNITURE:
            self._open.append((tag, len(self._pieces)))

    def end(self, tag: str | bytes) -> None:
        if tag in _NEVER_TEXT:
            self._silent = max(0, self._silent - 1)
        elif tag in _FURNITURE and self._open and self._open[-1][0] == tag:
            self._leave_out(self._open.pop()[1])
        self._break(tag)

    def data(self, data: str | bytes) -> None:
        if not self._silent and isinstance(data, str):
            self._pieces.append(data.replace("\n", " ").replace("\r", " "))

    def comment(self, text: str | bytes) -> None:
        """Ignore comments."""

    def pi(self, target: str | bytes, data: str | bytes | None = None) -> None:
        """Ignore processing instructions."""

    def close(self) -> list[str]:
        self.paragraphs = _lines(characters("".join(self._pieces)))
        return self.paragraphs

    def _break(self, tag: str | bytes) -> None:
        if tag in _BLOCKS:
            self._pieces.append("\n")
        elif tag in _CELLS:
            self._pieces.append(" ")

    def _leave_out(self, start: int) -> None:
        if sum(len(piece) for piece in self._pieces[start:]) <= _MOST_IN_FURNITURE:
            self._pieces[start:] = ["\n"]


class _Own(threading.local):
    """The reader and the parser of a thread. To make them takes as long as to read a short text."""

    def __init__(self) -> None:
        self.reader = _Reader()
        self.parser = etree.HTMLParser(target=self.reader, recover=True, no_network=True, encoding="utf-8")


_own = _Own()
