"""Pages as they are sent, of models, without servers."""

from __future__ import annotations

from starlette.requests import Request

from stream_apps.web.answers import Page
from stream_apps.web.rendering import Renderer
from wirecopy.settings import WebSettings


def rendered(page: Page, path: str = "/") -> str:
    """The HTML of a page that was asked for at ``path``."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "state": {}}
    return Renderer(WebSettings()).page(Request(scope), page)
