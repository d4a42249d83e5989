# ruff: noqa: INP001 -- a script, not a package
"""The page of all metrics: ``python docs/generate_metrics.py`` writes it, a test holds it against the code."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from wirecopy.monitoring.declaring import DECLARED, MOST, OTHER, Declaration, Open, Values

PAGE = Path(__file__).with_name("metrics.md")
MODULES = (
    "wirecopy.monitoring.process_metrics",
    "producers.metrics",
    "producers.websub.metrics",
    "stream_apps.runtime.metrics",
    "stream_apps.fingerprint.metrics",
    "stream_apps.dedup.metrics",
    "stream_apps.tagging.metrics",
    "stream_apps.indexing.metrics",
    "stream_apps.web.metrics",
)
"""All that declare metrics, in the order of the page; a test finds one that is missing here."""
HEAD = f"""\
# Metrics

<!-- Written by `python docs/generate_metrics.py` from the `metrics.py` of each package. Change them there. -->

Each process serves its metrics at `http://HOST:PORT/metrics`, in the format of Prometheus or OpenMetrics, where
`telemetry.metrics_port` is set; `telemetry.metrics_host` is 127.0.0.1 by default. At the same address:

| address | 200 | 503 |
|---|---|---|
| `/livez` | the process gets on, or has nothing to do | it hangs: worth a restart. A server that is away is no reason |
| `/readyz` | all checks below hold | not yet, or not any more; the body says what is missing |

Both answer with JSON, `{{"ok": …, "checks": [{{"name", "ok", "detail"}}]}}`. The checks of `/readyz` are made every
five seconds: `kafka` and, of indexing, `elasticsearch` answer; `state` is restored; the group has shared out the
`partitions`, and the detail says which are ours. The log says `ready` and `not ready any more` in the same words
when that changes. A worker that has no partition, since there are more workers than partitions, is ready, and so is
an engine that stands by.

Prometheus adds `instance` and `job`; what the Python client counts by itself (`python_gc_…`, `process_…`) is not
listed. A label marked *open* has no list of values: after {MOST} of them any other counts as `{OTHER}`. What the
alerts and dashboards in [deploy/prometheus](../deploy/prometheus) and [deploy/grafana](../deploy/grafana) use is tested
against this list; what to do about an alert is in the [runbook](runbook.md#alerts). The way of a single article is
told by [traces](tracing.md).
"""


def declared() -> list[Declaration]:
    """All metrics, in the order of the page, whichever module was imported first."""
    groups = [importlib.import_module(module)._GROUP.name for module in MODULES]  # noqa: SLF001  # each has one
    return sorted(DECLARED.values(), key=lambda declaration: groups.index(declaration.group))


def page() -> str:
    """The whole page, with a line feed at its end."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    group = ""
    for declaration in declared():
        if declaration.group != group:
            yield f"{'' if not group else chr(10)}## {declaration.group[0].upper()}{declaration.group[1:]}\n"
            yield "| metric | kind | unit | labels | meaning |\n|---|---|---|---|---|"
            group = declaration.group
        labels = "<br>".join(f"`{name}`: {_values(values)}" for name, values in declaration.labels.items())
        yield f"| `{declaration.name}` | {declaration.kind} | {declaration.unit} | {labels} | {declaration.meaning} |"
    yield ""


def _values(values: Values) -> str:
    return f"*open*, {values.what}" if isinstance(values, Open) else ", ".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
