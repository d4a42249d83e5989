"""What NewsML-G2 and ninjs have in common: versions, embargoes, datelines, bodies. Pure, but for the time of day.

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
    # A pattern of a date, with the digits that it has of its own; MySQL's zero; a variable.
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
    """The document's items as a feed. ``lost`` items that could not be read count as dropped: they are a loss."""
    entries = _latest(items)
    problem = f"{lost} items cannot be read" if lost else None
    dropped = max(0, len(entries) - max_entries) + lost
    return ParsedFeed(title, form, None, None, None, entries[:max_entries], dropped, problem)


def _latest(items: Iterable[Item]) -> tuple[ParsedEntry, ...]:
    """Each item once, in the order of the document. Versions decide, then their dates, then which comes later."""
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
    """``"6"`` or ``6`` to 6; 0 for what is no number."""
    text = clean_line(str(value) if isinstance(value, int) else value, 40)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_VERSION_DIGITS else 0


def pubstatus(value: object, embargoed: object, customs: Customs = NO_CUSTOMS) -> PubStatus:
    """What may be done with an item. ``value``: ``stat:usable``, an address of the IPTC's list, or the bare word.

    ``embargoed``: none where there is no embargo; otherwise the item is withheld until that moment, and for good where
    the date is empty or cannot be read; a template that nobody filled is no embargo. What counts is when the item is
    read: nothing here releases it later, which its next version does, or reading it once more. A status that the
    standard does not know is not taken for a permission to publish.
    """
    word = re.split(r"[:/#]", clean_line(value, MAX_NAME).lower())[-1]
    status = _STATUS.get(word, "withheld") if word else "usable"
    if status == "usable" and embargoed is not None and not is_template(embargoed):
        until = dates.from_iso(embargoed, customs)
        if until is None or until > datetime.now(UTC):
            return "withheld"
    return status


def is_template(text: object) -> bool:
    """Whether a publisher's system was to fill this and did not: ``YYYYMMDD000000-HHMM``, ``{{id}}``, zeros."""
    return isinstance(text, str) and _TEMPLATE.fullmatch(text.strip()[:MAX_NAME]) is not None


def filled(text: str) -> str:
    """The text, or nothing where it is a template that nobody filled."""
    return "" if is_template(text) else text


def is_no_story(content: str | None, headline: str, status: PubStatus, *, pictured: bool) -> bool:
    """Whether an item is no article: a picture or film with at most a caption, or one that says nothing at all.

    One that is withheld or canceled says that, however empty it is.
    """
    if pictured:
        return len(visible_text(content)) < _MIN_STORY
    return content is None and not headline and status == "usable"


def html_body(markup: str) -> str | None:
    """A body as the entry holds it: bounded, and harmless by the same rules as that of any feed."""
    return safe_html(clean(markup, MAX_BODY)) or None


def text_body(text: object) -> str | None:
    """A plain-text body as paragraphs: blank lines part them, or, where there are none, every line end does."""
    words = clean(text, MAX_BODY)
    if "\n" in words and not re.search(r"\n[ \t]*\n", words):
        words = words.replace("\n", "\n\n")
    return html_body(paragraphs_as_html(words))


def with_dateline(content: str | None, dateline: str) -> str | None:
    """The body with the dateline as its first words, unless one of its first paragraphs has it there already.

    The reader of credits finds datelines in the text. One that ends in neither a bracket nor a mark gets a dash.
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
    """A picture, film or sound; none where its address is no web address."""
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
    """Each address once, a bounded number."""
    by_address: dict[str, Media] = {}
    for one in found:
        if one is not None:
            by_address.setdefault(one.href, one)
    return tuple(by_address.values())[:MAX_MEDIA]
