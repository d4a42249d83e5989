"""``wirecopy up``, ``doctor`` and ``config show``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import rich.box
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wirecopy.cli.registry import current_settings, loaded

AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON document.")]

COLOURS = {"ok": "green", "not set": "yellow", "not visible": "yellow"}


def up(  # noqa: PLR0917  # typer gives options by name
    live: Annotated[bool, typer.Option("--live", help="Poll the list of real feeds too.")] = False,
    wire_day: Annotated[bool, typer.Option("--wire-day/--no-wire-day", help="Send the wire day through.")] = True,
    compress: Annotated[
        float | None, typer.Option(min=1, metavar="FACTOR", help="How much faster than life the wire day passes.")
    ] = None,
    stages: Annotated[
        bool, typer.Option("--stages/--only-servers", help="Run the stages, or Kafka and Elasticsearch alone.")
    ] = True,
    once: Annotated[bool, typer.Option("--once", help="Stop when the start is complete.")] = False,
    for_seconds: Annotated[
        float | None, typer.Option("--for", min=0, metavar="SECONDS", help="Stop so long after the start is complete.")
    ] = None,
) -> None:
    """Everything on this machine: servers, all stages, a wire day through them; then stays up, polling."""
    from wirecopy.local.up import Options, run  # noqa: PLC0415  # the clients it imports would slow every command

    stay = 0.0 if once else for_seconds
    run(loaded(), Options(live=live, wire_day=wire_day, compress=compress, stay=stay, stages=stages))


def doctor(as_json: AsJson = False) -> None:
    """What is missing or unreachable, and what to do. Ends with 1 where something is."""
    from wirecopy.local.doctor import examine  # noqa: PLC0415  # as above

    console = Console(highlight=False, soft_wrap=True)
    findings = []
    for finding in examine(current_settings()):
        findings.append(finding)
        if not as_json:
            console.print(Text(f"{finding.state:<12}", style=COLOURS.get(finding.state, "red")), end="")
            console.print(Text(f"{finding.name}: {finding.detail}"))
            if finding.todo:
                console.print(Text(f"{'':<12}  → {finding.todo}"))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


def config_show(as_json: AsJson = False) -> None:
    """Every setting, its value and where that came from; secrets hidden."""
    rows = list(loaded().rows())
    if as_json:
        print(json.dumps([{"name": name, "value": value, "origin": origin} for name, value, origin in rows], indent=2))
        return
    table = Table("setting", "value", "from", box=rich.box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(soft_wrap=True).print(table)
