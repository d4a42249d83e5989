"""Extracts the text of an article from its page with trafilatura, and keeps the agencies' marks around it.

Runs in a process that can be killed (``parsing_pool``): a page is hostile, and may be built to be slow.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

from lxml.etree import iterwalk
from lxml.html import HtmlElement
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Document

from producers.formats.cleaning import clean_line
from producers.formats.encoding import is_damaged_utf8
from producers.formats.language import language_tag
from producers.formats.page_text import PageText
from wirecopy.errors import BadInput

MAX_PAGE_TEXT = 1_000_000
"""Characters of an article that are kept."""
_MAX_PARAGRAPH = 20_000
_MAX_LINE = 2000  # characters of the page that are searched for marks

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-zA-Z0-9._:-]{1,40})", re.ASCII | re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?([a-zA-Z0-9._:-]{1,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Browsers read bytes labelled ISO 8859-1 or ASCII as windows-1252 (WHATWG Encoding, 4.2).
_WESTERN = frozenset({"iso8859-1", "ascii", "cp1252"})
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"})
_META_WITHIN = 4096

_NEVER_TEXT = frozenset(
    ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "textarea", "title",
     "nav", "footer", "form", "button", "video", "audio")
)  # fmt: skip
_BLOCKS = frozenset(
    ("p", "div", "br", "hr", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr",
     "td", "th", "blockquote", "pre", "section", "article", "aside", "header", "main", "figure", "figcaption", "body")
)  # fmt: skip

# The shapes of lines that agencies and desks put around a story; `stream_apps/text` reads which agency it is.
_DATELINE = re.compile(
    r"[^\W\d_][^()]{2,70}\((?:[A-Z][A-Za-z/,& ]{1,24})\)(?:\s*\[[^\]]{1,30}\])?\s*[:.\u2013\u2014-]{0,2}"
)
_SIGN_OFF = re.compile(
    r"[-\u2013\u2014]{1,3}\s?[A-Z][A-Za-z/, &]{1,40}"  # --IANS, -- PTI
    r"|[(\[](?:[A-Z]{2,8}|Reuters|Bloomberg|Agencies)(?:[/, ]{1,2}[A-Za-z]{2,20}){0,3}[)\]]"  # (ANI), (ANI/NewsVoir)
    r"|(?:PTI|IANS|UNI|ANI|AFP|AP)(?:\s[A-Z]{2,5}){1,8}"  # PTI JMS CHS VSD
)
_INITIALS = re.compile(r"[a-z]{1,5}(?:/[a-z]{1,5}){1,4}/?", re.IGNORECASE)
_CREDIT = re.compile(
    r"^\W*with\b.{0,60}\b(?:inputs?|agencies)\b|\binputs? (?:from|by)\b|^\W*agencies\W*$"
    r"|^\W*(?:reporting|writing|editing|reported|written|edited|compiled) by\b|^\W*(?:source|courtesy|credits?)\s?:"
    r"|\bnot been edited\b|\bauto-?generated\b|\bsyndicated feed\b|\bwire (?:feed|agency|service)\b|\bagency feed\b",
    re.IGNORECASE,
)
_MOST_IN_CREDIT = 400
_MARKS_WITHIN = 10
"""Lines of the page behind the last paragraph in which marks are looked for."""
_KEY = 80
_MOST_RESTORED = 120


def article_text(body: bytes, url: str, content_type: str | None) -> PageText:
    """Extract the article of a page. Raises ``BadInput("no_article", …)`` where there is none, and nothing else."""
    try:
        tree = load_html(decoded(body, content_type))
        found = None if tree is None else _found(tree, url)
    except MemoryError:
        raise BadInput("parse_memory", "the page needs more memory than a parser may have") from None
    except Exception as error:  # noqa: BLE001  # an extractor's bug on a stranger's bytes is bad input, whatever it raises
        raise BadInput("no_article", f"the extractor failed: {type(error).__name__}: {str(error)[:200]}") from None
    if found is None or not found.paragraphs:
        raise BadInput("no_article", "the page holds no article")
    return found


def _found(tree: HtmlElement, url: str) -> PageText:
    lines = tuple(_page_lines(tree))
    document = bare_extraction(
        tree, url=url, favor_precision=True, include_comments=False, include_tables=True, with_metadata=False
    )
    if not isinstance(document, Document) or document.body is None:
        return PageText(())
    paragraphs = tuple(_paragraphs(document.body))
    return PageText(_bounded(with_marks(paragraphs, lines)), language_tag(tree.get("lang")))


def decoded(body: bytes, content_type: str | None) -> str:
    """Decode a page by its byte order mark, header or ``meta``, else as UTF-8 if it is valid (WHATWG HTML)."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    header = _CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(body[:_META_WITHIN])
    for label in (header.group(1) if header else None, meta.group(1).decode() if meta else None):
        codec = _codec(label)
        if codec is not None:
            return _as_utf8(body, contradicted=codec != "utf-8") or body.decode(codec, "replace")
    return _as_utf8(body) or body.decode("windows-1252", "replace")


def _as_utf8(body: bytes, *, contradicted: bool = False) -> str | None:
    """Decode valid UTF-8, whatever the header says: other encodings do not look like it by accident."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace") if is_damaged_utf8(body, contradicted=contradicted) else None


def _codec(label: str | None) -> str | None:
    """Return Python's name of a character set; None for an unknown one, or a codec that is none (``zip``)."""
    try:
        b"x".decode(label or "")
        found = codecs.lookup(label or "").name
    except (LookupError, ValueError):
        return None
    if found in _NO_CHARSETS:
        return None
    return "windows-1252" if found in _WESTERN else found


def _paragraphs(body: HtmlElement) -> Iterator[str]:
    """Return the extracted blocks as lines; headings only between paragraphs, since the first is the page's title."""
    headings: list[str] = []
    begun = False
    for block in body:
        for line in _lines_of(block):
            if block.tag == "head":
                headings.append(line)
                continue
            if begun:
                yield from headings
            headings, begun = [], True
            yield line
        if tail := clean_line(block.tail, _MAX_PARAGRAPH):
            yield tail


def _lines_of(block: HtmlElement) -> Iterator[str]:
    """Split a block into lines: at line breaks, list items and table rows."""
    line: list[str] = []
    for event, element in iterwalk(block, events=("start", "end")):
        if event == "start":
            if element.tag in ("lb", "item", "row", "p", "quote", "head"):
                yield from _joined(line)
            line.append(element.text or "")
        else:
            if element.tag == "cell":
                line.append(" ")
            if element.tag in ("item", "row", "p", "quote", "head"):
                yield from _joined(line)
            if element is not block:
                line.append(element.tail or "")
    yield from _joined(line)


def _joined(line: list[str]) -> Iterator[str]:
    text = clean_line("".join(line), _MAX_PARAGRAPH)
    line.clear()
    if text:
        yield text


def _page_lines(tree: HtmlElement) -> Iterator[str]:
    """Return the visible lines of the page, without menus and forms."""
    line: list[str] = []
    hidden = 0
    for event, element in iterwalk(tree, events=("start", "end")):
        if element.tag in _BLOCKS:
            yield from (text[:_MAX_LINE] for text in _joined(line))
        if element.tag in _NEVER_TEXT:
            hidden += 1 if event == "start" else -1
        text = element.text if event == "start" else element.tail
        if text and not hidden:
            line.append(text)
    yield from (text[:_MAX_LINE] for text in _joined(line))


def with_marks(paragraphs: Sequence[str], lines: Sequence[str]) -> tuple[str, ...]:
    """Add the dateline and the sign-offs that stand around the paragraphs on the page.

    Extractors drop short lines at the ends, above all those that are no paragraphs of their own; these lines hold most
    credits.
    """
    if not paragraphs:
        return ()
    whole = list(paragraphs)
    first = _find(lines, whole[0], 0)
    last = _find(lines, whole[-1], first or 0, at_end=True)
    if first is not None:
        whole[0] = _restored(whole[0], lines[first])
        if first and _DATELINE.fullmatch(lines[first - 1]):
            whole[0] = f"{lines[first - 1]} {whole[0]}"
    if last is not None:
        whole[-1] = _restored(whole[-1], lines[last])
        known = set(whole)
        whole += [line for line in _sign_offs(lines[last + 1 : last + 1 + _MARKS_WITHIN]) if line not in known]
    return tuple(whole)


def _sign_offs(lines: Sequence[str]) -> Iterator[str]:
    signed = False
    for line in lines:
        credit = len(line) <= _MOST_IN_CREDIT and _CREDIT.search(line) is not None
        if credit or _SIGN_OFF.fullmatch(line) or (signed and _INITIALS.fullmatch(line)):
            yield line
            signed = True
        else:
            signed = False


def _find(lines: Sequence[str], paragraph: str, start: int, *, at_end: bool = False) -> int | None:
    """Find the line of the page that holds the beginning, or the end, of a paragraph."""
    key = paragraph[-_KEY:] if at_end else paragraph[:_KEY]
    return next((place for place in range(start, len(lines)) if key in lines[place]), None)


def _restored(paragraph: str, line: str) -> str:
    """Return the whole line where it has a little more than what was extracted of it."""
    more = len(line) - len(paragraph)
    return line if 0 < more <= _MOST_RESTORED and paragraph in line and len(line) < _MAX_LINE else paragraph


def _bounded(paragraphs: Sequence[str]) -> tuple[str, ...]:
    room = MAX_PAGE_TEXT
    kept: list[str] = []
    for paragraph in paragraphs:
        if len(paragraph) > room:
            break
        kept.append(paragraph)
        room -= len(paragraph)
    return tuple(kept)
