"""Confidence is what was measured: from the table, by kind, with the small kinds together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.text import calibration
from stream_apps.text.calibration import LEAST, Kind

MANY = Kind(evidence="dateline", role="sole", found=98, right=97)
WEAK = Kind(evidence="tail", role="sole", strength="guess", found=10, right=5)
FEW = Kind(evidence="byline", role="inputs", found=8, right=7)


def test_a_kind_with_many_instances_has_a_figure_of_its_own() -> None:
    assert calibration.shares((MANY, WEAK, FEW)) == {("dateline", "sole", "plain"): 0.98}


def test_the_others_are_pooled() -> None:
    assert calibration.pooled((MANY, WEAK, FEW)) == pytest.approx(13 / 20, abs=0.001)


@given(st.integers(0, 10_000).flatmap(lambda found: st.tuples(st.just(found), st.integers(0, found))))
def test_a_confidence_is_never_zero_or_one(counts: tuple[int, int]) -> None:
    found, right = counts
    kind = Kind(evidence="lede", role="quoted", found=found, right=right)
    stated = calibration.shares((kind,)).get(("lede", "quoted", "plain"), calibration.pooled((kind,)))
    assert 0 < stated < 1 or found > 1900
    assert abs(stated - right / max(1, found)) <= 0.03 or found < LEAST


def test_the_table_that_comes_with_the_program_is_used() -> None:
    kinds = calibration.load()
    own = calibration.shares(kinds)
    assert own
    for kind in kinds:
        stated = calibration.confidence(kind.evidence, kind.role, kind.strength)
        assert stated == own.get((kind.evidence, kind.role, kind.strength), calibration.pooled(kinds))


def test_a_table_is_written_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calibration.yml"
    calibration.write((MANY, WEAK), path)
    assert tuple(calibration.read(path.read_text(encoding="utf-8"))) == (MANY, WEAK)
