"""What becomes of a message that a stage refuses: a dead letter, and where too many are refused a pause or a stop."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import dead_letters
from schemas.record import RecordError
from schemas.topics import DEAD_LETTERS
from stream_apps.runtime import metrics
from stream_apps.runtime.dead_letter_limit import DeadLetterLimit
from stream_apps.runtime.stage_interface import LARGEST, Incoming, Outgoing, Stage
from wirecopy import telemetry
from wirecopy.errors import BadInput, StageFailing
from wirecopy.monitoring.process_metrics import DEAD_LETTERS as COUNTED_LETTERS

log = telemetry.logger("runtime")


class DeadLettering:
    """Writes the dead letters of one stage, unsent, and counts which outlets fail."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._limit = DeadLetterLimit()

    def skips(self, message: Incoming) -> bool:
        """Whether the message's outlet is paused, and this is not one of the few that are tried."""
        return self._limit.watched and self._limit.skips(self._origin(message))

    def refused(self, message: Incoming, error: Exception) -> Outgoing:
        """Return the letter of a message that failed."""
        reason, detail = _reason(error)
        if reason == "unexpected":
            trace = error if self._limit.is_news(self._origin(message)) else None  # once is enough, and it is long
            log.error("message failed", stage=self._stage.name, reason=reason, detail=detail, exc_info=trace)
        else:
            log.warning("message refused", stage=self._stage.name, reason=reason, detail=detail)
        paused, origin = set(self._limit.paused), self._origin(message)
        self._limit.failed(origin, unexpected=reason == "unexpected")
        is_paused = origin in self._limit.paused
        if is_paused and origin not in paused:
            log.error("outlet paused: its messages go to the dead letters", stage=self._stage.name, outlet=origin)
        self._show_paused()
        return dead_letter(self._stage.name, message, reason, detail, origin if is_paused else None)

    def skipped(self, message: Incoming) -> Outgoing:
        """Return the letter of a message that was not tried."""
        origin = self._origin(message)
        count = self._limit.skipped(origin)
        if count & (count - 1) == 0:  # 1, 2, 4 … so that a flood does not flood the log
            log.warning("messages of a paused outlet", stage=self._stage.name, outlet=origin, messages=count)
        detail = f"{origin} is paused: its last messages all failed; sent again, this one may pass"
        return dead_letter(self._stage.name, message, "outlet_paused", detail, origin)

    def count_good(self, messages: Sequence[Incoming], refused: Sequence[Incoming]) -> None:
        """Count the messages that are not among the refused."""
        bad = {id(message) for message in refused}
        for message in messages:
            if id(message) not in bad:
                self._limit.succeeded(self._origin(message) if self._limit.watched else None)
        self._show_paused()

    def stop_if_failing(self) -> None:
        """Raises ``StageFailing`` where the stage, and not its messages, is to blame."""
        why = self._limit.stage_failing()
        if why is not None:
            raise StageFailing(
                f"{self._stage.name} stops: {why}. It cannot be that all of them are bad; nothing of the last batch "
                "was acknowledged. The log above has each error; mend it and start the stage again"
            )

    def _show_paused(self) -> None:
        metrics.PAUSED_OUTLETS.labels(self._stage.name).set(len(self._limit.paused))

    def _origin(self, message: Incoming) -> str:
        try:
            return self._stage.origin(message)
        except Exception:  # noqa: BLE001  # what cannot be decoded fails here too, and must not stop anything
            return f"unreadable in {message.topic}-{message.partition}"


def dead_letter(stage: str, message: Incoming, reason: str, detail: str, paused: str | None = None) -> Outgoing:
    """Return the letter of a message: as it came, cut where Kafka would not take it, and in headers why it failed."""
    COUNTED_LETTERS.labels(stage, reason).inc()
    why = dead_letters.headers(
        stage,
        reason,
        detail,
        message.topic,
        at=(message.partition, message.offset),
        attempt=dead_letters.attempts(message.headers) + 1,
        paused=paused,
    )
    headers = [*dead_letters.of_original(message.headers), *why]
    room = LARGEST - 64 - len(message.key) - sum(len(name) + len(value) for name, value in headers)
    if len(message.value) > room:
        headers.append((dead_letters.CUT_HEADER, str(len(message.value)).encode()))
    return Outgoing(DEAD_LETTERS, message.key, message.value[:room], headers=headers)


def _reason(error: Exception) -> tuple[str, str]:
    if isinstance(error, BadInput):
        return error.reason, error.detail
    if isinstance(error, RecordError):
        return "schema", str(error)
    return "unexpected", f"{type(error).__name__}: {error}"
