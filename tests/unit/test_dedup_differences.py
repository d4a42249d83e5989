"""What is told of where two texts differ."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.features import Features, pack_shingles
from stream_apps.dedup.alignment import Alignment
from stream_apps.dedup.compare import ComparedText
from stream_apps.dedup.differences import Differences, differences
from stream_apps.text.shingles import shingle_hashes
from tests.unit.dedup_world import prose

WIRE, OWN = [f"{word}{number}" for number, word in enumerate(prose(1, 200))], prose(3, 40)
"""A text of two hundred different words, and another."""


def between(a: list[str], b: list[str]) -> Differences:
    return differences(Alignment.of(_ordered(a), [_ordered(b)]), [0])[0]


def _ordered(words: list[str]) -> ComparedText:
    shingles = pack_shingles(shingle_hashes(words)[0])
    return ComparedText.of(Features(bytes(16), 1, "", 0.0, 0, len(words), bytes(16), 0, b"", shingles, b"", ""))


def edited(words: list[str], *places: int) -> list[str]:
    return [f"other{number}" if number in places else word for number, word in enumerate(words)]


def test_a_text_does_not_differ_from_itself() -> None:
    assert between(WIRE, WIRE) == Differences((), 0, 0)


def test_a_paragraph_added_is_a_passage_of_its_own_and_cut_seen_from_the_other() -> None:
    staffed = [*WIRE[:100], *OWN, *WIRE[100:]]
    (passage,) = between(staffed, WIRE).own
    assert passage == (97, 140)
    assert between(staffed, WIRE).edits == 0
    assert between(WIRE, staffed).own == ()


def test_a_tail_cut_is_a_passage_of_the_longer() -> None:
    assert between(WIRE, WIRE[:120]).own == ((117, 197),)
    assert between(WIRE[:120], WIRE) == Differences((), 0, 0)


def test_each_word_changed_is_an_edit() -> None:
    assert between(edited(WIRE, 20, 60, 120), WIRE) == Differences((), 3, 0)


def test_a_word_left_out_is_an_edit_too() -> None:
    shorter = [word for number, word in enumerate(WIRE) if number not in {50, 90}]
    assert between(shorter, WIRE).edits == between(WIRE, shorter).edits == 2


def test_a_paragraph_replaced_is_one_cut_and_another_added() -> None:
    replaced = [*WIRE[:100], *OWN, *WIRE[140:]]
    assert len(between(replaced, WIRE).own) == len(between(WIRE, replaced).own) == 1
    assert between(replaced, WIRE).edits == 0


def test_a_paragraph_moved_is_told_by_its_length() -> None:
    moved = [*WIRE[:50], *WIRE[80:], *WIRE[50:80]]
    found = between(moved, WIRE)
    assert found.own == ()
    assert found.moved == 27


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_cut_at_random_is_never_told_as_the_copys_own(seed: int) -> None:
    rng = random.Random(seed)
    kept = sorted(rng.sample(range(10), rng.randint(2, 9)))
    copy = [word for block in kept for word in WIRE[block * 20 : block * 20 + 20]]
    assert between(copy, WIRE).own == ()
    missing = sum(end - start for start, end in between(WIRE, copy).own)
    assert missing >= 20 * (10 - len(kept)) - 3


def test_of_no_rows_there_are_no_differences() -> None:
    assert differences(Alignment.of(_ordered(WIRE), [_ordered(WIRE)]), []) == []
