"""``wirecopy state``: check, repair and rebuild the state of the stages."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from wirecopy.cli.registry import current_settings
from wirecopy.errors import NotFound

EVERY = 2.0
"""Seconds between two lines of progress."""


def state_check(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Read every row of every state; exit 1 if this version cannot read one. May run beside the stages."""
    from stream_apps.state import checking, kafka_side  # noqa: PLC0415  # slow to load: not for the other commands

    kafka = current_settings().kafka
    reports = [checking.report(topic, kafka_side.messages(kafka, topic)) for topic in checking.CHECKS]
    if as_json:
        print(json.dumps([asdict(report) for report in reports], indent=2))
    else:
        for report in reports:
            print(f"{report.topic:14} {report.rows:9} rows {report.bytes:12} bytes  {len(report.bad)} cannot be read")
            for line in report.bad[: checking.MAX_SHOWN]:
                print(f"    {line}")
    if any(report.bad for report in reports):
        print("wirecopy: `wirecopy state repair KEY` or `wirecopy state rebuild` mends this", file=sys.stderr)
        raise typer.Exit(1)


def state_repair(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Id of an article or story, or a key as `check` shows it.")],
) -> None:
    """Make the rows of an article, or of a story and its articles, anew; fingerprint, engine, tagging are stopped."""
    from schemas.topics import OUTLET_STATE, RAW, RESOLVED, TAGGING_STATE  # noqa: PLC0415  # as above
    from stream_apps.state import kafka_side, repairing  # noqa: PLC0415
    from wirecopy.kafka import admin_client  # noqa: PLC0415

    identity = repairing.identity(key)
    kafka = current_settings().kafka
    with admin_client(kafka) as admin:
        kafka_side.require_stopped(admin, kafka, ["fingerprint", "engine", "tagging"])
    found = repairing.stories_of(identity, kafka_side.messages(kafka, RESOLVED))
    again = list(repairing.sent_again(found, kafka_side.messages(kafka, RAW)))
    if not again:
        raise NotFound(f"neither raw nor resolved has anything of {identity}")
    rows = list(
        repairing.cleared(
            found,
            kafka_side.messages(kafka, OUTLET_STATE),
            kafka_side.messages(kafka, TAGGING_STATE),
            datetime.now(UTC).date(),
        )
    )
    kafka_side.send(kafka, rows)
    print(f"{sum(value is None for *_, value in rows)} rows deleted", file=sys.stderr)
    print(f"{kafka_side.send(kafka, again)} messages sent again: start the stages", file=sys.stderr)


def state_rebuild(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option(help="Show progress until all is worked through.")] = True,
) -> None:
    """Make all state and the public topics anew from `raw`; fingerprint, engine and tagging are stopped before."""
    from stream_apps.state import rebuilding  # noqa: PLC0415  # as above

    settings = current_settings()
    if not yes:
        typer.confirm(f"Work all of {settings.kafka.topic_prefix}.raw.v1 through again?", abort=True, err=True)
    rebuilding.reset(settings, _say)
    _say("start the stages")
    while wait and any(left := rebuilding.remaining(settings).values()):
        _say("still to take: " + ", ".join(f"{app} {n}" for app, n in zip(rebuilding.APPS, left, strict=True)))
        time.sleep(EVERY)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
