from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stream import DAYS, MOST_COPIES, START, StreamArticle, stream
from stream_apps.text.terms import Terms

COUNT = 20_000


@pytest.fixture(scope="module")
def week() -> list[StreamArticle]:
    return list(stream(COUNT))


def test_two_fifths_are_copies_of_stories_that_end_somewhere(week: list[StreamArticle]) -> None:
    sizes = Counter(one.story for one in week)
    assert sum(one.copy for one in week) / COUNT == pytest.approx(0.42, abs=0.04)
    assert 100 < max(sizes.values()) <= MOST_COPIES + 2
    assert sum(one.copy for one in week) == COUNT - len(sizes)


def test_texts_have_the_length_of_news(week: list[StreamArticle]) -> None:
    assert np.mean([len(one.shingles) for one in week]) == pytest.approx(330, abs=30)
    assert min(len(one.shingles) for one in week) >= 28
    assert all(one.tokens == len(one.shingles) + 3 for one in week)


def test_a_few_outlets_carry_very_much(week: list[StreamArticle]) -> None:
    carried = Counter(one.outlet for one in week).most_common()
    assert len(carried) == 400
    assert carried[0][1] > 20 * carried[-1][1]


def test_stock_phrases_stand_in_very_many_texts(week: list[StreamArticle]) -> None:
    values, counts = np.unique(np.concatenate([np.unique(one.shingles) for one in week[:5000]]), return_counts=True)
    assert counts.max() > 200
    assert len(values) > 500_000


def test_articles_come_evenly_over_the_week(week: list[StreamArticle]) -> None:
    seen = np.array([one.first_seen for one in week])
    assert seen[0] == START
    assert np.diff(seen) == pytest.approx(DAYS * 86400 / COUNT)
    assert all(one.published <= one.first_seen for one in week)


def test_copies_say_whose_they_are_or_do_not(week: list[StreamArticle]) -> None:
    roles = Counter(one.credits[0][1] if one.credits else None for one in week if one.copy)
    assert roles["sole"] / roles.total() == pytest.approx(0.5, abs=0.05)
    assert roles["inputs"] / roles.total() == pytest.approx(0.2, abs=0.05)


def test_subjects_have_as_many_stories_as_was_asked_for() -> None:
    quiet, loud = (
        Counter(name for one in stream(4000, stories_a_subject=count) if not one.copy for name in names(one))
        for count in (5, 87)
    )
    assert np.median(list(loud.values())) > 8 * np.median(list(quiet.values()))


def names(one: StreamArticle) -> list[int]:
    terms = Terms.unpack(one.terms)
    return [int(found) for found in terms.hashes[terms.names]]


@given(st.integers(50, 400), st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_stream_follows_from_its_arguments(count: int, seed: int) -> None:
    first, second = list(stream(count, seed=seed)), list(stream(count, seed=seed))
    assert len(first) == len({one.id for one in first}) == count
    for one, again in zip(first, second, strict=True):
        assert (one.id, one.digest, one.terms, one.credits) == (again.id, again.digest, again.terms, again.credits)
        assert np.array_equal(one.shingles, again.shingles)


@given(st.integers(200, 1500), st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_identical_texts_agree_in_all_that_is_of_the_text(count: int, seed: int) -> None:
    by_digest: dict[bytes, StreamArticle] = {}
    for one in stream(count, seed=seed):
        terms, specifics = Terms.unpack(one.terms), np.frombuffer(one.specifics, "<u2")
        assert (np.diff(terms.hashes.astype(np.int64)) > 0).all()
        assert (np.diff(specifics.astype(np.int64)) >= 0).all()
        other = by_digest.setdefault(one.digest, one)
        assert np.array_equal(one.shingles, other.shingles)
        assert (one.specifics, one.quoted, one.terms) == (other.specifics, other.quoted, other.terms)
        if other is not one:
            assert not np.shares_memory(one.shingles, other.shingles)
