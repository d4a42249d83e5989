"""Which outlets ``feeds status`` says a stage has paused, of invented dead letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from producers.registry.paused_outlets import RECENT, paused_outlets
from schemas import dead_letters

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def letter(outlet: str | None, minutes: float, stage: str = "tagging") -> tuple[datetime, dict[str, bytes]]:
    return NOW - timedelta(minutes=minutes), dict(dead_letters.headers(stage, "unexpected", "", "raw", paused=outlet))


def test_each_outlet_is_told_once_for_a_stage_the_newest_first() -> None:
    letters = [letter("coast.example", 9), letter("hills.example", 1), letter("coast.example", 7), letter(None, 0)]
    found = paused_outlets([*letters, letter("coast.example", 8, "fingerprint")], NOW)
    assert [(one.outlet, one.stage, one.messages) for one in found] == [
        ("hills.example", "tagging", 1),
        ("coast.example", "tagging", 2),
        ("coast.example", "fingerprint", 1),
    ]
    assert found[1].last == NOW - timedelta(minutes=7)


def test_what_was_long_ago_is_not_told() -> None:
    assert paused_outlets([letter("coast.example", RECENT.total_seconds() / 60 + 1)], NOW) == []


def test_a_hostile_name_does_not_steer_the_terminal() -> None:
    (found,) = paused_outlets([letter("coast\x1b[2J\nexample", 1)], NOW)
    assert found.in_words(NOW).isprintable()
