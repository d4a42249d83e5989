"""Editors' actions: changing feeds, sending dead letters again. They alone use Kafka, in threads.

``pages/editing.py`` has the handlers, ``editors_form.py`` reads the forms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from stream_apps.web import metrics
from stream_apps.web.form_key import FormKey, form_key
from stream_apps.web.login import Person
from stream_apps.web.metrics import Action, Outcome
from wirecopy.dlq import topic
from wirecopy.dlq.letters import MAX_ATTEMPTS, Letter, LetterId
from wirecopy.errors import NotFound, SettingsError, WirecopyError
from wirecopy.feed_edits import FeedEdit, FeedEditor, FeedWish, NotAdded, installed
from wirecopy.settings import KafkaSettings, Settings
from wirecopy.telemetry import logger

AT_ONCE: Final = 4
"""Threads for what editors ask: more than that wait."""
_RATE: Final = 20.0
"""Letters a second; the desk sends one."""

Answer = TypeVar("Answer")
_log = logger("desk")


class Refused(WirecopyError):
    """An action that cannot be done; the message says why."""


@dataclass(frozen=True)
class Editing:
    """The actions of editors; a read-only desk has none."""

    kafka: KafkaSettings
    feeds: FeedEditor
    key: FormKey
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))

    async def add_feed(self, person: Person, wish: FeedWish) -> FeedEdit | NotAdded:
        """Raises as ``change_feed``."""
        return await self._done(person, "add", wish.address, lambda: self.feeds.add(wish))

    async def change_feed(self, person: Person, action: Action, name: str) -> FeedEdit:
        """Pause, resume or remove. Raises ``NotFound``, ``SettingsError`` or ``ServerError``."""
        change = {"pause": self.feeds.pause, "resume": self.feeds.resume, "remove": self.feeds.remove}[action]
        return await self._done(person, action, name, lambda: change(name))

    async def read_letter(self, letter: LetterId) -> Letter | None:
        """Read a dead letter in Kafka. Raises ``ServerError``."""
        return await self._in_thread(lambda: topic.read_letter(self.kafka, letter))

    async def send_letter(self, person: Person, letter: LetterId) -> None:
        """Send a dead letter again. Raises ``NotFound``, ``Refused`` or ``ServerError``."""
        await self._done(person, "send", str(letter), lambda: _send(self.kafka, letter))

    async def _done(self, person: Person, action: Action, what: str, act: Callable[[], Answer]) -> Answer:
        try:
            answer = await self._in_thread(act)
        except (NotFound, SettingsError, Refused) as error:
            record(person, action, what, "refused", str(error))
            raise
        except Exception as error:
            record(person, action, what, "failed", str(error) or type(error).__name__)
            raise
        if isinstance(answer, NotAdded):
            record(person, action, what, "refused", answer.why or "it has several feeds")
        else:
            record(person, action, what, "done")
        return answer

    async def _in_thread(self, act: Callable[[], Answer]) -> Answer:
        return await anyio.to_thread.run_sync(act, limiter=self.limiter)


def editing(settings: Settings) -> Editing | None:
    """Return the actions; None where editing is off. Raises ``MissingSoftware`` where no package edits feeds."""
    if not settings.web.editing:
        return None
    return Editing(settings.kafka, installed(settings), form_key(settings.web))


def record(person: Person, action: Action, what: str, outcome: Outcome, why: str = "") -> None:
    """Log and count an action: the person, the request and its outcome, in ECS fields."""
    metrics.CHANGES.labels(action, outcome).inc()
    say = _log.info if outcome == "done" else _log.warning
    line = {"user.name": person.name, "event.action": action, "event.outcome": outcome, "what": what, "why": why}
    say("an editor asked for a change", **{name: value for name, value in line.items() if value})


def _send(kafka: KafkaSettings, wanted: LetterId) -> None:
    letter = topic.read_letter(kafka, wanted)
    if letter is None:
        raise NotFound(f"there is no dead letter {wanted} any more")
    if letter.done:
        raise Refused(f"it was {letter.done} already")
    sent = topic.send(kafka, iter([letter]), _RATE, MAX_ATTEMPTS)
    for why in sent.refused:
        raise Refused(why)
