"""The commands ``wirecopy kibana validate`` and ``kibana push``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from stream_apps.kibana import saved_objects
from stream_apps.kibana.checking import problems
from stream_apps.kibana.client import connect
from stream_apps.kibana.definitions import Definitions, load
from wirecopy.cli.registry import current_settings
from wirecopy.errors import BadInput

FOLDER = Path("deploy/kibana")
From = Annotated[Path, typer.Option("--from", help="The folder of definitions.", metavar="DIR")]


def kibana_validate(
    folder: From = FOLDER,
    ndjson: Annotated[
        Path | None, typer.Option(help="Write saved objects, to import by hand in Stack Management.")
    ] = None,
) -> None:
    """Check the definitions against the fields of the index, without a Kibana. Exit code 5: something does not fit."""
    definitions = _sound(folder)
    if ndjson is not None:
        prefix = current_settings().elasticsearch.index_prefix
        ndjson.write_text(saved_objects.ndjson(definitions, prefix), encoding="utf-8")
    panels = sum(len(dashboard.panels) for dashboard in definitions.dashboards)
    print(f"{len(definitions.data_views)} data views, {len(definitions.searches)} saved searches, "
          f"{len(definitions.dashboards)} dashboards with {panels} panels fit the index")  # fmt: skip


def kibana_push(
    folder: From = FOLDER,
    space: Annotated[str | None, typer.Option(help="Kibana space.  [default: the setting kibana.space]")] = None,
) -> None:
    """Create or replace data views, saved searches and dashboards in Kibana 9.5 or newer."""
    definitions = _sound(folder)
    print("\n".join(asyncio.run(_push(definitions, space))))


async def _push(definitions: Definitions, space: str | None) -> list[str]:
    settings = current_settings()
    async with connect(settings, settings.kibana.space if space is None else space) as kibana:
        return await kibana.push(definitions, settings.elasticsearch.index_prefix)


def _sound(folder: Path) -> Definitions:
    definitions = load(folder)
    if found := problems(definitions):
        raise BadInput("kibana", "\n".join(["these definitions do not fit the index:", *found]))
    return definitions
