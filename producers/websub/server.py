"""The callback: a small web server on loopback that answers hubs, behind the operator's reverse proxy.

Whoever asks is a stranger until the path shows that we made it; a delivery is a stranger's until its signature holds.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from producers.errors import FetchError
from producers.web.decoding import BodyDecoder
from producers.websub import metrics
from producers.websub.callbacks import Callback, Keys
from producers.websub.events import event
from producers.websub.intent import Intent, confirms, read_intent
from producers.websub.limits import Allowance, Recent, Slots
from producers.websub.signatures import judge, strongest
from schemas.feed_records import HubEvent
from wirecopy.errors import ServerError
from wirecopy.settings import ProducerSettings
from wirecopy.telemetry import logger

PUBLISH_WITHIN = 10.0
"""Seconds that a hub is kept waiting for Kafka before it is told to come again."""
MAX_UNPUBLISHED = 1000
"""Events that wait for Kafka; beyond them hubs are turned away at once."""
_COME_AGAIN = "60"
"""Seconds, for ``Retry-After``."""
_PIECE = 64 * 1024
_MAX_LINE = 16 * 1024
"""Bytes of a request line: a path of ours, and a topic of 2048 characters, each three bytes as ``%XX``."""
_STOP_WITHIN = 2.0
_SILENT = logging.getLogger("wirecopy.websub.http")
_SILENT.setLevel(logging.CRITICAL)
_WARNED = b"warned"
"""In the place of a delivery's digest, among what is remembered of the last minutes."""

Publish = Callable[[HubEvent, str], Awaitable[None]]
"""Writes an event for the owner of the outlet; returns once Kafka has it."""
Wants = Callable[[Callback], bool | None]
"""Whether this process wants the subscription of that callback; none if another process would know."""


class _Refusal(Exception):
    """A request that gets no more than a status, and how it is counted."""

    def __init__(self, outcome: str, status: int) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.status = status


class CallbackServer:
    """Verifies intent (GET) and takes deliveries (POST). ``start`` it, ``close`` it."""

    def __init__(
        self, settings: ProducerSettings, keys: Keys, wants: Wants, publish: Publish, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._wants = wants
        self._publish_event = publish
        self._clock = clock
        self._allowance = Allowance()
        self._recent = Recent()
        self._slots = Slots()
        self._publishing: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._log = logger("websub")

    async def start(self) -> None:
        """Raises ``ServerError`` if the port is another program's. Producers of one machine share it."""
        application = web.Application(middlewares=[self._contained])
        application.router.add_get("/{path:.*}", self._on_get, allow_head=False)
        application.router.add_post("/{path:.*}", self._on_post)
        application.on_response_prepare.append(_guarded)
        self._runner = web.AppRunner(
            application,
            access_log=None,  # its lines would hold the paths, which are what keeps strangers out
            logger=_SILENT,  # a traceback for each request that is no HTTP; what fails in here is logged in here
            auto_decompress=False,
            max_line_size=_MAX_LINE,
            keepalive_timeout=75,
            lingering_time=_STOP_WITHIN,
            shutdown_timeout=_STOP_WITHIN,
        )
        await self._runner.setup()
        port = self._settings.callback_port
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port, reuse_port=True).start()
        except OSError as error:
            await self.close()
            raise ServerError(f"producer.callback_port {port} cannot be listened on: {error.strerror}") from error

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for task in self._publishing:
            task.cancel()
        await asyncio.gather(*self._publishing, return_exceptions=True)

    @web.middleware
    async def _contained(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception:  # noqa: BLE001  # a bug of ours: the hub learns nothing of it, and comes again
            self._log.exception("a request of a hub failed")
            return _answer(500)

    async def _on_get(self, request: web.Request) -> web.Response:
        try:
            intent = await self._question(request)
        except _Refusal as refusal:
            metrics.VERIFICATIONS.labels(refusal.outcome).inc()
            return _answer(refusal.status)
        metrics.VERIFICATIONS.labels(intent.mode).inc()
        return _answer(200, intent.challenge)

    async def _question(self, request: web.Request) -> Intent:
        callback = self._callback(request)
        intent = read_intent(request.query)
        if intent is None or not callback.is_for(intent.topic):
            raise _Refusal("refused", 404)
        if not confirms(intent.mode, self._wants(callback)):
            raise _Refusal("refused", 404)
        with self._slots.holding(callback) as held:
            self._admit(callback, held=held)
            await self._publish(callback, _event_of(intent, callback, self._clock()))
        return intent

    async def _on_post(self, request: web.Request) -> web.Response:
        try:
            outcome = await self._delivery(request)
        except _Refusal as refusal:
            outcome, status = refusal.outcome, refusal.status
        else:
            # The same whether the signature holds or not: who guesses at it must not learn how near he is (7.1.2).
            status = 202
        metrics.DELIVERIES.labels(outcome).inc()
        return _answer(status)

    async def _delivery(self, request: web.Request) -> str:
        callback = self._callback(request)
        if self._wants(callback) is False:
            raise _Refusal("gone", 410)
        with self._slots.holding(callback) as held:
            self._admit(callback, held=held)
            body = await self._body(request)
            judgement = self._judge(request, callback, body)
            if judgement != "valid":
                self._warn(callback, judgement)
                return judgement
            digest = hashlib.blake2b(body, digest_size=16).digest()
            if self._recent.has(callback, digest, time.monotonic()):
                return "repeated"
            await self._publish(callback, event("news", callback, self._clock()))
            self._recent.add(callback, digest, time.monotonic())
        return "accepted"

    def _warn(self, callback: Callback, judgement: str) -> None:
        """Now and then: a hub must not be able to fill the log."""
        now = time.monotonic()
        if not self._recent.has(callback, _WARNED, now):
            self._recent.add(callback, _WARNED, now)
            self._log.warning("a delivery is ignored for its signature", feed=callback.feed, signature=judgement)

    def _callback(self, request: web.Request) -> Callback:
        """By the last step of the path: proxies may or may not take their prefix off."""
        callback = self._keys.read(request.path.rpartition("/")[2])
        if callback is None:
            raise _Refusal("unknown", 404)
        return callback

    def _admit(self, callback: Callback, *, held: bool) -> None:
        if not held or len(self._publishing) >= MAX_UNPUBLISHED or not self._allowance.take(callback, time.monotonic()):
            raise _Refusal("busy", 503)

    async def _body(self, request: web.Request) -> bytes:
        """As it came, before decoding: that is what most hubs sign."""
        limit, body = self._settings.max_bytes, bytearray()
        if (request.content_length or 0) > limit:
            raise _Refusal("too_large", 413)
        try:
            async with asyncio.timeout(self._settings.timeout):
                async for piece in request.content.iter_chunked(_PIECE):
                    body += piece
                    if len(body) > limit:
                        raise _Refusal("too_large", 413)
        except TimeoutError:
            raise _Refusal("too_slow", 408) from None
        except (web.RequestPayloadError, aiohttp.ClientPayloadError, aiohttp.http.HttpProcessingError, OSError):
            raise _Refusal("bad_body", 400) from None
        return bytes(body)

    def _judge(self, request: web.Request, callback: Callback, body: bytes) -> str:
        signature, secret = strongest(request.headers.getall("X-Hub-Signature", ())), self._keys.secret(callback)
        encoding = request.headers.get("Content-Encoding", "")
        judgement = judge(signature, secret, body)
        if judgement != "wrong" or not encoding:
            return judgement
        return judge(signature, secret, self._decoded(body, encoding))

    def _decoded(self, body: bytes, encoding: str) -> bytes:
        try:
            decoder = BodyDecoder(encoding, self._settings.max_bytes)
            for start in range(0, len(body), _PIECE):
                decoder.feed(body[start : start + _PIECE])
            return decoder.finish()
        except FetchError as error:
            if error.reason == "too_large":
                raise _Refusal("too_large", 413) from None
            raise _Refusal("bad_body", 400) from None

    async def _publish(self, callback: Callback, push: HubEvent) -> None:
        """Returns once Kafka has it. Who waits too long is sent away; Kafka gets it all the same, and then twice."""
        task = asyncio.ensure_future(self._publish_event(push, callback.outlet))
        self._publishing.add(task)
        task.add_done_callback(self._published)
        await asyncio.wait({task}, timeout=PUBLISH_WITHIN)
        if not task.done() or task.cancelled() or task.exception() is not None:
            raise _Refusal("unpublished", 503)

    def _published(self, task: asyncio.Task[None]) -> None:
        self._publishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.warning("an event of a hub was not published", why=str(error))


def _event_of(intent: Intent, callback: Callback, now: datetime) -> HubEvent:
    if intent.mode == "subscribe":
        return event("verified", callback, now, lease=intent.lease)
    if intent.mode == "unsubscribe":
        return event("unsubscribed", callback, now)
    return event("denied", callback, now, reason=intent.reason)


def _answer(status: int, text: str = "") -> web.Response:
    """Plain text that no browser takes for anything else (8.2): a challenge may be written to be run."""
    headers = {"Retry-After": _COME_AGAIN} if status == 503 else {}
    response = web.Response(status=status, text=text, content_type="text/plain", charset="utf-8", headers=headers)
    if status in (408, 413):
        response.force_close()
    return response


async def _guarded(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(
        {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
            "Server": "wirecopy",
        }
    )
