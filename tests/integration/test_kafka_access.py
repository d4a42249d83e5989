"""What is said of a Kafka that does not let us in: password, authority, file and right, each in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.secured import SecuredKafka
from wirecopy.settings import environment, variable

pytestmark = [pytest.mark.servers, pytest.mark.secured]
USER, PASSWORD = "editor", "trombone"


def run(folder: Path, broker: SecuredKafka, *command: str, password: str = PASSWORD, **changes: object) -> str:
    """What a command that cannot be let in says: one line, and an exit code of ours."""
    secret = folder / "password"
    secret.write_text(password)
    wanted = {
        "kafka.bootstrap": broker.address(),
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
def test_a_wrong_password(secured_broker: SecuredKafka, tmp_path: Path, command: tuple[str, ...]) -> None:
    line = run(tmp_path, secured_broker, *command, password="wrong", ca_file=secured_broker.certificates.authority)
    assert "refuses the login of 'editor': see kafka.sasl_username, kafka.sasl_password" in line
    assert "wrong" not in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_authority(secured_broker: SecuredKafka, tmp_path: Path, command: tuple[str, ...]) -> None:
    line = run(tmp_path, secured_broker, *command, ca_file=secured_broker.certificates.other_authority)
    assert "has a certificate that we do not trust" in line
    assert "see kafka.ca_file" in line


def test_a_missing_file_and_one_that_is_none(secured_broker: SecuredKafka, tmp_path: Path) -> None:
    line = run(tmp_path, secured_broker, "topics", "apply", ca_file=tmp_path / "missing.pem")
    assert "kafka.ca_file: cannot read" in line
    assert "No such file" in line
    line = run(tmp_path, secured_broker, "run", "producer", ca_file=Path(__file__))
    assert "kafka.ca_file" in line
    assert "holds no certificates" in line


def test_a_listener_that_does_not_encrypt(secured_broker: SecuredKafka, tmp_path: Path) -> None:
    plain = secured_broker.address("PLAIN")
    line = run(
        tmp_path, secured_broker, "topics", "apply", ca_file=secured_broker.certificates.authority, bootstrap=plain
    )
    assert "see kafka.security_protocol" in line


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256"])
def test_a_login_that_the_broker_does_not_know(secured_broker: SecuredKafka, tmp_path: Path, mechanism: str) -> None:
    line = run(
        tmp_path,
        secured_broker,
        "topics",
        "apply",
        ca_file=secured_broker.certificates.authority,
        sasl_mechanism=mechanism,
    )
    assert "kafka.sasl_mechanism" in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_right(secured_broker: SecuredKafka, tmp_path: Path, command: tuple[str, ...]) -> None:
    line = run(tmp_path, secured_broker, *command, ca_file=secured_broker.certificates.authority)
    assert "gives the login 'editor' (kafka.sasl_username) no right to the topic wirecopy." in line
