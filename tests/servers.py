"""Real Kafka and Elasticsearch for the whole run, on ports and data of their own."""

from __future__ import annotations

import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elasticsearch import Elasticsearch

from tests.integration.places import CACHE, port_from
from tests.integration.secured import Certificates, SecuredKafka, secured_kafka
from wirecopy.local import files
from wirecopy.local.servers import LocalServers
from wirecopy.settings import LocalSettings, Settings

if TYPE_CHECKING:
    from tests.integration.outcome import Outcome

KAFKA_PORT, ELASTICSEARCH_PORT = 39092, 39200


def local_settings(data_dir: Path, kafka_port: int = KAFKA_PORT, search_port: int = ELASTICSEARCH_PORT) -> Settings:
    """Settings of servers in ``data_dir``, on free ports near these."""
    kafka, search = port_from(kafka_port), port_from(search_port)
    return Settings(
        local=LocalSettings(data_dir=data_dir, cache_dir=CACHE, kafka_port=kafka, elasticsearch_port=search)
    )


def announce(line: str) -> None:
    print(f"servers: {line}", file=sys.__stderr__, flush=True)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder that the user Elasticsearch runs as can reach, gone after the run."""
    folder = Path(tempfile.mkdtemp(prefix="wirecopy-test-"))
    folder.chmod(0o755)
    yield folder
    remove(folder)


@pytest.fixture(scope="session")
def servers(server_folder: Path) -> Iterator[LocalServers]:
    """Both servers, started once and stopped by process id at the end."""
    with LocalServers(local_settings(server_folder), announce) as running:
        with Elasticsearch(running.elasticsearch_url) as client:
            # It looks at its disk as often as it can, in case a test fills it.
            client.cluster.put_settings(transient={"cluster.info.update.interval": "10s"})
        yield running


@pytest.fixture(scope="session")
def secured_broker(server_folder: Path) -> Iterator[SecuredKafka]:
    """A broker with logins, certificates and rights, beside the one that all other tests use."""
    certificates = server_folder / "certificates"
    certificates.mkdir()
    with secured_kafka(server_folder / "secured", Certificates(certificates)) as running:
        yield running


@pytest.fixture(scope="session")
def make_settings(servers: LocalServers) -> Callable[[Path], Settings]:
    """Makes settings that point at the servers, with topics, indices and files that no other test has."""

    def make(folder: Path) -> Settings:
        own = uuid.uuid4().hex[:10]
        given = Settings()
        return given.model_copy(
            update={
                "kafka": given.kafka.model_copy(update={"bootstrap": servers.bootstrap, "topic_prefix": f"test-{own}"}),
                "elasticsearch": given.elasticsearch.model_copy(
                    update={"url": servers.elasticsearch_url, "index_prefix": f"test-{own}"}
                ),
                "faust": given.faust.model_copy(update={"data_dir": folder / "faust"}),
                "local": given.local.model_copy(update={"data_dir": folder}),
            }
        )

    return make


@pytest.fixture(scope="session")
def wire_day(make_settings: Callable[[Path], Settings], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A wire day that has passed through all stages: once a run, for all tests that only look at what it left."""
    from tests.integration.outcome import undisturbed_day  # noqa: PLC0415  # not for tests without servers

    folder = tmp_path_factory.mktemp("wire-day")
    return undisturbed_day(make_settings(folder), folder)


@pytest.fixture
def settings(make_settings: Callable[[Path], Settings], tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def remove(folder: Path) -> None:
    """The folder, and what Elasticsearch kept for it elsewhere."""
    elsewhere = files.elasticsearch_folder(folder)
    for path in {folder, elsewhere}:
        shutil.rmtree(path, ignore_errors=True)
