"""feedparser's two parsers, driven by us: bounded, and with handlers for what feedparser drops or mixes up.

``feedparser.parse`` takes bytes for a file name before it takes them for a feed, so that a body of ``/etc/passwd``
would have it read that file, and it has no bounds. What is used of feedparser below that function (its two parsers,
``convert_to_utf8`` and ``replace_doctype``) has not changed since version 6.0.0; ``pyproject.toml`` keeps it below 7.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar
from xml.parsers.expat import errors
from xml.sax import SAXException, SAXParseException, handler, xmlreader
from xml.sax.expatreader import ExpatParser  # no DTD, and no entity but one of plain text, gets that far

import feedparser.api
from feedparser.datetimes import _parse_date
from feedparser.encodings import convert_to_utf8
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import replace_doctype

from producers.cleaning import MAX_ADDRESS
from producers.mediarss import Collected
from producers.repair import repaired

DEEPEST = 1000
"""Elements within each other that are followed. Broken feeds leave elements open, so these may be nested deeper."""
DEEPEST_BROKEN = 50_000
_MAX_TAGS = 200
_MAX_AUTHOR = 2000
_MAX_TEXT = 2000
_MAX_CREDITS = 10
_MAX_DELETED = 5000
_MAX_HINTS = 100
_LONGEST_HEAD = 32_768
_TEXT_AT_ONCE = 65_536
_INLINE = frozenset(("p", "b", "i", "a", "em", "strong", "span", "u", "font", "small", "sub", "sup", "div"))
_LINES = frozenset(("author", "category", "id", "name", "language", "link", "published", "updated", "credit"))

_ITEM = re.compile(rb"<(?:[a-zA-Z0-9_]{1,20}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_END = re.compile(rb"</(?:[a-zA-Z0-9_]{1,20}:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_FIRST_ELEMENT = re.compile(rb"<\w")
_BLANKS = re.compile(rb"\s{2,}")
_JUNK = errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT


@dataclass
class Notes:
    """What of an entry is not in feedparser's dictionary: the base of its links, and what it carries."""

    base: str = ""
    media: Collected = field(default_factory=Collected)


@dataclass
class Document:
    """A feed as feedparser has it, entry by entry with our notes."""

    feed: dict[str, Any]
    entries: list[tuple[dict[str, Any], Notes]]
    version: str = ""
    dropped: int = 0
    problem: Exception | None = None
    skip_hours: list[str] = field(default_factory=list)
    skip_days: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


class _Enough(Exception):
    """As many entries as wanted have been read."""


class _TooDeep(ValueError):
    """Elements are nested deeper than in any feed."""


class _Handlers(_FeedParserMixin):  # type: ignore[misc]  # feedparser is published without annotations
    """Mixed into both parsers. A handler's name is the element's, in lower case, after feedparser's own prefix."""

    deepest = DEEPEST
    # GUIDs and Atom's ids are names, not addresses: they are not resolved against anything.
    can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}
    namespaces = _FeedParserMixin.namespaces | {
        "http://purl.org/atompub/tombstones/1.0": "at",
        "http://purl.org/syndication/tombstones/1.0": "at",
    }
    _matchnamespaces: ClassVar[dict[str, str]] = {}  # feedparser fills it from ``namespaces``

    def bound(self, limit: int) -> None:
        self.limit = limit
        self.notes: list[Notes] = []
        self.hours: list[str] = []
        self.days: list[str] = []
        self.deleted: list[str] = []
        self.resolve_relative_uris = self.sanitize_html = False

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        if self.depth > self.deepest:
            raise _TooDeep(f"elements are nested more than {self.deepest} deep")
        super().unknown_starttag(tag, attrs)

    def push(self, element: str, expecting_text: int) -> None:
        if element in _INLINE and self.elementstack and self.elementstack[-1][0] in _LINES:
            return  # markup in what holds none: its text is the line's, and its end ends nothing
        super().push(element, expecting_text)

    def _start_item(self, attrs: dict[str, str]) -> None:
        if len(self.notes) >= self.limit:
            raise _Enough
        self.notes.append(Notes(self.baseuri))
        super()._start_item(attrs)

    _start_entry = _start_item

    @property
    def _carried(self) -> Collected | None:
        """What the entry carries that is being read; none outside of entries."""
        return self.notes[-1].media if self.inentry and not self.insource and self.notes else None

    def _start_link(self, attrs: dict[str, str]) -> None:
        """``uri`` and ``url`` are no ``href``: feedparser takes them for one, and the text of the link is lost."""
        for name in ("uri", "url"):
            if not attrs.get(name, "").startswith(("http://", "https://")):
                attrs.pop(name, None)
        super()._start_link(attrs)

    # ---- bounds: feedparser needs time by the square for these

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        tags = self._get_context().get("tags")
        if not isinstance(tags, list) or len(tags) < _MAX_TAGS:
            super()._add_tag(term, scheme, label)

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        name = dict.get(context, key)
        if isinstance(name, str) and len(name) > _MAX_AUTHOR:
            context[key] = name[:_MAX_AUTHOR]
        super()._sync_author_detail(key)

    # ---- dates

    def _start_dc_date(self, _: dict[str, str]) -> None:
        self.push("dc_date", 1)

    def _end_dc_date(self) -> None:
        """In RSS 1.0 the date of publication; feedparser takes it for the one of the last change."""
        value = self.pop("dc_date")
        self._save("dc_date_parsed", _parse_date(value), overwrite=True)

    # ---- hints

    def _end_hour(self) -> None:
        self._hint(self.pop("hour"), self.hours)

    def _end_day(self) -> None:
        self._hint(self.pop("day"), self.days)

    def _hint(self, value: str | None, values: list[str]) -> None:
        if value and not self.inentry and len(values) < _MAX_HINTS:
            values.append(value)

    def _start_deleted(self, attrs: dict[str, str]) -> None:
        reference = attrs.get("ref")
        if reference and len(self.deleted) < _MAX_DELETED:
            self.deleted.append(reference)
        self.insource = 1  # who deleted it, and its links, are not the feed's

    def _end_deleted(self) -> None:
        self.insource = 0
        self.sourcedata.clear()

    # ---- media

    def _start_media_group(self, _: dict[str, str]) -> None:
        if self._carried is not None:
            self._carried.open_group()

    def _end_media_group(self) -> None:
        if self._carried is not None:
            self._carried.close()

    def _start_media_content(self, attrs: dict[str, str]) -> None:
        if self._carried is not None:
            self._carried.open_content(attrs)

    _end_media_content = _end_media_group

    def _start_enclosure(self, attrs: dict[str, str]) -> None:
        super()._start_enclosure(attrs)
        if self._carried is not None:  # after that, for "url" is "href" now
            self._carried.open_content({"url": attrs.get("href", ""), "type": attrs.get("type", "")})

    _end_enclosure = _end_media_group

    def _start_media_thumbnail(self, attrs: dict[str, str]) -> None:
        self.push("thumbnail", 1)
        self._add_picture(attrs.get("url"))

    def _end_media_thumbnail(self) -> None:
        self._add_picture(self.pop("thumbnail"))

    def _start_media_title(self, _: dict[str, str]) -> None:
        self.push("media_title", 1)

    def _end_media_title(self) -> None:
        title = self.pop("media_title")
        if self._carried is not None and title:
            self._carried.scope.title = title[:_MAX_TEXT]

    def _start_media_description(self, attrs: dict[str, str]) -> None:
        self._description_type = self.map_content_type(attrs.get("type") or "plain")
        self.push("media_description", 1)

    def _end_media_description(self) -> None:
        description = self.pop("media_description")
        if self._carried is not None and description:
            self._carried.scope.description = (description, self._description_type)

    def _start_media_credit(self, _: dict[str, str]) -> None:
        self.push("media_credit", 1)

    def _end_media_credit(self) -> None:
        credit = self.pop("media_credit")
        if self._carried is not None and credit and len(self._carried.scope.credits) < _MAX_CREDITS:
            self._carried.scope.credits.append(credit[:_MAX_TEXT])

    def _start_itunes_image(self, attrs: dict[str, str]) -> None:
        super()._start_itunes_image(attrs)
        self._add_picture(attrs.get("href") or attrs.get("url"))

    def _end_image(self) -> None:
        """``<image>address</image>`` within an item is in no standard, and in many feeds."""
        self._add_picture(self.pop("image"))
        self.inimage = 0

    def _end_url(self) -> None:
        if self.inimage and self._carried is not None:
            self._add_picture(self.pop("href"))
        else:
            super()._end_url()

    def _add_picture(self, address: str | None) -> None:
        if self._carried is not None and address:
            self._carried.add_picture(self.resolve_uri(address[:MAX_ADDRESS]))


# An element's name that no Python function can have.
setattr(_Handlers, "_start_at_deleted-entry", _Handlers._start_deleted)  # noqa: SLF001
setattr(_Handlers, "_end_at_deleted-entry", _Handlers._end_deleted)  # noqa: SLF001


class _Expat(ExpatParser):
    """Gives each run of text at once, and not by line and character reference; twice as fast."""

    def reset(self) -> None:
        super().reset()
        self._parser: Any
        self._parser.buffer_text = True
        self._parser.buffer_size = _TEXT_AT_ONCE


class _Strict(_Handlers, feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """For XML: expat underneath."""


class _Loose(_Handlers, feedparser.api.LooseFeedParser):  # type: ignore[misc]
    """For what only looks like XML: what ends an element ends all that were left open within it."""

    deepest = DEEPEST_BROKEN

    def bound(self, limit: int) -> None:
        super().bound(limit)
        self._open: list[str] = []
        self._times_open: Counter[str] = Counter()

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        self._open.append(tag)
        self._times_open[tag] += 1
        super().unknown_starttag(tag, attrs)

    def unknown_endtag(self, tag: str) -> None:
        while self._times_open[tag]:
            innermost = self._open.pop()
            self._times_open[innermost] -= 1
            super().unknown_endtag(innermost)
            if innermost == tag:
                return


def read(body: bytes, content_type: str, max_entries: int) -> Document:
    """The feed in ``body``, at most ``max_entries`` entries of it, well-formed or not.

    ``content_type`` as ``encoding.prepare`` gives it. Raises what feedparser's bugs raise.
    """
    result: dict[str, Any] = {}
    data = convert_to_utf8({"content-type": content_type}, body, result)
    version, data, entities = replace_doctype(_with_short_head(data))
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
    """What stands before the first element decides nothing; feedparser's patterns need time by the square for it."""
    first = _FIRST_ELEMENT.search(data)
    start = first.start() if first else len(data)
    head = _BLANKS.sub(b"\n", data[:start])
    return (head if len(head) <= _LONGEST_HEAD else b"") + data[start:]


def _parse(data: bytes, entities: dict[str, str], limit: int, *, xml: bool) -> tuple[_Handlers, Exception | None]:
    problem: Exception | None = None
    if xml:
        strict, problem = _parse_strictly(data, limit)
        if problem is None or isinstance(problem, _TooDeep) or _only_junk_follows(problem, data):
            return strict, problem
        mended = repaired(data, entities)
        if mended != data:
            strict, left = _parse_strictly(mended, limit)
            if left is None or _only_junk_follows(left, mended):
                return strict, problem
    loose = _Loose("", None, "utf-8", entities)
    loose.bound(limit)
    with contextlib.suppress(_Enough, _TooDeep):
        loose.feed(data.decode("utf-8", "replace"))
    return loose, problem


def _parse_strictly(data: bytes, limit: int) -> tuple[_Strict, Exception | None]:
    reader = _Strict("", None, "utf-8")
    reader.bound(limit)
    parser = _Expat()
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
    except _Enough:
        return reader, None
    except _TooDeep as error:
        return reader, error
    return reader, None


def _only_junk_follows(problem: Exception, data: bytes) -> bool:
    """Whether the feed had been read whole when the parser gave up: advertisements and statistics come after it."""
    if not isinstance(problem, SAXParseException) or problem.getMessage() != _JUNK:
        return False
    end = _END.search(data)
    return end is not None and _ITEM.search(data, end.end()) is None


def _count_items(data: bytes) -> int:
    return len(_ITEM.findall(_CDATA.sub(b"", data)))
