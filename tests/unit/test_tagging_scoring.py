"""Scores of entity spans."""

from __future__ import annotations

import pytest

from stream_apps.tagging.scoring import Score, compare, label_of, overall, total, trim


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the Lake Board", "Lake Board"),
        ("The Lake Board's", "Lake Board"),
        ("Anand Das\u2019s", "Anand Das"),
        ("Anand Das\u2019", "Anand Das"),
        ("Theni", "Theni"),
        ("U.S.", "U.S."),
    ],
)
def test_article_and_possessive_are_set_aside(text: str, name: str) -> None:
    start, end = trim(text, 0, len(text))
    assert text[start:end] == name


@pytest.mark.parametrize(
    ("spelling", "label"),
    [("PER", "Person"), ("ORG", "Organization"), ("Organisation", "Organization"), ("GPE", "Location"),
     ("LOC", "Location"), ("NORP", "NORP"), ("FACILITY", "Facility"), ("Misc", "Misc")],
)  # fmt: skip
def test_labels_fold(spelling: str, label: str) -> None:
    assert label_of(spelling) == label


def test_spans_count_once_and_only_where_they_agree_exactly() -> None:
    text = "The Lake Board met Anand Das in Pune."
    gold = [(0, 14, "ORG"), (19, 28, "PER"), (32, 36, "LOC")]
    found = [(4, 14, "Organization"), (0, 14, "ORG"), (19, 24, "PERSON"), (32, 36, "NORP")]
    scores = compare(text, found, gold)
    assert scores["Organization"] == Score(1, 1, 1)
    assert scores["Person"] == Score(0, 1, 1)
    assert scores["Location"] == Score(0, 0, 1)
    assert overall(total([scores, scores])) == Score(2, 4, 6)
    assert overall(scores).f1 == pytest.approx(2 / 5)


def test_nothing_found_and_nothing_there_is_no_division_by_zero() -> None:
    assert Score().as_dict() == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
