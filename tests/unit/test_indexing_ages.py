"""How long an article took until it could be found: by our clock and by its outlet's word, and never nonsense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from stream_apps.indexing.ages import ages, observe

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
SEEN, PUBLISHED = "2026-11-30T03:59:58.000Z", "2026-11-30T03:50:00.000Z"


def document(**changes: Any) -> dict[str, Any]:
    known = {"fetched": SEEN, "first_seen": SEEN, "published": PUBLISHED, "backfill": False}
    return known | changes


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (document(), (2.0, 600.0)),
        (document(published=SEEN), (2.0, None)),  # the outlet names no time: it was seen then
        (document(published="2026-11-30T05:00:00.000Z"), (2.0, None)),
        (document(first_seen="2026-11-30T04:00:01.000Z"), (None, None)),  # another clock
        (document(backfill=True), (None, None)),
        ({"first_seen": SEEN, "first_published": PUBLISHED}, (None, None)),  # a story
    ],
)
def test_an_article_is_as_old_as_it_says(found: dict[str, Any], expected: tuple[float | None, float | None]) -> None:
    assert ages(found, NOW) == expected


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_no_age_is_negative_and_publishing_comes_first(seen: int, published: int) -> None:
    first, second = (NOW - timedelta(seconds=seconds) for seconds in (seen, published))
    since_seen, since_published = ages(document(first_seen=first.isoformat(), published=second.isoformat()), NOW)
    assert since_seen is None or since_seen >= 0
    assert since_published is None or (since_seen is not None and since_published > since_seen)


def test_both_are_counted() -> None:
    def counts() -> list[float | None]:
        names = ("seen", "published")
        return [REGISTRY.get_sample_value(f"wirecopy_{name}_to_found_seconds_count") for name in names]

    before = counts()
    observe(document(), NOW)
    observe(document(published=SEEN), NOW)
    assert [
        after - was for was, after in zip(before, counts(), strict=True) if was is not None and after is not None
    ] == [
        2,
        1,
    ]
