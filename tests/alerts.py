"""The alerts of ``deploy/prometheus``, and what promtool says of them in a story that a test tells.

A story is made of what processes tell at ``/metrics`` before a fault and after it (``scraped``, ``assert_alarm``).
"""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests import promtool
from tests.promql import ROOT, selectors
from wirecopy.monitoring.health import Health
from wirecopy.monitoring.server import respond

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
    "NothingPublished": 65, "EntriesMissed": 5, "FullTextsMissing": 30, "LagGrows": 5, "FoundLate": 10,
    "ParagraphsBreakTheModel": 15, "StageStuck": 10,
}  # fmt: skip
"""Minutes that the windows of a rule need, beside its patience."""


def stretch(value: str, minutes: int) -> str:
    """In promtool's notation the first value of a stretch counts beside its repetitions, a gap does not."""
    return {"stale": "stale", "_": f"_x{minutes}"}.get(value, f"{value}x{minutes - 1}")


def changing(
    name: str, before: Sequence[str], after: Sequence[str], at: int = FAULT_AT, apart: int = EVERY
) -> dict[str, str]:
    """A series of a story, by what it was before the minute of the fault and what it is from then on.

    What was before shares the time until then; ``apart`` minutes lie between the values after it, and the last stays.
    """
    share = at // len(before)
    lasting = [share + at % len(before), *[share] * (len(before) - 1)]
    stretches = [stretch(value, minutes) for value, minutes in zip(before, lasting, strict=True)]
    stretches += [*(stretch(value, apart) for value in after[:-1]), stretch(after[-1], 8 * 60)]
    return {"series": name, "values": " ".join(stretches)}


# ---- what Prometheus makes of what processes tell ----------------------------------------------------------------

Shot = dict[str, float]
"""What one scrape gives: series with their values."""


def told() -> str:
    """What this process tells at ``/metrics``."""
    return respond("/metrics", Health(list, list))[2].decode()


def asked(port: int) -> str | None:
    """What the process with this port tells; None where it does not answer."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/metrics", timeout=10
        ) as answer:
            return str(answer.read().decode())
    except urllib.error.URLError:
        return None


def scraped(name: str, *processes: str | None) -> Shot:
    """Of what processes tell, the metrics that the alert asks for, with the labels that a scrape adds.

    Moments are told as those of the story, where now is the minute of the fault.
    """
    wanted = {selector.name for selector in selectors(promql_parser.parse(ALERTS[name]["expr"]))}
    shot: Shot = {}
    for number, text in enumerate(processes):
        target = {"instance": f"host:{9461 + number}", "job": "wirecopy"}
        shot[_series("up", target)] = float(text is not None)
        for family in text_string_to_metric_families(text or ""):
            shot |= {
                _series(sample.name, target | sample.labels): _in_story(sample.name, sample.value)
                for sample in family.samples
                if sample.name in wanted
            }
    return {series: value for series, value in shot.items() if series.partition("{")[0] in wanted}


def assert_alarm(
    name: str, before: Sequence[Shot], after: Sequence[Shot], folder: Path, at: int = FAULT_AT, apart: int = EVERY
) -> None:
    """The alert fires by what is told after the fault, and not by what was told before."""
    every = sorted(set[str]().union(*before, *after))
    assert every
    story = [
        changing(one, [_value(shot, one, "_") for shot in before], [_value(shot, one, "stale") for shot in after],
                 at, apart)
        for one in every
    ]  # fmt: skip
    assert_fires(name, story, folder, at)


def _series(name: str, labels: Mapping[str, str]) -> str:
    return f"{name}{{{','.join(f'{label}={value!r}' for label, value in labels.items())}}}".replace("'", '"')


def _in_story(name: str, value: float) -> float:
    return value - time.time() + 60 * FAULT_AT if name.endswith("_timestamp_seconds") else value


def _value(shot: Shot, series: str, missing: str) -> str:
    value = shot.get(series)
    return missing if value is None else repr(value)


# ---- asking promtool ----------------------------------------------------------------------------------------------


def assert_fires(name: str, series: Sequence[dict[str, str]], folder: Path, at: int = FAULT_AT) -> None:
    """By the fault, and not before."""
    questions = [_firing(name, at - 1, 0), _firing(name, at + _fault_lasts(name), 1)]
    story = {
        "rule_files": [str(RULES)],
        "evaluation_interval": f"{EVERY}m",
        "tests": [{"interval": "1m", "input_series": list(series), "promql_expr_test": questions}],
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
