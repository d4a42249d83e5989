"""Reads an XML feed, well-formed or not, into feedparser's dictionaries, bounded in every part.

``feedparser.parse`` tries bytes as a file name first, so that a body of ``/etc/passwd`` would make it read that file,
and it has no bounds. This module calls its parts one by one. They are not a stable interface, so ``pyproject.toml``
keeps feedparser below 7 and ``tests/conformance`` watches it.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import errors
from xml.sax import SAXException, SAXParseException, handler, xmlreader

from feedparser.encodings import convert_to_utf8
from feedparser.sanitizer import replace_doctype

from producers.formats.repair import repaired
from producers.formats.xmlhandlers import Enough, Expat, Handlers, Loose, Notes, Strict, TooDeep

_LONGEST_HEAD = 32_768
_LONGEST_ENTITY = 40

_ITEM = re.compile(rb"<(?:[a-zA-Z0-9_]{1,20}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_END = re.compile(rb"</(?:[a-zA-Z0-9_]{1,20}:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_FIRST_ELEMENT = re.compile(rb"<\w")
_BLANKS = re.compile(rb"\s{2,}")
_JUNK = errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT


@dataclass
class Document:
    """A feed in feedparser's dictionaries, entry by entry with our notes."""

    feed: dict[str, Any]
    entries: list[tuple[dict[str, Any], Notes]]
    version: str = ""
    dropped: int = 0
    problem: Exception | None = None
    skip_hours: list[str] = field(default_factory=list)
    skip_days: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def read(body: bytes, content_type: str, max_entries: int) -> Document:
    """Read at most ``max_entries`` entries of a feed, well-formed or not.

    ``content_type`` as ``encoding.prepare`` gives it. Raises what feedparser's bugs raise.
    """
    result: dict[str, Any] = {}
    data = convert_to_utf8({"content-type": content_type}, body, result)
    version, data, declared = replace_doctype(_with_short_head(data))
    # expat limits the expansion of entities; feedparser's second parser does not.
    entities = {name: text for name, text in declared.items() if len(text) <= _LONGEST_ENTITY}
    reader, problem = _parse(data, entities, max_entries, xml=bool(result["encoding"]))
    document = Document(
        feed=reader.feeddata,
        entries=list(zip(reader.entries, reader.notes, strict=True)),
        version=version or reader.version,
        problem=problem or result.get("bozo_exception"),
        skip_hours=reader.hours,
        skip_days=reader.days,
        deleted=reader.deleted,
    )
    if len(document.entries) == max_entries:
        document.dropped = max(0, _count_items(data) - max_entries)
    return document


def _with_short_head(data: bytes) -> bytes:
    """Shorten the text before the first element: feedparser's patterns take quadratic time on a long one."""
    first = _FIRST_ELEMENT.search(data)
    start = first.start() if first else len(data)
    head = _BLANKS.sub(b"\n", data[:start])
    return (head if len(head) <= _LONGEST_HEAD else b"") + data[start:]


def _parse(data: bytes, entities: dict[str, str], limit: int, *, xml: bool) -> tuple[Handlers, Exception | None]:
    problem: Exception | None = None
    if xml:
        strict, problem = _parse_strictly(data, limit)
        if problem is None or isinstance(problem, TooDeep) or _only_junk_follows(problem, data):
            return strict, problem
        mended = repaired(data, entities)
        if mended != data:
            strict, left = _parse_strictly(mended, limit)
            if left is None or _only_junk_follows(left, mended):
                return strict, problem
    loose = Loose("", None, "utf-8", entities)
    loose.bound(limit)
    with contextlib.suppress(Enough, TooDeep):
        loose.feed(data.decode("utf-8", "replace"))
    return loose, problem


def _parse_strictly(data: bytes, limit: int) -> tuple[Strict, Exception | None]:
    reader = Strict("", None, "utf-8")
    reader.bound(limit)
    parser = Expat()
    parser.setFeature(handler.feature_namespaces, True)
    parser.setFeature(handler.feature_external_ges, False)
    parser.setContentHandler(reader)
    parser.setErrorHandler(reader)
    source = xmlreader.InputSource()
    source.setByteStream(io.BytesIO(data))
    try:
        parser.parse(source)
    except SAXException as error:
        return reader, reader.exc or error
    except Enough:
        return reader, None
    except TooDeep as error:
        return reader, error
    return reader, None


def _only_junk_follows(problem: Exception, data: bytes) -> bool:
    """Return whether the parser failed after the end of the feed: advertisements and statistics follow some feeds."""
    if not isinstance(problem, SAXParseException) or problem.getMessage() != _JUNK:
        return False
    end = _END.search(data)
    return end is not None and _ITEM.search(data, end.end()) is None


def _count_items(data: bytes) -> int:
    return len(_ITEM.findall(_CDATA.sub(b"", data)))
