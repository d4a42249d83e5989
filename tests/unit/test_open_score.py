"""The scorer of the open benchmark: measures against slow definitions, and predictions that cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.open import score
from bench.open.score import BadInput, Score, Tally, Truth

NAMES = tuple("abcdefgh")
CLUSTERS = st.fixed_dictionaries({name: st.sampled_from("1234") for name in NAMES})
GROUPS = st.fixed_dictionaries({name: st.sampled_from(("g", "h")) for name in NAMES})
ONE_GROUP = dict.fromkeys(NAMES, "g")


def slow_b_cubed(found: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[float, float]:
    """By its definition: article by article, the share of each cluster that the other has as well."""
    precision, recall = [], []
    for name in wanted:
        mine = [other for other in wanted if found[other] == found[name]]
        true = [other for other in wanted if wanted[other] == wanted[name]]
        both = [other for other in mine if other in true]
        precision.append(len(both) / len(mine))
        recall.append(len(both) / len(true))
    return sum(precision) / len(precision), sum(recall) / len(recall)


def slow_pairs(clusters: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(a, b) for a, b in combinations(sorted(clusters), 2) if clusters[a] == clusters[b]}


# ---- measures ---------------------------------------------------------------------------------------------------


@given(CLUSTERS, CLUSTERS, GROUPS)
def test_b_cubed_is_what_its_definition_says(
    found: dict[str, str], wanted: dict[str, str], groups: dict[str, str]
) -> None:
    result = score.b_cubed(found, wanted, groups).score()
    assert (result.precision, result.recall) == pytest.approx(slow_b_cubed(found, wanted))


@given(CLUSTERS, CLUSTERS, GROUPS)
def test_pairs_count_once_wherever_the_groups_lie(
    found: dict[str, str], wanted: dict[str, str], groups: dict[str, str]
) -> None:
    ours, theirs = slow_pairs(found), slow_pairs(wanted)
    result = score.pairwise(score.pairs_of(found), score.pairs_of(wanted), groups).score()
    assert result.precision == pytest.approx(len(ours & theirs) / len(ours) if ours else not theirs)
    assert result.recall == pytest.approx(len(ours & theirs) / len(theirs) if theirs else not ours)


@given(CLUSTERS, CLUSTERS, st.permutations("1234"))
def test_the_names_of_clusters_do_not_matter(found: dict[str, str], wanted: dict[str, str], others: list[str]) -> None:
    renamed = {name: others[int(cluster) - 1] for name, cluster in found.items()}
    assert score.b_cubed(found, wanted, ONE_GROUP).score() == score.b_cubed(renamed, wanted, ONE_GROUP).score()
    assert set(score.pairs_of(found)) == set(score.pairs_of(renamed))


@given(CLUSTERS)
def test_pairs_lead_back_to_their_clusters(clusters: dict[str, str]) -> None:
    again = score.components(clusters, score.pairs_of(clusters))
    assert set(score.pairs_of(again)) == set(score.pairs_of(clusters))


def test_nothing_found_of_something_scores_nothing_and_nothing_of_nothing_all() -> None:
    assert Score.of([0, 0, 0, 3]) == Score(0, 0, 0)
    assert Score.of([0, 0, 0, 0]) == Score(1, 1, 1)
    assert Score.of([0, 2, 0, 0]) == Score(0, 0, 0)


def test_an_interval_holds_the_score_and_is_a_point_where_all_groups_are_alike() -> None:
    tally = Tally()
    for group in "abcdefgh":
        tally.add(group, right=1, found=2, wanted=2)
    assert score.interval(tally, list("abcdefgh"), 200, 1) == (0.5, 0.5)
    tally.add("a", right=9, found=9, wanted=9)
    low, high = score.interval(tally, list("abcdefgh"), 200, 1) or (1, 0)
    assert low <= tally.score().f1 <= high
    assert low < high


def test_a_credit_that_may_be_either_is_right_as_either_and_once() -> None:
    label = {"credits": [["agencies|Reuters", "sole"], ["AFP", "quoted"]], "optional": ["UNI"]}
    counts = [
        score.credit_counts(found, label, with_role=True)
        for found in ([["Reuters", "sole"]], [["agencies", "sole"], ["UNI", "inputs"]], [["AFP", "quoted"]])
    ]
    assert counts == [(1, 1, 1), (1, 1, 1), (0, 0, 1)]
    assert score.credit_counts([["Reuters", "inputs"]], label, with_role=True) == (0, 1, 1)
    assert score.credit_counts([["Reuters", "inputs"]], label, with_role=False) == (1, 1, 1)


# ---- a small set ------------------------------------------------------------------------------------------------

ARTICLES = ("a1", "a2", "a3", "b1", "b2")
LABELS: Mapping[str, list[dict[str, Any]]] = {
    "groups": [
        {"group": "A", "kind": "verbatim", "part": "dev", "made": "written", "articles": ["a1", "a2", "a3"]},
        {"group": "B", "kind": "template", "part": "test", "made": "generated", "articles": ["b1", "b2"]},
    ],
    "stories": [{"id": name, "story": story} for name, story in zip(ARTICLES, "ssttu", strict=True)],
    "events": [{"id": name, "event": event} for name, event in zip(ARTICLES, "eeeff", strict=True)],
    "credits": [
        {"id": "a1", "credits": [["PTI", "sole"]], "place": "Hosur"},
        *({"id": name, "credits": []} for name in ARTICLES[1:]),
    ],
    "origins": [
        {"id": "a1", "origin": "wire_verbatim", "undisclosed": False, "agency": "PTI"},
        {"id": "a2", "origin": "wire_verbatim", "undisclosed": True, "agency": "PTI"},
        *({"id": name, "origin": None, "undisclosed": False} for name in ARTICLES[2:]),
    ],
    "corrections": [
        {"id": "a1", "signal": "corrected", "stale": False},
        {"id": "a2", "signal": None, "stale": True},
        *({"id": name, "stale": False} for name in ARTICLES[2:]),
    ],
    "names": [{"group": "A", "forms": ["NDRF", "National Disaster Response Force"], "same": True}],
    "dates": [
        {"date": "d1", "kind": "iso", "part": "dev", "moment": "2026-03-19T02:15:00Z"},
        {"date": "d2", "kind": "iso", "part": "test", "moment": None},
    ],
}
PERFECT: list[dict[str, Any]] = [
    {"id": "a1", "story": "1", "event": "x", "credits": [["PTI", "sole"]], "place": "hosur", "origin": "wire_verbatim",
     "agency": "PTI", "undisclosed": False, "stale": False, "signal": "corrected"},
    {"id": "a2", "story": "1", "event": "x", "credits": [], "place": None, "origin": "wire_verbatim", "agency": "PTI",
     "undisclosed": True, "stale": True, "signal": None},
    {"id": "a3", "story": "2", "event": "x", "credits": [], "undisclosed": False, "stale": False},
    {"id": "b1", "story": "2", "event": "y", "credits": [], "undisclosed": False, "stale": False},
    {"id": "b2", "story": "3", "event": "y", "credits": [], "undisclosed": False, "stale": False},
    {"group": "A", "form": "NDRF", "entity": "q1"},
    {"group": "A", "form": "National Disaster Response Force", "entity": "q1"},
    {"date": "d1", "moment": "2026-03-19T07:45:00+05:30"},
    {"date": "d2", "moment": None},
]  # fmt: skip


def json_lines(lines: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    (folder / "labels").mkdir()
    (folder / "articles.jsonl").write_text(json_lines({"id": name, "text": ""} for name in ARTICLES), encoding="utf-8")
    for name, lines in LABELS.items():
        (folder / "labels" / f"{name}.jsonl").write_text(json_lines(lines), encoding="utf-8")
    return folder


def truth(folder: Path, **chosen: str) -> Truth:
    return score.read_truth(folder / "articles.jsonl", folder / "labels", **chosen)


def report(folder: Path, lines: Iterable[Mapping[str, Any]], **chosen: str) -> dict[str, Any]:
    true = truth(folder, **chosen)
    said = score.check_predictions(((f"line {n}", line) for n, line in enumerate(lines, 1)), true)
    return score.report(true, said, draws=20)


def test_perfect_predictions_score_one_in_everything(folder: Path) -> None:
    measures = report(folder, PERFECT)["measures"]
    assert set(measures) >= {
        "copies",
        "stories, B3",
        "events, B3",
        "credits",
        "origin class",
        "stale",
        "names",
        "dates",
    }
    assert {name: one["f1"] for name, one in measures.items()} == dict.fromkeys(measures, 1.0)


def test_a_part_leaves_the_other_out(folder: Path) -> None:
    wrong = [line | {"story": "all"} if line.get("id") in {"b1", "b2"} else line for line in PERFECT]
    assert report(folder, wrong, part="dev")["measures"]["copies"]["f1"] == 1
    assert report(folder, wrong, made="written")["measures"]["copies"]["f1"] == 1
    assert report(folder, wrong, part="test")["measures"]["copies"]["f1"] == 0


def test_pairs_do_as_well_as_stories(folder: Path) -> None:
    pairs = [{"copy": ["a2", "a1"]}, {"copy": ["a3", "b1"]}]
    measures, kinds = (report(folder, pairs)[key] for key in ("measures", "kinds"))
    assert measures["copies"]["f1"] == measures["stories, B3"]["f1"] == 1
    assert kinds["verbatim"]["joined with other groups"] == kinds["template"]["joined with other groups"] == 1


def test_kinds_tell_copies_found_and_strangers_joined(folder: Path) -> None:
    kinds = report(folder, [{"copy": ["a1", "a2"]}, {"copy": ["b1", "b2"]}])["kinds"]
    assert score.kind_cells(kinds["verbatim"]) == ("1 of 1", "0 of 2", "0", "-")
    assert score.kind_cells(kinds["template"]) == ("-", "1 of 1", "0", "-")


# ---- predictions that cannot be used ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([{"id": "zz", "story": "1"}], "line 1: there is no article 'zz'"),
        ([{"id": "a1", "story": "1"}, {"id": "a1", "event": "1"}], "line 2: article a1 stands twice"),
        ([{"id": "a1", "story": 1}], "`story` must be a string, not 1"),
        ([{"id": "a1", "cluster": "1"}], "unknown field `cluster`"),
        ([{"id": "a1", "credits": [["PTI"]]}], "`credits` must be a list of"),
        ([{"id": "a1", "credits": [["PTI", "main"]]}], "a role of sole, inputs, quoted"),
        ([{"id": "a1", "origin": "wire"}], "`origin` must be one of wire_verbatim"),
        ([{"id": "a1", "signal": "killed"}], "`signal` must be null or one of"),
        ([{"id": "a1", "stale": "yes"}], "`stale` must be true or false"),
        ([{"copy": ["a1"]}], "`copy` must be two ids"),
        ([{"copy": ["a1", "a1"]}], "a1 is paired with itself"),
        ([{"copy": ["a1", "zz"]}], "there is no article 'zz'"),
        ([{"copy": ["a1", "a2"]}, {"copy": ["a2", "a1"]}], "line 2: the pair a1, a2 stands twice"),
        ([{"copy": ["a1", "a2"]}, {"id": "a1", "story": "1"}], "give one of the two"),
        ([{"group": "A", "form": "Army", "entity": "q"}], "group 'A' has no labelled form 'Army'"),
        ([{"group": "A", "form": "NDRF", "entity": 3}], "`entity` must be a string, or null"),
        ([{"date": "d9", "moment": None}], "there is no date 'd9'"),
        ([{"date": "d1", "moment": "2026-03-19 10:00"}], "must be ISO 8601 with a zone"),
        ([{"date": "d1", "moment": None}] * 2, "the date d1 stands twice"),
        ([{"story": "1"}], "needs one of `id`, `copy`, `form`, `date`"),
        ([{"id": "a1", "story": "1"}], "`story` is missing for 4 of 5 articles, first for a2"),
        (
            [{"group": "A", "form": "NDRF", "entity": "q"}],
            "the form 'National Disaster Response Force' of A is missing",
        ),
        ([{"date": "d1", "moment": None}], "the date d2 is missing"),
        ([{"id": "a1"}], "say nothing that can be scored"),
    ],
)
def test_what_cannot_be_used_is_told(folder: Path, lines: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(BadInput) as error:
        report(folder, lines)
    assert said in str(error.value)


def test_labels_of_another_version_are_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text(json_lines([{"id": "a1"}]), encoding="utf-8")
    with pytest.raises(BadInput, match="different versions"):
        score.read_truth(tmp_path / "articles.jsonl", folder / "labels")


# ---- as a program -----------------------------------------------------------------------------------------------


def run(folder: Path, predictions: str, *more: str) -> subprocess.CompletedProcess[str]:
    path = folder / "predictions.jsonl"
    path.write_text(predictions, encoding="utf-8")
    files = (str(folder / "articles.jsonl"), str(folder / "labels"), str(path))
    # Isolated, so that it can be seen to need nothing but the standard library.
    command = [sys.executable, "-I", "-S", str(Path(score.__file__)), *files, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_runs_by_itself_on_the_standard_library(folder: Path) -> None:
    done = run(folder, json_lines(PERFECT), "--json", "--draws", "10")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measures"]["copies"] == {
        "precision": 1.0, "recall": 1.0, "f1": 1.0, "wanted": 2, "interval": [1.0, 1.0],
    }  # fmt: skip
    assert "copies" in run(folder, json_lines(PERFECT), "--part", "dev").stdout


def test_a_file_that_cannot_be_used_ends_with_5_and_a_line(folder: Path) -> None:
    done = run(folder, '{"id": "a1", "story": \n')
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("score: predictions.jsonl line 1 is not JSON")
