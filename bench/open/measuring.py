"""Our stages and the baselines on the open benchmark, scored by its own scorer.

``python -m bench.open.measuring`` records what our stages reach on the written part: ``tests/unit/test_open_set.py``
fails where they fall below it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.open import baselines, ours, score
from bench.report import Cell, Measured, Table

HERE = Path(__file__).parent
DRAWS = 1000
RECORDED = HERE / "recorded.json"
"""F1 of each measure on the written part without the names, as it was when it was last looked at."""
SYSTEMS = ("wirecopy", "same title", f"datasketch {baselines.THRESHOLD}", "regular expression")
CHOSEN: Sequence[tuple[str, str | None, str | None]] = (
    ("written, test", "test", "written"),
    ("written, dev", "dev", "written"),
    ("generated", None, "generated"),
)
"""Name, part and way of making of what is scored by itself."""

Answers = Mapping[str, Mapping[str, Any]]


def measure() -> Measured:
    """The tables: measures with intervals, and each kind of the written part."""
    lines = ours.read(HERE / "articles.jsonl")
    others = (baselines.same_title, baselines.min_hash, baselines.regular_expression)
    found = (ours.predict(HERE), *(baseline(lines) for baseline in others))
    predicted = dict(zip(SYSTEMS, found, strict=True))
    answers = {
        chosen: {system: scored(said, part, made) for system, said in predicted.items()}
        for chosen, part, made in CHOSEN
    }
    whole = {system: scored(said, None, "written", draws=0) for system, said in predicted.items()}
    return Measured([*_measures(answers), _kinds(whole)], {"measures": answers, "kinds": whole})


def standing() -> dict[str, float]:
    """F1 of each measure that needs no model, on the written part."""
    answer = scored(ours.predict(HERE, names=False, made="written"), None, "written", draws=0)
    return {name: one["f1"] for name, one in answer["measures"].items()}


def scored(
    lines: Iterable[Mapping[str, Any]], part: str | None, made: str | None, draws: int = DRAWS
) -> Mapping[str, Any]:
    """The scorer's answer to predictions."""
    truth = score.read_truth(HERE / "articles.jsonl", HERE / "labels", part, made)
    said = score.check_predictions(((f"prediction {n}", line) for n, line in enumerate(lines, 1)), truth)
    return score.report(truth, said, draws)


def _measures(answers: Mapping[str, Answers]) -> Iterable[Table]:
    columns = ("measure", "wanted", "by", "precision", "recall", "F1", "95 % of F1")
    for chosen, of_systems in answers.items():
        first = next(iter(of_systems.values()))
        rows: list[list[Cell]] = [
            _row(measure, system, answer["measures"][measure])
            for measure in first["measures"]
            for system, answer in of_systems.items()
            if measure in answer["measures"]
        ]
        note = f"*{chosen}*: {first['articles']} articles in {first['groups']} groups."
        yield Table(f"open, {chosen}", columns, rows, note)


def _row(measure: str, system: str, one: Mapping[str, Any]) -> list[Cell]:
    low, high = one["interval"]
    return [measure, one["wanted"], system, one["precision"], one["recall"], one["f1"], f"{low:.3f} to {high:.3f}"]


def _kinds(whole: Answers) -> Table:
    """What each system did on each kind, where it said something."""
    first, *_ = whole.values()
    rows: list[list[Cell]] = []
    for kind in first["kinds"]:
        cells = [score.kind_cells(answer["kinds"][kind]) for answer in whole.values()]
        rows.append(
            [kind, *(each[0] for each in cells[:3]), *(each[1] for each in cells[:3]), cells[0][3], cells[3][3]]
        )
    of_copies = (f"{what}, {system}" for what in ("copies", "joined") for system in SYSTEMS[:3])
    of_credits = (f"credits, {system}" for system in (SYSTEMS[0], SYSTEMS[3]))
    return Table("kinds", ("kind", *of_copies, *of_credits), rows, _NOTE)


_NOTE = (
    "The written part, both halves: pairs within a group that are copies and were found, pairs that are none and were "
    "*joined*, articles of which every *credit* is right. *datasketch* is MinHash with 128 permutations over word "
    "3-grams and LSH; the *regular expression* looks for agencies at both ends of a text. Articles are taken as if "
    "each had been fetched when it was published."
)


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(standing(), indent=1) + "\n", encoding="utf-8")
