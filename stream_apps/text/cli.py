"""Commands of this package: ``wirecopy eval credits``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from stream_apps.text import agencies
from stream_apps.text.agencies import Catalogue
from stream_apps.text.credits import CreditReading, read_credits
from stream_apps.text.html import plain
from stream_apps.text.origin import origin_from_credits
from wirecopy.cli.registry import current_settings
from wirecopy.errors import BadInput


def eval_credits(
    items: Annotated[str, typer.Argument(help="JSON lines of {text, byline?, title?}; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Read the credits of each text: agencies, roles and where they are said; one line out for each line in.

    Ends with 5 at the first line that is not such an object, and names it.
    """
    catalogue = agencies.load(current_settings().text.agencies)
    for answer in evaluated(_lines(items), catalogue):
        sys.stdout.write((orjson.dumps(answer).decode() if as_json else _readable(answer)) + "\n")


def evaluated(lines: Iterable[bytes], catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The answer to each item, in order; empty lines are passed over.

    Raises ``BadInput`` (``bad_line``) naming the line that cannot be read.
    """
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            text, byline, title = _item(raw, number)
            yield as_answer(read_credits(text, plain(byline), plain(title), catalogue))


def as_answer(reading: CreditReading) -> dict[str, Any]:
    """The reading in the form that the command prints."""
    return {
        "credits": [credit.model_dump() for credit in reading.credits],
        "origin_class": origin_from_credits(reading),
        "dateline": reading.dateline.model_dump() if reading.dateline else None,
    }


def _lines(items: str) -> Iterator[bytes]:
    if items == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(items).open("rb") as file:
            yield from file
    except OSError as error:
        raise BadInput("unreadable_file", f"{items}: {error.strerror}") from error


def _item(raw: bytes, number: int) -> tuple[str, str, str]:
    try:
        item = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadInput("bad_line", f"line {number} is not JSON: {error}") from error
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        raise BadInput("bad_line", f"line {number} is not an object with a text")
    byline, title = item.get("byline") or "", item.get("title") or ""
    if not isinstance(byline, str) or not isinstance(title, str):
        raise BadInput("bad_line", f"line {number}: byline and title must be text")
    return item["text"], byline, title


def _readable(answer: dict[str, Any]) -> str:
    said = ", ".join(f"{c['agency']} {c['role']} ({c['evidence']})" for c in answer["credits"])
    return f"{answer['origin_class']}: {said or 'no agency'}"
