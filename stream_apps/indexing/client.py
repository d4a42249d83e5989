"""The connection to Elasticsearch, and explanations of its errors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from elasticsearch import (
    ApiError,
    AsyncElasticsearch,
    AuthorizationException,
    OrjsonSerializer,
    SerializationError,
    TransportError,
    UnsupportedProductError,
)
from elasticsearch.exceptions import ConnectionError as ElasticConnectionError
from elasticsearch.exceptions import SSLError

from wirecopy.errors import ServerError, SettingsError
from wirecopy.settings import ElasticsearchSettings
from wirecopy.tls import distrust, trusting

MAJOR: Final = 9
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def open_client(settings: ElasticsearchSettings) -> AsyncElasticsearch:
    """Return a client that has sent nothing yet. It neither sniffs nor retries: that is the sink's task.

    Raises ``SettingsError`` for a bad address or CA file.
    """
    # It would report every failed try of a wait that can last for hours; the sink logs it now and then.
    logging.getLogger("elastic_transport.node_pool").setLevel(logging.ERROR)
    options: dict[str, Any] = {
        "request_timeout": settings.request_timeout,
        "max_retries": 0,
        "retry_on_timeout": False,
        "serializers": {"application/vnd.elasticsearch+json": OrjsonSerializer()},
    }
    if settings.api_key:
        options["api_key"] = settings.api_key.get_secret_value()
    elif settings.username and settings.password:
        options["basic_auth"] = (settings.username, settings.password.get_secret_value())
    if settings.url.startswith("https:"):
        options["ssl_context"] = trusting(settings.ca_file, "elasticsearch.ca_file")
    try:
        return AsyncElasticsearch(_with_port(settings.url), **options)
    except (ValueError, OSError) as error:
        raise SettingsError(f"bad setting elasticsearch: {error}") from error


async def verify(client: AsyncElasticsearch, url: str) -> str | None:
    """Return the server's version; None where the key may only write to its indices.

    Raises ``ServerError`` where the server is unreachable, refuses the credentials, or has another major version (where
    the version is hidden, the first request shows that).
    """
    async with explained(url):
        try:
            answer = await client.info()
        except AuthorizationException:
            return None
        version = str(answer["version"]["number"])
    if version.split(".", 1)[0] != str(MAJOR):
        raise ServerError(f"Elasticsearch at {url} is version {version}: wirecopy needs {MAJOR}")
    return version


@asynccontextmanager
async def connect(settings: ElasticsearchSettings) -> AsyncIterator[AsyncElasticsearch]:
    """Open a verified client for the block. Raises ``SettingsError`` and ``ServerError``."""
    client = open_client(settings)
    try:
        await verify(client, settings.url)
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def explained(url: str) -> AsyncIterator[None]:
    """Turn the client's errors into a ``ServerError`` that says what to do."""
    try:
        yield
    except UnsupportedProductError as error:
        raise ServerError(f"what answers at {url} is not Elasticsearch") from error
    except ApiError as error:
        raise ServerError(f"Elasticsearch at {url}: {advice(error.meta.status, describe(error))}") from error
    except SSLError as error:
        raise ServerError(f"Elasticsearch at {url}: {tls_advice(error)}") from error
    except SerializationError as error:
        raise ServerError(f"what answers at {url} does not speak JSON: is it Elasticsearch?") from error
    except (ElasticConnectionError, TransportError) as error:
        raise ServerError(f"Elasticsearch at {url} cannot be reached: {str(error.message)[:200]}") from error


def tls_advice(error: SSLError) -> str:
    """Explain why there is no connection over TLS, and what to do."""
    text = str(error.message)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"we do not trust its certificate {distrust(text, 'elasticsearch.ca_file', 'elasticsearch.url')}"
    return f"TLS failed, see elasticsearch.url and elasticsearch.ca_file: {text[:200]}"


def describe(error: ApiError) -> str:
    """Return type and reason of an error answer, on one line of bounded length."""
    cause = error.body.get("error") if isinstance(error.body, dict) else None
    if isinstance(cause, dict):
        return f"{cause.get('type')}: {cause.get('reason')}"[:500]
    return f"{error.meta.status} {error.message}"[:500]


def advice(status: int, detail: str) -> str:
    """Return the remedy for an answer of this status that no retry can mend."""
    if status == 401:
        return f"the credentials were refused: set elasticsearch.api_key, or username and password ({detail})"
    if status == 403:
        return f"this user or key may not do that: it needs the privileges on the index prefix ({detail})"
    if status == 404:
        return f"an index or alias is missing: run `wirecopy index apply` ({detail})"
    return detail


def _with_port(url: str) -> str:
    """Add a port to the address, as the client demands."""
    parts = urlsplit(url)
    if parts.port is not None:
        return url
    return parts._replace(netloc=f"{parts.netloc}:{DEFAULT_PORTS[parts.scheme]}").geturl()
