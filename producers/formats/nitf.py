"""Parser for NITF (the IPTC's News Industry Text Format): a body in NewsML-G2 or ninjs, or a bare document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from producers.formats import agency, dates
from producers.formats.agency import Item
from producers.formats.cleaning import clean_line
from producers.formats.dates import NO_CUSTOMS, Customs
from producers.formats.language import language_tag
from producers.formats.news_markup import as_html, local_name
from producers.formats.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, subjects
from schemas.public_records import Media

_LINE_ENDS = ("br", "lb", "p", "hl1", "hl2")
_AFTER_A_COMMA = ("byttl", "state", "region", "country")
_COMMAS = re.compile(r"\s*,(?:\s*,)*\s*")
_SUBJECT_NAMES = ("tobject.subject.type", "tobject.subject.matter", "tobject.subject.detail")


@dataclass(frozen=True)
class BodyParts:
    """The metadata within a body, whatever its markup; empty where there is none."""

    content: str | None = None
    headline: str = ""
    byline: str = ""
    dateline: str = ""
    summary: str | None = None
    media: tuple[Media, ...] = ()


def words(node: etree._Element | None, limit: int = MAX_NAME) -> str:
    """Return all text of an element on one line."""
    return clean_line(text_of(node), limit)


def text_of(node: etree._Element | None) -> str:
    """Return all text of an element; words end where a line or a paragraph ends."""
    return "" if node is None else "".join(_texts(node))


def _texts(node: etree._Element) -> Iterator[str]:
    for event, part in etree.iterwalk(node, events=("start", "end")):
        ends = local_name(part) in _LINE_ENDS
        if event == "start":
            yield f"\n{part.text or ''}" if ends and part is not node else part.text or ""
        elif part is not node:
            yield f"\n{part.tail or ''}" if ends else part.tail or ""


def first(node: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first descendant along these names, whatever their namespace."""
    return None if node is None else node.find("/".join("{*}" + name for name in path))


def story(root: etree._Element, headline: str = "") -> BodyParts:
    """Return the story of an ``nitf`` element."""
    body = first(root, "body")
    body = root if body is None else body
    head = first(body, "body.head")
    lines = (first(head, "hedline", "hl1"), first(root, "head", "title"))
    own = next(filter(None, (agency.filled(words(line, MAX_HEADLINE)) for line in lines)), "")
    abstract = first(head, "abstract")
    return BodyParts(
        content=agency.html_body(as_html(body, headline or own)),
        headline=own,
        byline=", ".join(filter(None, map(listed_words, _all(head, "byline"))))[:MAX_NAME],
        dateline=listed_words(first(head, "dateline")),
        summary=agency.html_body(as_html(abstract)) if abstract is not None else None,
        media=agency.distinct_media(_media(body)),
    )


def listed_words(node: etree._Element | None) -> str:
    """Return the parts of an element on one line.

    Commas separate a writer and his title, a city and its country; blanks separate the parts of a name.
    """
    if node is None:
        return ""
    line = clean_line("".join(_parts(node)), MAX_NAME)
    return agency.filled(_COMMAS.sub(", ", line).strip(" ,"))


def _parts(node: etree._Element) -> Iterator[str]:
    yield node.text or ""
    for child in node.iterchildren("*"):
        yield ", " if local_name(child) in _AFTER_A_COMMA else " "
        yield from _parts(child)
        tail = child.tail or ""
        yield f" {tail}" if tail[:1].isalnum() else tail


def item(root: etree._Element, customs: Customs = NO_CUSTOMS) -> Item:
    """Return a whole NITF document as an item: its id is ``doc-id``, its version that of ``du-key``."""
    head = first(root, "head")
    docdata = first(head, "docdata")
    body = story(root)
    released = _norm(docdata, "date.release")
    status = docdata.get("management-status", "") if docdata is not None else ""
    key = first(docdata, "du-key")
    entry = ParsedEntry(
        guid=_id(docdata, key),
        headline=body.headline,
        byline=body.byline or None,
        summary=body.summary,
        content=agency.with_dateline(body.content, body.dateline),
        language=language_tag(root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("lang")),
        subjects=subjects(_subjects(head)),
        published=dates.from_iso(_norm(docdata, "date.issue"), customs),
        updated=dates.from_iso(_norm(docdata, "story.date"), customs) or dates.from_iso(released, customs),
        creditline=agency.filled(words(first(root, "body", "body.head", "distributor"))) or None,
        pubstatus=agency.pubstatus(agency.filled(status), released or None, customs),
        media=body.media,
    )
    return Item(entry, agency.version_number(key.get("version") if key is not None else None))


def _id(docdata: etree._Element | None, key: etree._Element | None) -> str | None:
    named = first(docdata, "doc-id")
    text = named.get("id-string") if named is not None else key.get("key") if key is not None else None
    return agency.filled(clean_line(text, MAX_NAME)) or None


def _norm(docdata: etree._Element | None, name: str) -> str:
    """Return the date in an element's ``norm`` attribute."""
    node = first(docdata, name)
    return clean_line(node.get("norm"), MAX_NAME) if node is not None else ""


def _subjects(head: etree._Element | None) -> Iterator[str]:
    for node in _all(head, "tobject.subject"):
        names = [node.get(name) for name in _SUBJECT_NAMES]
        yield next((name for name in reversed(names) if name), "") or node.get("tobject.subject.refnum", "")
    for node in _all(head, "keyword"):
        yield node.get("key", "")


def _media(body: etree._Element) -> Iterator[Media | None]:
    for node in _all(body, "media"):
        for reference in _all(node, "media-reference"):
            caption = words(first(node, "media-caption"), MAX_BODY)
            yield agency.medium(
                reference.get("source"), reference.get("mime-type"), caption, words(first(node, "media-producer"))
            )


def _all(node: etree._Element | None, name: str) -> Iterator[etree._Element]:
    return iter(()) if node is None else node.iter("{*}" + name)


def is_nitf(node: etree._Element) -> bool:
    return local_name(node) in ("nitf", "body.content")
