"""What a wire day that has passed through the pipeline left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from prometheus_client.parser import text_string_to_metric_families

from stream_apps.indexing import tallies
from tests.integration.collector import Span, collecting
from tests.integration.pipeline import Pipeline, pipeline, poll
from wirecopy.local.stages import STAGES
from wirecopy.monitoring.process_metrics import PROCESSES
from wirecopy.settings import ElasticsearchSettings, Settings


@dataclass(frozen=True)
class Outcome:
    """What a run left in the index, which the settings lead to."""

    settings: Settings
    articles: dict[str, dict[str, Any]]
    stories: dict[str, dict[str, Any]]
    events: dict[str, dict[str, Any]]
    feeds: dict[str, dict[str, Any]]
    outlets: dict[str, tallies.OutletTally]
    truth: dict[str, dict[str, Any]]
    dead_letters: int
    told: dict[str, str]
    """The metrics of each process."""
    ready: dict[str, tuple[int, str]]
    spans: Sequence[Span] = ()
    told_after_kills: Sequence[Mapping[str, str | None]] = ()
    """The same with an engine that stands by, after it was killed, and after the other one was killed too; None of a
    process that does not answer.
    """

    @property
    def index(self) -> ElasticsearchSettings:
        return self.settings.elasticsearch


def outcome(running: Pipeline) -> Outcome:
    """Wait until all is processed, and read it.

    Raises ``AssertionError`` if a stage goes on reporting messages that wait after Kafka has none for it: its monitor
    samples at times of its own, and may have done so last while there were some.
    """
    running.settle()
    stages = [stage for stage in STAGES if stage in running.children]  # the first worker of a stage may have left
    poll(lambda: not any(_lags(running.told(stage)) for stage in stages), "every stage answers and reports no lag")
    truth = orjson.loads(running.server.release.answer("/truth.json").body)["articles"]
    return Outcome(
        running.settings,
        running.documents("articles"),
        running.documents("stories"),
        running.documents("events"),
        running.documents("feeds"),
        {t.outlet: t for t in tallies.outlet_tallies(running.ask("articles", tallies.outlets_request(limit=500)))},
        {article["id"]: article for article in truth},
        running.dead_letters(),
        {process: running.asked(process, "/metrics")[1] for process in PROCESSES if process in running.children},
        {process: running.asked(process, "/readyz") for process in PROCESSES if process in running.children},
    )


def samples(metrics: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The values of a metric by its labels, in what a process serves at ``/metrics``."""
    families = text_string_to_metric_families(metrics)
    found = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(sorted(sample.labels.items())): sample.value for sample in found}


def _lags(metrics: str | None) -> bool:
    """Whether messages wait; states of feeds always come, because feeds go on being polled.

    So it is of a worker that does not answer: it has ended of its own accord, and is being started again.
    """
    if metrics is None:
        return True
    lag = samples(metrics, "wirecopy_stage_lag_messages")
    return any(behind for labels, behind in lag.items() if ("topic", "feed-state") not in labels)


def undisturbed_day(settings: Settings, folder: Path) -> Outcome:
    """One worker of each stage, nobody killed, every span collected; stopped when it has passed."""
    with collecting() as (endpoint, spans):
        with pipeline(settings, folder, endpoint) as running:
            running.pass_day()
            left = outcome(running)
            killed = list(told_while_engines_are_killed(running))
        return replace(left, spans=spans, told_after_kills=killed)


def told_while_engines_are_killed(running: Pipeline) -> Iterator[Mapping[str, str | None]]:
    running.join("engine")
    poll(lambda: running.told("engine-2") is not None, "another engine stands by", 60)
    yield {process: running.told(process) for process in (*PROCESSES, "engine-2")}
    for name in ("engine-2", "engine"):
        running.end(name)
        yield {process: running.told(process) for process in (*PROCESSES, "engine-2")}
