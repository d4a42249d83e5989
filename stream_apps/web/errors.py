"""What a person or a program sees where there is no page to show: what happened, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from stream_apps.indexing.queries import BadQuery
from stream_apps.web.answers import Page, as_html
from wirecopy.errors import NotFound, ServerError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """The model of the error page."""

    status: int
    title: str
    detail: str
    todo: str


def problem_of(error: Exception) -> Problem:
    """What is told of an error. What we did not expect is told to the log alone."""
    match error:
        case NotFound():
            return Problem(404, "Nothing is stored under that", str(error), _SEARCH)
        case BadQuery():
            return Problem(400, "That cannot be asked", str(error), "Change the address or the form, and ask again.")
        case ServerError():
            return Problem(503, "The index does not answer", str(error), _INDEX)
        case HTTPException(status_code=404):
            return Problem(404, "There is no such page", "The address leads nowhere.", _SEARCH)
        case HTTPException():
            return Problem(error.status_code, HTTPStatus(error.status_code).phrase, str(error.detail), _SEARCH)
        case _:
            return Problem(500, "Something broke here", "The desk could not make this page.", _LOG)


_SEARCH: Final = "Search for it by its words."
_INDEX: Final = "Reload the page in a moment. If it stays away, `wirecopy doctor` says what is missing."
_LOG: Final = "Its log says why. Other pages may work."


async def answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("page failed", exc_info=error if problem.status == 500 else None, extra={"path": request.url.path})
    if request.url.path.endswith((".json", ".csv")):
        return Response(orjson.dumps({"error": problem}), problem.status, media_type="application/json")
    return as_html(request, Page("error.html", problem.title, problem), problem.status)


HANDLERS: Final[Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]] = dict.fromkeys(
    (NotFound, BadQuery, ServerError, HTTPException, Exception), answer
)
