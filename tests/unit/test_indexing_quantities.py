from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.indexing.quantities import plain, quantities, quantity_terms

ONE_VALUE = [
    [
        "1,250 crore",
        "1250 crore",
        "12.5 billion",
        "1250 cr",
        "1,250-crore",
        "12,500 million",
        "1,25,000 lakh",
        "12.5bn",
    ],
    ["₹318", "Rs 318", "Rs. 318", "Rs.318", "318 rupees", "INR 318", "₹ 318.00"],
    ["318 cr", "318 crore", "318 crores", "3.18 billion"],
    ["1,50,000", "150000", "150,000", "1.5 lakh", "1.50 lacs", "150 thousand", "१,५०,०००"],
    ["Rs 1.5 lakh crore", "₹1,50,000 crore", "1.5 trillion rupees"],
    ["$5m", "$5 million", "US$5 mn", "5 million dollars", "USD 5,000,000", "5 million US dollars"],
    ["5%", "5 per cent", "5 percent", "5.0 per-cent", "5pc"],
    ["two lakh", "2 lakh", "200,000"],
]


@pytest.mark.parametrize("forms", ONE_VALUE, ids=lambda forms: forms[0])
def test_one_value_in_many_forms(forms: list[str]) -> None:
    assert len({tuple(quantity.term for quantity in quantities(form)) for form in forms}) == 1
    for form in forms:
        (quantity,) = quantities(f"It cost {form}, he said.")
        assert f"It cost {form}, he said."[quantity.start : quantity.end] == form


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Rs 318 crore", ["318", "3180000000", "inr3180000000"]),
        ("10-12 lakh people", ["10", "1000000", "12", "1200000"]),
        ("from 5 to 10 per cent", ["10", "10%", "5", "5%"]),
        ("won 3\u20132 on June 17, 2026", ["17", "2", "2026", "3"]),
        ("5m tall", ["5"]),
        ("a lakh", ["100000"]),
        ("a man, one of ten", []),
        ("F16, G20 and B2B", []),
        ("10 Downing", ["10"]),
        ("", []),
    ],
)
def test_what_a_number_can_be_asked_by(text: str, terms: list[str]) -> None:
    assert list(quantity_terms(text)) == terms


def indian(number: int) -> str:
    """With separators as in India: the last three digits, then pairs."""
    head, tail = str(number)[:-3], str(number)[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])


@given(st.integers(0, 10**12))
def test_separators_change_nothing(number: int) -> None:
    for written in (str(number), f"{number:,}", indian(number)):
        assert quantity_terms(written) == (str(number),)


@given(st.decimals(Decimal("0.01"), 10_000, places=2), st.sampled_from([("crore", 7), ("lakh", 5), ("bn", 9)]))
def test_a_scale_is_so_many_zeros(number: Decimal, scale: tuple[str, int]) -> None:
    name, zeros = scale
    (quantity,) = quantities(f"{plain(number)} {name}")
    assert quantity.term == plain(number * 10**zeros)
    assert quantity.term in quantity_terms(f"₹{plain(number)} {name}")


@given(st.text(alphabet="0123456789,.- RscrorelakhtoUS$₹%१\n", max_size=200) | st.text(max_size=200))
def test_any_text_has_numbers_in_order_or_none(text: str) -> None:
    found = list(quantities(text))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    assert {one.term for one in found} <= set(quantity_terms(text))
    for one in found:
        assert one.term in {again.term for again in quantities(text[one.start : one.end])}


def test_a_hostile_text_takes_no_long_time() -> None:
    for text in ("1," * 50_000, "1" * 100_000, "1 " * 50_000 + "-", "Rs " * 30_000, "1 - " * 30_000, "lakh " * 20_000):
        quantity_terms(text)
