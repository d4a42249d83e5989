"""The person behind a request, and their rights: everyone's the same, or as a trusted proxy says."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Literal

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from wirecopy.settings import WebSettings

Role = Literal["reader", "editor"]


@dataclass(frozen=True)
class Person:
    """The person who asks. ``name`` is None where nobody logs in."""

    name: str | None
    role: Role

    @property
    def may_edit(self) -> bool:
        return self.role == "editor"


class Refused(Exception):
    """A refused request: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def identify(settings: WebSettings, peer: str | None, headers: Headers) -> Person:
    """Identify the person by the proxy's headers. Raises ``Refused``.

    A header counts only on a connection from a trusted proxy, since anybody can send one.
    """
    if settings.login == "none":
        return Person(None, settings.open_role)
    if not trusted(peer, settings.trusted_proxies):
        raise Refused(403, "the desk is reached through its proxy only")
    name = _only(headers, settings.user_header)
    if not name:
        raise Refused(401, f"nobody is logged in: the proxy sends no {settings.user_header}")
    groups = {group.strip() for group in _only(headers, settings.groups_header).split(",")}
    if groups & set(settings.editor_groups):
        return Person(name, "editor")
    if settings.reader_groups and not groups & set(settings.reader_groups):
        raise Refused(403, "your groups do not let you read here")
    return Person(name, "reader")


def _only(headers: Headers, name: str) -> str:
    """Return the value of a header, which must not come twice: one could be the browser's own."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise Refused(400, f"{name} comes twice: the proxy has to replace what browsers send")
    return values[0].strip() if values else ""


def trusted(peer: str | None, networks: tuple[str, ...]) -> bool:
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in ip_network(network) for network in networks)


class Login:
    """Middleware that puts the ``Person`` into ``scope["state"]``, or refuses the request."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client = scope.get("client")
            try:
                person = identify(self._settings, client[0] if client else None, Headers(scope=scope))
            except Refused as error:
                await PlainTextResponse(error.reason + "\n", error.status)(scope, receive, send)
                return
            scope.setdefault("state", {})["person"] = person
        await self._app(scope, receive, send)


def require_editor(request: Request) -> Person:
    """Return the editor who asks. Raises a 403 for anybody else."""
    person: Person = request.state.person
    if not person.may_edit:
        raise HTTPException(403, "only editors may do that")
    return person
