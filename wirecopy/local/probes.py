"""Short questions to servers about readiness and content. Each answers within seconds or raises."""

from __future__ import annotations

import ipaddress
import json
import logging
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import AuthorizationError, KafkaError
from kafka.protocol.consumer import IsolationLevel

from schemas.topics import BUSY, TAKEN, Topic
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config
from wirecopy.kafka_access import explained, unreachable
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, Settings
from wirecopy.tls import trusting

TIMEOUT = 5.0
"""Seconds that any one question may take."""
MAX_BODY = 64 * 1024 * 1024


def quieten_clients() -> None:
    """Silence the clients' own logs: callers of these probes report a missing server themselves."""
    for name in ("kafka", "elastic_transport"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def open_admin(settings: KafkaSettings) -> KafkaAdminClient:
    """Open an admin client, which the caller closes. Raises ``ServerError`` where no broker answers."""
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
    """Open an admin client for the block. Raises ``ServerError`` where no broker answers, also within the block."""
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
    """Count the brokers of the cluster. Raises ``ServerError``."""
    with kafka_admin(settings) as admin:
        return len(admin.describe_cluster()["brokers"])


def topic_names(settings: KafkaSettings) -> set[str]:
    """Return the names of all topics. Raises ``ServerError``."""
    with kafka_admin(settings) as admin:
        return set(admin.list_topics())


def committed(admin: KafkaAdminClient, groups: Sequence[str]) -> dict[TopicPartition, int]:
    """Return the committed offsets of consumer groups that share no topic.

    Raises ``KafkaError``.
    """
    found = admin.list_group_offsets(list(groups))
    return {place: known.offset for offsets in found.values() for place, known in offsets.items() if known.offset >= 0}


def ends(
    admin: KafkaAdminClient, places: Sequence[TopicPartition], *, stable: bool = False
) -> dict[TopicPartition, int]:
    """Return the end offset of each partition; with ``stable`` that before the first open transaction.

    Raises ``KafkaError``.
    """
    level = IsolationLevel.READ_COMMITTED if stable else IsolationLevel.READ_UNCOMMITTED
    found = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST), isolation_level=level)
    return {place: end.offset for place, end in found.items()}


def partitions_of(topic: Topic, settings: Settings) -> list[TopicPartition]:
    """Return the partitions of a topic by the settings."""
    count = topic.partitions(settings.kafka.partitions, settings.dedup.engines)
    return [TopicPartition(topic.full_name(settings.kafka.topic_prefix), number) for number in range(count)]


def written(admin: KafkaAdminClient, settings: Settings, topic: Topic) -> int:
    """Count the messages ever written to a topic, transaction markers included. Raises ``KafkaError``."""
    return sum(ends(admin, partitions_of(topic, settings)).values())


def lag(admin: KafkaAdminClient, settings: Settings, apps: Sequence[str]) -> int:
    """Count the messages that these stream apps have not committed. Raises ``KafkaError``.

    An app writes its results before it commits, and committed offsets are read before the ends: without any lag nothing
    is under way between these apps, either.
    """
    groups = [settings.kafka.group(app) for app in apps]
    offsets: dict[TopicPartition, Any] = {}
    for found in admin.list_group_offsets(groups).values():
        offsets |= found
    done: dict[TopicPartition, int] = {place: o.offset for place, o in offsets.items() if o.offset >= 0}
    # Partitions whose reader (the engine) has noted at its commit that work is left.
    busy: int = sum(BUSY in (known.metadata or "").split() for known in offsets.values())
    topics = [topic for app in apps for topic in TAKEN[app]]
    plain = [place for t in topics if not t.transactional for place in partitions_of(t, settings)]
    marked = [place for t in topics if t.transactional for place in partitions_of(t, settings)]
    last, stable = ends(admin, [*plain, *marked]), ends(admin, marked, stable=True)
    return (
        busy
        + sum(last[place] - done.get(place, 0) for place in plain)
        + sum(behind(done.get(place, 0), stable[place], last[place]) for place in marked)
    )


def behind(done: int, stable: int, last: int) -> int:
    """Count the waiting records of a transactional topic, by the committed, stable and last offsets.

    The record before the stable offset is the marker of a transaction's end, which no consumer commits past.

    >>> behind(done=7, stable=8, last=8), behind(done=7, stable=8, last=10), behind(done=0, stable=0, last=0)
    (0, 2, 0)
    """
    return last - stable + max(0, stable - done - 1)


def elasticsearch_client(settings: ElasticsearchSettings) -> Elasticsearch:
    """Return a client that gives up after seconds: for questions, not for bulk requests."""
    options: dict[str, Any] = {"request_timeout": TIMEOUT, "max_retries": 0}
    if settings.url.startswith("https:"):
        options["ssl_context"] = trusting(settings.ca_file, "elasticsearch.ca_file")
    if settings.api_key:
        options["api_key"] = settings.api_key.get_secret_value()
    elif settings.username and settings.password:
        options["basic_auth"] = (settings.username, settings.password.get_secret_value())
    return Elasticsearch(settings.url, **options)


def elasticsearch_is_ready(url: str) -> bool:
    """Return whether a node on this machine answers and has all primary shards."""
    try:
        health = get_json(f"{url}/_cluster/health")
    except ServerError:
        return False
    return isinstance(health, dict) and health.get("status") in {"green", "yellow"}


def get_json(url: str) -> Any:
    """Read JSON from a server on this machine, without the environment's proxy. Raises ``ServerError``."""
    if not is_loopback(url):
        raise ServerError(f"{url} is not on this machine")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            return json.loads(answer.read(MAX_BODY))
    except (OSError, ValueError) as error:
        raise ServerError(f"{url} does not answer: {error}") from error


def is_loopback(url: str) -> bool:
    """Return whether an http(s) address names this machine by number, or as ``localhost``."""
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
    """Return the elements of ``wanted`` that are missing, in order."""
    return [name for name in wanted if name not in found]
