"""Pushes definitions to Kibana over HTTP. Pushing is idempotent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from stream_apps.kibana import saved_objects
from stream_apps.kibana.dashboards_api import body, dashboard_id
from stream_apps.kibana.definitions import DataView, Definitions
from wirecopy.errors import ServerError
from wirecopy.settings import Settings
from wirecopy.tls import trusting

Json = dict[str, Any]
_SHOWN: Final = 300
"""Characters of an answer that an error shows."""
VERSION: Final = "2023-10-31"
"""Of Kibana's public HTTP APIs."""


class Kibana:
    """One Kibana space."""

    def __init__(self, session: aiohttp.ClientSession, url: str, space: str) -> None:
        self._session = session
        self._base = f"{url.rstrip('/')}/s/{quote(space, safe='')}" if space else url.rstrip("/")

    async def push(self, definitions: Definitions, prefix: str) -> list[str]:
        """Push data views, saved searches and dashboards, in this order. Returns their ids. Raises ``ServerError``."""
        written = [await self._data_view(view, prefix) for view in definitions.data_views]
        written += await self._searches(definitions, prefix)
        for dashboard in definitions.dashboards:
            name = dashboard_id(prefix, dashboard.name)
            await self._send("PUT", f"/api/dashboards/{name}", body(dashboard, prefix))
            written.append(f"dashboard {name}")
        return written

    async def _data_view(self, view: DataView, prefix: str) -> str:
        found = saved_objects.data_view(view, prefix)
        asked = {"id": found["id"], **found["attributes"]}
        await self._send("POST", "/api/data_views/data_view", {"override": True, "data_view": asked})
        return f"data view {found['id']}"

    async def _searches(self, definitions: Definitions, prefix: str) -> list[str]:
        content = saved_objects.searches_ndjson(definitions, prefix)
        form = aiohttp.FormData()
        form.add_field("file", content, filename="searches.ndjson", content_type="application/ndjson")
        answer = await self._ask("POST", "/api/saved_objects/_import?overwrite=true", data=form)
        if not answer.get("success"):
            raise ServerError(f"Kibana did not take the saved searches: {str(answer.get('errors'))[:_SHOWN]}")
        return [f"search {prefix}-{search.name}" for search in definitions.searches]

    async def _send(self, method: str, path: str, content: Json) -> None:
        await self._ask(method, path, json=content)

    async def _ask(self, method: str, path: str, **content: Any) -> Json:
        address = self._base + path
        try:
            async with self._session.request(method, address, allow_redirects=False, **content) as answer:
                text = await answer.text()
                if answer.status >= 300:
                    raise ServerError(f"Kibana refused {method} {address} with {answer.status}: {text[:_SHOWN]}")
                found: Json = await answer.json() if text else {}
                return found
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            detail = error or "no answer in time"
            raise ServerError(f"Kibana at {self._base} does not answer as one: {detail}") from error


@asynccontextmanager
async def connect(settings: Settings, space: str) -> AsyncIterator[Kibana]:
    """Connect with the settings' login and CA. Raises ``SettingsError`` for a bad CA file."""
    kibana = settings.kibana
    trusted = trusting(kibana.ca_file, "kibana.ca_file")
    headers, login = {"kbn-xsrf": "true", "elastic-api-version": VERSION}, None
    elastic = settings.elasticsearch
    if kibana.api_key:
        headers["authorization"] = f"ApiKey {kibana.api_key.get_secret_value()}"
    elif elastic.username and elastic.password:
        login = aiohttp.BasicAuth(elastic.username, elastic.password.get_secret_value())
    timeout = aiohttp.ClientTimeout(total=kibana.request_timeout)
    connector = aiohttp.TCPConnector(ssl=trusted)
    async with aiohttp.ClientSession(headers=headers, auth=login, timeout=timeout, connector=connector) as session:
        yield Kibana(session, kibana.url, space)
