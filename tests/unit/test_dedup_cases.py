"""Small invented stories of the kinds that are hard: alerts, templates, digests, speeches, updates, boilerplate."""

from __future__ import annotations

import pytest

from bench import dedup_ablation
from bench.copies import CASES, cases
from bench.core import stories
from stream_apps.evidence.evaluate import Result, find_stories, pairs_of, read_lines

LINES = list(read_lines(CASES))


@pytest.fixture(scope="module")
def result() -> Result:
    return find_stories(LINES)


def kind(pair: frozenset[str]) -> str:
    return "/".join(sorted({name.rpartition("-")[0] for name in pair}))


def test_every_pair_is_told_right(result: Result) -> None:
    found = set(pairs_of(result.report()["stories"]))
    labelled = set(pairs_of({line["id"]: line["story"] for line in LINES}))
    assert {kind(pair) for pair in found - labelled} == set(), "joined, and should not be"
    assert {kind(pair) for pair in labelled - found} == set(), "copies that were not found"


def test_digests_include_the_stories_that_they_are_made_of(result: Result) -> None:
    stories = result.report()["stories"]
    included = {stories[result.names[one]] for one in result.places["digest-1"].includes}
    assert {stories[name] for name in ("strike-1", "bell-1", "frog-1")} <= included


def test_a_speech_that_two_reporters_quote_is_a_link(result: Result) -> None:
    links = {frozenset(link[:2]): link[2] for link in result.report()["links"]}
    assert links[frozenset(("speech-1", "speech-2"))] == "rewrite"


def test_the_engine_alone_finds_what_the_stages_find(result: Result) -> None:
    found = stories(result.articles)
    assert set(pairs_of(found)) == set(pairs_of(result.report()["stories"]))


def test_a_rule_taken_away_shows_in_the_ablation() -> None:
    rows = {str(row[0]): row for row in dedup_ablation.table([cases()]).rows}
    assert rows["all rules"][1:] == [1.0, 1.0]
    assert all(value < 0.9 for value in rows["numbers and names not looked at"][1:] if isinstance(value, float))
    for rule in ("introduced by a colon as other text", "in full: one paragraph only", "written on X as other text"):
        assert rows[rule][1] != 1.0, rule
    assert rows["reports of two days as of one"][1] != 1.0
