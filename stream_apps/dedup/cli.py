"""``wirecopy run engine`` and ``wirecopy eval dedup``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wirecopy.cli.registry import current_settings


def run_engine() -> None:
    """Find the copies: the engine, or a standby, until a signal to stop."""
    from stream_apps.dedup.engine_process import run  # noqa: PLC0415  # slow to load: not for the other commands

    run(current_settings())


def eval_dedup(
    articles: Annotated[
        Path, typer.Argument(help="JSON lines of {id, text, title?, byline?, source?, url?, published?}.")
    ],
    pairs: Annotated[Path | None, typer.Option(help="CSV of id_a, id_b, gold_reuse to score the stories by.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
) -> None:
    """Find the stories of a file of articles: the same code as the stages, in one process.

    Twice: with everything learned from the file first, and by date, as a service that had been there would have.
    """
    from stream_apps.evidence import evaluate  # noqa: PLC0415  # as above

    items = list(evaluate.read_lines(articles))
    report = evaluate.find_stories(items).report()
    report["by_date"] = evaluate.find_stories_by_date(items, report["stories"]).report()
    report["undated"] = evaluate.count_undated(items)
    if pairs is not None:
        for part in (report, report["by_date"]):
            part.update(evaluate.score_pairs(part["stories"], pairs))
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    _print_summary("learned first", report)
    _print_summary("by date", report["by_date"])
    if report["undated"]:
        typer.echo(f"{report['undated']} articles have no date: by date, they count as seen with the first dated one "
                   "of their story, else with the last; events of theirs are told apart by words alone")  # fmt: skip


def _print_summary(how: str, report: dict[str, Any]) -> None:
    stories = report["stories"]
    typer.echo(f"{how}: {len(stories)} articles in {len(set(stories.values()))} stories, {len(report['links'])} links, "
               f"{report['seconds']} s")  # fmt: skip
    for measure in ("precision", "recall", "f1"):
        if measure in report:
            typer.echo(f"{measure:9} {report[measure]:.4f}")
