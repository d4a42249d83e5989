"""``wirecopy run engine`` and ``wirecopy eval dedup``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wirecopy.cli.registry import current_settings


def run_engine() -> None:
    """Find the copies: the engine, or one that stands by, until it is told to stop."""
    from stream_apps.dedup.worker import run  # noqa: PLC0415  # slow to load: not for the other commands

    run(current_settings())


def eval_dedup(
    articles: Annotated[
        Path, typer.Argument(help="JSON lines of {id, text, title?, byline?, source?, url?, published?}.")
    ],
    pairs: Annotated[Path | None, typer.Option(help="CSV of id_a, id_b, gold_reuse to score the stories by.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
) -> None:
    """Find the stories of a file of articles: the same code as the stages, in one process."""
    from stream_apps.evidence.evaluate import find_stories, read_lines, score_pairs  # noqa: PLC0415  # as above

    report = find_stories(read_lines(articles)).report()
    if pairs is not None:
        report |= score_pairs(report["stories"], pairs)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        _print_summary(report)


def _print_summary(report: dict[str, Any]) -> None:
    stories = report["stories"]
    typer.echo(f"{len(stories)} articles in {len(set(stories.values()))} stories, {len(report['links'])} links, "
               f"{report['seconds']} s")  # fmt: skip
    for measure in ("precision", "recall", "f1"):
        if measure in report:
            typer.echo(f"{measure:9} {report[measure]:.4f}")
