"""``wirecopy state rebuild``: derives everything from ``raw`` again, while the index goes on answering."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from schemas.topics import CLEAN, ENGINE_STATE, OUTLET_STATE, RESOLVED, TAGGING_STATE, Topic
from stream_apps.dedup import epoch
from stream_apps.state import kafka_side
from wirecopy.cli import topics
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client
from wirecopy.settings import Settings

APPS = ("fingerprint", "engine", "tagging")
"""Those that work all through again. Indexing goes on: what comes has newer versions."""
_DERIVED = (CLEAN, RESOLVED)
_CHANGELOGS = (OUTLET_STATE, TAGGING_STATE)


def reset(settings: Settings, say: Callable[[str], None]) -> None:
    """Undo all progress and state of the stopped apps. Safe to repeat after a failure.

    The mark of a new epoch is written first: without it, newer records could have older versions. Raises
    ``ServerError`` where an app is running, or Kafka says no.
    """
    kafka = settings.kafka
    with admin_client(kafka) as admin:
        kafka_side.require_stopped(admin, kafka, APPS)
        say(f"epochs of {_end_epochs(settings)} engines end")
        kafka_side.forget_progress(admin, kafka, APPS)
        say("groups of fingerprint, engine and tagging begin at the beginning")
        kafka_side.empty(admin, kafka, _DERIVED)
        say(f"emptied {_names(_DERIVED)}")
        kafka_side.delete(admin, kafka, _CHANGELOGS)
    topics.apply(kafka, settings.dedup.engines)
    say(f"made anew {_names(_CHANGELOGS)}")
    say(f"removed {remove_files(settings)} folders of local state")


def remove_files(settings: Settings) -> int:
    """Delete the apps' folders on this host, and return their number. Those of other hosts no longer fit."""
    count = 0
    for app in APPS:
        folder = Path(settings.faust.data_dir).absolute() / settings.kafka.group(app)
        if folder.exists():
            shutil.rmtree(folder)
            count += 1
    return count


def _end_epochs(settings: Settings) -> int:
    rows = {}
    for message in kafka_side.messages(settings.kafka, ENGINE_STATE):
        if message.key == epoch.KEY:
            rows[message.partition] = message.value
    written = [(ENGINE_STATE, number, epoch.KEY, epoch.ended(row)) for number, row in rows.items() if row is not None]
    return kafka_side.send(settings.kafka, written)


def remaining(settings: Settings) -> dict[str, int]:
    """Count the messages that each app has still to take. Raises ``ServerError`` if Kafka does not answer."""
    with admin_client(settings.kafka) as admin:
        try:
            return kafka_side.lags(admin, settings.kafka, APPS)
        except KeyError as error:
            raise ServerError(f"Kafka does not know {error}") from error


def _names(of: tuple[Topic, ...]) -> str:
    return " and ".join(topic.name for topic in of)
