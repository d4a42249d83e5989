from __future__ import annotations

import contextlib
import time

import pytest

from producers.formats.parsing_pool import ParsingPool
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

URL = "https://a.example/f"
FEED = b"<rss version='2.0'><channel><item><guid>a</guid><title>T</title></item></channel></rss>"


async def test_what_takes_too_long_costs_only_its_parser() -> None:
    with ParsingPool(ProducerSettings(), processes=1) as pool:
        assert len((await pool.parse(FEED, URL, None)).entries) == 1
        with pytest.raises(BadInput) as error:
            await pool._run(0.2, time.sleep, 60)
        assert error.value.reason == "parse_timeout"
        assert len((await pool.parse(FEED, URL, None)).entries) == 1


async def test_a_feed_that_takes_too_much_memory_and_one_that_is_none() -> None:
    big = b"<rss version='2.0'><channel><item><title>" + b"x" * 30_000_000 + b"</title></item></channel></rss>"
    settings = ProducerSettings(parse_memory=128 * 1024**2, parse_timeout=60)
    with ParsingPool(settings, processes=1) as pool:
        with pytest.raises(BadInput) as error:
            await pool.parse(big, URL, None)
        assert error.value.reason in ("parse_memory", "parser_died")
        with pytest.raises(BadInput) as error:
            await pool.parse(b"nothing", URL, None)
        assert error.value.reason == "not_a_feed"
        assert len((await pool.parse(FEED, URL, None)).entries) == 1


async def test_after_bombs_the_parser_is_as_it_was() -> None:
    bombs = (
        b"<rss><channel><item>" + b"<a>" * 200_000,
        b"<rss><channel>" + b"<item><title>x</title></item>" * 200_000,
        b'<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><rss><channel><item><title>&c;</title>',
        b"<rss><channel><item><title>" + b"x" * 10_000_000 + b"</title></item></channel></rss>",
    )
    with ParsingPool(ProducerSettings(parse_timeout=30), processes=1) as pool:
        for bomb in bombs:
            with contextlib.suppress(BadInput):
                assert 1 <= len((await pool.parse(bomb, URL, None)).entries) <= 2000
        assert len((await pool.parse(FEED, URL, None)).entries) == 1
