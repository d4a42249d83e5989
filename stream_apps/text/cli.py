"""Commands of this package: ``wirecopy eval credits``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import orjson
import typer

from stream_apps.text import agencies
from stream_apps.text.agencies import Catalogue
from stream_apps.text.credits import CreditReading, read_credits
from stream_apps.text.html import paragraphs, plain
from stream_apps.text.origin import origin_from_credits
from wirecopy.cli.registry import current_settings
from wirecopy.errors import BadInput


@dataclass(frozen=True)
class Item:
    """A text to read, with what is known of it."""

    text: str
    byline: str
    title: str
    outlet: str | None
    published: date | None


def eval_credits(
    items: Annotated[
        str,
        typer.Argument(
            help="JSON lines of {text, byline?, title?, outlet?, source?, url?, published?}; - reads standard input."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Read the credits of each text: agencies, roles and where they are said; one line out for each line in.

    The text is read as the pipeline reads it. Spans count in the text as given, markup apart: where there is any, they
    count in the paragraphs without it. Ends with 5 at the first line that is not such an object, and names it.
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
            yield as_answer(_read(_item(_object(raw, number), number), catalogue))


def reading_of(item: Mapping[str, Any], catalogue: Catalogue) -> CreditReading:
    """What is read of one item; raises ``BadInput`` as ``evaluated`` does."""
    return _read(_item(item, 1), catalogue)


def _read(item: Item, catalogue: Catalogue) -> CreditReading:
    title, byline = plain(item.title), plain(item.byline)
    return read_credits(item.text, byline, title, catalogue, outlet=item.outlet, published=item.published)


def as_answer(reading: CreditReading) -> dict[str, Any]:
    """The reading in the form that the command prints."""
    return {
        "credits": [credit.model_dump() for credit in reading.credits],
        "services": [service.model_dump() for service in reading.services],
        "origin_class": origin_from_credits(reading),
        "dateline": reading.dateline.model_dump(mode="json") if reading.dateline else None,
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


def _object(raw: bytes, number: int) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadInput("bad_line", f"line {number} is not JSON: {error}") from error


def _item(item: object, number: int) -> Item:
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        raise BadInput("bad_line", f"line {number} is not an object with a text")
    byline, title = item.get("byline") or "", item.get("title") or ""
    if not isinstance(byline, str) or not isinstance(title, str):
        raise BadInput("bad_line", f"line {number}: byline and title must be text")
    return Item(_stored(item["text"]), byline, title, _outlet(item), _day(item.get("published")))


def _stored(text: str) -> str:
    """The text as the pipeline stores it; as given where that differs in blanks and blank lines alone."""
    stored = "\n".join(paragraphs(text))
    return text if text.split() == stored.split() else stored


def _outlet(item: Mapping[str, Any]) -> str | None:
    outlet = item.get("outlet") or item.get("source") or urlsplit(str(item.get("url") or "")).hostname
    return outlet if isinstance(outlet, str) else None


def _day(published: object) -> date | None:
    """The day of an ISO 8601 time; none for anything else, since only a dateline's year depends on it."""
    try:
        return datetime.fromisoformat(published).date() if isinstance(published, str) else None
    except ValueError:
        return None


def _readable(answer: dict[str, Any]) -> str:
    said = ", ".join(f"{c['agency']} {c['role']} ({c['evidence']})" for c in answer["credits"])
    own = ", ".join(f"{s['service']} ({s['evidence']})" for s in answer["services"])
    return f"{answer['origin_class']}: {said or 'no agency'}" + (f"; own service {own}" if own else "")
