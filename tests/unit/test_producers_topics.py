from __future__ import annotations

from pydantic import SecretStr

from schemas.topics import CLEAN, RAW, TOPICS
from wirecopy.cli.topics import Existing, plan
from wirecopy.kafka import client_config
from wirecopy.settings import KafkaSettings

SETTINGS = KafkaSettings(topic_prefix="p", partitions=4)


def existing() -> dict[str, Existing]:
    return {topic.full_name("p"): Existing(topic.partitions(4), topic.config()) for topic in TOPICS}


def test_every_missing_topic_is_created() -> None:
    steps = plan(TOPICS, SETTINGS, {})
    assert [step.action for step in steps] == ["create"] * len(TOPICS)
    partitions = {step.topic: step.partitions for step in steps}
    assert (partitions["p.raw.v1"], partitions["p.clean.v1"]) == (4, 1)


def test_a_second_run_changes_nothing() -> None:
    assert {step.action for step in plan(TOPICS, SETTINGS, existing())} == {"keep"}


def test_only_what_differs_is_configured() -> None:
    there = existing()
    there["p.raw.v1"] = Existing(4, {**RAW.config(), "retention.ms": "1", "unrelated": "2"})
    (step,) = [step for step in plan(TOPICS, SETTINGS, there) if step.action != "keep"]
    assert (step.topic, step.action, step.config) == (
        "p.raw.v1",
        "configure",
        {"retention.ms": RAW.config()["retention.ms"]},
    )


def test_other_partitions_are_a_mismatch_and_never_changed() -> None:
    there = existing()
    there["p.clean.v1"] = Existing(3, CLEAN.config())
    (step,) = [step for step in plan(TOPICS, SETTINGS, there) if step.action != "keep"]
    assert (step.action, step.partitions) == ("mismatch", 3)
    assert "3 partitions" in step.note
    assert "dedup.engine_languages" in step.note


def test_what_engines_take_and_write_has_a_partition_for_each() -> None:
    steps = {step.topic: step.partitions for step in plan(TOPICS, SETTINGS, {}, engines=2)}
    assert {name for name, count in steps.items() if count == 2} == {"p.clean.v1", "p.engine-state.v1"}
    assert steps["p.resolved.v1"] == 4


def test_client_configuration() -> None:
    assert client_config(KafkaSettings(bootstrap="127.0.0.1:1, localhost:2")) == {
        "bootstrap_servers": ["127.0.0.1:1", "localhost:2"],
        "security_protocol": "PLAINTEXT",
    }
    secured = client_config(
        KafkaSettings(
            bootstrap="kafka.example:9093",
            security_protocol="SASL_SSL",
            sasl_username="u",
            sasl_password=SecretStr("s"),
        )
    )
    assert (secured["sasl_mechanism"], secured["sasl_plain_username"], secured["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "u",
        "s",
    )
