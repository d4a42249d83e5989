from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bench import story
from bench.story import MEASURED, MOMENTS, Cost, Course, entries, group
from bench.story_copies import IDENTICAL, copy
from schemas.features import unpack_shingles
from schemas.feed_records import RawEntry
from stream_apps.fingerprint.features import features
from stream_apps.text.clean import clean_entry
from stream_apps.text.html import paragraphs

BEGIN = datetime(2026, 6, 17, 6, tzinfo=UTC)


@given(st.integers(1, 10_000))
@settings(max_examples=50, deadline=None)
def test_a_copy_is_the_same_whenever_it_is_made(number: int) -> None:
    assert copy(number) == copy(number)


def test_copies_are_identical_cut_edited_and_added_to() -> None:
    first, copies = copy(1), [copy(number) for number in range(2, 202)]
    texts = [tuple(p for p in one.paragraphs if not p.startswith("(With inputs")) for one in copies]
    assert sum(text == first.paragraphs for text in texts) == 200 // IDENTICAL
    lengths = [sum(len(p.split()) for p in text) for text in texts]
    whole = sum(len(p.split()) for p in first.paragraphs)
    assert 300 < whole < 600
    assert sum(length < 0.8 * whole for length in lengths) > 40
    assert sum(length > 1.05 * whole for length in lengths) > 30
    assert len(set(texts)) > 130
    assert len({one.outlet for one in copies}) == 200


def test_other_seeds_tell_other_stories() -> None:
    assert set(copy(1, seed=1).paragraphs).isdisjoint(copy(1, seed=2).paragraphs)


def test_copies_share_half_of_the_shorter_text_with_the_first_and_more() -> None:
    first, *others = (shingles(entry) for entry in entries(BEGIN, range(1, 101)))
    assert all(len(first & other) > 0.5 * min(len(first), len(other)) for other in others)


def shingles(entry: RawEntry) -> set[int]:
    return set(unpack_shingles(features(clean_entry(entry, 100_000)).shingles).tolist())


def test_entries_are_of_one_day_and_read_as_they_were_written() -> None:
    found = list(entries(BEGIN, range(1, 30)))
    assert len({entry.article for entry in found}) == len({entry.outlet for entry in found}) == 29
    assert all(BEGIN < entry.first_seen == entry.published for entry in found)
    assert found[0].content is not None
    assert tuple(paragraphs(found[0].content)) == copy(1).paragraphs


def test_as_many_copies_are_measured_around_each_number() -> None:
    groups = [group(moment) for moment in MOMENTS]
    assert all(len(numbers) == MEASURED for numbers in groups)
    assert all(moment in numbers for moment, numbers in zip(MOMENTS, groups, strict=True))
    assert all(one.stop <= other.start for one, other in pairwise(groups))
    assert groups[0].start == 2


def test_what_idle_processes_spend_is_taken_off() -> None:
    course = Course([Cost(5, {"Kafka": 1.5, "engine": 0.5}, {"Kafka": 1.0})], sent=21)
    assert story.figures(course) == {"5": 50.0}
    table = story.costs(course, 5)
    assert [list(row) for row in table.rows] == [["Kafka", 25.0], ["engine", 25.0], ["all together", 50.0]]
    assert "as was asked for" in table.note


def test_a_course_that_ended_early_says_why() -> None:
    course = Course([], sent=300, late="time was up before copy 490 is processed")
    assert "Ended at copy 300: time was up" in story.costs(course, 5000).note
    assert story.figures(course) == {}
