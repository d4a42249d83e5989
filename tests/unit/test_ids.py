from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.ids import article_id

NAMES = st.text(st.characters(exclude_characters="\0"))


def test_the_id_is_the_same_on_every_machine() -> None:
    assert article_id("bharatledger.example", "bl-1") == "6d9b0e4d1b6a52b5648b86fd14f8a428"


@given(NAMES, NAMES, NAMES, NAMES)
def test_other_entries_have_other_ids(outlet: str, guid: str, other_outlet: str, other_guid: str) -> None:
    assume((outlet, guid) != (other_outlet, other_guid))
    assert article_id(outlet, guid) != article_id(other_outlet, other_guid)


def test_outlet_and_guid_do_not_run_together() -> None:
    assert article_id("a.example", "b1") != article_id("a.exampleb", "1")
