"""The data of an article's page, from its document. Pure. ``pages/article.py`` has the handlers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stream_apps.web.marking import Piece, paragraphs


@dataclass(frozen=True)
class CreditLine:
    """A credit with its words."""

    agency: str
    role: str
    evidence: str
    words: str


@dataclass(frozen=True)
class LinkedArticle:
    """An article that shares text with this one. ``outlet`` is None where it has left the index."""

    other: str
    outlet: str | None
    headline: str | None
    published: str | None
    relation: str
    containment: float
    coverage: float


@dataclass(frozen=True)
class EarlierText:
    revision: int
    made: str
    headline: str
    text: str
    truncated: bool


@dataclass(frozen=True)
class ArticlePage:
    """The model of the page and its JSON twin."""

    id: str
    story: str
    outlet: str
    headline: str
    byline: str | None
    url: str | None
    published: str
    first_seen: str
    language: str | None
    agencies: tuple[str, ...]
    origin_class: str
    canonical: bool
    canonical_article: str
    relation: str | None
    containment: float
    coverage: float
    lag: float
    undisclosed: bool
    signal: str | None
    removed: str | None
    revision: int
    revisions_count: int
    credits: tuple[CreditLine, ...]
    paragraphs: tuple[tuple[Piece, ...], ...]
    earlier: tuple[EarlierText, ...]
    links: tuple[LinkedArticle, ...]
    truncated: bool


def article_page(article: Mapping[str, Any], linked: Mapping[str, Mapping[str, Any]]) -> ArticlePage:
    """Make the page; ``linked`` are the linked articles that are still in the index."""
    return ArticlePage(
        id=article["id"],
        story=article["story"],
        outlet=article["outlet"],
        headline=article["headline"],
        byline=article.get("byline"),
        url=article.get("url"),
        published=article["published"],
        first_seen=article["first_seen"],
        language=article.get("language"),
        agencies=tuple(article["agencies"]),
        origin_class=article["origin_class"],
        canonical=article.get("canonical", False),
        canonical_article=article["canonical_article"],
        relation=article.get("relation"),
        containment=article["containment"],
        coverage=article["coverage"],
        lag=article["lag"],
        undisclosed=article.get("undisclosed", False),
        signal=article.get("signal"),
        removed=article.get("removed"),
        revision=article["revision"],
        revisions_count=article.get("revisions_count", 0),
        credits=tuple(_credit(article, credit) for credit in article.get("credits", [])),
        paragraphs=paragraphs(article),
        earlier=tuple(_earlier(old) for old in reversed(article.get("revisions", []))),
        links=tuple(_link(link, linked.get(link["other"], {})) for link in article.get("links", [])),
        truncated=article.get("truncated", False),
    )


def _credit(article: Mapping[str, Any], credit: Mapping[str, Any]) -> CreditLine:
    words = article["text"][credit["start"] : credit["end"]] if "start" in credit else article.get("byline") or ""
    return CreditLine(credit["agency"], credit["role"], credit["evidence"], " ".join(words.split()))


def _earlier(old: Mapping[str, Any]) -> EarlierText:
    return EarlierText(
        old["revision"], old["versioncreated"], old["headline"], old["text"], old.get("truncated", False)
    )


def _link(link: Mapping[str, Any], other: Mapping[str, Any]) -> LinkedArticle:
    return LinkedArticle(
        other=link["other"],
        outlet=other.get("outlet"),
        headline=other.get("headline"),
        published=other.get("published"),
        relation=link["relation"],
        containment=link["containment"],
        coverage=link["coverage"],
    )
