"""The checks of every request (size, origin of changes) and the security headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_QUERY: Final = 8 * 1024
"""Bytes of a query string: a search with many filters has some hundreds."""
MAX_BODY: Final = 64 * 1024
"""Bytes of what an editor sends."""
READING: Final = frozenset({"GET", "HEAD"})
CHANGING: Final = frozenset({"POST"})

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
PRIVATE: Final = "private, no-cache"
IMMUTABLE: Final = "public, max-age=31536000, immutable"


class Guard:
    """The outermost middleware. Static files have a digest of their content in the address, and so may be cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cache = IMMUTABLE if scope["path"].startswith("/static/") and scope["query_string"] else PRIVATE

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", cache if message["status"] < 400 else "no-store")
            await send(message)

        refused = refusal(scope["method"], scope["query_string"], Headers(scope=scope))
        if refused is not None:
            status, reason = refused
            await PlainTextResponse(reason + "\n", status)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def refusal(method: str, query: bytes, headers: Mapping[str, str]) -> tuple[int, str] | None:
    """Return status and reason where a request is refused before any handler sees it; None where it may pass."""
    if method not in READING | CHANGING:
        return 405, "only GET, and POST for what editors change"
    if len(query) > MAX_QUERY:
        return 414, f"the address is too long: at most {MAX_QUERY} bytes of query"
    if method in CHANGING:
        return _refused_change(headers)
    return None


def _refused_change(headers: Mapping[str, str]) -> tuple[int, str] | None:
    """Refuse changes that do not come from our own pages, so that no other site can make an editor's browser send one.

    Browsers name the origin of a request in ``Sec-Fetch-Site``, older ones in ``Origin`` alone; no script of another
    site can set either. There is no cookie that could carry a token.
    """
    if not same_origin(headers):
        return 403, "a change has to come from a page of the desk itself"
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return 411, "the length of the body has to be told"
    if int(length) > MAX_BODY:
        return 413, f"the body is too large: at most {MAX_BODY} bytes"
    return None


def same_origin(headers: Mapping[str, str]) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")
