"""feedparser's two parsers with bounds, and with handlers for elements that feedparser drops or mixes up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any, ClassVar
from xml.sax.expatreader import ExpatParser  # no DTD, and no entity but one of plain text, gets that far

import feedparser.api
from feedparser.datetimes import _parse_date
from feedparser.mixin import _FeedParserMixin

from producers.formats.cleaning import MAX_ADDRESS, web_address
from producers.formats.mediarss import Collected

DEEPEST = 1000
"""Elements within each other that are followed. Broken feeds leave elements open, so these may be nested deeper."""
DEEPEST_BROKEN = 50_000
_MAX_TAGS = 200
_MAX_AUTHOR = 2000
_MAX_TEXT = 2000
_MAX_CREDITS = 10
_MAX_DELETED = 5000
_MAX_HINTS = 100
_TEXT_AT_ONCE = 65_536
_LINKS = ("href", "src")

# Names of a feed's own elements, to tell them from markup within a broken feed.
_ENTRIES = ("item", "entry")
_CONTAINERS = ("channel", "feed", "rss", "rdf:rdf")
_LEAVES = frozenset(
    ("title", "link", "guid", "id", "pubdate", "language", "author", "category", "dc:creator", "dc:date")
)
_BODIES = ("description", "summary", "content", "content:encoded", "media:content", "enclosure")
_LINES = frozenset(("author", "category", "id", "name", "language", "link", "published", "updated", "credit"))
_INLINE = frozenset(("p", "b", "i", "a", "em", "strong", "span", "u", "font", "small", "sub", "sup", "div"))
_PERSON = re.compile(r"\s*(?:[^\s@()<>]+@[^\s@()<>]+\s*\(([^()]+)\)|([^@()<>]+?)\s*<[^\s@()<>]+@[^\s@()<>]+>)\s*")


@dataclass
class Notes:
    """The parts of an entry that feedparser's dictionary lacks: the base of its links, and its media."""

    base: str = ""
    media: Collected = field(default_factory=Collected)


class Enough(Exception):
    """Enough entries have been read."""


class TooDeep(ValueError):
    """Elements are nested deeper than in any feed."""


class Handlers(_FeedParserMixin):  # type: ignore[misc]  # feedparser is published without annotations
    """A mixin for both parsers. A handler's name is the element's in lower case, after feedparser's prefix."""

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
            raise TooDeep(f"elements are nested more than {self.deepest} deep")
        super().unknown_starttag(tag, attrs)

    def strattrs(self, attrs: list[tuple[str, str]]) -> str:
        """Write the attributes of markup within a body, with its links resolved against an ``xml:base`` there."""
        if self.baseuri and self.baseuri != self.contentparams.get("base", self.baseuri):
            attrs = [
                (name, web_address(value, self.baseuri) or value) if name in _LINKS else (name, value)
                for name, value in attrs
            ]
        written: str = super().strattrs(attrs)
        return written

    def push(self, element: str, expecting_text: int) -> None:
        if element in _INLINE and self.elementstack and self.elementstack[-1][0] in _LINES:
            return  # markup in a plain element: its text belongs to the line, and its end ends nothing
        super().push(element, expecting_text)

    def _start_item(self, attrs: dict[str, str]) -> None:
        if len(self.notes) >= self.limit:
            raise Enough
        self.notes.append(Notes(self.baseuri))
        super()._start_item(attrs)

    _start_entry = _start_item

    @property
    def _carried(self) -> Collected | None:
        """Return the media of the current entry; None outside of entries."""
        return self.notes[-1].media if self.inentry and not self.insource and self.notes else None

    def _start_link(self, attrs: dict[str, str]) -> None:
        """Read a link without ``uri`` and ``url``: feedparser takes them for ``href``, and loses the link's text."""
        for name in ("uri", "url"):
            if not attrs.get(name, "").startswith(("http://", "https://")):
                attrs.pop(name, None)
        super()._start_link(attrs)

    # ---- bounds: feedparser takes quadratic time on these

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        tags = self._get_context().get("tags")
        if not isinstance(tags, list) or len(tags) < _MAX_TAGS:
            super()._add_tag(term, scheme, label)

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        name, people = dict.get(context, key), dict.get(context, f"{key}s")
        if isinstance(name, str):
            context[key] = name = name[:_MAX_AUTHOR]
            written = _PERSON.fullmatch(name)
            if written and isinstance(people, list) and people and not people[-1]:
                # feedparser's own pattern knows no top-level domain of more than four letters.
                people[-1]["name"] = written[1] or written[2]
        super()._sync_author_detail(key)

    # ---- dates

    def _start_dc_date(self, _: dict[str, str]) -> None:
        self.push("dc_date", 1)

    def _end_dc_date(self) -> None:
        """Read RSS 1.0's date of publication, which feedparser takes for that of the last change."""
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
        """Read ``<image>address</image>`` within an item: in no standard, and in many feeds."""
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
setattr(Handlers, "_start_at_deleted-entry", Handlers._start_deleted)  # noqa: SLF001
setattr(Handlers, "_end_at_deleted-entry", Handlers._end_deleted)  # noqa: SLF001


class Expat(ExpatParser):
    """Passes each run of text at once, and not by line and character reference; twice as fast."""

    def reset(self) -> None:
        super().reset()
        self._parser: Any
        self._parser.buffer_text = True
        self._parser.buffer_size = _TEXT_AT_ONCE


class Strict(Handlers, feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """The parser for XML, with expat."""


class Loose(Handlers, feedparser.api.LooseFeedParser):  # type: ignore[misc]
    """The parser for what only looks like XML: the end of an element ends all that were left open within it."""

    deepest = DEEPEST_BROKEN

    def bound(self, limit: int) -> None:
        super().bound(limit)
        self._open: list[str] = []
        self._times_open: Counter[str] = Counter()

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        if tag in _ENTRIES:
            self._close_within(_CONTAINERS)
        elif (tag in _LEAVES or tag in _BODIES) and self._open and self._open[-1] in _LEAVES:
            self._close()  # one that has no end
        self._open.append(tag)
        self._times_open[tag] += 1
        super().unknown_starttag(tag, attrs)

    def unknown_endtag(self, tag: str) -> None:
        if self._times_open[tag]:
            self._close_within((tag,))
            self._close()
        elif self._open and self._open[-1] in _LEAVES and tag not in _INLINE:
            self._close()  # one that is misspelt

    def _close_within(self, outer: Container[str]) -> None:
        while self._open and self._open[-1] not in outer:
            self._close()

    def _close(self) -> None:
        tag = self._open.pop()
        self._times_open[tag] -= 1
        super().unknown_endtag(tag)
