from __future__ import annotations

import json

from bench import engine, window
from bench.window_states import STATES


def test_the_engine_is_timed_with_a_full_window() -> None:
    measured = engine.measure(1000, 5)
    figures = json.loads(json.dumps(measured.figures))
    assert figures["articles"] == 1000
    assert figures["articles_per_second"] > 10
    for kind in ("new", "revised"):
        assert 0 < figures[kind]["p50"] <= figures[kind]["p99"] <= figures[kind]["most"]
    assert [row[1] for row in measured.tables[0].rows] == [200, 200]


def test_every_state_is_filled() -> None:
    sizes = window.measure([1000]).figures["articles"]["1000"]["bytes_per_article"]
    assert list(sizes) == [*STATES, "all"]
    assert sizes["all"] == sum(sizes[name] for name in STATES)
    assert sizes["engine"] > 1000
