from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wireday_support import containment, own_events, product_day, shingles
from wirecopy.wireday.derive import Vocabulary, derived, vocabulary
from wirecopy.wireday.events import Event, load_events


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary(load_events())


def test_derived_stories_share_hardly_a_phrase(words: Vocabulary) -> None:
    told = [words.exchange(1, turn) for turn in (2, 3, 4)]
    for event in product_day().events:
        texts = [shingles(event.paragraphs), *(shingles(derived(event, 2, tell).paragraphs) for tell in told)]
        assert max(containment(a, b) for a, b in combinations(texts, 2)) < 0.1, event.id


def test_every_derived_day_is_as_unlike_itself_as_the_first(words: Vocabulary) -> None:
    tell = words.exchange(1, 2)
    first = [shingles(event.paragraphs) for event in product_day().events]
    second = [shingles(derived(event, 2, tell).paragraphs) for event in product_day().events]
    worst = max(containment(a, b) for a, b in combinations(first, 2))
    assert max(containment(a, b) for a, b in combinations(second, 2)) <= worst + 0.1


@settings(deadline=None)
@given(st.integers(), st.integers())
def test_the_exchange_takes_no_two_words_to_one(seed: int, turn: int) -> None:
    words = vocabulary(own_events())
    tell = words.exchange(seed, turn)
    for members in words.classes.values():
        told = [tell(word) for word in members]
        assert sorted(told) == sorted(members)


def test_length_punctuation_and_agencies_stay(words: Vocabulary) -> None:
    event = own_events()[3]
    other = derived(event, 7, words.exchange(3, 7))
    assert other.id == "t004.7"
    assert [len(p.split()) for p in other.paragraphs] == [len(p.split()) for p in event.paragraphs]
    assert "told PTI once" in other.paragraphs[2]


def test_a_derived_story_is_as_valid_as_its_model(words: Vocabulary) -> None:
    tell = words.exchange(5, 2)
    for event in load_events():
        copy = Event.model_validate(derived(event, 2, tell).model_dump())
        assert bool(copy.correction) == bool(event.correction)
        assert (copy.corrected() != copy.paragraphs) == bool(event.correction)
