"""Reads the metadata of an archived web page: headline, dates, author, address. Pure, linear, for any bytes.

An archived page has no feed that names these, so the elements for search engines and social networks are read: Open
Graph, JSON-LD (schema.org), ``meta`` and ``title``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from producers.formats import dates
from producers.formats.cleaning import plain_line, web_address
from producers.formats.language import language_tag
from producers.formats.page_text import PageText
from producers.formats.parsed import MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, distinct
from producers.registry.feedlist import outlet_of

_READ = 512 * 1024
_MOST_TAGS = 500
_MOST_BLOCKS = 20
_MOST_NODES = 2000
_TAG = re.compile(r"<(meta|link)\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z:-]{1,30})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{1,2000})<", re.IGNORECASE)
_LD_BEGINS = re.compile(r"<script\b[^<>]{0,200}application/ld\+json[^<>]{0,200}>", re.IGNORECASE)
_SCRIPT_ENDS = re.compile(r"</script", re.IGNORECASE)
_ARTICLES = frozenset(
    ("Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle",
     "OpinionNewsArticle", "ReviewNewsArticle", "AdvertiserContentArticle", "BlogPosting", "LiveBlogPosting")
)  # fmt: skip
_HEADLINE = ("og:title", "twitter:title", "title")
_PUBLISHED = ("article:published_time", "og:article:published_time", "datepublished", "publish-date", "publishdate",
              "date", "dc.date.issued", "dc.date", "dcterms.created", "sailthru.date", "parsely-pub-date")  # fmt: skip
_UPDATED = ("article:modified_time", "og:updated_time", "datemodified", "last-modified", "dcterms.modified")
_AUTHOR = ("author", "article:author", "byl", "dc.creator", "parsely-author", "sailthru.author")


def article_of(body: bytes, url: str, content_type: str | None, text: PageText) -> ParsedFeed | None:
    """Return the article of a page as a feed of one entry; None where the page has no date of publication.

    Such a page is a front page, a topic's page or an advertisement, with texts of other articles.
    """
    # Imported here because it takes half a second and 40 MB, and few archives are of pages.
    from producers.formats.article_text import decoded  # noqa: PLC0415

    markup = decoded(body[:_READ], content_type)[:_READ]
    said = dict(_said(markup))
    published = _date(said, _PUBLISHED)
    if published is None or urlsplit(url).path in ("", "/"):
        return None
    entry = ParsedEntry(
        url=_address(said, url),
        headline=_first(said, _HEADLINE, MAX_HEADLINE),
        byline=_byline(said),
        content=text.as_html(),
        language=text.language or language_tag(said.get("og:locale")),
        published=published,
        updated=_date(said, _UPDATED),
        full_text=True,
    )
    return ParsedFeed("", "page", None, None, None, distinct([entry]))


def _said(markup: str) -> Iterator[tuple[str, str]]:
    """Return names and values; later ones replace earlier ones, and JSON-LD, the most exact, comes last."""
    title = _TITLE.search(markup)
    if title is not None:
        yield "title", html.unescape(title[1])
    yield from reversed(list(_tags(markup)))
    for node in _linked_data(markup):
        yield from _about(node)


def _tags(markup: str) -> Iterator[tuple[str, str]]:
    for number, tag in enumerate(_TAG.finditer(markup)):
        if number == _MOST_TAGS:
            return
        given = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag[2])}
        if tag[1].lower() == "link":
            if given.get("rel", "").lower() == "canonical" and "href" in given:
                yield "canonical", given["href"]
            continue
        name = given.get("property") or given.get("name") or given.get("itemprop")
        if name and given.get("content"):
            yield name.lower(), given["content"]


def _linked_data(markup: str) -> Iterator[Mapping[str, Any]]:
    """Yield the articles among the page's JSON-LD objects; without recursion, since they may be nested to any depth."""
    waiting: list[Any] = list(_documents(markup))
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node[:_MOST_NODES]
        elif isinstance(node, dict):
            kinds = node.get("@type")
            if any(
                isinstance(kind, str) and kind in _ARTICLES for kind in (kinds if isinstance(kinds, list) else [kinds])
            ):
                yield node
            graph = node.get("@graph")
            waiting += graph[:_MOST_NODES] if isinstance(graph, list) else []


def _documents(markup: str) -> Iterator[Any]:
    for number, begins in enumerate(_LD_BEGINS.finditer(markup)):
        ends = _SCRIPT_ENDS.search(markup, begins.end())
        if ends is None or number == _MOST_BLOCKS:
            return
        try:
            yield json.loads(markup[begins.end() : ends.start()], strict=False)
        except (ValueError, RecursionError):
            continue


def _about(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, ours in (("headline", "og:title"), ("datePublished", _PUBLISHED[0]), ("dateModified", _UPDATED[0])):
        value = node.get(name)
        if isinstance(value, str) and value.strip():
            yield ours, html.unescape(value)
    names = ", ".join(dict.fromkeys(_names(node.get("author"))))
    if names:
        yield "author", names


def _names(author: Any) -> Iterator[str]:
    for one in (author if isinstance(author, list) else [author])[:_MOST_BLOCKS]:
        name = one.get("name") if isinstance(one, dict) else one
        if isinstance(name, str) and name.strip():
            yield html.unescape(name.strip())


def _date(said: Mapping[str, str], names: Iterable[str]) -> datetime | None:
    return next((date for date in (dates.from_iso(said.get(name)) for name in names) if date is not None), None)


def _first(said: Mapping[str, str], names: Iterable[str], limit: int) -> str:
    return next((line for line in (plain_line(said.get(name), limit) for name in names) if line), "")


def _byline(said: Mapping[str, str]) -> str | None:
    lines = (plain_line(said.get(name), MAX_NAME) for name in _AUTHOR)
    # Some publishers put the address of a profile here.
    return next((line for line in lines if line and "://" not in line), None)


def _address(said: Mapping[str, str], url: str) -> str | None:
    """Return the page's canonical address, if it is the same outlet's: a feed would name that one, too."""
    canonical = web_address(said.get("canonical") or said.get("og:url"), url)
    same = (
        canonical is not None and outlet_of(canonical) == outlet_of(url) and urlsplit(canonical).path not in ("", "/")
    )
    return canonical if same else web_address(url)
