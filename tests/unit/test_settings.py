"""Settings that contradict each other, or can mean nothing, are refused at the start and by their name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.publish import connect
from stream_apps.dedup.partition_engine import PartitionEngine
from stream_apps.runtime.sending import BatchSender, Packed
from wirecopy.errors import SettingsError
from wirecopy.kafka import compression
from wirecopy.settings import KafkaSettings, Settings, environment, load, without_secrets


class Noted(Exception):
    """Instead of a connection."""


def refusal(**overrides: str) -> str:
    """The one line that a command with these settings ends with."""
    with pytest.raises(SettingsError) as raised:
        load({name.replace("__", "."): value for name, value in overrides.items()})
    line = str(raised.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    "bootstrap", ["", " ", ",", "kafka", "kafka:", ":9092", "kafka:0", "kafka:65536", "kafka:x", "a:1,,b:2", "a:1,b",
                  "http://a:1", "u@a:1", "[::1]", "::1:9092"],
)  # fmt: skip
def test_what_is_no_broker_is_refused(bootstrap: str) -> None:
    assert "bad setting kafka.bootstrap (command line)" in refusal(kafka__bootstrap=bootstrap)


@pytest.mark.parametrize("bootstrap", ["127.0.0.1:1", "[::1]:9092", "localhost:65535", "127.0.0.1:1, localhost:2"])
def test_brokers_are_taken(bootstrap: str) -> None:
    assert load({"kafka.bootstrap": bootstrap}).settings.kafka.bootstrap == bootstrap.replace(" ", "")


@pytest.mark.parametrize(
    "hosts", ['["localhost:80"]', "http://localhost", "localhost:", "localhost:99999", "10.0.0.0/8", "a b"]
)
def test_what_is_no_host_is_refused(hosts: str) -> None:
    assert "bad setting producer.allow_hosts (command line)" in refusal(producer__allow_hosts=hosts)


@pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1:18555", "::1", "[::1]", "[::1]:80", "news.example,a:1"])
def test_hosts_are_taken(hosts: str) -> None:
    assert load({"producer.allow_hosts": hosts}).settings.producer.allow_hosts == tuple(hosts.split(","))


def test_heartbeats_have_room_in_the_session() -> None:
    line = refusal(faust__heartbeat_interval="4", faust__session_timeout="10")
    assert "faust.heartbeat_interval (4 s)" in line
    assert "faust.session_timeout (10 s)" in line
    load({"faust.heartbeat_interval": "2", "faust.session_timeout": "6"})


def test_the_least_interval_is_not_above_the_most() -> None:
    line = refusal(producer__min_interval="100", producer__max_interval="99")
    assert "producer.min_interval (100 s) is above producer.max_interval (99 s)" in line


# ---- compression ------------------------------------------------------------------------------------------------


def test_compression_does_not_depend_on_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert compression(KafkaSettings()) == "lz4"
    assert [compression(KafkaSettings.model_validate({"compression": name})) for name in ("none", "gzip", "lz4")] == [
        None, "gzip", "lz4",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "packages"), [("zstd", "zstandard and cramjam")])
def test_a_compression_that_not_all_clients_can_read_is_refused(
    name: str, packages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert f"bad setting kafka.compression (command line): {name} needs the package {packages}" in refusal(
        kafka__compression=name
    )


async def take_over(settings: Settings) -> None:
    await PartitionEngine(settings, "dedup", 0).take_over()


@pytest.mark.parametrize(("name", "compression_type"), [("lz4", "lz4"), ("gzip", "gzip"), ("none", None)])
def test_every_process_compresses_as_the_setting_says(
    name: str, compression_type: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def client(**config: object) -> None:
        given.append(config["compression_type"])
        raise Noted

    monkeypatch.setattr("producers.publish.require_broker", lambda settings: None)
    for place in ("producers.publish.KafkaProducer", "stream_apps.runtime.sending.AIOKafkaProducer",
                  "stream_apps.dedup.partition_engine.AIOKafkaProducer"):  # fmt: skip
        monkeypatch.setattr(place, client)
    for reader in ("CleanLog", "Committed"):
        monkeypatch.setattr(f"stream_apps.dedup.partition_engine.{reader}", lambda *_: None)
    settings = load({"kafka.compression": name}).settings
    for writes in (
        lambda: connect(settings.kafka),
        lambda: asyncio.run(BatchSender(settings.kafka).send([Packed("raw", 0, b"key", b"value")])),
        lambda: asyncio.run(take_over(settings)),
    ):
        with pytest.raises(Noted):
            writes()
    assert given == [compression_type] * 3


# ---- secrets ----------------------------------------------------------------------------------------------------


def test_a_secret_on_the_command_line_is_refused_and_not_repeated() -> None:
    line = refusal(kafka__sasl_password="hunter2")
    assert "WIRECOPY_KAFKA__SASL_PASSWORD_FILE" in line
    assert "hunter2" not in line


def test_no_secret_is_left_in_an_environment(tmp_path: Path) -> None:
    kept = {"PATH": "/bin", "WIRECOPY_KAFKA__BOOTSTRAP": "a:1", "WIRECOPY_KAFKA__SASL_PASSWORD_FILE": "/run/x"}
    secrets = {"WIRECOPY_KAFKA__SASL_PASSWORD": "s", "WIRECOPY_PRODUCER__CALLBACK_SECRET": "s",
               "WIRECOPY_ELASTICSEARCH__API_KEY": "s"}  # fmt: skip
    assert without_secrets(kept | secrets) == kept


@given(st.dictionaries(st.sampled_from(["kafka.bootstrap", "producer.folders"]), st.text(max_size=5)))
def test_settings_of_children_are_variables(values: dict[str, str]) -> None:
    assert {name.startswith("WIRECOPY_") for name in environment(values)} <= {True}
