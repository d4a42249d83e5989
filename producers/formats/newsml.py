"""Parser for NewsML-G2 (iptc.org) and for bare NITF documents, which agencies deliver as XML.

Each newsItem with a text becomes an entry, alone or in a newsMessage. Pictures, graphics and films become media of
the texts that name them, or that they are packed with, and no entries; packages, knowledge, concept and planning
items hold no text of their own. Names of elements are read whatever their namespace, and every one may be missing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from lxml import etree

from producers.formats import agency, dates, nitf
from producers.formats.agency import Item
from producers.formats.agency_xml import root_name, tree_of
from producers.formats.cleaning import clean_line
from producers.formats.dates import NOT_LISTED, Customs, Listed, customs_of
from producers.formats.language import language_tag
from producers.formats.news_markup import as_html, html_to_html, local_name
from producers.formats.nitf import BodyParts, first, listed_words, text_of, words
from producers.formats.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, subjects
from schemas.public_records import Media
from wirecopy.errors import BadInput

_ROOTS = frozenset(
    ("newsMessage", "newsItem", "packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem", "nitf")
)
_NEWS_ITEM = re.compile(rb"<(?:[\w.-]+:)?newsItem[\s/>]")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NO_TEXT = frozenset(("picture", "graphic", "video", "audio", "animation", "still"))
_LESSER = ("sub", "kicker", "short", "alt", "slug", "over")
"""In the role of a headline: not the one to print over the story."""
_TEXTS = ("text/", "application/xhtml", "application/nitf", "application/xml", "application/json")


def recognises(body: bytes) -> bool:
    """Return whether this is a document for ``parse_newsml``, by its first element."""
    return root_name(body) in _ROOTS


def parse_newsml(body: bytes, url: str, max_entries: int, listed: Listed = NOT_LISTED) -> ParsedFeed:
    """Parse the text items of a document, the latest version of each. Raises ``BadInput`` as ``agency_xml.tree_of``."""
    root, problem = tree_of(body)
    customs = customs_of(listed, None, url)
    if local_name(root) == "nitf":
        return replace(agency.feed_of([nitf.item(root, customs)], "nitf", "", max_entries), problem=problem)
    news = [root] if local_name(root) == "newsItem" else root.findall("{*}itemSet/{*}newsItem")
    found = list(_items(root, news, customs))
    lost = 0
    if problem:
        # A repair can lose items: the document goes to the dead letters beside the items that were read.
        without_text = sum(_nature(node) in _NO_TEXT for node in news)
        lost = max(0, len(_NEWS_ITEM.findall(body)) - len(found) - without_text)
    feed = agency.feed_of(found, "newsml-g2", _provider(root.find(".//{*}itemMeta")), max_entries, lost)
    if problem and news and not feed.entries:
        raise BadInput("not_well_formed", problem)
    return replace(feed, problem=problem)


def _items(root: etree._Element, news: list[etree._Element], customs: Customs) -> Iterator[Item]:
    pictures = {_guid(node): _remote(node) for node in news if _nature(node) in _NO_TEXT}
    companions = _packed_together(root)
    for node in news:
        guid = _guid(node)
        named = [link.get("residref", "") for link in node.findall("{*}itemMeta/{*}link")]
        media = [one for name in (*named, *sorted(companions.get(guid, ()))) for one in pictures.get(name, ())[:1]]
        found = _item(node, guid, media, customs)
        if found is not None:
            yield found


def _packed_together(root: etree._Element) -> Mapping[str, set[str]]:
    """Return, for each item that a package of the message names, the others of its group."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for group in root.findall("{*}itemSet/{*}packageItem/{*}groupSet/{*}group"):
        names = {ref.get("residref", "") for ref in group.findall("{*}itemRef")[: agency.MAX_MEDIA]}
        for name in names:
            found[name] |= names - {name}
    return found


def _item(node: etree._Element, guid: str, pictures: Iterable[Media], customs: Customs) -> Item | None:
    """Return the item; None where it has no text and withdraws none."""
    item_meta, meta = first(node, "itemMeta"), first(node, "contentMeta")
    language = _language(node, meta)
    headline = _headline(meta, language)
    body = _story(node, headline)
    status = agency.pubstatus(_code(first(item_meta, "pubStatus")), _embargo(item_meta), customs)
    headline = headline or body.headline or words(first(item_meta, "title")) or words(first(meta, "slugline"))
    if agency.is_no_story(body.content, headline, status, pictured=_nature(node) in _NO_TEXT):
        return None
    dateline = words(first(meta, "dateline")) or body.dateline
    entry = ParsedEntry(
        guid=guid or None,
        headline=headline[:MAX_HEADLINE],
        byline=_byline(meta) or body.byline or _creators(meta) or None,
        summary=_summary(meta, language) or body.summary,
        content=agency.with_dateline(body.content, dateline),
        language=language,
        subjects=subjects(_subjects(meta, language)),
        published=_date(item_meta, "firstCreated", customs) or _date(meta, "contentCreated", customs),
        updated=_date(item_meta, "versionCreated", customs) or _date(meta, "contentModified", customs),
        creditline=_creditline(item_meta, meta),
        pubstatus=status,
        media=agency.distinct_media((*_remote(node), *body.media, *pictures)),
    )
    return Item(entry, agency.version_number(node.get("version")))


# ---- metadata of the item -------------------------------------------------------------------------------------


def _guid(node: etree._Element) -> str:
    return clean_line(node.get("guid"), MAX_NAME)


def _nature(node: etree._Element) -> str:
    """Return ``text``, ``picture`` …, from ``ninat:text`` or an address of the IPTC's list."""
    return _after_colon(_code(first(node, "itemMeta", "itemClass"))).lower()


def _code(node: etree._Element | None) -> str:
    if node is None:
        return ""
    return node.get("qcode") or node.get("uri") or node.get("literal") or words(node)


def _after_colon(code: str) -> str:
    return code.rstrip("/").rpartition("/" if "/" in code else ":")[2]


def _embargo(item_meta: etree._Element | None) -> str | None:
    """Return the date of the embargo. One without a date has no end."""
    node = first(item_meta, "embargoed")
    return None if node is None else words(node)


def _date(meta: etree._Element | None, name: str, customs: Customs) -> datetime | None:
    return dates.from_iso(words(first(meta, name)), customs)


def _language(node: etree._Element, meta: etree._Element | None) -> str | None:
    named = first(meta, "language")
    tag = named.get("tag") if named is not None else None
    return language_tag(tag) or language_tag(node.get(_XML_LANG))


def _all(meta: etree._Element | None, name: str) -> list[etree._Element]:
    return [] if meta is None else meta.findall("{*}" + name)


def _other_language(node: etree._Element, language: str | None) -> bool:
    tag = language_tag(node.get(_XML_LANG))
    return bool(tag and language and tag.split("-")[0] != language.split("-")[0])


def _headline(meta: etree._Element | None, language: str | None) -> str:
    """Return the headline to print: in the item's language, no subtitle or kicker, of the first rank."""
    ranked = [
        (_other_language(node, language), _is_lesser(node), agency.version_number(node.get("rank")), number, text)
        for number, node in enumerate(_all(meta, "headline"))
        if (text := words(node, MAX_HEADLINE))
    ]
    return min(ranked)[-1] if ranked else ""


def _is_lesser(node: etree._Element) -> bool:
    role = _after_colon(node.get("role", "")).lower()
    return role.startswith(_LESSER)


def _names(node: etree._Element, language: str | None) -> str:
    """Return the name of a party or concept, in the item's language if it has several."""
    names = [name for name in node.findall("{*}name") if words(name)]
    own = [name for name in names if not _other_language(name, language)]
    return words((own or names)[0]) if names else ""


def _byline(meta: etree._Element | None) -> str:
    return ", ".join(dict.fromkeys(filter(None, map(listed_words, _all(meta, "by")))))[:MAX_NAME]


def _creators(meta: etree._Element | None) -> str:
    """Return creators as a byline where there is none: full names only, since desks sign with initials and logins."""
    names = (_names(node, None) for node in _all(meta, "creator"))
    return ", ".join(dict.fromkeys(name for name in names if " " in name))[:MAX_NAME]


def _creditline(item_meta: etree._Element | None, meta: etree._Element | None) -> str | None:
    """Return the credit line, else the information sources, else the provider."""
    sources = [_names(node, None) or clean_line(node.get("literal"), MAX_NAME) for node in _all(meta, "infoSource")]
    line = words(first(meta, "creditline")) or ", ".join(dict.fromkeys(filter(None, sources)))
    return (line or _provider(item_meta))[:MAX_NAME] or None


def _provider(item_meta: etree._Element | None) -> str:
    node = first(item_meta, "provider")
    return "" if node is None else _names(node, None) or clean_line(_after_colon(_code(node)), MAX_NAME)


def _summary(meta: etree._Element | None, language: str | None) -> str | None:
    for node in sorted(_all(meta, "description"), key=lambda node: _other_language(node, language)):
        if "caption" not in node.get("role", ""):
            text = agency.text_body(text_of(node))
            if text:
                return text
    return None


def _subjects(meta: etree._Element | None, language: str | None) -> list[str]:
    """Return subjects, names first: where there are too many, codes without a name are left out."""
    nodes = _all(meta, "subject")
    names = [_names(node, language) for node in nodes]
    keywords = [words(node) for node in _all(meta, "keyword")]
    return [*filter(None, names), *keywords, *(_code(n) for n, name in zip(nodes, names, strict=True) if not name)]


# ---- text and pictures of the item ----------------------------------------------------------------------------


def _story(node: etree._Element, headline: str) -> BodyParts:
    """Return the first content with text, marked-up before plain."""
    content = first(node, "contentSet")
    for inline in _all(content, "inlineXML"):
        for child in inline.iterchildren("*"):
            body = nitf.story(child, headline) if nitf.is_nitf(child) else BodyParts(_marked_up(child, headline))
            if body.content or body.headline:
                return body
    plain = (_inline_data(data, headline) for data in _all(content, "inlineData"))
    return BodyParts(next(filter(None, plain), None))


def _marked_up(node: etree._Element, headline: str) -> str | None:
    body = first(node, "body") if local_name(node) == "html" else node
    return agency.html_body(as_html(node if body is None else body, headline))


def _inline_data(node: etree._Element, headline: str) -> str | None:
    contenttype = clean_line(node.get("contenttype"), MAX_NAME).lower()
    text = text_of(node)[: 2 * MAX_BODY]
    if node.get("encoding"):
        try:
            text = base64.b64decode(text, validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
    if contenttype and not contenttype.startswith(_TEXTS):
        return None
    if "html" in contenttype:
        return agency.html_body(html_to_html(text[:MAX_BODY], headline))
    return agency.text_body(text)


def _remote(node: etree._Element) -> list[Media]:
    """Return pictures and films that the item links, the largest first."""
    found: list[tuple[int, int, Media]] = []
    for remote in _all(first(node, "contentSet"), "remoteContent"):
        contenttype = clean_line(remote.get("contenttype"), MAX_NAME)
        if contenttype.lower().startswith(_TEXTS):
            continue
        meta = first(node, "contentMeta")
        title = words(first(meta, "headline")) if _nature(node) in _NO_TEXT else ""
        credit = words(first(meta, "creditline")) if _nature(node) in _NO_TEXT else ""
        one = agency.medium(remote.get("href"), contenttype, title, credit)
        if one is not None:
            found.append((-agency.version_number(remote.get("width")), len(found), one))
    return [one for _, _, one in sorted(found, key=lambda ranked: ranked[:2])]
