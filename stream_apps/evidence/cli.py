"""The commands ``wirecopy diff`` and ``wirecopy why``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from stream_apps.evidence.sheet import Sheet
from wirecopy.cli.registry import current_settings

First = Annotated[str, typer.Argument(metavar="A", help="Id of an article; its start is enough.")]
Second = Annotated[str, typer.Argument(metavar="B", help="Id of another.")]
File = Annotated[Path | None, typer.Option(help="JSON lines as of `eval dedup`, in place of the index.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def diff(a: First, b: Second, file: File = None, as_json: AsJson = False) -> None:
    """Show what two articles share, paragraph by paragraph: what B cut of A, added, changed and moved."""
    from stream_apps.evidence import printing  # noqa: PLC0415  # the command line starts without what it does not use
    from stream_apps.evidence.comparing import compare_texts  # noqa: PLC0415

    left, right = _sheets(a, b, file)
    found = compare_texts(left.paragraphs, right.paragraphs)
    if as_json:
        _print_json({"a": _article(left), "b": _article(right), **asdict(found)})
    else:
        _show(printing.diff_lines(left, right, found))


def why(a: First, b: Second, file: File = None, as_json: AsJson = False) -> None:
    """Say why two articles are linked or of one story, or why they are not: the rule that decided and its evidence."""
    from stream_apps.evidence import printing  # noqa: PLC0415  # as above
    from stream_apps.evidence.why import why as explain  # noqa: PLC0415

    left, right = _sheets(a, b, file)
    found = explain(left, right)
    if as_json:
        _print_json(asdict(found))
    else:
        _show(printing.why_lines(found, left, right))


def _sheets(a: str, b: str, file: Path | None) -> tuple[Sheet, Sheet]:
    from stream_apps.evidence import sources  # noqa: PLC0415  # as above

    left, right = sources.from_file(file, (a, b)) if file else asyncio.run(_indexed(a, b))
    return left, right


async def _indexed(a: str, b: str) -> list[Sheet]:
    from stream_apps.evidence import sources  # noqa: PLC0415  # as above
    from stream_apps.indexing.client import connect, explained  # noqa: PLC0415

    settings = current_settings().elasticsearch
    async with connect(settings) as client, explained(settings.url):
        return await sources.from_index(client, settings.index_prefix, (a, b))


def _article(sheet: Sheet) -> dict[str, Any]:
    article = sheet.article
    return {
        "id": article.id,
        "outlet": article.outlet,
        "headline": article.headline,
        "byline": article.byline,
        "published": article.published.isoformat(),
        "story": sheet.story,
        "annotations": [
            {"paragraph": number, **asdict(annotation)}
            for number, paragraph in enumerate(sheet.paragraphs)
            for annotation in paragraph.annotations
        ],
    }


def _show(lines: Sequence[Text]) -> None:
    """Print with colours and folding on a terminal, else as plain lines."""
    if not sys.stdout.isatty():
        print("\n".join(line.plain.rstrip() for line in lines))
        return
    console = Console()
    for line in lines:
        console.print(line)


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False))
