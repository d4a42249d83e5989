"""How a kafka-python client is set up, from the settings."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from wirecopy.errors import ServerError
from wirecopy.settings import KafkaSettings


def client_config(settings: KafkaSettings) -> dict[str, object]:
    """What every producer, consumer and admin client of kafka-python is given: brokers, encryption, who we are."""
    config: dict[str, object] = {
        "bootstrap_servers": [broker.strip() for broker in settings.bootstrap.split(",") if broker.strip()],
        "security_protocol": settings.security_protocol,
    }
    if settings.ca_file is not None:
        config["ssl_cafile"] = str(settings.ca_file)
    if settings.security_protocol.startswith("SASL"):
        assert settings.sasl_password is not None, "the settings have checked it"
        config["sasl_mechanism"] = settings.sasl_mechanism
        config["sasl_plain_username"] = settings.sasl_username
        config["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return config


def compression(settings: KafkaSettings) -> str | None:
    """What every producer, of kafka-python and of aiokafka, is given as its ``compression_type``."""
    return None if settings.compression == "none" else settings.compression


def async_client_config(settings: KafkaSettings) -> dict[str, Any]:
    """The same for clients of aiokafka."""
    config: dict[str, Any] = client_config(settings)
    config.pop("ssl_cafile", None)
    if "SSL" in settings.security_protocol.split("_"):
        config["ssl_context"] = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    return config


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
def admin_client(settings: KafkaSettings, patience: float = 10.0) -> Iterator[Any]:
    """An admin client for the duration of the block, given ``patience`` seconds to find a broker.

    Raises ``ServerError`` where none answers or lets us in, and for what Kafka says no to within the block.
    """
    quiet_client_logs()
    admin = None
    try:
        admin = KafkaAdminClient(**client_config(settings), bootstrap_timeout_ms=round(patience * 1000))
        yield admin
    except KafkaError as error:
        raise ServerError(f"Kafka at {settings.bootstrap}: {error}") from error
    finally:
        if admin is not None:
            admin.close()


def require_brokers(settings: KafkaSettings) -> None:
    """Raises ``ServerError`` if no broker answers, or if it does not let us in."""
    with admin_client(settings):
        pass


def quiet_client_logs() -> None:
    """Leave it to us to say that Kafka is away: the client logs six lines for every attempt to connect."""
    if logging.getLogger().getEffectiveLevel() > logging.DEBUG:
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
