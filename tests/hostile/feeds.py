"""The traps: each a feed, what makes it dangerous, and what has to come of it.

All on loopback and bounded: an endless body ends after ``ENDLESS`` seconds whatever the reader does.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import brotli
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
ENDLESS = 60.0
_BOMB = 200 * 1024 * 1024
_METADATA = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True)
class Trap:
    """``published``: entries that reach Kafka. ``failure``, ``dead_letter``: the reasons told, or none."""

    name: str
    answer: Answer
    published: int = 0
    failure: str | None = None
    dead_letter: str | None = None


def feed(items: str, head: str = "") -> bytes:
    rss = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"
    return f"<?xml version='1.0' encoding='utf-8'?>{head}{rss}".encode()


def item(guid: str, title: str = "Ferry service resumes", extra: str = "") -> str:
    return f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>{extra}</item>"


def body(content: bytes, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=content, headers={"Content-Type": "application/rss+xml", **named})

    return answer


def status(code: int, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def redirect(target: str) -> Answer:
    return status(302, Location=target)


async def loop_of_redirects(request: web.Request) -> web.Response:
    step = int(request.query.get("step", "0")) + 1
    return web.Response(status=302, headers={"Location": f"{request.path}?step={step}"})


async def slow(request: web.Request) -> web.StreamResponse:
    """A byte a second."""
    return await _drip(request, b"<rss version='2.0'><channel>", 1.0)


async def endless(request: web.Request) -> web.StreamResponse:
    return await _drip(request, b"<item><title>more</title></item>" * 4000, 0.0)


async def endless_headers(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.write(b"HTTP/1.1 200 OK\r\n")
    until = time.monotonic() + ENDLESS
    number = 0
    while time.monotonic() < until and not request.transport.is_closing():
        request.transport.write(b"".join(b"X-%d: %s\r\n" % (number + i, b"a" * 500) for i in range(50)))
        number += 50
        await asyncio.sleep(0.01)
    return web.Response()


async def lying_length(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    content = feed(item("short"))
    request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + content)
    request.transport.close()
    return web.Response()


async def _drip(request: web.Request, piece: bytes, pause: float) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
    await response.prepare(request)
    until = time.monotonic() + ENDLESS
    while time.monotonic() < until:
        await response.write(piece)
        await asyncio.sleep(pause)
    return response


def _laughs() -> bytes:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    return feed(item("laugh", "&l9;"), f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{entities}]>")


def _quadratic() -> bytes:
    return feed(item("quadratic", "&long;" * 20_000), f"<!DOCTYPE rss [<!ENTITY long '{'a' * 100_000}'>]>")


_XXE = feed(item("xxe", "Passwords: &file;"), "<!DOCTYPE rss [<!ENTITY file SYSTEM 'file:///etc/passwd'>]>")
_SCRIPT = feed(
    item(
        "script",
        "&lt;script&gt;alert(1)&lt;/script&gt;Ferry",
        "<link>javascript:alert(1)</link><author>a@b.example (&lt;img src=x onerror=alert(1)&gt;)</author>"
        "<category>&lt;script&gt;alert(2)&lt;/script&gt;Ports</category>"
        "<description>&lt;p onclick='x()'&gt;Text&lt;/p&gt;&lt;iframe src='https://evil.example/'&gt;&lt;/iframe&gt;"
        "&lt;a href='javascript:alert(3)'&gt;more&lt;/a&gt;&lt;script&gt;alert(4)&lt;/script&gt;</description>"
        "<enclosure url='data:text/html,x' type='image/png' length='1'/><comments>vbscript:x</comments>",
    )
)
_BIDI = feed(item("bidi", "Minister \u202egnp.exe\u202c \u2066resigns\u2069 \x9b31m"))
_DEEP = b"<rss version='2.0'><channel>" + b"<item>" * 200_000
_MANY = feed("".join(f"<item><guid>{number}</guid></item>" for number in range(200_000)))

TRAPS: tuple[Trap, ...] = (
    Trap("good", body(feed(item("one") + item("two"))), published=2),
    Trap("foreign-guid", body(feed(item("one", "Not the same article"))), published=1),
    Trap("gzip-bomb", body(gzip.compress(b" " * _BOMB, 9), Content_Encoding="gzip"), failure="too_large"),
    Trap("brotli-bomb", body(brotli.compress(b" " * _BOMB, quality=5), Content_Encoding="br"), failure="too_large"),
    Trap("cut-gzip", body(gzip.compress(feed(item("cut")))[:-12], Content_Encoding="gzip"), failure="broken_body"),
    Trap("endless", endless, failure="too_large"),
    Trap("slow", slow, failure="timeout"),
    Trap("endless-headers", endless_headers, failure="broken_body"),
    Trap("lying-length", lying_length, failure="broken_body"),
    Trap("redirect-loop", loop_of_redirects, failure="too_many_redirects"),
    Trap("redirect-metadata", redirect(_METADATA), failure="forbidden_address"),
    Trap("redirect-loopback", redirect("http://127.0.0.1:1/"), failure="forbidden_port"),
    Trap("redirect-decimal", redirect("http://2130706433/"), failure="bad_address"),
    Trap("redirect-file", redirect("file:///etc/passwd"), failure="bad_address"),
    Trap("gone", status(410), failure="http_status"),
    Trap("busy", status(429, Retry_After="3600"), failure="http_status"),
    Trap("broken", status(500), failure="http_status"),
    Trap("web-page", body(b"<!doctype html><title>Moved</title>"), failure="not_a_feed", dead_letter="not_a_feed"),
    Trap("empty", body(b""), failure="not_a_feed", dead_letter="not_a_feed"),
    Trap("many-items", body(_MANY), published=2000, dead_letter="too_many_entries"),
    Trap("script", body(_SCRIPT), published=1),
    Trap("bidi", body(_BIDI), published=1),
    Trap("xxe", body(_XXE), published=1),
    Trap("billion-laughs", body(_laughs()), published=1),
    Trap("quadratic", body(_quadratic()), published=1),
    Trap("deep", body(_DEEP), published=1),
)  # fmt: skip


def application() -> web.Application:
    """Every trap under ``/NAME``."""
    made = web.Application()
    for trap in TRAPS:
        made.router.add_get(f"/{trap.name}", trap.answer)
    return made
