"""The errors that wirecopy raises on purpose.

WirecopyError
├── SettingsError        a setting is unknown, malformed or missing: the program must not start
├── MissingSoftware      something has to be installed first: says what
├── ServerError          a local or remote server cannot be started or reached
├── BadInput             one message, entry or file cannot be processed: goes to the dead letters
├── NotFound             the requested thing does not exist
├── StateError           a row of a stage's state cannot be read: the worker stops before it acknowledges anything
└── StageFailing         a stage fails on too many messages to blame them: as above

Each class carries the exit code of a command that ends with it.
"""

from __future__ import annotations


class WirecopyError(Exception):
    """Base of all; ``exit_code`` is that of a command that ends with it."""

    exit_code = 1


class SettingsError(WirecopyError):
    """A setting stops the start. The message names it, where it came from and what is allowed."""

    exit_code = 2


class MissingSoftware(WirecopyError):
    """A program or package that wirecopy needs is not installed. The message is one line that says which."""

    exit_code = 3


class ServerError(WirecopyError):
    """Kafka, Elasticsearch or a local server cannot be reached or started."""

    exit_code = 4


class BadInput(WirecopyError):
    """Input that can never be processed as it is; ``reason`` is a short stable code for metrics and dead letters."""

    exit_code = 5

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class NotFound(WirecopyError):
    """Nothing is stored under the id that was given."""

    exit_code = 6


class StateError(WirecopyError):
    """State that this version cannot read. The message names topic, partition and key and says what to do."""

    exit_code = 7


class StageFailing(WirecopyError):
    """A stage fails on so many messages, of so many outlets, that the messages cannot be to blame."""

    exit_code = 8
