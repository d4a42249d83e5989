"""Alerts: what they ask is declared, the runbook has their section, and each fires by its cause and not before.

The causes here are series as the processes tell them. That they do tell them so when it happens is tested where it is
made to happen: ``test_alert_causes.py``, here and in ``tests/integration``, and beside the tests that kill and freeze.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import promtool
from tests.alerts import A_DAY, ALERTS, FAULT_AT, MINUTES, assert_fires, changing
from tests.promql import ROOT, mistakes

RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Cause:
    """A series before the fault and after it; more of them that stay as they are."""

    series: str
    before: str
    after: str
    beside: Mapping[str, str] | None = None
    at: int = FAULT_AT
    """The minute of the fault."""


WELL_PROCESSES = {
    f'wirecopy_build_info{{job="wirecopy",instance="{process}:1",process="{process}",version="1"}}': f"1x{MINUTES}"
    for process in ("producer", "fingerprint", "tagging", "indexing")
}
CAUSES = {
    "ProcessDown": Cause('up{job="wirecopy",instance="engine:1"}', "1", "0"),
    "ProcessMissing": Cause(
        'wirecopy_build_info{instance="engine:1",process="engine",version="1"}', "1", "stale", WELL_PROCESSES
    ),
    "ProcessNotReady": Cause('wirecopy_ready{instance="a:1",check="state"}', "1", "0"),
    "VersionsDiffer": Cause(
        'wirecopy_build_info{instance="engine:1",process="engine",version="2"}', "_", "1", WELL_PROCESSES
    ),
    "MemoryDoubled": Cause('wirecopy_memory_bytes{instance="a:1",of="process"}', "1.5e9", "3.5e9", at=A_DAY),
    "PartitionsUnheld": Cause(
        'wirecopy_partitions_held{instance="a:1",stage="tagging"}', "4", "3",
        {'wirecopy_partitions{instance="a:1",stage="tagging"}': f"4x{MINUTES}"},
    ),
    "StageStuck": Cause(
        'wirecopy_stage_lag_messages{instance="a:1",stage="tagging",topic="resolved",partition="0"}', "0", "7",
        {'wirecopy_last_progress_timestamp_seconds{instance="a:1",stage="tagging",topic="resolved",partition="0"}':
         f"1000x{MINUTES}"},
    ),
    "LagGrows": Cause(
        'wirecopy_stage_lag_messages{instance="a:1",stage="tagging",topic="resolved",partition="0"}', "5000", "5000+100"
    ),
    "MessagesExpired": Cause('wirecopy_stage_expired_messages_total{instance="a:1"}', "0", "12"),
    "EngineWithoutStandby": Cause(
        'wirecopy_build_info{instance="engine:2",process="engine",version="1"}', "1", "stale",
        {'wirecopy_build_info{instance="engine:1",process="engine",version="1"}': f"1x{MINUTES}"},
    ),
    "FoundLate": Cause(
        'wirecopy_seen_to_found_seconds_bucket{instance="a:1",le="60"}', "0+10", "0",
        {'wirecopy_seen_to_found_seconds_bucket{instance="a:1",le="300"}': f"0+10x{MINUTES}",
         'wirecopy_seen_to_found_seconds_bucket{instance="a:1",le="+Inf"}': f"0+10x{MINUTES}"},
    ),
    "DeadLetters": Cause(
        'wirecopy_dead_letters_total{instance="a:1",stage="tagging",reason="unexpected"}', "_", "1",
        {'wirecopy_dead_letters_total{instance="a:1",stage="tagging",reason="schema"}': f"4x{MINUTES}"},
    ),
    "OutletPaused": Cause('wirecopy_stage_paused_outlets{instance="a:1",stage="tagging"}', "0", "1"),
    "ParagraphsBreakTheModel": Cause('wirecopy_tagging_broken_paragraphs_total{instance="a:1"}', "3", "3+1"),
    "FeedsQuiet": Cause('wirecopy_feeds_in_condition{instance="a:1",condition="quiet"}', "2", "3"),
    "FeedsFailing": Cause(
        'wirecopy_feeds_in_condition{instance="a:1",condition="failing"}', "9", "11",
        {'wirecopy_feeds{instance="a:1"}': f"100x{MINUTES}"},
    ),
    "FeedsParked": Cause('wirecopy_feeds_in_condition{instance="a:1",condition="parked"}', "2", "3"),
    "FeedsRetired": Cause('wirecopy_feeds_in_condition{instance="a:1",condition="retired"}', "0", "1"),
    "FeedsOverdue": Cause('wirecopy_feed_overdue_seconds{instance="a:1"}', "0", "90"),
    "EntriesMissed": Cause('wirecopy_feed_windows_turned_over_total{instance="a:1"}', "4", "4+1"),
    "NothingPublished": Cause(
        'wirecopy_entries_published_total{instance="a:1",kind="new"}', "0+1", "149",
        {'wirecopy_feeds{instance="a:1"}': f"100x{MINUTES}"},
    ),
    "PartitionsLost": Cause('wirecopy_producer_rebalances_total{instance="a:1",kind="lost"}', "0", "2"),
    "PublishingWaits": Cause('wirecopy_producer_waiting_messages{instance="a:1"}', "0", "40"),
    "FullTextsMissing": Cause(
        'wirecopy_pages_fetched_total{instance="a:1",outcome="robots"}', "5", "5+1",
        {'wirecopy_pages_fetched_total{instance="a:1",outcome="read"}': f"9x{MINUTES}"}, at=7 * 60,
    ),
    "SubscriptionsFailed": Cause('wirecopy_websub_subscriptions{instance="a:1",state="failed"}', "0", "1"),
    "ElasticsearchAway": Cause('wirecopy_ready{instance="a:1",check="elasticsearch"}', "1", "0"),
    "ElasticsearchDiskFull": Cause('wirecopy_bulk_blocked{instance="a:1"}', "0", "1"),
}  # fmt: skip


# ---- what they say ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALERTS)
def test_what_an_alert_asks_is_declared(name: str) -> None:
    assert mistakes(ALERTS[name]["expr"]) == []


def test_what_is_not_declared_is_found() -> None:
    expression = 'sum by (stagee) (wirecopy_ready{check="kafkaa",chek="kafka"}) > on (instanc) wirecopy_nothing'
    assert sorted(mistakes(expression)) == [
        "no label instanc to group by",
        "no label stagee to group by",
        "no metric wirecopy_nothing",
        "wirecopy_ready has no label chek",
        "wirecopy_ready: check is never kafkaa",
    ]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_leads_to_a_whole_section_of_the_runbook(name: str) -> None:
    page, _, anchor = ALERTS[name]["annotations"]["runbook_url"].partition("#")
    assert page == "docs/runbook.md"
    assert anchor in SECTIONS, f"{name} leads to #{anchor}, a section that the runbook does not have"
    section = SECTIONS[anchor]
    for part in ("**Symptom.**", "**Check.**", "**Act.**", "**Verify.**"):
        assert part in section, f"{anchor}: {part}"
    assert ALERTS[name]["labels"]["severity"] in {"warning", "critical"}
    row = re.search(rf"^\| `{name}` \| (\w+) \| [^|]+ \| \[[^]]+\]\(#([\w-]+)\) \|$", RUNBOOK, re.MULTILINE)
    assert row is not None, f"{name} is in the table of the runbook"
    assert row.groups() == (ALERTS[name]["labels"]["severity"], anchor)


def sections() -> Iterator[tuple[str, str]]:
    for title, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"), text


SECTIONS = dict(sections())


# ---- what makes them fire --------------------------------------------------------------------------------------


def test_every_alert_has_its_cause_here() -> None:
    assert set(CAUSES) == set(ALERTS)


def test_every_alert_is_caused_in_the_code_by_some_test() -> None:
    others = {*Path(__file__).parents[1].rglob("test_*.py")} - {Path(__file__)}
    causing = [text for path in others if "assert_alarm(" in (text := path.read_text("utf-8"))]
    assert {name for name in ALERTS if not any(f'"{name}"' in text for text in causing)} == set()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_fires_by_its_cause_and_not_before(name: str, tmp_path: Path) -> None:
    cause = CAUSES[name]
    beside = [{"series": series, "values": values} for series, values in (cause.beside or {}).items()]
    story = [changing(cause.series, [cause.before], [cause.after], cause.at), *beside]
    assert_fires(name, story, tmp_path, cause.at)


def test_the_rules_and_the_configuration_are_those_of_prometheus() -> None:
    code, said = promtool.run("check", "config", str(ROOT / "deploy/prometheus/prometheus.yml"))
    assert code == 0, said
    assert f"{len(ALERTS)} rules found" in said
