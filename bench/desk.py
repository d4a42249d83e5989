"""How long each page of the desk takes over the wire day: one reader, on loopback, all that is read once already."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote

from bench.index import index_wire_day
from bench.report import Table
from bench.site import Site, free_port, site
from wirecopy.errors import ServerError
from wirecopy.local import process

PORT: Final = 48400
WARM: Final = 5
"""Requests of each page that do not count."""
HEADERS: Final = {"Accept-Encoding": "gzip"}
"""As a browser asks."""


def measure(requests: int) -> list[Table]:
    """The wire day through all stages, then each page so often. Raises as ``site`` does."""
    with site() as here:
        producer = index_wire_day(here)
        here.stop(producer)
        with closing(http.client.HTTPConnection("127.0.0.1", _serve(here), timeout=60)) as desk:
            return [_table([_page(desk, path, requests) for path in _paths(desk)], requests)]


def _serve(here: Site) -> int:
    port = free_port(PORT)
    here.start(here.place.child("desk", ["serve"], {"web.port": port}))
    here.wait(lambda: not process.port_is_free(port), "the desk listens", 60.0)
    return port


def _paths(desk: http.client.HTTPConnection) -> Iterator[str]:
    """Every page, of the largest story where it is of one."""
    rows = _json(desk, "/search.json")["rows"]
    largest = max(rows, key=lambda row: row["articles"])["story"]
    story = _json(desk, f"/story/{largest}.json")
    copy = next(carrier["article"] for carrier in story["carriers"] if not carrier["canonical"])
    name = story["names"][0]["names"][0]["id"]
    yield from ("/", "/search?q=minister", "/search?q=minister&agency=PTI&copies=1", "/search?near=Nagpur&within=50km")
    yield from (f"/story/{largest}", f"/article/{copy}", f"/difference?a={story['canonical_article']}&b={copy}")
    yield from ("/now", "/outlets", f"/outlet/{story['first_outlet']}", "/agencies", "/agency/PTI")
    yield from (f"/name/{quote(name)}", "/trends", "/operations", "/feeds", "/dead-letters")


def _page(desk: http.client.HTTPConnection, path: str, requests: int) -> tuple[str, list[float], int]:
    """The page, milliseconds of each request in order of length, and bytes as they were sent."""
    times, size = [], 0
    for number in range(WARM + requests):
        began = time.perf_counter()
        size = len(_get(desk, path))
        if number >= WARM:
            times.append((time.perf_counter() - began) * 1000)
    return path, sorted(times), size


def _json(desk: http.client.HTTPConnection, path: str) -> Any:
    desk.request("GET", path)
    return json.loads(desk.getresponse().read())


def _get(desk: http.client.HTTPConnection, path: str) -> bytes:
    desk.request("GET", path, headers=HEADERS)
    answer = desk.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise ServerError(f"{path} answers {answer.status}")
    return body


def _table(pages: list[tuple[str, list[float], int]], requests: int) -> Table:
    rows = [
        (_shown(path), _rank(times, 0.5), _rank(times, 0.95), times[-1], round(size / 1024, 1))
        for path, times, size in pages
    ]
    note = (
        f"Milliseconds from asking to the last byte, {requests} times in a row over one connection, after {WARM} "
        "that do not count; all stages run beside it and wait. KiB are of the page as it is sent, compressed. Ids are "
        "those of the largest story."
    )
    return Table("desk", ("page", "median ms", "p95 ms", "slowest ms", "KiB"), rows, note)


def _rank(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def _shown(path: str) -> str:
    """Without the ids, which are others in another run."""
    first, _, rest = path.removeprefix("/").partition("/")
    if first in ("story", "article", "name", "outlet"):
        return f"`/{first}/…`"
    return f"`/{first}/{rest}`" if rest else f"`/{first.split('?a=')[0]}`"
