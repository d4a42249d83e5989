"""Documents of many turns: as many ids, words as rare as in one day, and JSON all the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bench.many_documents import ending, patterns, rare_words, turns

ONE, OTHER, STORY = (letter * 32 for letter in "abc")
DOCUMENTS: dict[str, dict[str, Any]] = {
    ONE: {
        "id": ONE, "story": STORY, "headline": "Barrage opened", "text": "The barrage at Talpur was opened.",
        "first_seen": "2026-06-17T05:00:00.000Z", "entities": {"place": ["Talpur"]}, "links": [{"other": OTHER}],
    },
    **{
        f"{number:024x}{0:08x}": {"id": f"{number:024x}{0:08x}", "headline": "Rain", "text": "The barrage held."}
        for number in range(1, 5)
    },
}  # fmt: skip
DAY = date(2026, 11, 3)


def made(turn: int) -> dict[str, dict[str, Any]]:
    found = (pattern.of_turn(turn, DAY) for pattern in patterns(DOCUMENTS, rare_words(DOCUMENTS.values())))
    return {identity: orjson.loads(source) for identity, source in found}


def test_a_rare_word_gets_the_ending_of_its_turn_and_a_common_one_or_a_name_stays() -> None:
    document = made(3)[f"{'a' * 24}00000003"]
    assert document["text"] == "The barrage at Talpurqd was openedqd."
    assert document["entities"] == {"place": ["Talpur"]}


def test_ids_keep_leading_to_one_another() -> None:
    document = made(258)[f"{'a' * 24}00000102"]
    assert (document["id"], document["story"]) == (f"{'a' * 24}00000102", f"{'c' * 24}00000102")
    assert document["links"] == [{"other": f"{'b' * 24}00000102"}]
    assert document["first_seen"] == "2026-11-03T05:00:00.000Z"


@given(st.sets(st.integers(0, 2**31), min_size=2, max_size=20))
def test_every_turn_has_an_ending_and_ids_of_its_own(numbers: set[int]) -> None:
    assert len({ending(number) for number in numbers}) == len(numbers)
    assert len({identity for number in numbers for identity in made(number)}) == len(numbers) * len(DOCUMENTS)


@given(st.integers(1, 5_000), st.integers(1, 100))
def test_turns_are_enough_and_spread_over_all_days(articles: int, days: int) -> None:
    kinds = {"articles": patterns(DOCUMENTS, frozenset())}
    found = list(turns(kinds, articles, DAY, days))
    assert (len(found) - 1) * len(DOCUMENTS) < articles <= len(found) * len(DOCUMENTS)
    assert all(DAY - timedelta(days=days - 1) <= day <= DAY for _, day in found)
    assert [day for _, day in found] == sorted(day for _, day in found)
