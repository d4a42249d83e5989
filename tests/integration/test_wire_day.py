"""The wire day, end to end over real servers, held against its truth; and again with every stage killed on the way."""

from __future__ import annotations

import re
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from elasticsearch import Elasticsearch
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bench.search import judge, scores
from bench.search_questions import COUNTS, questions
from schemas.topics import TAKEN
from stream_apps.dedup.stories import REPRESENTATIVES
from stream_apps.indexing import tallies
from stream_apps.indexing.client import connect
from stream_apps.kibana import panel_query
from stream_apps.kibana.definitions import Panel, load
from tests.alerts import assert_alarm, scraped
from tests.integration.outcome import Outcome, outcome, samples
from tests.integration.panel_values import expected
from tests.integration.pipeline import STEPS, pipeline
from tests.promql import SERIES
from wirecopy import cli
from wirecopy.local.stages import STAGES
from wirecopy.monitoring.process_metrics import PROCESSES
from wirecopy.settings import Settings
from wirecopy.wireday.day import generate

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def undisturbed(wire_day: Outcome) -> Outcome:
    return wire_day


def pairs(groups: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in combinations(groups, 2) if groups[pair[0]] == groups[pair[1]]}


def assert_equal(one: Outcome, other: Outcome) -> None:
    """Both runs left the same index, field by field. What was seen first differs from run to run, and with it the ids.

    A story is named after the article that was seen first, an event after such a story, and an article tells its links
    to the oldest: so stories and events are named after their smallest article here, and of links only those are
    compared that both runs tell. Names are read in the light of the oldest articles of a story: where there are more
    than those, they are compared over all.
    """
    for ours, theirs in zip(_comparable(one), _comparable(other), strict=True):
        assert differences(ours, theirs) == []
    found, wanted = _mentions(one), _mentions(other)
    assert len(found & wanted) >= 0.995 * len(found | wanted), found ^ wanted
    here, there = _links(one), _links(other)
    both = here.keys() & there.keys()
    assert len(both) > 0.9 * max(len(here), len(there))
    assert {pair: here[pair] for pair in both} == {pair: there[pair] for pair in both}


def _told(document: dict[str, Any], *, names_too: bool) -> dict[str, Any]:
    """What two runs have in common of a document."""
    return {
        name: value
        for name, value in document.items()
        if name not in {"links", "previous_story"} and (names_too or not name.startswith("entit"))
    }


def _mentions(outcome: Outcome) -> set[tuple[object, ...]]:
    return {
        (article, mention["field"], mention["start"], mention["end"], mention["id"])
        for article, found in outcome.articles.items()
        for mention in found.get("entity_mentions", [])
    }


def _links(outcome: Outcome) -> dict[frozenset[str], tuple[str, int]]:
    return {
        frozenset((article, link["other"])): (link["relation"], link["shared"])
        for article, found in outcome.articles.items()
        for link in found["links"]
    }


def _comparable(outcome: Outcome) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    names: dict[str, str] = {}
    for article, found in sorted(outcome.articles.items()):
        names.setdefault(found["story"], article)
    events: dict[str, str] = {}
    for story, told in sorted(outcome.stories.items(), key=lambda item: names[item[0]]):
        if "event" in told:
            events.setdefault(told["event"]["id"], names[story])
    large = {name for name, story in outcome.stories.items() if story["articles_count"] > REPRESENTATIVES}
    articles = {
        article: {
            **_told(found, names_too=found["story"] not in large),
            "story": names[found["story"]],
            "includes": sorted(names[story] for story in found["includes"]),
        }
        for article, found in outcome.articles.items()
    }
    stories = {
        names[story]: {
            **_told(told, names_too=story not in large),
            "id": names[story],
            "includes": sorted(names[other] for other in told["includes"]),
            "event": {**told["event"], "id": events[told["event"]["id"]]} if "event" in told else None,
        }
        for story, told in outcome.stories.items()
    }
    return articles, stories


def differences(found: dict[str, dict[str, Any]], wanted: dict[str, dict[str, Any]]) -> list[tuple[str, object]]:
    """The documents that are missing or too many, and the fields in which others differ."""
    uneven: list[tuple[str, object]] = [(name, "only here") for name in sorted(found.keys() ^ wanted.keys())]
    for name in sorted(found.keys() & wanted.keys()):
        ours, theirs = found[name], wanted[name]
        fields = sorted(field for field in ours.keys() | theirs.keys() if ours.get(field) != theirs.get(field))
        uneven += [(name, {field: (ours.get(field), theirs.get(field)) for field in fields})] if fields else []
    return uneven


def events_of(outcome: Outcome) -> dict[str, str]:
    """The event of each article, or its story where that is alone."""
    events = {name: story.get("event", {}).get("id", name) for name, story in outcome.stories.items()}
    return {name: events[article["story"]] for name, article in outcome.articles.items()}


def test_every_entry_of_every_feed_is_in_the_index(undisturbed: Outcome) -> None:
    assert undisturbed.articles.keys() == undisturbed.truth.keys()
    assert undisturbed.dead_letters == 0


def test_every_process_is_ready_and_says_what_it_has(undisturbed: Outcome) -> None:
    assert {process: status for process, (status, _) in undisturbed.ready.items()} == dict.fromkeys(PROCESSES, 200)
    details = {
        process: {check["name"]: check["detail"] for check in orjson.loads(body)["checks"]}
        for process, (_, body) in undisturbed.ready.items()
    }
    assert details["fingerprint"]["partitions"] == "0, 1, 2, 3 of raw"
    taken = sorted(topic.name for topic in TAKEN["indexing"])
    assert details["indexing"]["partitions"] == "; ".join(f"0, 1, 2, 3 of {name}" for name in taken)
    assert details["engine"]["partitions"] == "decides for 0 of clean"
    assert details["producer"]["partitions"] == "0, 1, 2, 3 of feeds"
    assert "elasticsearch" in details["indexing"]


@pytest.mark.parametrize(
    ("alert", "before", "after"), [("EngineWithoutStandby", 0, 1), ("ProcessMissing", 1, 2), ("ProcessDown", 0, 2)]
)
def test_alerts_of_engines_that_are_killed(
    undisturbed: Outcome, alert: str, before: int, after: int, tmp_path: Path
) -> None:
    told = [scraped(alert, *processes.values()) for processes in undisturbed.told_after_kills]
    assert_alarm(alert, [told[before]], [told[after]], tmp_path)


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_tells_of_declared_metrics_only(undisturbed: Outcome, process: str) -> None:
    names = {
        sample.name
        for family in text_string_to_metric_families(undisturbed.told[process])
        for sample in family.samples
        if sample.name.startswith("wirecopy_") and not sample.name.endswith("_created")
    }
    assert names - SERIES.keys() == set()
    assert "wirecopy_build_info" in names


def test_metrics_say_what_happened(undisturbed: Outcome) -> None:
    articles = len(undisturbed.articles)
    for stage in STAGES:
        lag = samples(undisturbed.told[stage], "wirecopy_stage_lag_messages")
        assert lag
        assert not any(behind for labels, behind in lag.items() if ("topic", "feed-state") not in labels), stage
        held = samples(undisturbed.told[stage], "wirecopy_partitions_held")
        assert held
        assert held == samples(undisturbed.told[stage], "wirecopy_partitions"), stage
    assert samples(undisturbed.told["indexing"], "wirecopy_seen_to_found_seconds_count") == {(): articles}
    assert sum(samples(undisturbed.told["engine"], "wirecopy_engine_decisions_total").values()) >= articles
    relations = samples(undisturbed.told["engine"], "wirecopy_engine_decisions_total")
    assert relations[("relation", "near"),] > 0
    credits_read = samples(undisturbed.told["fingerprint"], "wirecopy_credits_total")
    assert credits_read[("evidence", "dateline"),] > 0
    assert sum(samples(undisturbed.told["fingerprint"], "wirecopy_articles_read_total").values()) >= articles
    progress = samples(undisturbed.told["tagging"], "wirecopy_last_progress_timestamp_seconds")
    assert {dict(labels)["partition"] for labels in progress} == {"0", "1", "2", "3"}
    assert all(time.time() - at < 3600 for at in progress.values())


def test_articles_are_traced_from_feed_to_index(undisturbed: Outcome) -> None:
    """Of the articles of one story that come in one batch, the trace of one goes on."""
    by_id = {(span.trace, span.id): span for span in undisturbed.spans}
    whole = 0
    for span in undisturbed.spans:
        if span.service == "wirecopy-indexing":
            path = [span]
            while (parent := by_id.get((span.trace, path[-1].parent))) is not None:
                path.append(parent)
            assert {one.article for one in path} == {span.article}
            whole += [one.service for one in reversed(path)] == [f"wirecopy-{process}" for process in PROCESSES]
    assert whole > 50
    assert {span.article for span in undisturbed.spans} >= undisturbed.articles.keys()


def test_stories_are_those_of_the_truth(undisturbed: Outcome) -> None:
    found = pairs({name: article["story"] for name, article in undisturbed.articles.items()})
    wanted = pairs({name: article["story"] for name, article in undisturbed.truth.items()})
    assert len(found & wanted) / len(found) >= 0.99, "strangers in one story"
    assert len(found & wanted) / len(wanted) >= 0.97, "copies not found"


def test_every_story_has_its_carriers(undisturbed: Outcome) -> None:
    assert undisturbed.stories.keys() == {article["story"] for article in undisturbed.articles.values()}
    for name, story in undisturbed.stories.items():
        members = {article for article, found in undisturbed.articles.items() if found["story"] == name}
        assert {carrier["article"] for carrier in story["carriers"]} == members
        assert story["articles_count"] == len(members)


def test_stories_of_one_event_are_told_of_it(undisturbed: Outcome) -> None:
    """What is told in other words finds its event; stories alone would leave it apart."""
    told = events_of(undisturbed)
    found = pairs(told)
    wanted = pairs({name: article["event"] for name, article in undisturbed.truth.items()})
    stories = pairs({name: article["story"] for name, article in undisturbed.articles.items()})
    assert stories <= found, "an event is never smaller than its stories"
    in_other_words = wanted - stories
    assert len(found & in_other_words) / len(in_other_words) >= 0.4, "reports of one event not found"
    assert len(found & wanted) / len(found) >= 0.7, "strangers in one event"


def test_an_event_counts_who_found_it_out(undisturbed: Outcome) -> None:
    events = [story["event"] for story in undisturbed.stories.values() if "event" in story]
    assert events
    for event in events:
        here = [story for story in undisturbed.stories.values() if story.get("event", {}).get("id") == event["id"]]
        assert len(here) > 1, "a story that is alone has no event"
        assert all(story["event"]["origins"] == event["origins"] for story in here)
        outlets = {outlet for story in here for outlet in story["outlets"]}
        assert {story["origins_count"] for story in here} == {len(event["origins"])}
        assert 0 < len(event["origins"]) <= len(outlets)
    assert {story["origins_count"] for story in undisturbed.stories.values() if "event" not in story} == {1}


def test_events_are_indexed_with_their_stories(undisturbed: Outcome) -> None:
    told = {story["event"]["id"] for story in undisturbed.stories.values() if "event" in story}
    assert undisturbed.events.keys() == told
    for name, event in undisturbed.events.items():
        here = {story for story, s in undisturbed.stories.items() if s.get("event", {}).get("id") == name}
        assert {story["story"] for story in event["stories"]} == here
        assert event["stories_count"] == len(here)


def test_every_feed_is_indexed_as_it_fares(undisturbed: Outcome) -> None:
    feeds = {article["feed"] for article in undisturbed.truth.values()}
    assert feeds <= undisturbed.feeds.keys()
    for feed in undisturbed.feeds.values():
        assert feed["listed"]
        assert (feed["condition"], feed["failures"]) == ("ok", 0)


def test_who_was_first_is_who_the_truth_says(undisturbed: Outcome) -> None:
    for name, story in undisturbed.stories.items():
        members = [article for article, found in undisturbed.articles.items() if found["story"] == name]
        published = {article: undisturbed.truth[article]["published"] for article in members}
        moments = {article: datetime.fromisoformat(moment) for article, moment in published.items()}
        first = min(moments.values())
        outlets = {undisturbed.truth[article]["outlet"] for article in members if moments[article] == first}
        assert story["first_outlet"] in outlets
        assert datetime.fromisoformat(story["first_published"]) == first
        assert datetime.fromisoformat(story["last_published"]) == max(moments.values())


def test_outlets_use_the_wire_as_the_truth_says(undisturbed: Outcome) -> None:
    truth: dict[str, Counter[str]] = {}
    for article in undisturbed.truth.values():
        counted = truth.setdefault(article["outlet"], Counter())
        counted.update(articles=1, undisclosed=article["undisclosed"], stale=article["stale"])
        counted.update(wire=article["relation"] in tallies.WIRE)
    assert undisturbed.outlets.keys() == truth.keys()
    for number, share in (("articles", 0.0), ("wire", 0.02), ("undisclosed", 0.02), ("stale", 0.1)):
        found = {outlet: getattr(tally, number) for outlet, tally in undisturbed.outlets.items()}
        wrong = sum(abs(found[outlet] - counted[number]) for outlet, counted in truth.items())
        assert wrong <= share * sum(counted[number] for counted in truth.values()), number


def test_agencies_are_those_of_the_truth(undisturbed: Outcome) -> None:
    wrong = [
        name
        for name, truth in undisturbed.truth.items()
        if {tuple(credit) for credit in truth["credits"]}
        != {(credit["agency"], credit["role"]) for credit in undisturbed.articles[name].get("credits", [])}
    ]
    assert len(wrong) <= len(undisturbed.truth) * 0.01, wrong


def test_corrected_articles_keep_their_earlier_text(undisturbed: Outcome) -> None:
    corrected = [name for name, truth in undisturbed.truth.items() if truth["revision_count"] > 1]
    assert corrected
    for name in corrected:
        article = undisturbed.articles[name]
        assert article["revision"] == undisturbed.truth[name]["revision_count"]
        assert [old["revision"] for old in article["revisions"]] == list(range(1, article["revision"]))


def test_copies_that_still_have_what_was_corrected_are_those_of_the_truth(undisturbed: Outcome) -> None:
    carriers = [carrier for story in undisturbed.stories.values() for carrier in story["carriers"]]
    found = {carrier["article"] for carrier in carriers if carrier["stale"]}
    wanted = {name for name, truth in undisturbed.truth.items() if truth["stale"]}
    assert wanted
    assert len(found & wanted) >= 0.9 * len(wanted), wanted - found
    assert len(found & wanted) >= 0.9 * len(found), found - wanted
    told = {c["article"]: (c["stale"], c.get("stale_since")) for c in carriers}
    assert told == {name: (a["stale"], a.get("stale_since")) for name, a in undisturbed.articles.items()}


def test_offsets_of_entities_point_at_their_words(undisturbed: Outcome) -> None:
    mentions = 0
    for article in undisturbed.articles.values():
        for mention in article.get("entity_mentions", []):
            field = article["headline"] if mention["field"] == "headline" else article["text"]
            assert field[mention["start"] : mention["end"]] == mention["text"]
            mentions += 1
    assert mentions > 5 * len(undisturbed.articles)


Ask = Callable[[str, dict[str, Any]], Any]
Wanted = Mapping[tuple[str, ...], tuple[Any, ...]]
KIBANA = load(Path(__file__).resolve().parents[2] / "deploy/kibana")
PANELS = [pytest.param(panel, id=f"{one.name}/{panel.name}") for one in KIBANA.dashboards for panel in one.panels]
EMPTY = {"operations/dead-letters", "operations/truncated", "operations/failing", "operations/reasons"}
"""Panels of what does not happen on the wire day."""


@pytest.fixture(scope="module")
def ask(undisturbed: Outcome) -> Iterator[Ask]:
    """What the index of a kind answers to a search."""
    with Elasticsearch(undisturbed.index.url) as client:
        prefix = undisturbed.index.index_prefix
        yield lambda kind, request: client.search(index=f"{prefix}-{kind}", **request).body


@pytest.fixture(scope="module")
def documents(ask: Ask) -> Callable[[str], list[dict[str, Any]]]:
    """The documents of an index, all fields."""
    return cache(lambda kind: [hit["_source"] for hit in ask(kind, {"size": 5000})["hits"]["hits"]])


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_of_kibana_draws_what_the_documents_say(
    ask: Ask, documents: Callable[[str], list[dict[str, Any]]], panel: Panel, request: Any
) -> None:
    drawn = panel_query.points(panel, ask(panel.data, panel_query.request(panel)))
    wanted = expected(panel, documents(panel.data))
    assert any(any(of) for _, of in drawn) or request.node.callspec.id in EMPTY
    if any(terms.interval for terms in panel.by):
        assert_same_totals(panel, drawn, wanted)
        return
    limits = [terms.limit for terms in panel.by]
    assert len(drawn) == len(wanted) or len(drawn) >= min(limits)
    if len(panel.by) == 1:
        assert_the_first(panel, [key for key, _ in drawn], wanted)
    for key, found in drawn:
        for ours, theirs in zip(found, wanted[key], strict=True):
            assert ours == (None if theirs is None else pytest.approx(theirs, rel=0.02)), key


def assert_the_first(panel: Panel, drawn: Sequence[tuple[str, ...]], wanted: Wanted) -> None:
    """As many groups are drawn as the limit says: the largest, or the smallest values in their order."""
    [terms] = [terms for terms in panel.by if terms.interval is None]
    assert len(drawn) == min(terms.limit, len(wanted))
    if terms.order == "value":
        assert list(drawn) == sorted(wanted, key=lambda key: float(key[0]))[: terms.limit]
        return
    sizes = {key: of[0] or 0 for key, of in wanted.items()}
    left = [size for key, size in sizes.items() if key not in drawn]
    assert min((sizes[key] for key in drawn), default=0) >= max(left, default=0)


def assert_same_totals(panel: Panel, drawn: Sequence[Any], wanted: Wanted) -> None:
    """Of a histogram: the largest series, chosen over all times, and all that there is of each."""
    totals: Counter[tuple[str, ...]] = Counter()
    for (_, *group), (count,) in drawn:
        totals[tuple(group)] += count
    assert totals == {key: wanted[key][0] for key in totals}
    if len(panel.by) == 1:
        assert set(totals) == {()}
    else:
        assert_the_first(panel, list(totals), wanted)


def test_what_the_desk_of_kibana_counts_is_the_truth(undisturbed: Outcome, ask: Ask) -> None:
    truth = undisturbed.truth.values()
    panels = next(one for one in KIBANA.dashboards if one.name == "wire-desk").panels
    drawn = {panel.name: panel_query.points(panel, ask(panel.data, panel_query.request(panel))) for panel in panels}
    assert drawn["articles"] == [((), (len(undisturbed.truth),))]
    assert drawn["stories"] == [((), (len({one["story"] for one in truth}),))]
    assert drawn["undisclosed"] == [((), (sum(one["undisclosed"] for one in truth),))]
    carried = Counter(one["outlet"] for one in truth)
    assert {key: of[0] for (key,), of in drawn["by-outlet"]} == dict(carried.most_common(30))


async def test_searches_find_what_the_texts_say(undisturbed: Outcome) -> None:
    """380 questions; the answers are known from the texts themselves. `./do bench search` lists each miss."""
    async with connect(undisturbed.settings.elasticsearch) as client:
        judged = await judge(client, undisturbed.settings.elasticsearch.index_prefix, questions(generate()))
    found = scores(judged)
    assert {kind: score.questions for kind, score in found.items()} == COUNTS
    for kind, score in found.items():
        misses = [(one.question, len(one.wrong), len(one.missed)) for one in judged if one.question.kind == kind]
        assert (score.precision >= 0.98, score.recall >= 0.98) == (True, True), (kind, score, misses)


QUESTIONS = (Path(__file__).resolve().parents[2] / "docs/questions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(1, 16))
def test_questions_of_analysts_have_the_answers_that_are_written_down(undisturbed: Outcome, number: int) -> None:
    index = undisturbed.settings.elasticsearch
    sets = ["--set", f"elasticsearch.url={index.url}", "--set", f"elasticsearch.index_prefix={index.index_prefix}"]
    [section] = re.findall(rf"^### {number}\. .*?(?=^### |\Z)", QUESTIONS, re.MULTILINE | re.DOTALL)
    [block] = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    story, told = "", ""
    for line in block.splitlines():
        if not line.startswith("$ wirecopy "):
            assert line in told
            continue
        words = [story if word == "STORY" else word for word in shlex.split(line)[2:]]
        answer = CliRunner().invoke(cli.build(), [*sets, *words])
        assert answer.exception is None, line
        told = answer.stdout
        if words[0] == "search":
            found = CliRunner().invoke(cli.build(), [*sets, *words, "--json"]).stdout
            story = orjson.loads(found)["hits"][0]["story"]["id"]


@pytest.mark.chaos
def test_kills_and_changing_workers_leave_no_trace(undisturbed: Outcome, settings: Settings, tmp_path: Path) -> None:
    """Every stage is killed once, and a second worker of both stages with state joins, and outlives the first."""
    with pipeline(settings, tmp_path) as running:
        events: dict[int, Callable[[], None]] = {
            4: lambda: running.join("engine"),
            10: lambda: running.kill("engine"),
            16: lambda: running.kill("fingerprint"),
            22: lambda: running.join("tagging"),
            28: lambda: running.kill("tagging"),
            34: lambda: running.kill("producer"),
            42: lambda: running.kill("indexing"),
            50: lambda: running.kill("engine-2"),
        }
        running.pass_day(lambda step: events[step]() if step in events else None)
        disturbed = outcome(running)
    assert_equal(disturbed, undisturbed)
    assert disturbed.dead_letters == 0


@pytest.mark.long
@pytest.mark.chaos
def test_eight_partitions_and_four_workers_that_come_and_go_find_what_one_finds(
    undisturbed: Outcome, settings: Settings, tmp_path: Path
) -> None:
    """One worker of each stage over the partitions of the undisturbed run, against four over eight."""
    many = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"partitions": 8})})
    with pipeline(many, tmp_path) as running:
        for number in (2, 3, 4):
            running.join("fingerprint", number)
        events: dict[int, Callable[[], None]] = {
            5: lambda: running.kill("fingerprint-3"),
            8: lambda: running.join("engine"),
            11: lambda: running.join("tagging"),
            17: lambda: running.leave("fingerprint-2"),
            23: lambda: running.kill("engine"),
            29: lambda: running.join("indexing"),
            35: lambda: running.kill("tagging"),
            41: lambda: running.leave("engine"),
            47: lambda: running.kill("fingerprint"),
            53: lambda: running.join("tagging", 3),
        }
        running.pass_day(lambda step: events[step]() if step in events else None)
        disturbed = outcome(running)
    assert_equal(disturbed, undisturbed)
    assert disturbed.dead_letters == 0


@pytest.mark.long
@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_kills_at_random_leave_no_trace(
    undisturbed: Outcome, settings: Settings, tmp_path: Path, seed: int
) -> None:
    """Whoever dies, in whatever order: every stage, the engine that leads and the one that follows among them."""
    chance = Random(seed)
    with pipeline(settings, tmp_path) as running:
        running.join("engine")
        steps = set(chance.sample(range(2, STEPS), 20))
        killed: list[str] = []

        def kill_one(step: int) -> None:
            if step in steps:
                killed.append(chance.choice(sorted(running.children)))
                running.kill(killed[-1])

        running.pass_day(kill_one)
        disturbed = outcome(running)
    assert len(killed) == 20
    assert_equal(disturbed, undisturbed)
    assert disturbed.dead_letters == 0
