"""``python -m tests.hostile [PORT]``: serve the traps on loopback, with a feed list for a producer to read.

Then, elsewhere, with ``producer.feeds`` set to ``http://127.0.0.1:PORT/feeds.yml`` and ``producer.allow_hosts`` to
``127.0.0.1:PORT``: ``wirecopy run producer``, and look at ``wirecopy feeds status`` and at the dead letters.
"""

from __future__ import annotations

import sys

import yaml
from aiohttp import web

from tests.hostile.feeds import TRAPS, application

PORT = 18099


def main(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    listed = [
        {"id": trap.name, "url": f"{base}/{trap.name}", "outlet": f"{trap.name}.example", "interval": 5}
        for trap in TRAPS
    ]
    made = application()

    async def feeds(_: web.Request) -> web.Response:
        return web.Response(text=yaml.safe_dump(listed))

    made.router.add_get("/feeds.yml", feeds)
    web.run_app(made, host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PORT)
