"""The common part of NewsML-G2 and ninjs: versions, embargoes, datelines, bodies. Pure, but for the time of day.

An item is named by its guid or uri; its version is no part of the name, so that a new version is a revision of the
same article. Of several versions in one document the latest stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from producers.formats import dates
from producers.formats.cleaning import clean, clean_line, paragraphs_as_html, visible_text, web_address
from producers.formats.dates import NO_CUSTOMS, Customs
from producers.formats.parsed import MAX_BODY, MAX_NAME, ParsedEntry, ParsedFeed, distinct
from producers.formats.sanitise import safe_html
from schemas.public_records import Media, PubStatus

MAX_MEDIA = 20
_MIN_STORY = 400
"""Characters from which on the text of a picture is a story and not its caption."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_MAX_VERSION_DIGITS = 18
_STATUS: dict[str, PubStatus] = {"usable": "usable", "canceled": "canceled", "cancelled": "canceled"}
_WORD = re.compile(r"\w+")
_TEMPLATE = re.compile(
    # An unfilled date pattern, which may hold some digits; MySQL's zero date; a template variable.
    r"(?=.*(?:YY|yy))(?=.*(?:MM|DD|dd))[YMDHSZTymdhszt0:/.+\-\s]{6,}|0{4}[-/]?00[-/]?00(?:[T ]?[0:.Z+\-]*)?"
    r"|.*(?:\{\{.{0,80}?\}\}|\$\{.{0,80}?\}|\$\(.{0,80}?\)|<%.{0,80}?%>|%%\w{1,40}%%|@@\w{1,40}@@).*"
)
_PARAGRAPH = "<p>"
_OPENING_PARAGRAPHS = 4
"""Paragraphs in which a dateline is looked for: a teaser or a byline may stand before it."""
_DATELINE_MARK = re.compile(r"[(\[:–—]|--| - ")  # noqa: RUF001  # dashes as agencies set them


@dataclass(frozen=True)
class Item:
    """One version of an item."""

    entry: ParsedEntry
    version: int = 0


def feed_of(items: Iterable[Item], form: str, title: str, max_entries: int, lost: int = 0) -> ParsedFeed:
    """Return the items of a document as a feed. ``lost`` counts items that could not be read; they count as dropped."""
    entries = _latest(items)
    problem = f"{lost} items cannot be read" if lost else None
    dropped = max(0, len(entries) - max_entries) + lost
    return ParsedFeed(title, form, None, None, None, entries[:max_entries], dropped, problem)


def _latest(items: Iterable[Item]) -> tuple[ParsedEntry, ...]:
    """Keep the latest version of each item, in document order: by version, then date, then position."""
    chosen: dict[str, Item] = {}
    for number, item in enumerate(items):
        name = item.entry.guid or f"\0{number}"
        known = chosen.get(name)
        if known is None or _age(item) >= _age(known):
            chosen[name] = item
    return distinct(item.entry for item in chosen.values())


def _age(item: Item) -> tuple[int, datetime]:
    return item.version, item.entry.updated or _NEVER


def version_number(value: object) -> int:
    """Parse a version number; 0 where it is none.

    >>> version_number("6"), version_number(6), version_number("draft")
    (6, 6, 0)
    """
    text = clean_line(str(value) if isinstance(value, int) else value, 40)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_VERSION_DIGITS else 0


def pubstatus(value: object, embargoed: object, customs: Customs = NO_CUSTOMS) -> PubStatus:
    """Return the status of an item. ``value``: ``stat:usable``, an address of the IPTC's list, or the bare word.

    ``embargoed`` is the date of the embargo, None without one. The item is withheld until then, and for good where the
    date is empty or unreadable; an unfilled template is no embargo. The status is that of the time of reading: only the
    next version of the item, or reading it again, releases it. An unknown status is no permission to publish.
    """
    word = re.split(r"[:/#]", clean_line(value, MAX_NAME).lower())[-1]
    status = _STATUS.get(word, "withheld") if word else "usable"
    if status == "usable" and embargoed is not None and not is_template(embargoed):
        until = dates.from_iso(embargoed, customs)
        if until is None or until > datetime.now(UTC):
            return "withheld"
    return status


def is_template(text: object) -> bool:
    """Return whether this is an unfilled template: ``YYYYMMDD000000-HHMM``, ``{{id}}``, zeros."""
    return isinstance(text, str) and _TEMPLATE.fullmatch(text.strip()[:MAX_NAME]) is not None


def filled(text: str) -> str:
    """Return the text; empty where it is an unfilled template."""
    return "" if is_template(text) else text


def is_no_story(content: str | None, headline: str, status: PubStatus, *, pictured: bool) -> bool:
    """Return whether an item is no article: a picture or film with at most a caption, or an empty item.

    A withheld or canceled item is an article, however empty: its status is the news.
    """
    if pictured:
        return len(visible_text(content)) < _MIN_STORY
    return content is None and not headline and status == "usable"


def html_body(markup: str) -> str | None:
    """Return a body for an entry: bounded and sanitised, as the body of any feed."""
    return safe_html(clean(markup, MAX_BODY)) or None


def text_body(text: object) -> str | None:
    """Return a plain-text body as paragraphs, split at blank lines or, without any, at line ends."""
    words = clean(text, MAX_BODY)
    if "\n" in words and not re.search(r"\n[ \t]*\n", words):
        words = words.replace("\n", "\n\n")
    return html_body(paragraphs_as_html(words))


def with_dateline(content: str | None, dateline: str) -> str | None:
    """Put the dateline in front of the body, unless one of its first paragraphs has it already.

    Credits are read from datelines in the text. A dateline that ends in neither a bracket nor a mark gets a dash.
    """
    if not content or not dateline or _has_dateline(content, dateline):
        return content
    words = dateline.rstrip()
    joined = words + (" " if words.endswith((")", "]", "-", "–", "—", ":")) else " - ")  # noqa: RUF001  # as above
    before, paragraph, after = content.partition(_PARAGRAPH)
    escaped = joined.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{before}{paragraph}{escaped}{after}" if paragraph else f"{escaped}{content}"


def _has_dateline(content: str, dateline: str) -> bool:
    whole = _words(dateline)
    place = _words(re.split(r"[,(\[]", dateline)[0])
    for paragraph in content[:20_000].split(_PARAGRAPH)[: _OPENING_PARAGRAPHS + 1]:
        text = visible_text(paragraph)[:300]
        words = _words(text)
        if words[: len(whole)] == whole:
            return True
        if place and words[: len(place)] == place and _DATELINE_MARK.search(text[:80]):
            return True
    return False


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def medium(href: object, contenttype: object, title: object = None, creditline: object = None) -> Media | None:
    """Return a picture, film or sound; None where its address is no web address."""
    address = web_address(href)
    if address is None:
        return None
    return Media(
        href=address,
        contenttype=clean_line(contenttype, MAX_NAME).lower() or None,
        title=clean_line(title, MAX_NAME) or None,
        creditline=clean_line(creditline, MAX_NAME) or None,
    )


def distinct_media(found: Iterable[Media | None]) -> tuple[Media, ...]:
    """Return each address once, a bounded number."""
    by_address: dict[str, Media] = {}
    for one in found:
        if one is not None:
            by_address.setdefault(one.href, one)
    return tuple(by_address.values())[:MAX_MEDIA]
