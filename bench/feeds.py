"""Feeds parsed a second, in one process and one run: feedparser as it comes, without its own cleaning, and ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import feedparser

from bench.report import Table
from producers.formats.parse import parse_feed
from wirecopy.errors import BadInput, NotFound

ROUNDS = 3
ADDRESS = "https://feeds.example/feed.xml"


def measure(data: Path) -> list[Table]:
    """``data/feeds/real``, each feed parsed ``ROUNDS`` times by each. Raises ``NotFound`` where there are none."""
    bodies = [path.read_bytes() for path in sorted((data / "feeds" / "real").rglob("*")) if path.is_file()]
    if not bodies:
        raise NotFound(f"there are no feeds in {data / 'feeds' / 'real'}")
    parsers: dict[str, Callable[[bytes], int]] = {
        "feedparser": plain,
        "feedparser, not cleaning": bare,
        "wirecopy": ours,
    }
    best = {name: min(_seconds(parser, bodies) for _ in range(ROUNDS)) for name, parser in parsers.items()}
    entries = {name: sum(map(parser, bodies)) for name, parser in parsers.items()}
    rows = [
        (
            name,
            len(bodies),
            entries[name],
            round(best[name], 2),
            len(bodies) / best[name],
            best["feedparser"] / best[name],
        )
        for name in parsers
    ]
    note = (
        f"One process, the best of {ROUNDS} rounds. feedparser cleans HTML and resolves links by itself; wirecopy has "
        "it do neither, cleans with nh3, reads languages, dates, media, hints and identities besides, and counts an "
        "entry that a feed holds twice once."
    )
    columns = ("parser", "feeds", "entries", "seconds", "feeds/s", "times feedparser")
    return [Table("feeds", columns, rows, note)]


def _seconds(parser: Callable[[bytes], int], bodies: Sequence[bytes]) -> float:
    started = time.perf_counter()
    for body in bodies:
        parser(body)
    return time.perf_counter() - started


def plain(body: bytes) -> int:
    """Entries that feedparser finds as it comes."""
    return len(feedparser.parse(body)["entries"])


def bare(body: bytes) -> int:
    return len(feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)["entries"])


def ours(body: bytes) -> int:
    try:
        return len(parse_feed(body, ADDRESS).entries)
    except BadInput:
        return 0
