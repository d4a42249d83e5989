"""The alerts of ``deploy/prometheus``, and what promtool says of them in a story that a test tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests import promtool
from tests.promql import ROOT

RULES = ROOT / "deploy/prometheus/rules.yml"
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
EVERY = 5
"""Minutes between two evaluations: fewer cost less time, and are seldom enough for every rule here."""
FAULT_AT = 150
"""Minutes that all is well, in the story that a test tells Prometheus."""
A_DAY = 24 * 60 + 10
MINUTES = A_DAY + 8 * 60
"""More than any story takes."""
_WINDOWS = {
    "NothingPublished": 65, "EntriesMissed": 5, "FullTextsMissing": 30, "LagGrows": 20, "FoundLate": 20,
    "ParagraphsBreakTheModel": 15,
}  # fmt: skip
"""Minutes that the windows of a rule need, beside its patience."""


def stretch(value: str, minutes: int) -> str:
    """In promtool's notation the first value of a stretch counts beside its repetitions, a gap does not."""
    return {"stale": "stale", "_": f"_x{minutes}"}.get(value, f"{value}x{minutes - 1}")


def changing(name: str, before: str, after: str, at: int = FAULT_AT) -> dict[str, str]:
    """A series of a story that changes at the minute of the fault."""
    return {"series": name, "values": f"{stretch(before, at)} {stretch(after, 8 * 60)}"}


def assert_fires(name: str, series: Sequence[dict[str, str]], folder: Path, at: int = FAULT_AT) -> None:
    """By the fault, and not before."""
    asked = [_firing(name, at - 1, 0), _firing(name, at + _fault_lasts(name), 1)]
    story = {
        "rule_files": [str(RULES)],
        "evaluation_interval": f"{EVERY}m",
        "tests": [{"interval": "1m", "input_series": list(series), "promql_expr_test": asked}],
    }
    path = folder / "story.yml"
    path.write_text(yaml.safe_dump(story), encoding="utf-8")
    code, said = promtool.run("test", "rules", str(path))
    assert code == 0, said


def _fault_lasts(name: str) -> int:
    """Minutes after which the alert has to have fired: its own patience, and what its windows need."""
    patience = re.fullmatch(r"(\d+)([mh])", ALERTS[name].get("for", "0m"))
    assert patience is not None
    minutes = int(patience[1]) * (60 if patience[2] == "h" else 1)
    return minutes + _WINDOWS.get(name, 2) + 2 * EVERY


def _firing(name: str, minute: int, expected: int) -> dict[str, Any]:
    firing = f'ALERTS{{alertname="{name}",alertstate="firing"}}'
    return {
        "expr": f"(count({firing}) > bool 0) or vector(0)",
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": "{}", "value": expected}],
    }
