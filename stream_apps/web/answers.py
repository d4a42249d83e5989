"""Answers with a page in the form of its address: HTML, JSON, or CSV for its table."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stream_apps.indexing.client import explained
from wirecopy.tables import printable

FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet takes for the start of a formula."""


@dataclass(frozen=True)
class Table:
    """The table of a page, for CSV."""

    head: Sequence[str]
    rows: Iterable[Sequence[object]]


@dataclass(frozen=True)
class Page:
    """The answer of a handler.

    ``model`` is the template's ``page`` and the whole JSON twin: plain data, or a dataclass of plain data. ``extra`` is
    for the template alone.
    """

    template: str
    title: str
    model: Any
    table: Table | None = None
    extra: dict[str, Any] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Page | Response]]
"""A ``Response`` leads elsewhere."""


def page_routes(path: str, handler: Handler, name: str, *, table: bool = False) -> list[Route]:
    """Return the routes of a page: ``path``, ``path.json``, and with ``table`` ``path.csv``."""
    return [
        Route(f"{path}.json", page_endpoint(handler, as_json), name=f"{name}.json"),
        *([Route(f"{path}.csv", page_endpoint(handler, as_csv), name=f"{name}.csv")] if table else []),
        page_route(path, handler, name),
    ]


def page_route(path: str, handler: Handler, name: str) -> Route:
    """Return the route of a page that is HTML alone."""
    return Route(path, page_endpoint(handler, as_html), name=name)


def page_endpoint(
    handler: Handler, form: Callable[[Request, Page], Response] | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's endpoint, which renders the handler's page, by default as HTML. Raises ``ServerError``."""

    async def endpoint(request: Request) -> Response:
        async with explained(request.state.desk.settings.elasticsearch.url):
            page = await handler(request)
        return (form or as_html)(request, page) if isinstance(page, Page) else page

    return endpoint


def as_html(request: Request, page: Page, status: int = 200) -> Response:
    return Response(request.state.desk.renderer.page(request, page), status, media_type="text/html")


def as_json(_request: Request, page: Page) -> Response:
    return Response(orjson.dumps(page.model, option=orjson.OPT_UTC_Z), media_type="application/json")


def as_csv(_request: Request, page: Page) -> Response:
    assert page.table is not None, "routed only where there is a table"
    return Response(to_csv(page.table), media_type="text/csv; charset=utf-8")


def to_csv(table: Table) -> bytes:
    """Return a table as CSV with a byte order mark, without which Excel reads another encoding."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(table.head)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _cell(value: object) -> object:
    """Return a cell as one line of text that no spreadsheet takes for a formula; numbers stay."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, (int, float)):
        return value
    text = printable(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text
