"""Error pages, for people and programs: what happened, and what to do."""

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
    """Return the page of an error. The details of an unexpected error go to the log alone."""
    match error:
        case NotFound():
            return Problem(404, "Nothing is stored under that", str(error), _SEARCH)
        case BadQuery():
            return Problem(400, "That cannot be asked", str(error), "Change the address or the form, and ask again.")
        case ServerError():
            return Problem(503, "The index does not answer", str(error), _INDEX)
        case HTTPException():
            return _problem_of_http(error)
        case _:
            return Problem(500, "Something broke here", "The desk could not make this page.", _LOG)


def _problem_of_http(error: HTTPException) -> Problem:
    status, detail = error.status_code, str(error.detail)
    if status == 404:
        return Problem(status, "There is no such page", "The address leads nowhere.", _SEARCH)
    if status == 403:
        return Problem(status, "That is not for you", detail, _EDITORS)
    return Problem(status, HTTPStatus(status).phrase, detail, _FORM if status in (400, 405, 415) else _SEARCH)


_EDITORS: Final = "Who edits is told by the proxy that logs people in: `web.editor_groups`. Everything can be read."
_FORM: Final = "Load the page with the form again, and send it from there."
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
