"""The wire day as a web server on loopback: entries appear in the feeds as the day goes by, faster than life."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from wirecopy.errors import ServerError
from wirecopy.wireday.answers import Answer, Release
from wirecopy.wireday.channels import channels
from wirecopy.wireday.day import WireDay


class WireDayServer:
    """The server: ``start`` it, then ``close`` it. It listens on 127.0.0.1 only; port 0 takes a free one.

    Raises ``ServerError`` where the port is taken.
    """

    def __init__(
        self, day: WireDay, port: int, *, at_once: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise ServerError(
                f"the wire day cannot listen on 127.0.0.1:{port}: {error.strerror}; set local.feeds_port"
            ) from error
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        prepared = channels(day)  # before the clock is read, or a large day would begin late
        self.release = Release(day, prepared, clock(), self.base, at_once, clock)
        self._server.release = self.release
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="wire-day")

    def start(self) -> WireDayServer:
        self._thread.start()
        return self

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    release: Release


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "wire-day"
    timeout = 30
    # Headers and body are two writes: without this, a reader waits 40 ms for its acknowledgement to come around.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        answer = self.server.release.answer(urlsplit(self.path).path)
        if answer.status == HTTPStatus.OK and self._has(answer):
            self._head(HTTPStatus.NOT_MODIFIED, answer)
            return
        self._head(answer.status, answer, len(answer.body))
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815  # the name that the base class looks for

    def log_message(self, *_: object) -> None:
        """Nothing: a poll a second from every feed says nothing worth reading."""

    def _has(self, answer: Answer) -> bool:
        """Whether the reader holds this answer already (RFC 9110: an ETag goes before a date)."""
        known = self.headers.get("If-None-Match")
        if known is not None:
            return answer.etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
        since = self.headers.get("If-Modified-Since")
        if since is None or answer.changed is None:
            return False
        try:
            return answer.changed <= parsedate_to_datetime(since).timestamp()
        except ValueError:
            return False

    def _head(self, status: HTTPStatus, answer: Answer, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("ETag", answer.etag)
        if answer.changed is not None:
            stamp = datetime.fromtimestamp(answer.changed, UTC)
            self.send_header("Last-Modified", format_datetime(stamp, usegmt=True))
        if length is not None:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(length))
        self.end_headers()
