"""Templates: everything escaped, nothing undefined, with the filters for values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request

from stream_apps.web import printing
from stream_apps.web.form_key import FORM
from stream_apps.web.wording import EVIDENCE, HAPPENED, KINDS, ORIGINS, RELATIONS, ROLES, SIGNALS, TYPE_FACETS
from wirecopy import __version__
from wirecopy.settings import WebSettings

if TYPE_CHECKING:
    from stream_apps.web.answers import Page


@dataclass(frozen=True)
class NavigationItem:
    """A page in the navigation of every page."""

    name: str
    href: str
    title: str


NAVIGATION: Final = (
    NavigationItem("search", "/", "Search"),
    NavigationItem("now", "/now", "Now"),
    NavigationItem("outlets", "/outlets", "Outlets"),
    NavigationItem("agencies", "/agencies", "Agencies"),
    NavigationItem("trends", "/trends", "Trends"),
    NavigationItem("operations", "/operations", "Operations"),
)


_NO_TWINS: Final = frozenset({"error.html", "add_feed.html"})


class Renderer:
    """Renders pages with the settings' zone and digits; the browser applies a reader's own choice."""

    def __init__(self, settings: WebSettings) -> None:
        self._environment = _environment(settings)

    def page(self, request: Request, page: Page) -> str:
        path = request.url.path
        asked = request.method in ("GET", "HEAD") and page.template not in _NO_TWINS
        return self._environment.get_template(page.template).render(
            page=page.model,
            title=page.title,
            person=getattr(request.state, "person", None),
            path=path,
            json_href=_twin(request, "json") if asked else None,
            csv_href=_twin(request, "csv") if asked and page.table is not None else None,
            form_token=_form_token(request),
            **page.extra,
        )

    def fragment(self, template: str, model: object) -> str:
        """Render a piece that is added to an open page; the model is its ``row``."""
        return self._environment.get_template(template).render(row=model)


def _form_token(request: Request) -> str | None:
    """Return the token of an editor's forms; None for readers, and on a read-only desk."""
    desk, person = getattr(request.state, "desk", None), getattr(request.state, "person", None)
    if desk is None or desk.editing is None or person is None or not person.may_edit:
        return None
    token: str = desk.editing.key.token(person, FORM, desk.now())
    return token


def _twin(request: Request, ending: str) -> str:
    path = request.url.path if request.url.path != "/" else "/search"
    return f"{quote(path)}.{ending}" + (f"?{request.url.query}" if request.url.query else "")


def _environment(settings: WebSettings) -> Environment:
    environment = Environment(
        loader=PackageLoader("stream_apps.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= printing.filters(settings)
    environment.globals |= {
        "navigation": NAVIGATION,
        "static": static_address,
        "address": address,
        "lasted": printing.lasted,
        "version": __version__,
        "zone": settings.timezone,
        "grouping": settings.grouping,
        "evidence": EVIDENCE,
        "happened": HAPPENED,
        "kinds": KINDS,
        "name_facets": TYPE_FACETS,
        "origins": ORIGINS,
        "relations": RELATIONS,
        "roles": ROLES,
        "signals": SIGNALS,
    }
    return environment


def address(path: str, parameters: Mapping[str, Any] | None = None) -> str:
    """Return a path with a query; a sequence becomes a repeated parameter, empty values are left out."""
    kept = {name: value for name, value in (parameters or {}).items() if value not in (None, "", (), [], False)}
    return path + (f"?{urlencode(kept, doseq=True)}" if kept else "")


@cache
def static_address(name: str) -> str:
    """Return the address of a static file, with a digest of its content, so that browsers may cache it."""
    content = resources.files("stream_apps.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"
