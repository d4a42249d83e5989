"""Reads the wire day's truth from its server: the expected articles, and the time of the last one."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wirecopy.errors import ServerError
from wirecopy.local import probes
from wirecopy.local.stages import FEED_LIST_PATH, TRUTH_PATH


@dataclass(frozen=True)
class ExpectedArticles:
    """``published_all_at`` is in Unix seconds."""

    articles: frozenset[str]
    published_all_at: float


def read_wire_day(port: int) -> ExpectedArticles:
    """Read the truth from the feed server on this machine. Raises ``ServerError``."""
    return parse_truth(probes.get_json(f"http://127.0.0.1:{port}{TRUTH_PATH}"))


def parse_truth(truth: Mapping[str, Any]) -> ExpectedArticles:
    """Parse the answer. Raises ``ServerError`` where it is not a wire day's truth."""
    try:
        return ExpectedArticles(frozenset(entry["id"] for entry in truth["articles"]), float(truth["published_all_at"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ServerError(f"the wire day's server answers something else: {error!r}") from error


def is_served(port: int) -> bool:
    try:
        read_wire_day(port)
    except ServerError:
        return False
    return True


def save_feed_list(port: int, target: Path) -> Path:
    """Write the list of the wire day's feeds where a producer can read it. Raises ``ServerError``."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{FEED_LIST_PATH}", timeout=probes.TIMEOUT) as answer:
            target.write_bytes(answer.read(probes.MAX_BODY))
    except OSError as error:
        raise ServerError(f"the wire day's feed list cannot be read: {error}") from error
    return target
