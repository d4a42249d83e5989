"""How a kafka-python client is set up, from the settings."""

from __future__ import annotations

import logging
import ssl
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


def async_client_config(settings: KafkaSettings) -> dict[str, Any]:
    """The same for clients of aiokafka."""
    config: dict[str, Any] = client_config(settings)
    config.pop("ssl_cafile", None)
    if "SSL" in settings.security_protocol.split("_"):
        config["ssl_context"] = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    return config


def require_brokers(settings: KafkaSettings, patience: float = 10.0) -> None:
    """Raises ``ServerError`` if no broker answers within ``patience`` seconds, or if it does not let us in."""
    quiet_client_logs()
    try:
        KafkaAdminClient(**client_config(settings), bootstrap_timeout_ms=round(patience * 1000)).close()
    except KafkaError as error:
        raise ServerError(f"Kafka at {settings.bootstrap}: {error}") from error


def quiet_client_logs() -> None:
    """Leave it to us to say that Kafka is away: the client logs six lines for every attempt to connect."""
    if logging.getLogger().getEffectiveLevel() > logging.DEBUG:
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
