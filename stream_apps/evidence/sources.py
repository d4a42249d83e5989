"""Reads the two articles to compare, from the index or from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from elasticsearch import AsyncElasticsearch

from schemas.public_records import Article, Credit
from stream_apps.dedup.compare import UNIONS
from stream_apps.evidence.sheet import Sheet
from stream_apps.indexing import finder, queries
from stream_apps.indexing.indices import read_alias
from wirecopy.errors import NotFound

FIELDS = (
    "id", "revision", "outlet", "feed", "url", "headline", "byline", "text", "annotations", "credits", "published",
    "story", "includes",
)  # fmt: skip


async def from_index(client: AsyncElasticsearch, prefix: str, wanted: Sequence[str]) -> list[Sheet]:
    """Read the articles of these ids, or starts of ids. Raises ``NotFound``, ``BadQuery`` and the client's errors."""
    sources = [await _article(client, prefix, queries.parse_id(each)) for each in wanted]
    stories = {source["story"] for source in sources}
    links = {story: await _links(client, prefix, story) for story in sorted(stories)}
    return [sheet_of(source, links[source["story"]]) for source in sources]


async def _article(client: AsyncElasticsearch, prefix: str, wanted: str) -> dict[str, Any]:
    answer = await client.search(
        index=read_alias(prefix, "articles"),
        query={"prefix": {"id": {"value": wanted}}},
        size=2,
        source_includes=list(FIELDS),
    )
    found = [hit["_source"] for hit in answer["hits"]["hits"]]
    if not found:
        raise NotFound(f"no article has an id that starts with {wanted}")
    if len(found) > 1:
        raise queries.BadQuery(f"{wanted} is the start of several ids, {', '.join(f['id'] for f in found)}: give more")
    return dict(found[0])


async def _links(client: AsyncElasticsearch, prefix: str, story: str) -> dict[str, tuple[str, ...]]:
    """Read the links within a story from its articles: each names the canonical article and older ones."""
    found = {copy["id"]: copy async for copy in finder.copies(client, prefix, story, ("id", "links"))}
    return neighbours(
        (article, link["other"])
        for article, copy in found.items()
        for link in copy.get("links", [])
        if link["relation"] in UNIONS and link["other"] in found
    )


def neighbours(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the neighbours of each end of a link."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        found[a].add(b)
        found[b].add(a)
    return {article: tuple(sorted(others)) for article, others in found.items()}


def sheet_of(source: Mapping[str, Any], links: dict[str, tuple[str, ...]] | None = None) -> Sheet:
    """Make a sheet of a document of the index; ``links`` are those of its story."""
    published = datetime.fromisoformat(source["published"])
    article = Article(
        id=source["id"],
        revision=source["revision"],
        outlet=source["outlet"],
        feed=source["feed"],
        url=source.get("url"),
        headline=source["headline"],
        byline=source.get("byline"),
        text=source["text"],
        published=published,
        versioncreated=published,
        first_seen=published,
        fetched=published,
        credits=tuple(map(_credit, source.get("credits", []))),
        annotations=tuple((start, end) for start, end in source.get("annotations", [])),
    )
    return Sheet(article, source["story"], tuple(source.get("includes", [])), links or {})


def _credit(source: Mapping[str, Any]) -> Credit:
    span = (source["start"], source["end"]) if "start" in source else None
    fields = {name: source[name] for name in ("agency", "role", "evidence", "confidence")}
    return Credit(span=span, **fields)


def from_file(path: Path, wanted: Sequence[str]) -> list[Sheet]:
    """Read articles of a file for ``wirecopy eval dedup``, by the file's ids or starts of ids.

    Raises ``BadInput`` where the file cannot be read, ``NotFound`` and ``BadQuery`` for ids as the index does.
    """
    from stream_apps.evidence.evaluate import find_stories, read_lines  # noqa: PLC0415  # not needed with an index

    result = find_stories(read_lines(path))
    names = [_named(result.places, each) for each in wanted]
    pairs = [
        (name, result.names[link.other])
        for name, place in result.places.items()
        for link in place.links
        if link.relation in UNIONS and result.places[result.names[link.other]].story == place.story
    ]
    links = neighbours(pairs)
    sheets = []
    for name in names:
        place = result.places[name]
        article = result.articles[name].model_copy(update={"id": name})
        includes = tuple(result.names[story] for story in place.includes)
        sheets.append(Sheet(article, result.names[place.story], includes, links))
    return sheets


def _named(known: Iterable[str], wanted: str) -> str:
    names = list(known)
    found = [name for name in names if name == wanted] or [name for name in names if name.startswith(wanted)]
    if not found:
        raise NotFound(f"the file has no article with an id that starts with {wanted}")
    if len(found) > 1:
        raise queries.BadQuery(f"{wanted} is the start of several ids, {', '.join(found[:5])}: give more")
    return found[0]
