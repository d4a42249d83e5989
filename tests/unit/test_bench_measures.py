from __future__ import annotations

import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bench import latency, memory, watch
from bench.__main__ import line
from bench.entities import spread
from bench.latency import LEAD, WARM_UP, ArticleTimes, percentile, released, steady
from bench.stages import Run
from schemas.topics import RAW, TAKEN
from stream_apps.tagging.lines import LabelledLine
from wirecopy.wireday.server import WireDayServer

METRICS = """\
# TYPE wirecopy_stage_messages_total counter
wirecopy_stage_messages_total{stage="matching"} 28.0
wirecopy_stage_messages_total{stage="families"} 4.0
# TYPE wirecopy_stage_messages_created gauge
wirecopy_stage_messages_created{stage="matching"} 1.7e+09
# TYPE wirecopy_last_progress_timestamp_seconds gauge
wirecopy_last_progress_timestamp_seconds{stage="matching"} 100.5
wirecopy_last_progress_timestamp_seconds{stage="families"} 101.25
"""


def test_a_workers_metrics_tell_how_far_it_is() -> None:
    found = watch.parse_progress(METRICS)
    assert found == watch.Progress({"matching": 28, "families": 4}, 101.25)
    assert found.total == 32


def test_a_rate_is_taken_over_what_was_counted() -> None:
    run = Run("tagging", articles=100, messages=400, seconds=10.0, counted=300)
    assert run.messages_per_second == 30
    assert run.articles_per_second == 7.5


def test_no_topic_is_taken_by_two_apps() -> None:
    taken = [topic.name for topics in TAKEN.values() for topic in topics]
    assert len(taken) == len(set(taken))
    assert RAW.name in taken


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


def test_the_parts_of_a_wait_add_up() -> None:
    parts = ArticleTimes(10.0, 10.5, 10.625, 10.75, 12.0).parts
    assert parts == {
        "published to found": 2.0,
        "out to asked for": 0.5,
        "asked for to published": 0.125,
        "published to written": 0.125,
        "written to found": 1.25,
    }


def test_the_latency_table_has_percentiles_of_each_part() -> None:
    found = [ArticleTimes(0.0, 0.0, 0.0, 0.0, float(seconds)) for seconds in range(1, 101)]
    rows = {str(row[0]): row[1:] for row in latency.table(4, found, 0, 1.0, "1s").rows}
    assert rows["published to found"] == rows["written to found"] == (50.0, 95.0, 99.0, 100.0, 50.5)
    assert rows["out to asked for"] == (0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_steady_day_releases_its_entries_evenly() -> None:
    server = WireDayServer(steady(rate=4, seconds=20), 0, clock=lambda: 1000.0).start()
    try:
        offsets = sorted(o for channel in server.release.channels.values() for o in channel.offsets)
        expected = released(server, 30)
    finally:
        server.close()
    assert offsets[0] == LEAD
    assert max(later - earlier for earlier, later in pairwise(offsets)) < 5
    within = [offset for offset in offsets if LEAD + WARM_UP <= offset < LEAD + WARM_UP + 30]
    assert len(within) == pytest.approx(4 * 30, abs=8)
    assert all(1000 + LEAD + WARM_UP <= moment < 1000 + LEAD + WARM_UP + 30 for moment in expected.values())


def test_our_own_memory_has_a_peak() -> None:
    rows = {row[0]: row[1] for row in memory.table({"us": os.getpid()}).rows}
    assert 10 < int(str(rows["us"])) <= int(str(rows["all together"]))


@given(st.integers(0, 50), st.integers(0, 60))
def test_a_sample_is_spread_over_the_file(count: int, limit: int) -> None:
    lines = [LabelledLine(id=str(number), text="", entities=()) for number in range(count)]
    found = [int(one.id) for one in spread(lines, limit)]
    assert found == sorted(set(found))
    assert len(found) == (min(count, limit) if limit else count)
    if 0 < limit < count:
        assert found[0] == 0
        assert found[-1] >= count - 1 - count // limit


def test_the_commands_are_listed() -> None:
    shown = CliRunner().invoke(line, ["--help"]).output
    assert all(
        name in shown
        for name in ("stages", "pipeline", "story", "latency", "restore", "window", "engine", "dedup", "hotspots")
    )
