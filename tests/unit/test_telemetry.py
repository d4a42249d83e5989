from __future__ import annotations

import json
import logging

import pytest
import structlog

from wirecopy.settings import TelemetrySettings
from wirecopy.telemetry import MAX_FIELD, configure_logging, logger


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
