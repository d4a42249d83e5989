"""The HTTP server of ``/metrics``, ``/livez`` and ``/readyz``: on loopback by default.

It answers GET only, in threads of its own, so that a worker whose event loop hangs still reports it.
"""

from __future__ import annotations

import http.server
import socket
import socketserver
import threading
from typing import Any, Final

import prometheus_client
from prometheus_client.exposition import choose_encoder

from wirecopy.errors import SettingsError
from wirecopy.monitoring.health import Health, answer, look
from wirecopy.settings import TelemetrySettings

_PATIENCE: Final = 10
"""Seconds that a client is given for each part of its request."""


def serve(settings: TelemetrySettings, health: Health) -> http.server.ThreadingHTTPServer | None:
    """Start the server; nothing without a port. Raises ``SettingsError`` where we cannot listen on the address."""
    if settings.metrics_port is None:
        return None
    host, port = settings.metrics_host, settings.metrics_port
    try:
        server = _server(host, port, health)
    except OSError as error:
        raise SettingsError(
            f"telemetry.metrics_port: {host}, port {port} cannot be listened on: {error.strerror}; "
            "see telemetry.metrics_host too"
        ) from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def respond(path: str, health: Health, accept: str = "") -> tuple[int, str, bytes]:
    """Return status, type and body."""
    if path == "/metrics":
        encode, content_type = choose_encoder(accept)
        return 200, content_type, encode(prometheus_client.REGISTRY)
    looks = {"/livez": health.alive, "/readyz": health.ready}.get(path)
    if looks is None:
        return 404, "text/plain; charset=utf-8", b"there is /metrics, /livez and /readyz\n"
    status, body = answer(look(looks))
    return status, "application/json", body


def _server(host: str, port: int, health: Health) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = _PATIENCE
        server_version, sys_version = "wirecopy", ""

        def do_GET(self) -> None:  # named by the library
            path = self.path.split("?", 1)[0]
            status, content_type, body = respond(path, health, self.headers.get("accept", ""))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing: a probe comes every few seconds."""

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def server_bind(self) -> None:
            socketserver.TCPServer.server_bind(self)  # without a DNS query for our own name

        def handle_error(self, *_: Any) -> None:
            """Ignore errors of a client that hangs up in the middle."""

    return Server((host, port), Handler)
