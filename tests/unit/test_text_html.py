from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.text.html import paragraphs, plain

MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<",
            "&",
            "&lt;",
            "&amp;",
            "lt;",
            "#60;",
            "b",
            ">",
            "<br>",
            "\n",
            "<script>",
            "</script>",
            "!--",
            "<figure>",
            "</figure>",
            "a",
            "/",
            " ",
            "̸",
            "&notit;",
            "&#x3c;",
            "&#0;",
            "<![CDATA[",
            "]]>",
            "\x1f",
            "\x85",
            "&#13;",
            "&#150;",
            "<td>",
            "<?",
            "?>",
            "<iframe>",
            "\u202e",
            "\xa0",
            "<svg>",
            "</svg>",
        ]
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One</p><p>Two&nbsp;three</p>", ["One", "Two three"]),
        ("One\nTwo\n\nThree", ["One", "Two", "Three"]),
        ("One<br><br/>Two<br>Three", ["One", "Two", "Three"]),
        ("<p>A line\nthat goes on</p>", ["A line that goes on"]),
        ("<b>One</b>\nTwo", ["One", "Two"]),
        ("<div>One\n\nTwo <div>Three</div></div>Four", ["One", "Two", "Three", "Four"]),
        ("&lt;p&gt;Twice &amp;amp; again&lt;/p&gt;", ["Twice & again"]),
        ("<ul><li>One<li>Two</ul>", ["One", "Two"]),
        ("<table><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></table>", ["A 1", "B 2"]),
        ("x<script>alert(1)</script><style>p{}</style>y", ["xy"]),
        ("<figure><img src=x><figcaption>A caption</figcaption></figure><p>Text</p>", ["Text"]),
        ("<figure><img src=x><p>Text after a figure never closed", ["Text after a figure never closed"]),
        ('<iframe src="javascript:x()">in</iframe><p onclick="x()">Text</p>', ["Text"]),
        ("Less < than, 5 <6 and R&D at AT&T", ["Less < than, 5 <6 and R&D at AT&T"]),
        ("\u202eevil\u202c zero\u200bwidth\x00 soft\u00adhyphen", ["evil zerowidth softhyphen"]),
        ("e\u0301te\u0301", ["\u00e9t\u00e9"]),
        ("क्‍ष", ["क्‍ष"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_paragraphs(markup: str, expected: list[str]) -> None:
    assert paragraphs(markup) == expected


def test_a_figure_that_swallows_the_story_is_kept() -> None:
    story = "The story goes on. " * 60
    assert paragraphs(f"<figure><img>{story}") == [story.strip()]


@given(st.one_of(st.text(), MARKUP))
def test_any_text_gives_clean_lines_that_stay_as_they_are(markup: str) -> None:
    found = paragraphs(markup)
    assert all(line and line == line.strip() and "\n" not in line for line in found)
    assert paragraphs("\n".join(found)) == found
    assert "<script" not in "".join(found)


@given(st.one_of(st.text(), MARKUP))
def test_plain_is_one_line(markup: str) -> None:
    line = plain(markup)
    assert "\n" not in line
    assert plain(line) == line


def test_plain_decodes_what_was_escaped_twice() -> None:
    assert plain("Profit &amp;amp; loss: <b>Q1</b> &amp;#8377;40 crore\n") == "Profit & loss: Q1 ₹40 crore"


@pytest.mark.parametrize("hostile", ["<div>", "<b>", "&", "<", "<figure>", "<&", "&lt;", "\n", "<figure>x", "&amp;"])
def test_hostile_markup_takes_linear_time(hostile: str) -> None:
    started = time.process_time()
    paragraphs(hostile * 100_000)
    assert time.process_time() - started < 5
