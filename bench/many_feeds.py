"""``python -m bench.many_feeds PORT FEEDS``: that many feeds on loopback, and ``/counts`` of how often each was asked.

Each feed has ``ENTRIES`` entries and answers conditional requests; from its third request on, one in ``CHANGING`` has
a new entry at every request.
"""

from __future__ import annotations

import sys
from collections import Counter

from aiohttp import web

ENTRIES = 30
CHANGING = 50
_TEXT = (
    "The harbour board of the district met on the quay and heard what the pilots had to say about the new channel. " * 3
)


class Feeds:
    """What has been asked of each feed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._asked: Counter[int] = Counter()
        self._not_modified = 0

    def body(self, number: int, newest: int) -> bytes:
        items = "".join(
            f"<item><guid isPermaLink='false'>{number}-{entry}</guid><title>Pilots of port {number}: {entry}</title>"
            f"<link>https://port{number}.example/{entry}</link><description>{_TEXT}</description></item>"
            for entry in range(newest, newest - ENTRIES, -1)
        )
        return f"<rss version='2.0'><channel><title>Port {number}</title>{items}</channel></rss>".encode()

    async def feed(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if not 0 <= number < self._count:
            raise web.HTTPNotFound
        self._asked[number] += 1
        newest = ENTRIES + (max(0, self._asked[number] - 2) if number % CHANGING == 0 else 0)
        etag = f'"{newest}"'
        if request.headers.get("If-None-Match") == etag:
            self._not_modified += 1
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=self.body(number, newest), content_type="application/rss+xml", headers={"ETag": etag})

    async def counts(self, _: web.Request) -> web.Response:
        """``cycles[n]``: feeds asked at least n + 1 times."""
        deepest = max(self._asked.values(), default=0)
        cycles = [sum(asked > n for asked in self._asked.values()) for n in range(deepest)]
        answer = {"requests": self._asked.total(), "not_modified": self._not_modified, "cycles": cycles}
        return web.json_response(answer)


def application(count: int) -> web.Application:
    feeds, made = Feeds(count), web.Application()
    made.router.add_get("/counts", feeds.counts)
    made.router.add_get("/{number:[0-9]+}", feeds.feed)
    return made


if __name__ == "__main__":
    web.run_app(application(int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
