from __future__ import annotations

import pytest

from producers.formats import hints


@pytest.mark.parametrize(
    ("ttl", "period", "frequency", "seconds"),
    [
        ("5", "daily", "1", 300.0),
        (" 60 ", None, None, 3600.0),
        ("0", "hourly", "4", 900.0),
        ("soon", "Weekly", None, 604800.0),
        (None, None, "2", 43200.0),
        (None, "hourly", "0", 3600.0),
        (None, "always", "1", None),
        (None, None, None, None),
        ("-5", {}, [], None),
    ],
)
def test_seconds_between_polls(ttl: object, period: object, frequency: object, seconds: float | None) -> None:
    assert hints.seconds_between_polls(ttl, period, frequency) == seconds


def test_hours_and_days() -> None:
    assert hints.hours(["0", "23", "24", "25", "-1", "x", "٣", ""]) == {0, 23}
    assert hints.days(["Monday", "sun", " SATURDAY ", "Holiday", ""]) == {0, 5, 6}


def test_addresses_by_relation() -> None:
    links = [
        "no link",
        {"rel": "hub", "href": "javascript:x"},
        {"rel": "Self HUB", "href": "/hub"},
        {"rel": "hub", "href": "https://later.example/"},
    ]
    assert hints.address_of(links, "hub", "https://t.example/feed") == "https://t.example/hub"
    assert hints.address_of(links, "next", "https://t.example/feed") is None
