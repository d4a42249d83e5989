"""The command ``backfill``."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer

from producers.backfill.run import Limits
from producers.backfill.selection import Terms
from producers.backfill.session import BackfillReport, Request
from producers.backfill.session import backfill as run_backfill
from producers.formats import dates
from producers.formats.language import language_tag
from wirecopy.cli.registry import current_settings
from wirecopy.errors import BadInput

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHOWN = 20
_INTERRUPTED = 130


def backfill(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Feed files, WARC files, JSON lines, or folders of them.")
    ],
    *,
    outlet: Annotated[str | None, typer.Option(help="Who published all of it, for example thehindu.com.")] = None,
    language: Annotated[str | None, typer.Option(help="BCP 47; counts more than what the archive says.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what was published then or later: 2026-06-01.")] = None,
    until: Annotated[str | None, typer.Option(help="As --since; a day is included.")] = None,
    rate: Annotated[float, typer.Option(min=0.01, max=100_000, help="Entries a second.")] = 50.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop when the job has sent so many entries.")] = None,
    max_dead: Annotated[int, typer.Option(min=1, help="Stop when the job has made so many dead letters.")] = 1000,
    date_from_file: Annotated[
        bool, typer.Option("--date-from-file", help="Entries without a date get that of their file.")
    ] = False,
    pages: Annotated[bool, typer.Option("--pages", help="Read article pages in WARC files too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin anew, also if the job is finished.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Publish archived entries, marked as such. Interrupted at any moment, the same command goes on."""
    terms = Terms(
        outlet,
        _language(language),
        _moment(since, "--since"),
        _moment(until, "--until", end=True),
        date_from_file,
    )
    request = Request(tuple(paths), terms, Limits(limit, max_dead, rate), pages, dry_run, again)
    report = asyncio.run(run_backfill(current_settings(), request))
    print(as_json_text(report, dry_run=dry_run) if as_json else "\n".join(summary(report, dry_run=dry_run)))
    _end(report, dry_run=dry_run)


def summary(report: BackfillReport, *, dry_run: bool) -> list[str]:
    """Return the result for a person."""
    counts, sent = report.counts, "would be sent" if dry_run else "sent"
    said = f"{counts.sent} entries {sent}, {counts.older} older versions, {counts.outside} outside the time asked for"
    gone = f", {counts.removed} that only say they are gone" if counts.removed else ""
    found = [f"backfill {report.job}: {_ending(report)}", f"  {said}{gone}, {counts.dead} dead letters"]
    if counts.earliest and counts.latest:
        found.append(f"  published from {_minute(counts.earliest)} to {_minute(counts.latest)}")
    found.append(f"  {counts.files} of {report.files} files, {counts.other} records in them that are no feeds")
    found += [f"  {count} of {name}" for name, count in counts.outlets.most_common(_SHOWN)]
    if len(counts.outlets) > _SHOWN:
        found.append(f"  and {len(counts.outlets) - _SHOWN} outlets more: --json names them")
    found += [f"  dead letters: {count} {reason}" for reason, count in counts.reasons.most_common()]
    return found + [f"  not read: {problem}" for problem in counts.problems]


def as_json_text(report: BackfillReport, *, dry_run: bool) -> str:
    """Return the result for a program."""
    said = {"job": report.job, "outcome": report.outcome, "already": report.already, "dry_run": dry_run}
    return orjson.dumps(said | {"of_files": report.files} | report.counts.as_dict()).decode()


def _ending(report: BackfillReport) -> str:
    if report.already:
        return "finished before, nothing to do; --again repeats it"
    return {
        "done": "done",
        "interrupted": "interrupted; the same command goes on from here",
        "limit": "at the limit; the same command with a higher --limit goes on from here",
        "too_many_dead": "stopped, too many dead letters; with a higher --max-dead the same command goes on from here",
    }[report.outcome]


def _end(report: BackfillReport, *, dry_run: bool) -> None:
    """Set the exit code. Raises ``BadInput`` where nothing could be read."""
    counts = report.counts
    if report.outcome == "interrupted":
        if not dry_run:
            print("wirecopy: interrupted; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED)
    if report.outcome == "too_many_dead":
        raise BadInput("too_many_dead", f"{counts.dead} dead letters beside {counts.entries} entries that were read")
    if counts.entries == 0:
        raise BadInput("nothing_read", f"no entry in {report.files} files")


def _moment(text: str | None, option: str, *, end: bool = False) -> datetime | None:
    if text is None:
        return None
    moment = dates.from_iso(text)
    if moment is None:
        raise typer.BadParameter(f"{text!r} is not a day or a time such as 2026-06-18T09:30Z", param_hint=option)
    return moment + timedelta(days=1) if end and _DAY.fullmatch(text.strip()) else moment


def _language(text: str | None) -> str | None:
    tag = language_tag(text) if text else None
    if text and tag is None:
        raise typer.BadParameter(f"{text!r} is not a BCP 47 tag such as en-IN", param_hint="--language")
    return tag


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%MZ")
