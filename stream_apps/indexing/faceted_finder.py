"""A search with its facets, its counts by time and the copies of each story: what a page of results is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from elasticsearch import AsyncElasticsearch

from stream_apps.indexing.faceted import (
    MAX_COPIES,
    FacetedSearch,
    bounds_request,
    facet_requests,
    faceted_request,
    found_query,
    interval_between,
)
from stream_apps.indexing.finder import MatchingCopies, Source, among_stories, matching_copies, stories_by_id
from stream_apps.indexing.indices import read_alias


@dataclass(frozen=True)
class FacetedResults:
    """``answer`` is that to ``faceted_request``, with times counted by ``interval`` and all facets.

    ``stories`` are the documents of its hits' stories by id, and ``matching`` their matching copies: empty where each
    copy is a row.
    """

    answer: Mapping[str, Any]
    stories: Mapping[str, Source]
    matching: Mapping[str, MatchingCopies]
    interval: str
    among: int | None = None
    """The number of stories that match the story filters. Set only if the search looked at the newest alone."""
    loosely: bool = False
    """Whether nothing had the words as they are spelled."""


async def find_faceted(client: AsyncElasticsearch, prefix: str, wanted: FacetedSearch) -> FacetedResults:
    """Run the search, and again for other spellings where nothing is found.

    Raises ``BadQuery`` and the client's errors.
    """
    narrowed, among = await among_stories(client, prefix, wanted.search)
    wanted = replace(wanted, search=narrowed)
    bounds = await time_bounds(client, prefix, wanted)
    if bounds is None and narrowed.words:
        wanted = replace(wanted, loosely=True)
        bounds = await time_bounds(client, prefix, wanted)
    interval = interval_between(*bounds) if bounds else "1h"
    requests = [faceted_request(wanted, interval), *facet_requests(wanted)]
    articles = read_alias(prefix, "articles")
    answer, *others = await asyncio.gather(*(client.search(index=articles, **request) for request in requests))
    counts = {name: found for each in (answer, *others) for name, found in each["aggregations"].items()}
    found = list(dict.fromkeys(hit["_source"]["story"] for hit in answer["hits"]["hits"]))
    stories, matching = await asyncio.gather(
        stories_by_id(client, prefix, found),
        matching_copies(client, prefix, found_query(wanted), [] if narrowed.copies else found, MAX_COPIES),
    )
    return FacetedResults(answer.body | {"aggregations": counts}, stories, matching, interval, among, wanted.loosely)


async def time_bounds(
    client: AsyncElasticsearch, prefix: str, wanted: FacetedSearch
) -> tuple[datetime, datetime] | None:
    """The first and the last time of what is found; none where nothing is. Raises as ``find_faceted`` does."""
    answer = await client.search(index=read_alias(prefix, "articles"), **bounds_request(wanted))
    first, last = (answer["aggregations"][end]["value"] for end in ("min", "max"))
    if first is None:
        return None
    return datetime.fromtimestamp(first / 1000, UTC), datetime.fromtimestamp(last / 1000, UTC)
