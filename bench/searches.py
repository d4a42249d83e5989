"""How long searches and the panels of dashboards take in an index of very many articles, while others are written.

The documents are those of one wire day, passed through all stages, many times over (``bench.many_documents``).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import orjson
from elasticsearch import AsyncElasticsearch

from bench.index import index_wire_day
from bench.latency import percentile
from bench.many_documents import Pattern, ending, patterns, rare_words, turns
from bench.report import Table
from bench.site import Site, announce, site
from stream_apps.indexing import finder, tallies
from stream_apps.indexing.client import connect
from stream_apps.indexing.faceted import FacetedSearch
from stream_apps.indexing.faceted_finder import find_faceted
from stream_apps.indexing.queries import Circle, Search
from stream_apps.kibana import panel_query
from stream_apps.kibana.definitions import Definitions, Panel, load
from stream_apps.web.search_form import ROWS, recent
from wirecopy.errors import ServerError

HEAP: Final = "4g"
DAYS: Final = 90
"""Days that the articles are spread over, up to today."""
WEEK: Final = timedelta(days=7)
BATCH: Final = 500
IN_FLIGHT: Final = 2
WRITES: Final = 4
"""Articles written a second while the searches are timed."""
WARM: Final = 3
DEFINITIONS: Final = Path(__file__).resolve().parents[1] / "deploy" / "kibana"
Ask = Callable[[random.Random], Awaitable[object]]


@dataclass(frozen=True)
class Day:
    """The documents of one wire day by id, and the words to ask for."""

    articles: Mapping[str, Mapping[str, Any]]
    stories: Mapping[str, Mapping[str, Any]]
    rare: frozenset[str]


def measure(articles: int, requests: int) -> list[Table]:
    """The wire day through all stages, its documents many times over, then each search so often.

    Raises as ``site`` does.
    """
    with site(HEAP) as here:
        index_wire_day(here)
        for child in tuple(here.children):
            here.stop(child)
        return asyncio.run(_measure(here, articles, requests))


async def _measure(here: Site, articles: int, requests: int) -> list[Table]:
    settings = here.settings.elasticsearch
    prefix = settings.index_prefix
    async with connect(settings) as client:
        day = await _day(client, prefix)
        kinds = {"articles": patterns(day.articles, day.rare), "stories": patterns(day.stories, day.rare)}
        written = list(turns(kinds, articles, datetime.now(UTC).date(), DAYS))
        began = time.monotonic()
        await _fill(client, prefix, kinds, written)
        announce(f"{articles} articles in {time.monotonic() - began:.0f} s")
        sizes = await _sizes(client, prefix)
        writing = asyncio.create_task(_keep_writing(client, prefix, kinds, written[-1]))
        try:
            searched = [(name, await _timed(ask, requests)) for name, ask in _searches(client, prefix, day, written)]
            drawn = [(name, await _timed(ask, requests)) for name, ask in _panels(client, prefix, load(DEFINITIONS))]
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
        return [_searches_table(searched, sizes, requests), _panels_table(drawn, requests), _sizes_table(sizes)]


# ---- documents --------------------------------------------------------------------------------------------------


async def _day(client: AsyncElasticsearch, prefix: str) -> Day:
    found = []
    for kind in ("articles", "stories"):
        await client.indices.refresh(index=f"{prefix}-{kind}")
        answer = await client.search(index=f"{prefix}-{kind}", size=5000)
        found.append({hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]})
    articles, stories = found
    return Day(articles, stories, rare_words(articles.values()))


async def _fill(
    client: AsyncElasticsearch, prefix: str, kinds: Mapping[str, Sequence[Pattern]], written: Sequence[tuple[int, date]]
) -> None:
    """Write all turns, without a refresh until the end."""
    names = [f"{prefix}-{kind}" for kind in kinds]
    await client.indices.put_settings(index=names, settings={"refresh_interval": "-1"})
    limit = asyncio.Semaphore(IN_FLIGHT)

    async def send(lines: list[bytes]) -> None:
        async with limit:
            answer = await client.options(request_timeout=120).bulk(operations=b"\n".join(lines) + b"\n")  # type: ignore[arg-type]  # bytes are taken, too
        if answer["errors"]:
            raise ServerError(f"a document was refused: {orjson.dumps(answer['items'][0]).decode()}")

    pending: set[asyncio.Task[None]] = set()
    for lines in _batches(prefix, kinds, written):
        pending.add(asyncio.create_task(send(lines)))
        if len(pending) > IN_FLIGHT:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
    await asyncio.gather(*pending)
    await client.indices.put_settings(index=names, settings={"refresh_interval": "1s"})
    await client.indices.refresh(index=names)


def _batches(
    prefix: str, kinds: Mapping[str, Sequence[Pattern]], written: Sequence[tuple[int, date]]
) -> Iterator[list[bytes]]:
    lines: list[bytes] = []
    for turn, day in written:
        for kind, of_kind in kinds.items():
            for pattern in of_kind:
                lines += _operation(f"{prefix}-{kind}-write", *pattern.of_turn(turn, day))
                if len(lines) >= 2 * BATCH:
                    yield lines
                    lines = []
    if lines:
        yield lines


def _operation(alias: str, identity: str, source: bytes) -> tuple[bytes, bytes]:
    return orjson.dumps({"index": {"_index": alias, "_id": identity}}), source


async def _keep_writing(
    client: AsyncElasticsearch, prefix: str, kinds: Mapping[str, Sequence[Pattern]], last: tuple[int, date]
) -> None:
    """Further turns of today, a few articles a second with their stories."""
    turn, today = last
    while True:
        turn += 1
        for article, story in zip(kinds["articles"], cycle(kinds["stories"]), strict=False):
            lines = [
                *_operation(f"{prefix}-articles-write", *article.of_turn(turn, today)),
                *_operation(f"{prefix}-stories-write", *story.of_turn(turn, today)),
            ]
            await client.bulk(operations=b"\n".join(lines) + b"\n")  # type: ignore[arg-type]  # bytes are taken, too
            await asyncio.sleep(1 / WRITES)


async def _sizes(client: AsyncElasticsearch, prefix: str) -> list[tuple[str, int, int]]:
    """Kind, documents and bytes."""
    found = []
    for kind in ("articles", "stories"):
        stats = (await client.indices.stats(index=f"{prefix}-{kind}", metric=["docs", "store"]))["_all"]["primaries"]
        count = (await client.count(index=f"{prefix}-{kind}"))["count"]
        found.append((kind, int(count), int(stats["store"]["size_in_bytes"])))
    return found


# ---- what is asked ----------------------------------------------------------------------------------------------


def _searches(
    client: AsyncElasticsearch, prefix: str, day: Day, written: Sequence[tuple[int, date]]
) -> Iterator[tuple[str, Ask]]:
    """Each kind of search, as the command line and the desk put it; the words are drawn anew for each request."""
    headlines = [document["headline"] for document in day.articles.values()]
    commons = sorted(
        {w for line in headlines for w in line.split() if len(w) > 4 and w.isalpha() and w not in day.rare}
    )
    facets = [document.get("entities", {}) for document in day.stories.values()]
    people = sorted({one for facet in facets for one in facet.get("person", {}).get("name", ())})
    places = sorted({one for facet in facets for one in facet.get("place", {}).get("name", ())})
    orgs = sorted({one for facet in facets for one in facet.get("org", {}).get("name", ())})
    now = datetime.now(UTC)

    def by(change: Callable[[random.Random], Search]) -> Ask:
        async def ask(rng: random.Random) -> object:
            return await finder.find(client, prefix, change(rng))

        return ask

    def rare(rng: random.Random) -> str:
        turn, _ = rng.choice(written)
        return f"{rng.choice(sorted(day.rare))}{ending(turn)}"

    def two(rng: random.Random) -> str:
        words = [w for w in rng.choice(headlines).split() if len(w) > 4 and w.isalpha()] or [rng.choice(commons)]
        chosen = rng.sample(words, min(2, len(words)))
        mark = ending(rng.choice(written)[0])
        return " ".join(f"{word}{mark}" if word in day.rare else word for word in chosen)

    week = Search(since=now - WEEK)
    yield "two words of a headline", by(lambda rng: Search(two(rng)))
    yield "two words, each copy a row", by(lambda rng: Search(two(rng), copies=True))
    yield "one common word", by(lambda rng: Search(rng.choice(commons)))
    yield "one rare word", by(lambda rng: Search(rare(rng)))
    yield "a phrase", by(lambda rng: Search('"' + " ".join(rng.choice(headlines).split()[:2]) + '"'))
    yield "a word and not another", by(lambda rng: Search(f"{rng.choice(commons)} -{rng.choice(commons)}"))
    yield "a misspelt word", by(lambda rng: Search(rng.choice(commons)[:-1] + "xz"))
    yield "a number", by(lambda rng: Search(f"{rng.randint(2, 900)} crore"))
    yield "the newest", by(lambda _: Search())
    yield "an agency, a week", by(lambda rng: replace(week, agencies=(rng.choice(("PTI", "ANI", "IANS")),)))
    yield "a person", by(lambda rng: Search(persons=(rng.choice(people),)))
    yield "an organisation, a word", by(lambda rng: Search(rng.choice(commons), orgs=(rng.choice(orgs),)))
    yield "a place, a week", by(lambda rng: replace(week, places=(rng.choice(places),)))
    yield "near a place", by(lambda rng: Search(near=Circle(21.15 + rng.random(), 79.09, 50.0)))
    yield "undisclosed, a week", by(lambda _: replace(week, undisclosed=True))
    yield "not corrected, a week", by(lambda _: replace(week, stale=True))

    async def story(rng: random.Random) -> object:
        turn, _ = rng.choice(written)
        return await finder.story(client, prefix, f"{rng.choice(sorted(day.stories))[:24]}{turn:08x}")

    async def outlets(_: random.Random) -> object:
        return await finder.outlets(client, prefix, tallies.outlets_request(now - WEEK))

    async def trends(_: random.Random) -> object:
        moments = (now - 2 * WEEK, now - WEEK, now)
        return await finder.trends(client, prefix, ("person", "org", "place"), moments)

    def page(change: Callable[[random.Random], FacetedSearch]) -> Ask:
        async def ask(rng: random.Random) -> object:
            return await find_faceted(client, prefix, change(rng))

        return ask

    everything = FacetedSearch(Search(limit=ROWS), {})
    yield "the desk: its first page", page(lambda _: recent(everything, now))
    yield "the desk: one common word", page(lambda rng: FacetedSearch(Search(rng.choice(commons), limit=ROWS), {}))
    yield "the desk: a person", page(lambda rng: replace(everything, chosen={"person": (rng.choice(people),)}))
    yield "the desk: an agency, a week", page(lambda _: recent(replace(everything, chosen={"agency": ("PTI",)}), now))
    yield "a story with its copies", story
    yield "outlets, a week", outlets
    yield "trends, a week", trends


def _panels(client: AsyncElasticsearch, prefix: str, definitions: Definitions) -> Iterator[tuple[str, Ask]]:
    """Each panel over articles and stories of a week, as Lens asks with its time picker."""
    fields = {view.kind: view.time_field for view in definitions.data_views}

    def drawn(panel: Panel) -> Ask:
        async def ask(rng: random.Random) -> object:
            end = datetime.now(UTC) - timedelta(seconds=rng.randint(0, 3600))
            request = panel_query.request(panel)
            if (field := fields[panel.data]) is not None:
                within = {"range": {field: {"gte": (end - WEEK).isoformat(), "lte": end.isoformat()}}}
                request["query"] = {"bool": {"filter": [within, request["query"]]}}
            return await client.search(index=f"{prefix}-{panel.data}", **request)

        return ask

    for dashboard in definitions.dashboards:
        for panel in dashboard.panels:
            if panel.data in ("articles", "stories"):
                yield f"{dashboard.name}: {panel.heading}", drawn(panel)


async def _timed(ask: Ask, requests: int) -> list[float]:
    """Milliseconds of each request, the quickest first, one after the other, after some that do not count."""
    rng, times = random.Random(7), []
    for number in range(WARM + requests):
        began = time.perf_counter()
        await ask(rng)
        if number >= WARM:
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


# ---- tables -----------------------------------------------------------------------------------------------------


def _searches_table(
    found: Sequence[tuple[str, list[float]]], sizes: Sequence[tuple[str, int, int]], times: int
) -> Table:
    counts = " and ".join(f"{count:,} {kind}" for kind, count, _ in sizes)
    note = (
        f"Milliseconds in an index of {counts} over {DAYS} days, one request after the other, {times} of each kind, "
        f"words drawn anew each time, while {WRITES} articles a second and their stories are written. "
        f"Java heap {HEAP}. Documents of the wire day many times over, rare words other ones in each turn."
    )
    rows = [(name, *_ranks(each)) for name, each in found]
    return Table("searches", ("search", "median ms", "p95 ms", "slowest ms"), rows, note)


def _panels_table(found: Sequence[tuple[str, list[float]]], times: int) -> Table:
    rows = [(name, *_ranks(each)) for name, each in found]
    note = f"The panels of Kibana's dashboards over a week of it, {times} requests of each; no cache of requests helps."
    return Table("panels", ("panel", "median ms", "p95 ms", "slowest ms"), rows, note)


def _ranks(times: list[float]) -> tuple[float, float, float]:
    return round(percentile(times, 0.5), 1), round(percentile(times, 0.95), 1), round(max(times), 1)


def _sizes_table(sizes: Sequence[tuple[str, int, int]]) -> Table:
    rows = [(kind, count, round(size / 2**20), round(size / max(1, count))) for kind, count, size in sizes]
    return Table(
        "sizes", ("kind", "documents", "MiB", "bytes a document"), rows, "Before the first merge that is asked for."
    )
