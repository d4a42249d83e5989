"""What is printed of words, links, times and numbers, whoever has written them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.web.printing import STEERING, after, filters, grouped, lasted, link, percent, with_code, words
from wirecopy.settings import WebSettings


@pytest.mark.parametrize(
    "address",
    [
        "https://outlet.example/a?b=c#d",
        "http://outlet.example",
        "https://outlet.example:8443/x",
        "https://अखबार.example/",
    ],
)
def test_a_safe_link_is_kept(address: str) -> None:
    assert link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None, "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
        "data:text/html,<script>", "vbscript:x", "file:///etc/passwd", "//outlet.example/", "/relative", "https://",
        "https:outlet.example", "https://user:pass@outlet.example/", "https://good.example@evil.example/",
        "https://outlet.example/a b", "https://outlet.example/\u202egnp.exe", "https://[broken/",
        "https://outlet.example/" + "a" * 3000,
    ],
)  # fmt: skip
def test_any_other_address_is_no_link(address: str | None) -> None:
    assert link(address) is None


@given(st.text())
def test_foreign_words_lose_direction_characters_and_nothing_visible(text: str) -> None:
    shown = words(text)
    assert not STEERING & set(shown)
    assert not {"\x00", "\x1b"} & set(shown)
    assert [c for c in shown if c.isalnum()] == [c for c in text if c.isalnum()]


def test_words_keep_marks_of_direction_that_end_with_them() -> None:
    assert words("ABC\u200fאבג\u200e") == "ABC\u200fאבג\u200e"
    assert words("invoice\u202egnp.exe") == "invoicegnp.exe"


@pytest.mark.parametrize(
    ("number", "international", "indian"),
    [
        (0, "0", "0"), (999, "999", "999"), (1000, "1,000", "1,000"), (100000, "100,000", "1,00,000"),
        (12345678, "12,345,678", "1,23,45,678"), (-1234567, "-1,234,567", "-12,34,567"), (1234.5, "1,234.5", "1,234.5"),
    ],
)  # fmt: skip
def test_digits_are_grouped_as_asked(number: float, international: str, indian: str) -> None:
    assert grouped(number) == international
    assert grouped(number, indian=True) == indian


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_indian_grouping_loses_no_digit(number: int) -> None:
    assert int(grouped(number, indian=True).replace(",", "")) == number


def test_a_share_is_whole_only_where_it_is() -> None:
    assert [percent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", "99%", "100%"]


def test_a_lag_says_in_which_direction() -> None:
    assert [after(seconds) for seconds in (0, 20, 95, -7500, 90000)] == [
        "same minute", "same minute", "2m later", "2h 05m earlier", "1d 01h later",
    ]  # fmt: skip


def test_a_span_says_how_long_it_was() -> None:
    assert lasted("2026-06-17T03:00:00Z", "2026-06-17T05:05:00Z") == "2h 05m"
    assert lasted("2026-06-17T03:00:00Z", "2026-06-17T03:00:30Z") == ""


def test_a_time_is_printed_in_the_zone_of_the_settings_and_says_its_moment() -> None:
    time = filters(WebSettings())["time"]
    assert time("2026-06-17T20:00:00.000Z") == (
        '<time datetime="2026-06-17T20:00:00+00:00" data-form="full">18 Jun 2026, 01:30 IST</time>'
    )


def test_code_in_a_sentence_is_escaped_too() -> None:
    assert with_code("see `a<b` & c") == "see <code>a&lt;b</code> &amp; c"
