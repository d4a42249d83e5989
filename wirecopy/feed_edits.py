"""The interface by which the desk's editors change feeds: a plug-in, since the desk knows no producer."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from wirecopy.errors import MissingSoftware
from wirecopy.settings import Settings

ENTRY_POINT: Final = "wirecopy.feed_editors"
Done = Literal["added", "paused", "resumed", "removed", "unchanged"]


@dataclass(frozen=True)
class FeedWish:
    """A feed to add. ``address`` may be a site's; missing fields are found out."""

    address: str
    outlet: str | None = None
    tags: tuple[str, ...] = ()
    full_text: bool = False
    unchecked: bool = False
    """Whether it is put there without being fetched first: ``address`` is then the feed's own."""


@dataclass(frozen=True)
class FeedEdit:
    """A change of one feed that Kafka has acknowledged."""

    done: Done
    id: str
    url: str
    outlet: str
    found: str = ""
    """One line on what the check of an added feed found."""


@dataclass(frozen=True)
class FeedOffer:
    """One of several feeds that a site has; ``known`` is the id of the feed that is polled there already."""

    url: str
    line: str
    known: str | None = None


@dataclass(frozen=True)
class NotAdded:
    """Why nothing was added: ``why``, or several ``offers`` to choose from.

    ``unchecked`` says whether the feed may be put there all the same: its server did not answer us, and may answer a
    producer.
    """

    why: str
    offers: tuple[FeedOffer, ...] = ()
    unchecked: bool = False


class FeedEditor(Protocol):
    """Changes the topic ``feeds``. Each method blocks until Kafka has acknowledged.

    Raises ``NotFound`` for an id that there is not, ``SettingsError`` for what cannot be done, ``ServerError`` where
    Kafka does not answer.
    """

    def add(self, wish: FeedWish) -> FeedEdit | NotAdded: ...
    def pause(self, name: str) -> FeedEdit: ...
    def resume(self, name: str) -> FeedEdit: ...
    def remove(self, name: str) -> FeedEdit: ...


def installed(settings: Settings) -> FeedEditor:
    """Return the installed editor of feeds. Raises ``MissingSoftware`` where no package brings one."""
    found = importlib.metadata.entry_points(group=ENTRY_POINT)
    if not found:
        raise MissingSoftware(f"no installed package edits feeds ({ENTRY_POINT}): install wirecopy again")
    make: Callable[[Settings], FeedEditor] = next(iter(found)).load()
    return make(settings)
