from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wireday_support import containment, own_stories, product_day, shingles
from wirecopy.wireday.derive import Vocabulary, derived, vocabulary
from wirecopy.wireday.stories import Story, load_stories


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary(load_stories())


def test_derived_stories_share_hardly_a_phrase(words: Vocabulary) -> None:
    told = [words.exchange(1, turn) for turn in (2, 3, 4)]
    for story in product_day().stories:
        texts = [shingles(story.paragraphs), *(shingles(derived(story, 2, tell).paragraphs) for tell in told)]
        assert max(containment(a, b) for a, b in combinations(texts, 2)) < 0.1, story.id


def test_every_derived_day_is_as_unlike_itself_as_the_first(words: Vocabulary) -> None:
    tell = words.exchange(1, 2)
    first = [shingles(story.paragraphs) for story in product_day().stories]
    second = [shingles(derived(story, 2, tell).paragraphs) for story in product_day().stories]
    worst = max(containment(a, b) for a, b in combinations(first, 2))
    assert max(containment(a, b) for a, b in combinations(second, 2)) <= worst + 0.1


@settings(deadline=None)
@given(st.integers(), st.integers())
def test_the_exchange_takes_no_two_words_to_one(seed: int, turn: int) -> None:
    words = vocabulary(own_stories())
    tell = words.exchange(seed, turn)
    for members in words.classes.values():
        told = [tell(word) for word in members]
        assert sorted(told) == sorted(members)


def test_length_punctuation_and_agencies_stay(words: Vocabulary) -> None:
    story = own_stories()[3]
    other = derived(story, 7, words.exchange(3, 7))
    assert other.id == "t004.7"
    assert [len(p.split()) for p in other.paragraphs] == [len(p.split()) for p in story.paragraphs]
    assert "told PTI once" in other.paragraphs[2]


def test_a_derived_story_is_as_valid_as_its_model(words: Vocabulary) -> None:
    tell = words.exchange(5, 2)
    for story in load_stories():
        copy = Story.model_validate(derived(story, 2, tell).model_dump())
        assert bool(copy.correction) == bool(story.correction)
        assert (copy.corrected() != copy.paragraphs) == bool(story.correction)
