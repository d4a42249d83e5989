"""The open benchmark: articles of ours with labels, a scorer for any system, and our own pipeline held against it."""

from __future__ import annotations

from bench.report import Measured


def measure() -> Measured:
    """Ours beside two baselines, scored by ``score.py``."""
    from bench.open.measuring import measure as measured  # noqa: PLC0415  # the scorer alone needs none of the stages

    return measured()
