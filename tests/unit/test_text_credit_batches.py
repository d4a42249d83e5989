"""Every labelled wording of ``tests/data/credits`` reads as it should: agency, role, evidence, span, paid, signal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.credit_wordings import Item, items
from schemas.public_records import Credit, Service
from stream_apps.text.credits import CreditReading

BATCHES = ("batch-1", "batch-2", "batch-3", "batch-4", "batch-5", "batch-6", "batch-7")


def cases() -> Iterator[object]:
    for batch in BATCHES:
        for number, item in enumerate(items(batch), start=1):
            yield pytest.param(item, id=f"{batch}-{number}-{item.form}")


@pytest.mark.parametrize("item", list(cases()))
def test_any_wording_of_a_credit_is_read(item: Item) -> None:
    reading = item.read()
    assert item.marks_right(reading)
    if "any" not in item.flags:
        assert_credits(item, reading)
    assert reading.paid == ("paid" in item.flags)
    if item.flags & {"signal", "nosignal"}:
        assert (reading.signal is not None) == ("signal" in item.flags)
    assert [service.service for service in reading.services] == ([item.own] if item.own else [])
    if item.place is not None:
        assert reading.dateline is not None
        assert reading.dateline.place == item.place
    assert_spans(item.text, reading)


def assert_credits(item: Item, reading: CreditReading) -> None:
    said = {credit.agency: credit for credit in reading.credits}
    assert set(said) == {agency for agency, _, _ in item.credits}
    for agency, role, evidence in item.credits:
        assert role in ("*", said[agency].role)
        assert evidence in ("*", said[agency].evidence)


def assert_spans(text: str, reading: CreditReading) -> None:
    """A span stands for all evidence but that of the byline field, and covers words without space around them."""
    found: list[Credit | Service] = [*reading.credits, *reading.services]
    for said in found:
        assert said.span is not None or said.evidence == "byline"
        if said.span is not None:
            words = text[slice(*said.span)]
            assert words
            assert words == words.strip()
            assert "\n" not in words
