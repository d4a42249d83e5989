"""What is said of a Kafka that does not let us in: password, authority, file and right, each in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import CACHE, port_from
from wirecopy.kafka import admin_client
from wirecopy.local import kafka, process
from wirecopy.local.files import is_root, locked, make_folder
from wirecopy.local.java import find_jdk
from wirecopy.local.process import Child
from wirecopy.settings import KafkaSettings, LocalSettings, environment, variable

pytestmark = pytest.mark.servers
USER, PASSWORD = "editor", "trombone"
SECURED = """
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secured},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secured}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
    user_editor="trombone";
ssl.keystore.type=PEM
ssl.keystore.location={store}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own authority for 127.0.0.1, and one of another authority."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("broker", "other"):
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / f"{name}.key"),
            "-out", str(folder / f"{name}.pem"),
        )  # fmt: skip
    store = folder / "store.pem"
    store.write_text((folder / "broker.key").read_text() + (folder / "broker.pem").read_text())
    return folder


@pytest.fixture(scope="module")
def broker(server_folder: Path, certificates: Path) -> Iterator[dict[str, int]]:
    """A broker with a listener for this machine, and one that wants a login."""
    ports = {"plain": port_from(39300), "secured": port_from(39400), "controller": port_from(39500)}
    folder = make_folder(server_folder / "secured")
    local = LocalSettings(data_dir=folder, cache_dir=CACHE, kafka_port=ports["plain"])
    jdk = find_jdk(for_others=is_root())
    with locked(make_folder(CACHE) / "lock"):
        lib = kafka.install(CACHE, jdk, print)
    child: Child = kafka.prepare(local, lib, jdk)
    properties = folder / "kafka" / "server.properties"
    kept = [
        line for line in properties.read_text().splitlines()
        if not line.startswith(("listeners=", "advertised.listeners=", "listener.security", "controller.quorum.voters"))
    ]  # fmt: skip
    secured = SECURED.format(**ports, store=certificates / "store.pem")
    voters = f"controller.quorum.voters=1@127.0.0.1:{ports['controller']}"
    properties.write_text("\n".join([*kept, voters, secured]))
    child.start()
    try:
        process.wait_until(lambda: process.port_answers(ports["secured"]), child, 120)
        with admin_client(KafkaSettings(bootstrap=f"127.0.0.1:{ports['plain']}"), patience=60) as admin:
            admin.create_topics({"wirecopy.feeds.v1": {"num_partitions": 4, "replication_factor": 1}})
        yield ports
    finally:
        child.stop()


def run(folder: Path, ports: dict[str, int], *command: str, password: str = PASSWORD, **changes: object) -> str:
    """What a command that cannot be let in says: one line, and an exit code of ours."""
    secret = folder / "password"
    secret.write_text(password)
    wanted = {
        "kafka.bootstrap": f"127.0.0.1:{ports['secured']}",
        "kafka.security_protocol": "SASL_SSL",
        "kafka.sasl_mechanism": "PLAIN",
        "kafka.sasl_username": USER,
    } | {f"kafka.{name}": value for name, value in changes.items()}
    env = os.environ | environment(wanted) | {variable("kafka.sasl_password") + "_FILE": str(secret)}
    done = subprocess.run(
        [sys.executable, "-m", "wirecopy", *command], env=env, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode in (2, 4), done.stderr
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("wirecopy: ")]
    assert PASSWORD not in line
    return line


COMMANDS = [("topics", "apply"), ("run", "producer")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_password(broker: dict[str, int], certificates: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    line = run(tmp_path, broker, *command, password="wrong", ca_file=certificates / "broker.pem")
    assert "refuses the login of 'editor': see kafka.sasl_username, kafka.sasl_password" in line
    assert "wrong" not in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_authority(
    broker: dict[str, int], certificates: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    line = run(tmp_path, broker, *command, ca_file=certificates / "other.pem")
    assert "has a certificate that we do not trust" in line
    assert "see kafka.ca_file" in line


def test_a_missing_file_and_one_that_is_none(broker: dict[str, int], certificates: Path, tmp_path: Path) -> None:
    line = run(tmp_path, broker, "topics", "apply", ca_file=tmp_path / "missing.pem")
    assert "kafka.ca_file: cannot read" in line
    assert "No such file" in line
    line = run(tmp_path, broker, "run", "producer", ca_file=certificates / "broker.key")
    assert "kafka.ca_file" in line
    assert "holds no certificates" in line


def test_a_listener_that_does_not_encrypt(broker: dict[str, int], certificates: Path, tmp_path: Path) -> None:
    line = run(tmp_path, {"secured": broker["plain"]}, "topics", "apply", ca_file=certificates / "broker.pem")
    assert "see kafka.security_protocol" in line


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512"])
def test_a_login_that_the_broker_does_not_know(
    broker: dict[str, int], certificates: Path, tmp_path: Path, mechanism: str
) -> None:
    line = run(tmp_path, broker, "topics", "apply", ca_file=certificates / "broker.pem", sasl_mechanism=mechanism)
    assert "kafka.sasl_mechanism" in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_right(broker: dict[str, int], certificates: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    line = run(tmp_path, broker, *command, ca_file=certificates / "broker.pem")
    assert "gives 'editor' no right to" in line
