"""Configuration of kafka-python clients, from the settings."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Iterator
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from wirecopy.errors import ServerError, SettingsError
from wirecopy.kafka_access import explained, refusal, unseen
from wirecopy.settings import KafkaSettings
from wirecopy.tls import show_certificate, trusting


def client_config(settings: KafkaSettings) -> dict[str, object]:
    """Return the configuration of every kafka-python client: brokers, encryption, identity.

    Raises ``SettingsError`` for a file of authorities, or a certificate of ours, that cannot be used.
    """
    config: dict[str, object] = {
        "bootstrap_servers": [broker.strip() for broker in settings.bootstrap.split(",") if broker.strip()],
        "security_protocol": settings.security_protocol,
    }
    if (context := tls_context(settings)) is not None:
        config["ssl_context"] = context
    if settings.security_protocol.startswith("SASL"):
        assert settings.sasl_password is not None, "the settings have checked it"
        config["sasl_mechanism"] = settings.sasl_mechanism
        config["sasl_plain_username"] = settings.sasl_username
        config["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return config


def tls_context(settings: KafkaSettings) -> ssl.SSLContext | None:
    """Return a TLS context with trusted authorities and our certificate; None where the protocol does not encrypt.

    Raises ``SettingsError`` for a file that cannot be used.
    """
    if "SSL" not in settings.security_protocol.split("_"):
        return None
    context = trusting(settings.ca_file, "kafka.ca_file")
    if settings.cert_file is not None:
        password = settings.key_password.get_secret_value() if settings.key_password else None
        show_certificate(context, settings.cert_file, settings.key_file, password, "kafka")
    return context


def compression(settings: KafkaSettings) -> str | None:
    """Return the ``compression_type`` of every producer, of kafka-python and of aiokafka."""
    return None if settings.compression == "none" else settings.compression


def async_client_config(settings: KafkaSettings) -> dict[str, Any]:
    """Return the configuration of every aiokafka client."""
    return client_config(settings)


@contextlib.contextmanager
def admin_client(settings: KafkaSettings, patience: float = 10.0) -> Iterator[Any]:
    """Open an admin client for the block, with ``patience`` seconds to find a broker.

    Raises ``ServerError`` where no broker answers or accepts us, and for refusals within the block, in one line that
    says what to check.
    """
    quiet_client_logs()
    admin, config = None, client_config(settings)
    try:
        admin = KafkaAdminClient(**config, bootstrap_timeout_ms=round(patience * 1000))
        yield admin
    except KafkaError as error:
        raise ServerError(explained(error, settings, config)) from error
    finally:
        if admin is not None:
            admin.close()


def partition_numbers(settings: KafkaSettings, topic: str) -> list[int]:
    """Return the partitions of a topic, in order. Raises ``ServerError`` where there is no such topic.

    Uses an admin client: a consumer's ``partitions_for_topic`` can wait for ever (kafka-python 3.0.12).
    """
    with admin_client(settings) as admin:
        if topic not in admin.list_topics():
            raise ServerError(f"there is no topic {topic}: run `wirecopy topics apply`{unseen(settings)}")
        (described,) = admin.describe_topics([topic])
    return sorted(partition["partition_index"] for partition in described["partitions"])


def require_partitions(settings: KafkaSettings, topic: str, found: int, wanted: int) -> None:
    """Check the number of partitions. Raises ``SettingsError``, since keys would be looked for in wrong partitions."""
    if found != wanted:
        raise SettingsError(
            f"kafka.partitions: the topic {topic} has {found}, where {wanted} are expected by the settings "
            f"(kafka.partitions is {settings.partitions}): set it to what the topics have, or take another "
            "kafka.topic_prefix"
        )


def require_access(settings: KafkaSettings) -> None:
    """Check our access. Raises ``ServerError`` for a certain refusal; an absent broker may come."""
    quiet_client_logs()
    config = client_config(settings)
    if (why := refusal(settings, config)) is not None:
        raise ServerError(why)


def quiet_client_logs() -> None:
    """Silence the client's logs about connections, six lines an attempt: we log that Kafka is away ourselves."""
    if logging.getLogger().getEffectiveLevel() > logging.DEBUG:
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
