"""Why Kafka does not let us in, or do something: one line that says what to look at.

kafka-python only says that it could not begin; the reason is a line of its log among many. So one connection is made
by hand, and its own error read.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from kafka.errors import (
    AuthorizationError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from wirecopy.settings import KafkaSettings

_NOT_LET_IN = (KafkaConnectionError, KafkaTimeoutError, SaslAuthenticationFailedError)
_TIMEOUT = 10.0
"""Seconds for one broker to say whether it lets us in; a busy one takes a few."""
_LOOK = 2.0
_KINDS = {
    TopicAuthorizationFailedError: "the topic",
    GroupAuthorizationFailedError: "the group",
    ClusterAuthorizationFailedError: "the cluster",
}


def explained(error: KafkaError, settings: KafkaSettings, config: Mapping[str, object]) -> str:
    """An error of a client made with this ``config`` as one line. May ask the brokers why they let nobody in."""
    if isinstance(error, AuthorizationError):
        return _no_right(error, settings)
    why = refusal(settings, config) if isinstance(error, _NOT_LET_IN) else None
    return why or f"Kafka at {settings.bootstrap}: {error}"


def unreachable(bootstrap: str, timeout: float) -> str | None:
    """Why none of the brokers takes a connection; none if one does.

    To be asked before a client is made: a refusal is told at once, and a client that finds nobody leaves sockets open
    and a thread behind (kafka-python 3.0.12).
    """
    refusals = []
    for broker in bootstrap.split(","):
        host, _, port = broker.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=timeout).close()
        except (OSError, ValueError) as error:
            refusals.append(f"{broker.strip()}: {error}")
        else:
            return None
    return "; ".join(refusals)


@contextlib.contextmanager
def telling_why(settings: KafkaSettings, config: Mapping[str, object]) -> Iterator[None]:
    """A client made in the block that finds no way in says why: raises ``KafkaConnectionError`` with one line."""
    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError) as error:
        raise KafkaConnectionError(explained(error, settings, config)) from error


def refusal(settings: KafkaSettings, config: Mapping[str, object]) -> str | None:
    """Why no broker lets us in for certain: password, authority or protocol. None where one does, or none answers."""
    if unreachable(settings.bootstrap, _LOOK) is not None:
        return None
    found = None
    with _manager(config) as (net, manager):
        for broker in manager.cluster.bootstrap_brokers():
            try:
                net.run(_opened, manager, broker.node_id)
            except (KafkaError, OSError) as error:
                found = found or _why(error, settings, f"{broker.host}:{broker.port}")
            else:
                return None
    return found


async def _opened(manager: Any, node: Any) -> None:
    opening = manager.get_connection(
        node, timeout_ms=_TIMEOUT * 1000, pop_on_close=False, refresh_metadata_on_err=False
    )
    try:
        await manager.wait_for(opening.init_future, _TIMEOUT * 1000)
    except KafkaConnectionError as error:
        # A broker says why and hangs up; over TLS the client often sees the second only (3.0.12).
        if opening.broker_version_data is not None and manager.config["security_protocol"].startswith("SASL"):
            raise SaslAuthenticationFailedError("hung up") from error
        raise


@contextlib.contextmanager
def _manager(config: Mapping[str, object]) -> Iterator[tuple[Any, Any]]:
    net = NetworkSelector(client_id="wirecopy-access")
    net.start()
    manager = KafkaConnectionManager(net, **config)
    try:
        yield net, manager
    finally:
        with contextlib.suppress(KafkaError):
            manager.close()
        net.stop()
        net.close()


def _why(error: Exception, settings: KafkaSettings, broker: str) -> str | None:
    text = str(error)
    if isinstance(error, SaslAuthenticationFailedError):
        return (
            f"Kafka at {broker} refuses the login of {settings.sasl_username!r}: see kafka.sasl_username, "
            f"kafka.sasl_password and kafka.sasl_mechanism ({settings.sasl_mechanism})"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"Kafka at {broker} knows no logins by {settings.sasl_mechanism}: see kafka.sasl_mechanism"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        reason = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or text
        where = f"kafka.ca_file ({settings.ca_file})" if settings.ca_file else "kafka.ca_file, which is not set"
        return f"Kafka at {broker} has a certificate that we do not trust ({reason}): see {where}"
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text.lower():
        return f"Kafka at {broker} does not encrypt there: see kafka.security_protocol ({settings.security_protocol})"
    if "Handshake failed" in text:
        return f"Kafka at {broker} cannot be spoken to over TLS ({text}): see kafka.security_protocol and kafka.ca_file"
    return None


def _no_right(error: AuthorizationError, settings: KafkaSettings) -> str:
    kind = next((name for known, name in _KINDS.items() if isinstance(error, known)), "what was asked for")
    names = ", ".join(sorted(_names(error.args)))
    who = repr(settings.sasl_username) if settings.sasl_username else "who does not log in"
    return (
        f"Kafka at {settings.bootstrap} gives {who} no right to {f'{kind} {names}'.strip()}: "
        "see kafka.topic_prefix, and grant it"
    )


def _names(given: object) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, tuple | list | set | frozenset | dict):
        for one in given:
            yield from _names(one)
