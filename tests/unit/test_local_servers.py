"""What the servers are told: ports, folders, memory; and that nothing of the user's environment changes them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from wirecopy.errors import ServerError
from wirecopy.local import elasticsearch, kafka, probes
from wirecopy.local.elasticsearch import Folders
from wirecopy.local.java import Jdk


def properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_kafka_listens_on_loopback_and_keeps_its_data_where_it_is_told(tmp_path: Path) -> None:
    found = properties(kafka.configuration(1234, 1235, tmp_path))
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:1234,CONTROLLER://127.0.0.1:1235"
    assert found["controller.quorum.voters"] == "1@127.0.0.1:1235"
    assert found["log.dirs"] == str(tmp_path)
    assert found["auto.create.topics.enable"] == "false"
    assert "{" not in "".join(found.values()), "a name was not filled in"


def test_kafka_refuses_a_folder_that_its_settings_file_cannot_name(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="comma"):
        kafka.configuration(1, 2, tmp_path / "a,b")
    assert kafka.escape("a\\b") == "a\\\\b"


def test_elasticsearch_listens_on_loopback_and_keeps_its_data_where_it_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "jvm.options").write_text("-XX:+UseG1GC\n-Xlog:gc*:file=gc.log\n")
    files = elasticsearch.config_files(home, Folders(tmp_path / "node"), 1234)
    found = yaml.safe_load(files["elasticsearch.yml"])
    assert found["network.host"] == "127.0.0.1"
    assert found["http.port"] == 1234
    assert found["path.data"] == str(tmp_path / "node" / "data")
    assert found["discovery.type"] == "single-node"
    assert files["jvm.options"] == "-XX:+UseG1GC\n"


def test_the_users_java_settings_do_not_reach_elasticsearch(tmp_path: Path) -> None:
    inherited = {
        "PATH": "/bin",
        "JAVA_TOOL_OPTIONS": "-javaagent:x",
        "_JAVA_OPTIONS": "-Xmx1g",
        "ES_JAVA_OPTS": "-Xmx9g",
    }
    env = elasticsearch.environment(inherited, Folders(tmp_path), Jdk(Path("/jdk"), 21), "512m")
    assert env["PATH"] == "/bin"
    assert env["ES_JAVA_HOME"] == "/jdk"
    assert "-Xmx512m" in env["ES_JAVA_OPTS"]
    assert not {"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"} & env.keys()


def test_the_plugin_fits_the_version_that_is_installed() -> None:
    assert f"elasticsearch.version={elasticsearch.VERSION}\n" in elasticsearch.descriptor()


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:9200/x", True),
        ("http://localhost:1/", True),
        ("http://[::1]:1/", True),
        ("http://127.0.0.1.example/", False),
        ("http://10.0.0.1/", False),
        ("file:///etc/passwd", False),
        ("http://[bad/", False),
    ],
)
def test_only_addresses_of_this_machine_are_asked(url: str, ours: bool) -> None:
    assert probes.is_loopback(url) is ours
