"""The process that serves the desk."""

from __future__ import annotations

import socket

import uvicorn

from stream_apps.indexing.health import answers
from stream_apps.web.app import make_app
from wirecopy.errors import ServerError
from wirecopy.monitoring.health import Health
from wirecopy.monitoring.monitor import Monitor
from wirecopy.settings import Settings, WebSettings

MAX_CONNECTIONS = 512
GRACE = 5
"""Seconds that open requests, live pages among them, are given when the desk is told to stop."""


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises ``ServerError`` where the port is taken, ``SettingsError`` at the start."""
    app = make_app(settings, names_at_once=True)
    with listen(settings.web) as listening:
        Monitor("serve", Health(list, lambda: [answers(settings.elasticsearch)])).start(settings.telemetry)
        print(f"the desk is at {address(settings.web)}", flush=True)
        # Our log is configured already. `login`, not uvicorn, decides which proxies are trusted.
        config = uvicorn.Config(
            app, log_config=None, access_log=False, proxy_headers=False, server_header=False,
            limit_concurrency=MAX_CONNECTIONS, timeout_graceful_shutdown=GRACE, lifespan="on",
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listening])


def listen(web: WebSettings) -> socket.socket:
    """Open a socket at the address of the settings. Raises ``ServerError`` where that fails."""
    host = web.host.strip("[]")
    version = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, web.port), family=version)
    except OSError as error:
        raise ServerError(
            f"cannot listen at {address(web)}: {error.strerror}; set web.host and web.port to others"
        ) from error
    # Connections inherit it. asyncio sets it only where a socket names its protocol, which this one does not, and a
    # page's body would wait 40 ms for the browser to acknowledge its headers.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(web: WebSettings) -> str:
    """Return the desk's address for a browser on this machine."""
    host = web.host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{web.port}/"
