"""The local servers themselves: they start, they keep their data, and they do not outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from tests.integration.places import CACHE
from tests.servers import local_settings, remove
from wirecopy.errors import ServerError
from wirecopy.local import probes, process
from wirecopy.local.servers import LocalServers
from wirecopy.settings import KafkaSettings, Settings

pytestmark = pytest.mark.servers

TOPIC, INDEX = "kept", "kept"


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="wirecopy-test-"))
    path.chmod(0o755)
    yield path
    remove(path)


def eventually(happened: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_servers_answer(servers: LocalServers, settings: Settings) -> None:
    assert probes.broker_count(settings.kafka) == 1
    with probes.elasticsearch_client(settings.elasticsearch) as client:
        assert client.info()["version"]["number"].startswith("9.")


def test_servers_listen_on_loopback_only(servers: LocalServers) -> None:
    for pid in (servers.kafka_pid, servers.elasticsearch_pid):
        addresses = listening_addresses(pid)
        assert addresses
        assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}


def listening_addresses(pid: int) -> set[str]:
    """Local addresses of the process's listening sockets, from /proc."""
    sockets = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = handle.readlink().name
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in sockets:
                found.add(address(columns[1].partition(":")[0]))
    return found


def address(digits: str) -> str:
    """The kernel prints 32-bit words with their bytes in the machine's order."""
    words = [digits[at : at + 8] for at in range(0, len(digits), 8)]
    octets = [int(words[-1][at : at + 2], 16) for at in (6, 4, 2, 0)]
    ipv4 = ".".join(map(str, octets))
    if len(words) == 1:
        return ipv4
    return f"::ffff:{ipv4}" if words[:3] == ["00000000", "00000000", "FFFF0000"] else digits


def test_topics_are_never_created_by_mistake(servers: LocalServers, settings: Settings) -> None:
    producer = KafkaProducer(bootstrap_servers=servers.bootstrap, max_block_ms=1500)
    with pytest.raises(Exception, match=r"(?i)topic|metadata|timeout|timed out"):
        producer.send("misspelt", b"x").get(timeout=5)
    producer.close()
    assert "misspelt" not in probes.topic_names(settings.kafka)


def test_data_survives_a_restart(folder: Path) -> None:
    settings = local_settings(folder, 39392, 39500)
    with LocalServers(settings) as first:
        write(first)
        pids = [first.kafka_pid, first.elasticsearch_pid]
    assert not any(is_alive(pid) for pid in pids)
    with LocalServers(settings) as second:
        assert read_topic(second) == b"still here"
        with Elasticsearch(second.elasticsearch_url) as client:
            assert client.get(index=INDEX, id="1")["_source"] == {"headline": "still here"}


def write(servers: LocalServers) -> None:
    with probes.kafka_admin(KafkaSettings(bootstrap=servers.bootstrap)) as admin:
        admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    producer = KafkaProducer(bootstrap_servers=servers.bootstrap)
    producer.send(TOPIC, b"still here").get(timeout=20)
    producer.close()
    with Elasticsearch(servers.elasticsearch_url) as client:
        client.indices.create(index=INDEX)
        client.index(index=INDEX, id="1", document={"headline": "still here"})


def read_topic(servers: LocalServers) -> bytes:
    consumer = KafkaConsumer(
        TOPIC, bootstrap_servers=servers.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    try:
        return bytes(next(iter(consumer)).value)
    finally:
        consumer.close()


def test_a_second_start_on_the_same_data_is_refused(servers: LocalServers, server_folder: Path) -> None:
    with pytest.raises(ServerError, match="in use by another wirecopy"), LocalServers(local_settings(server_folder)):
        pass


def test_a_taken_port_names_the_setting(servers: LocalServers, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wirecopy.local.servers.LEFTOVER_PATIENCE", 0.1)
    taken = int(servers.bootstrap.rpartition(":")[2])
    settings = local_settings(folder)
    local = settings.local.model_copy(update={"kafka_port": taken})
    with (
        pytest.raises(ServerError, match=r"port \d+ is in use.*local\.kafka_port"),
        LocalServers(settings.model_copy(update={"local": local})),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties a child's life to its parent's on Linux only")
def test_servers_die_with_the_process_that_started_them(folder: Path) -> None:
    settings = local_settings(folder, 39692, 39800)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from wirecopy.local.servers import LocalServers\n"
        "from wirecopy.settings import LocalSettings, Settings\n"
        "local = LocalSettings(data_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]),\n"
        "                      kafka_port=int(sys.argv[3]), elasticsearch_port=int(sys.argv[4]))\n"
        "with LocalServers(Settings(local=local)) as servers:\n"
        "    print(servers.kafka_pid, servers.elasticsearch_pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    ports = [str(settings.local.kafka_port), str(settings.local.elasticsearch_port)]
    command = [sys.executable, "-c", script, str(folder), str(CACHE), *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        os.kill(parent.pid, signal.SIGKILL)
    assert len(pids) == 2
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))
    assert eventually(lambda: all(process.port_is_free(int(port)) for port in ports))
