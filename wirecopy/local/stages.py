"""The processes of ``wirecopy up``: one for each stage, one that serves the wire day, and one-off commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from wirecopy.errors import MissingSoftware, ServerError
from wirecopy.local.process import Child, last_words
from wirecopy.local.secret_files import secret_files
from wirecopy.settings import Loaded, environment, is_secret, variable, without_secrets

STAGES = ("fingerprint", "engine", "tagging", "indexing")
"""The stream stages; producers come after them, so that nothing waits in a topic without need."""
FEED_LIST_PATH = "/feeds.yml"
TRUTH_PATH = "/truth.json"
COMMAND_TIMEOUT = 120.0


@dataclass(frozen=True)
class Workplace:
    """The folder and the settings of the processes."""

    env: Mapping[str, str]
    logs: Path

    def child(self, name: str, arguments: Sequence[str], overrides: Mapping[str, object] | None = None) -> Child:
        """Return a wirecopy command that keeps running; its log has its name."""
        command = [sys.executable, "-m", "wirecopy", *arguments]
        log = self.logs / f"{name.replace(' ', '-')}.log"
        return Child(name, command, log, env={**self.env, **environment(overrides or {})})

    def call(self, *arguments: str) -> str:
        """Run a wirecopy command to its end, and return its output. Raises ``ServerError`` if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "wirecopy", *arguments], env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=COMMAND_TIMEOUT, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            said = last_words(done.stderr) if done.stderr.strip() else f"\n{done.stdout.rstrip()}"
            raise ServerError(f"`wirecopy {' '.join(arguments)}` failed: {said}")
        return done.stdout


def explicit(loaded: Loaded) -> dict[str, object]:
    """Return every setting that was set, except secrets, by dotted name, for children that see no file of ours."""
    values = {}
    for name in loaded.origins:
        section, _, key = name.partition(".")
        value = getattr(getattr(loaded.settings, section), key)
        if value is not None and not is_secret(section, key):
            values[name] = value
    return values


@contextmanager
def workplace(loaded: Loaded, overrides: Mapping[str, object]) -> Iterator[Workplace]:
    """Prepare processes with these settings over the loaded ones, for the duration of the block."""
    data_dir = loaded.settings.local.data_dir.resolve()
    ours = {"faust.data_dir": data_dir / "faust", **explicit(loaded), **overrides}
    with secret_files(loaded.settings, data_dir / "secrets") as secrets:
        env = {**without_secrets(os.environ), **environment(ours), **secrets, "PYTHONUNBUFFERED": "1"}
        yield Workplace(env, data_dir / "logs")


def stage_children(place: Workplace) -> list[Child]:
    return [place.child(stage, ["run", stage]) for stage in STAGES]


def desk_child(place: Workplace) -> Child:
    """Return the desk. Everyone on this machine's loopback is an editor, since they can write to Kafka directly."""
    return place.child("desk", ["serve"], {"web.host": "127.0.0.1", "web.open_role": "editor", "web.editing": True})


def wire_day_server(place: Workplace, port: int, compress: float | None, *, at_once: bool) -> Child:
    """Return the server of the wire day's feeds; ``at_once`` shows the day as it ended."""
    options = [] if compress is None else ["--compress", f"{compress:g}"]
    options += ["--all-at-once"] if at_once else []
    return place.child("wire day", ["wireday", "serve", "--port", str(port), *options])


def wire_day_producer(place: Workplace, port: int, feeds: Path, more: Mapping[str, object] | None = None) -> Child:
    """Return a producer for the wire day's feeds, polled as often as their list says, since the server is ours.

    ``more``: further settings of the producer.
    """
    overrides = {"producer.feeds": feeds, **_reaching_wire_day(place, port), **(more or {})}
    return place.child("producer", ["run", "producer"], overrides)


def live_producer(place: Workplace, feeds: str | None, wire_day_port: int | None) -> Child:
    """Return a producer for real feeds: those of a list, and what ``feeds add`` has put into Kafka.

    It shares all feeds with the wire day's producer, so it must reach that server, too.
    """
    overrides = {} if feeds is None else {"producer.feeds": feeds}
    reaching = {} if wire_day_port is None else _reaching_wire_day(place, wire_day_port)
    return place.child("live producer", ["run", "producer"], {**overrides, **reaching})


def _reaching_wire_day(place: Workplace, port: int) -> dict[str, object]:
    """Return the settings of a producer that may fetch from the wire day, beside what it may already."""
    given = place.env.get(variable("producer.allow_hosts"), "")
    return {"producer.allow_hosts": (*filter(None, given.split(",")), f"127.0.0.1:{port}")}


def forget_feed_lists(place: Workplace, lists: Collection[str]) -> None:
    """Remove the feeds that these lists have added in an earlier run. Raises ``ServerError``."""
    listed = (json.loads(line) for line in place.call("feeds", "list", "--json").splitlines())
    for origin in sorted({feed.get("origin") for feed in listed} & set(lists)):
        place.call("feeds", "remove", "--list", origin)


def live_feed_list(chosen: str | None) -> str:
    """Return the feed list of the settings, else the one that comes with the producers."""
    if chosen is not None:
        return chosen
    path = Path(str(resources.files("producers").joinpath("feeds", "world.opml")))
    if not path.exists():
        raise MissingSoftware("the list of real feeds is missing from this installation: set producer.feeds to one")
    return str(path)
