from __future__ import annotations

import json
import logging

import pytest
import structlog

from wirecopy.settings import TelemetrySettings
from wirecopy.telemetry import MAX_FIELD, Seldom, configure_logging, logger


def start() -> None:
    """In the test itself: the stream that a fixture sees is closed by then."""
    configure_logging(TelemetrySettings(log_format="json"))


def test_an_exception_is_an_error_in_ecs(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    try:
        json.loads("{")
    except ValueError:
        logger("producer").exception("polling failed", feed="top")
    said = json.loads(capsys.readouterr().err)
    assert (said["log.level"], said["message"], said["feed"]) == ("error", "polling failed", "top")
    assert said["event"]["dataset"] == "wirecopy.producer"
    assert "JSONDecodeError" in said["error"]["stack_trace"]
    assert "level" not in said


def test_lines_of_libraries_are_ecs_too(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    logging.getLogger("somebody").warning("%s is away", "it")
    said = json.loads(capsys.readouterr().err)
    assert (said["log.level"], said["message"]) == ("warning", "it is away")


def test_a_hostile_field_cannot_fill_a_disk(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    logger("producer").warning("sent to the dead letters", detail="x" * 100_000)
    assert len(json.loads(capsys.readouterr().err)["detail"]) == MAX_FIELD + 1


def test_a_logger_made_before_logging_is_configured_writes_as_the_others_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()
    early = logger("producer")
    start()
    secret_in_a_local_variable = "hunter2"
    try:
        json.loads(secret_in_a_local_variable)
    except ValueError:
        early.exception("polling failed")
    written = capsys.readouterr()
    said = json.loads(written.err)
    assert said["event"]["dataset"] == "wirecopy.producer"
    assert "hunter2" not in written.err + written.out


def test_a_kafka_client_says_the_same_once_in_half_a_minute_and_others_always(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start()
    for number in range(5):
        logging.getLogger("aiokafka.conn").error("Unable connect to node %s", number)
        logging.getLogger("aiokafka.conn").error("Unable to update metadata")
        logger("runtime").warning("no progress")
    said = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert said == [
        "Unable connect to node 0", "Unable to update metadata", "no progress", *["no progress"] * 4,
    ]  # fmt: skip


def test_it_may_say_the_same_again_later_and_is_not_remembered_for_ever() -> None:
    now = [0.0]
    seldom = Seldom(lambda: now[0])

    def passes(text: str) -> bool:
        return seldom.filter(logging.LogRecord("kafka.conn", logging.ERROR, "", 0, text, (), None))

    assert [passes("away"), passes("away")] == [True, False]
    now[0] = 31.0
    assert passes("away")
    for number in range(5000):
        passes(f"a line with its number in it {number}")
    assert len(seldom._said) <= 1000
