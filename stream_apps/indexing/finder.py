"""Reading the index: searches, and a story with all its copies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from stream_apps.indexing import queries, tallies
from stream_apps.indexing.indices import read_alias
from stream_apps.indexing.word_clauses import Clause
from wirecopy.errors import NotFound

Source = dict[str, Any]


@dataclass(frozen=True)
class Hit:
    """One row of results: an article, alone or standing for its story, and the story it belongs to."""

    article: Source
    story: Source
    matching: int
    """Copies of the story that match the search; 1 where copies are rows of their own."""


@dataclass(frozen=True)
class MatchingCopies:
    """How many copies of a story match a search, and the first of them by publication."""

    count: int
    first: tuple[Source, ...] = ()


ITSELF: Final = MatchingCopies(1)
"""Where each copy is a row."""


@dataclass(frozen=True)
class Results:
    """``total`` articles of ``stories`` stories match; ``hits`` are the first of them."""

    total: int
    stories: int
    hits: tuple[Hit, ...]
    among: int | None = None
    """How many stories are as the search asks of stories, where only the newest of them were looked at."""
    near: bool = False
    """Nothing has the words as they were given: these have words of nearly the same spelling."""


@dataclass(frozen=True)
class StoryView:
    """A story with every copy, by publication. ``story`` is empty while its document is not indexed yet.

    ``siblings`` are other stories of the same event, in words of their own.
    """

    id: str
    story: Source
    copies: tuple[Source, ...]
    siblings: tuple[Source, ...] = ()
    notices: tuple[Source, ...] = ()
    """Retractions that quote the story's headline but share no text with it."""


async def find(client: AsyncElasticsearch, prefix: str, search: queries.Search) -> Results:
    """Run a search, and again for other spellings where nothing is found. Raises ``BadQuery``, the client's errors."""
    search, among = await among_stories(client, prefix, search)
    if not search.words.strip() and not search.copies:
        return replace(await _newest(client, prefix, search), among=among)
    index, near = read_alias(prefix, "articles"), False
    request = queries.search_request(search)
    answer = await client.search(index=index, **request)
    if search.words.strip() and not answer["hits"]["total"]["value"]:
        request, near = queries.search_request(search, loosely=True), True
        answer = await client.search(index=index, **request)
    articles = [hit["_source"] for hit in answer["hits"]["hits"]]
    return Results(
        total=answer["hits"]["total"]["value"],
        stories=answer["aggregations"]["stories"]["value"],
        hits=await _hits(client, prefix, articles, request["query"], alone=search.copies),
        among=among,
        near=near and bool(articles),
    )


async def _newest(client: AsyncElasticsearch, prefix: str, search: queries.Search) -> Results:
    """The stories with the newest articles, each by its newest, and how many there are."""
    articles, (total, stories) = await asyncio.gather(
        _newest_of_stories(client, prefix, search), _counts(client, prefix, search)
    )
    query = queries.count_request(search)["query"]
    return Results(total, stories, await _hits(client, prefix, articles, query, alone=False))


async def _newest_of_stories(client: AsyncElasticsearch, prefix: str, search: queries.Search) -> list[Source]:
    limit, newest = min(search.limit, queries.MAX_LIMIT), dict[str, str]()
    after: Sequence[Any] | None = None
    while len(newest) < limit:
        request = queries.newest_request(search, after)
        page = (await client.search(index=read_alias(prefix, "articles"), **request))["hits"]["hits"]
        for hit in page:
            newest.setdefault(hit["fields"]["story"][0], hit["fields"]["id"][0])
        if len(page) < queries.NEWEST:
            break
        after = page[-1]["sort"]
    wanted = list(newest.values())[:limit]
    by_id = await articles_by_id(client, prefix, wanted)
    return [by_id[article] for article in wanted if article in by_id]


async def _counts(client: AsyncElasticsearch, prefix: str, search: queries.Search) -> tuple[int, int]:
    """How many articles match, and of how many stories."""
    if queries.finds_everything(search):
        articles, stories = await asyncio.gather(
            *(client.count(index=read_alias(prefix, kind)) for kind in ("articles", "stories"))
        )
        return articles["count"], stories["count"]
    answer = await client.search(index=read_alias(prefix, "articles"), **queries.count_request(search))
    return answer["hits"]["total"]["value"], answer["aggregations"]["stories"]["value"]


async def _hits(
    client: AsyncElasticsearch, prefix: str, articles: Sequence[Source], query: Clause, *, alone: bool
) -> tuple[Hit, ...]:
    """Rows of these articles: each alone, or for its story, of which the copies that match ``query`` are counted."""
    found = list(dict.fromkeys(article["story"] for article in articles))
    stories, matching = await asyncio.gather(
        stories_by_id(client, prefix, found), matching_copies(client, prefix, query, [] if alone else found)
    )
    return tuple(
        Hit(article, stories.get(article["story"], {}), matching.get(article["story"], ITSELF).count)
        for article in articles
    )


async def among_stories(
    client: AsyncElasticsearch, prefix: str, search: queries.Search
) -> tuple[queries.Search, int | None]:
    """The search with the stories that it may find, where it asks something of stories; and how many there are, if
    those are not all. Raises the client's errors.
    """
    if not queries.asks_of_stories(search):
        return search, None
    answer = await client.search(index=read_alias(prefix, "stories"), **queries.story_ids_request(search))
    ids = [hit["_id"] for hit in answer["hits"]["hits"]]
    total = int(answer["hits"]["total"]["value"])
    return replace(search, stories=ids), total if total > len(ids) else None


async def story(
    client: AsyncElasticsearch, prefix: str, wanted: str, fields: Sequence[str] = queries.COPY_FIELDS
) -> StoryView:
    """The story of an article or story id, or of a prefix that only one story has; of its copies these fields.

    Raises ``NotFound``, ``BadQuery`` for a malformed or ambiguous id, and the client's errors.
    """
    found = await _story_id(client, prefix, queries.parse_id(wanted))
    every = tuple([source async for source in copies(client, prefix, found, fields)])
    document = await _story(client, prefix, found)
    siblings, notices = await _siblings(client, prefix, document), await _notices(client, prefix, every)
    return StoryView(found, document, every, siblings, notices)


async def _story_id(client: AsyncElasticsearch, prefix: str, wanted: str) -> str:
    answer = await client.search(index=read_alias(prefix, "articles"), **queries.lookup_request(wanted))
    stories = [bucket["key"] for bucket in answer["aggregations"]["stories"]["buckets"]]
    if not stories:
        raise NotFound(f"no article or story has an id that starts with {wanted}")
    if len(stories) > 1:
        raise queries.BadQuery(f"{wanted} is the start of several ids, of the stories {', '.join(stories)}: give more")
    return str(stories[0])


async def article(client: AsyncElasticsearch, prefix: str, wanted: str) -> Source:
    """All that is stored of the one article whose id starts so. Raises as ``story`` does."""
    query = {"prefix": {"id": {"value": queries.parse_id(wanted)}}}
    answer = await client.search(index=read_alias(prefix, "articles"), query=query, size=2)
    found = [dict(hit["_source"]) for hit in answer["hits"]["hits"]]
    if not found:
        raise NotFound(f"no article has an id that starts with {wanted}")
    if len(found) > 1:
        raise queries.BadQuery(f"{wanted} is the start of several ids, {', '.join(f['id'] for f in found)}: give more")
    return found[0]


async def articles_by_id(client: AsyncElasticsearch, prefix: str, articles: Sequence[str]) -> Mapping[str, Source]:
    """What a row shows of these articles, as far as they are in the index. Raises the client's errors."""
    if not articles:
        return {}
    query = {"ids": {"values": list(articles)}}
    index, fields = read_alias(prefix, "articles"), list(queries.HIT_FIELDS)
    answer = await client.search(index=index, query=query, size=len(articles), source_includes=fields)
    return {hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]}


async def copies(
    client: AsyncElasticsearch, prefix: str, story: str, fields: Sequence[str] = queries.COPY_FIELDS
) -> AsyncIterator[Source]:
    """Every article of a story, by publication. Raises the client's errors."""
    after: Sequence[Any] | None = None
    while True:
        request = queries.copies_request(story, after, fields)
        answer = await client.search(index=read_alias(prefix, "articles"), **request)
        hits = answer["hits"]["hits"]
        for hit in hits:
            yield hit["_source"]
        if len(hits) < queries.PAGE:
            return
        after = hits[-1]["sort"]


async def outlets(client: AsyncElasticsearch, prefix: str, request: Clause) -> list[tallies.OutletTally]:
    """How outlets use the wire, as ``tallies.outlets_request`` asks. Raises the client's errors."""
    answer = await client.search(index=read_alias(prefix, "articles"), **request)
    return tallies.outlet_tallies(answer.body)


async def trends(
    client: AsyncElasticsearch, prefix: str, kinds: Sequence[str], moments: tuple[datetime, datetime, datetime]
) -> list[tallies.Trend]:
    """Names that rise between the last two moments, against the time between the first two.

    Raises the client's errors.
    """
    earlier, start, end = moments
    now = await _name_counts(client, prefix, tallies.names_request(kinds, start, end, {}))
    among = {kind: list(names) for kind, names in now.items()}
    before = await _name_counts(client, prefix, tallies.names_request(kinds, earlier, start, among))
    return tallies.trends(now, before, (end - start) / (start - earlier))


async def _name_counts(client: AsyncElasticsearch, prefix: str, request: Clause) -> dict[str, dict[str, int]]:
    answer = await client.search(index=read_alias(prefix, "stories"), **request)
    return tallies.name_counts(answer.body)


async def _notices(client: AsyncElasticsearch, prefix: str, copies: Sequence[Source]) -> tuple[Source, ...]:
    filed = [(c["outlet"], c["headline"]) for c in copies if any(k["role"] == "sole" for k in c.get("credits", []))]
    if not filed:
        return ()
    request = queries.notices_request(filed[: queries.MAX_FILED], copies[0]["story"])
    answer = await client.search(index=read_alias(prefix, "articles"), **request)
    return tuple(hit["_source"] for hit in answer["hits"]["hits"])


async def _story(client: AsyncElasticsearch, prefix: str, story: str) -> Source:
    answer = await client.search(index=read_alias(prefix, "stories"), **queries.story_request(story))
    hits = answer["hits"]["hits"]
    return dict(hits[0]["_source"]) if hits else {}


async def _siblings(client: AsyncElasticsearch, prefix: str, story: Source) -> tuple[Source, ...]:
    if "event" not in story:
        return ()
    request = queries.event_request(story["event"]["id"], story["id"])
    answer = await client.search(index=read_alias(prefix, "stories"), **request)
    return tuple(hit["_source"] for hit in answer["hits"]["hits"])


async def stories_by_id(client: AsyncElasticsearch, prefix: str, stories: Sequence[str]) -> Mapping[str, Source]:
    """The documents of these stories, as far as a row of results shows of them. Raises the client's errors."""
    wanted = list(dict.fromkeys(stories))
    if not wanted:
        return {}
    answer = await client.search(index=read_alias(prefix, "stories"), **queries.stories_request(wanted))
    return {hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]}


async def matching_copies(
    client: AsyncElasticsearch, prefix: str, query: Clause, stories: Sequence[str], copies: int = 0
) -> Mapping[str, MatchingCopies]:
    """Of each of these stories the articles that match a query, with so many of them. Raises the client's errors."""
    if not stories:
        return {}
    request = queries.matching_request(query, stories, copies)
    answer = await client.search(index=read_alias(prefix, "articles"), **request)
    return {bucket["key"]: _matching(bucket) for bucket in answer["aggregations"]["stories"]["buckets"]}


def _matching(bucket: Mapping[str, Any]) -> MatchingCopies:
    hits = bucket["copies"]["hits"]["hits"] if "copies" in bucket else ()
    return MatchingCopies(bucket["doc_count"], tuple(hit["_source"] for hit in hits))
