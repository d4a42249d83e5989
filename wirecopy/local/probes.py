"""Short questions to servers: are you there, and what do you hold. Each answers within seconds or raises."""

from __future__ import annotations

import ipaddress
import json
import logging
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import AuthorizationError, KafkaError

from wirecopy.errors import ServerError
from wirecopy.kafka import client_config
from wirecopy.kafka_access import explained, unreachable
from wirecopy.settings import ElasticsearchSettings, KafkaSettings

TIMEOUT = 5.0
"""Seconds that any one question may take."""
MAX_BODY = 64 * 1024 * 1024


def quieten_clients() -> None:
    """Let the clients' own logs be silent: who asks with these probes is told in words what is away."""
    for name in ("kafka", "elastic_transport"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def open_admin(settings: KafkaSettings) -> KafkaAdminClient:
    """An admin client, for the caller to close. Raises ``ServerError`` where no broker answers."""
    why = unreachable(settings.bootstrap, TIMEOUT)
    if why is not None:
        raise ServerError(f"Kafka does not answer ({why})")
    milliseconds, config = int(TIMEOUT * 1000), client_config(settings)
    try:
        return KafkaAdminClient(**config, request_timeout_ms=milliseconds, bootstrap_timeout_ms=milliseconds)
    except KafkaError as error:
        raise ServerError(explained(error, settings, config)) from error
    except OSError as error:
        raise ServerError(f"Kafka at {settings.bootstrap} does not answer: {error}") from error


@contextmanager
def kafka_admin(settings: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """An admin client for a few questions. Raises ``ServerError`` where no broker answers, then and later."""
    admin = open_admin(settings)
    try:
        yield admin
    except AuthorizationError as error:
        raise ServerError(explained(error, settings, client_config(settings))) from error
    except (KafkaError, OSError) as error:
        raise ServerError(f"Kafka at {settings.bootstrap} does not answer: {error}") from error
    finally:
        admin.close()


def broker_count(settings: KafkaSettings) -> int:
    """How many brokers the cluster has. Raises ``ServerError``."""
    with kafka_admin(settings) as admin:
        return len(admin.describe_cluster()["brokers"])


def topic_names(settings: KafkaSettings) -> set[str]:
    """Raises ``ServerError``."""
    with kafka_admin(settings) as admin:
        return set(admin.list_topics())


def message_counts(admin: KafkaAdminClient, partitions: Mapping[str, int]) -> dict[str, int]:
    """How many messages were ever written to each topic: the sum of its partitions' end offsets.

    ``partitions`` is the number of partitions by topic. A topic that is not there raises ``KafkaError``.
    """
    wanted = {TopicPartition(topic, n): OffsetSpec.LATEST for topic, count in partitions.items() for n in range(count)}
    ends = admin.list_partition_offsets(wanted)
    return {
        topic: sum(ends[TopicPartition(topic, n)].offset for n in range(count)) for topic, count in partitions.items()
    }


def elasticsearch_client(settings: ElasticsearchSettings) -> Elasticsearch:
    """A client that gives up after seconds: for questions, not for bulk."""
    options: dict[str, Any] = {"request_timeout": TIMEOUT, "max_retries": 0}
    if settings.ca_file:
        options["ca_certs"] = str(settings.ca_file)
    if settings.api_key:
        options["api_key"] = settings.api_key.get_secret_value()
    elif settings.username and settings.password:
        options["basic_auth"] = (settings.username, settings.password.get_secret_value())
    return Elasticsearch(settings.url, **options)


def elasticsearch_is_ready(url: str) -> bool:
    """Whether a node on this machine answers and all its primary shards are there."""
    try:
        health = get_json(f"{url}/_cluster/health")
    except ServerError:
        return False
    return isinstance(health, dict) and health.get("status") in {"green", "yellow"}


def get_json(url: str) -> Any:
    """Read JSON from a server on this machine, whatever proxy the environment names. Raises ``ServerError``."""
    if not is_loopback(url):
        raise ServerError(f"{url} is not on this machine")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            return json.loads(answer.read(MAX_BODY))
    except (OSError, ValueError) as error:
        raise ServerError(f"{url} does not answer: {error}") from error


def is_loopback(url: str) -> bool:
    """Whether an http(s) address names this machine by number, or as ``localhost``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and (host == "localhost" or _is_loopback_number(host))


def _is_loopback_number(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def missing(wanted: Sequence[str], found: set[str]) -> list[str]:
    """Those of ``wanted`` that are not there, in order."""
    return [name for name in wanted if name not in found]
