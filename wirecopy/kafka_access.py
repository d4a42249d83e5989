"""Explain in one line why Kafka refuses a connection or an operation, and what to check.

kafka-python only says that it could not begin; the reason is a line of its log among many. So one connection is made
by hand, and its own error read.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from itertools import chain
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
from wirecopy.tls import distrust

_NOT_LET_IN = (KafkaConnectionError, KafkaTimeoutError, SaslAuthenticationFailedError)
_TIMEOUT = 10.0
"""Seconds for one broker to say whether it lets us in; a busy one takes a few."""
_LOOK = 2.0
_NAME = re.compile(r"[\w.-]{1,249}")
_QUOTED = re.compile(r"GROUP/([\w.-]+)|Result\(version=\d+, name='([\w.-]+)'")
"""Where kafka-python 3.0.12 tells of a group, or quotes a whole answer of the broker's."""
_MOST_NAMES = 3
GRANT = "`wirecopy topics acls` shows what each role needs, `wirecopy topics apply --acls` grants it"
_KINDS = {
    TopicAuthorizationFailedError: "the topic",
    GroupAuthorizationFailedError: "the group",
    ClusterAuthorizationFailedError: "the cluster",
}


def explained(error: KafkaError, settings: KafkaSettings, config: Mapping[str, object]) -> str:
    """Explain an error of a client made with this ``config`` in one line. May ask the brokers for the reason."""
    if isinstance(error, AuthorizationError):
        return _no_right(error, settings)
    why = refusal(settings, config) if isinstance(error, _NOT_LET_IN) else None
    return why or f"Kafka at {settings.bootstrap}: {error}"


def unreachable(bootstrap: str, timeout: float) -> str | None:
    """Return why no broker takes a connection; None if one does.

    Ask before making a client: a refusal is reported at once, and a client that finds no broker leaks sockets and a
    thread (kafka-python 3.0.12).
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
def explaining(settings: KafkaSettings, config: Mapping[str, object]) -> Iterator[None]:
    """Raise connection errors of clients made in the block as ``KafkaConnectionError`` with an explanation."""
    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError) as error:
        raise KafkaConnectionError(explained(error, settings, config)) from error


def refusal(settings: KafkaSettings, config: Mapping[str, object]) -> str | None:
    """Return the certain reason for a refusal.

    Password, authority or protocol. None where there is none, or no answer.
    """
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
    return _why_tls(text, settings, broker)


def _why_tls(text: str, settings: KafkaSettings, broker: str) -> str | None:
    """Explain the words of OpenSSL, or of the client, about a handshake."""
    if "CERTIFICATE_VERIFY_FAILED" in text:
        ca_file = f" ({settings.ca_file})" if settings.ca_file else ", which is not set"
        why = distrust(text, f"kafka.ca_file{ca_file}", "kafka.bootstrap")
        return f"Kafka at {broker} has a certificate that we do not trust {why}"
    if "ALERT_CERTIFICATE_REQUIRED" in text:
        return f"Kafka at {broker} asks for a certificate of ours: see kafka.cert_file"
    if "_ALERT_" in text and settings.cert_file is not None:
        alert = text.partition("_ALERT_")[2].partition("]")[0].replace("_", " ").lower()
        return (
            f"Kafka at {broker} does not accept our certificate ({alert}): see kafka.cert_file ({settings.cert_file}); "
            "it may have expired, or be of an authority that the broker does not know"
        )
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text.lower():
        return f"Kafka at {broker} does not encrypt there: see kafka.security_protocol ({settings.security_protocol})"
    if "Handshake failed" in text:
        return f"Kafka at {broker} cannot be spoken to over TLS ({text}): see kafka.security_protocol and kafka.ca_file"
    return None


def is_known(settings: KafkaSettings) -> bool:
    """Return whether the brokers know our identity, and so our rights."""
    return settings.security_protocol.startswith("SASL") or settings.cert_file is not None


def who(settings: KafkaSettings) -> str:
    """Describe the identity under which the brokers know us.

    >>> who(KafkaSettings(security_protocol="SSL", cert_file="engine.pem"))
    "the certificate 'engine.pem' (kafka.cert_file)"
    """
    if settings.security_protocol.startswith("SASL"):
        return f"the login {settings.sasl_username!r} (kafka.sasl_username)"
    if settings.cert_file is not None:
        return f"the certificate {str(settings.cert_file)!r} (kafka.cert_file)"
    return "who does not log in"


def _no_right(error: AuthorizationError, settings: KafkaSettings) -> str:
    kind = next((name for known, name in _KINDS.items() if isinstance(error, known)), "what was asked for")
    names = ", ".join(sorted(_names(error.args)))
    return (
        f"Kafka at {settings.bootstrap} gives {who(settings)} no right to {f'{kind} {names}'.strip()}: "
        f"see kafka.topic_prefix; {GRANT}"
    )


def unseen(settings: KafkaSettings) -> str:
    """Explain a missing topic: a client without rights to it does not see it either."""
    return f", or {who(settings)} may not see it: {GRANT}" if is_known(settings) else ""


def _names(given: object) -> Iterator[str]:
    """Return the names of topics and groups in the arguments of an error."""
    if isinstance(given, str):
        yield from [given] if _NAME.fullmatch(given) else filter(None, chain(*_QUOTED.findall(given)[:_MOST_NAMES]))
    elif isinstance(given, tuple | list | set | frozenset | dict):
        for one in given:
            yield from _names(one)
