"""``wirecopy wireday``: the invented day of news to try everything on."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from wirecopy.cli.registry import current_settings
from wirecopy.wireday.day import COMPRESS, WireDay, generate
from wirecopy.wireday.files import write_day
from wirecopy.wireday.server import WireDayServer

Seed = Annotated[int, typer.Option(help="Another seed makes other choices on the same stories.")]
Scale = Annotated[int, typer.Option(min=1, help="How many times as many stories; the further ones are derived.")]


def write(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is not there.")],
    seed: Seed = 1,
    scale: Scale = 1,
) -> None:
    """Write the day to a folder: articles.jsonl, truth.jsonl, and the feeds as they stand at its end."""
    print(f"{_write(generate(seed, scale), folder)} articles in {folder}", file=sys.stderr)


def serve(
    *,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default: the setting local.feeds_port.")] = None,
    seed: Seed = 1,
    scale: Scale = 1,
    compress: Annotated[float, typer.Option(min=0.001, help="Seconds of the day in one second.")] = COMPRESS,
    all_at_once: Annotated[bool, typer.Option("--all-at-once", help="Release everything at the start.")] = False,
    dump: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the day to a folder as well.")] = None,
) -> None:
    """Serve the day's feeds on 127.0.0.1 until Ctrl-C; an entry appears in its feed when its time has come."""
    day = generate(seed, scale, compress=compress)
    if dump is not None:
        _write(day, dump)
    server = WireDayServer(day, current_settings().local.feeds_port if port is None else port, at_once=all_at_once)
    asked_to_stop = _on_signal()  # before anybody is told that it is ready, and may stop it
    server.start()
    try:
        print(_ready(server), flush=True)
        asked_to_stop.wait()
    finally:
        server.close()


def _ready(server: WireDayServer) -> str:
    entries = sum(len(channel.entries) for channel in server.release.channels.values())
    return (
        f"wire day ready at {server.base}/ · {len(server.release.channels)} feeds, {entries} entries and updates, "
        f"all of them out in {server.release.duration:.0f} s · feed list {server.base}/feeds.yml"
    )


def _write(day: WireDay, folder: Path) -> int:
    try:
        return write_day(day, folder)
    except OSError as error:
        raise typer.BadParameter(f"cannot write to {folder}: {error.strerror}") from error


def _on_signal() -> threading.Event:
    """Return an event that a signal to stop sets."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked
