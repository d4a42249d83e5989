from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.formats.article_text import MAX_PAGE_TEXT, article_text, decoded, with_marks
from producers.formats.page_text import PageText
from producers.formats.parsing_pool import ParsingPool
from stream_apps.text.credits import read_credits
from tests.unit.page_examples import HEADLINE, LEDE, STORY, page
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

URL = "https://coastal.example/city/bridge"


def paragraphs(markup: str) -> tuple[str, ...]:
    return article_text(markup.encode(), URL, "text/html; charset=utf-8").paragraphs


def test_the_story_and_nothing_else() -> None:
    found = article_text(page().encode(), URL, "text/html")
    assert found.paragraphs == STORY
    assert found.language == "en-IN"
    assert found.as_html().startswith("<p>Palmgrove, Jun 18 (PTI) The harbour")


SIGNED = [
    ("<p>(With inputs from PTI)</p>", ["(With inputs from PTI)"]),
    ("<p><em>(With inputs from PTI)</em></p>", ["(With inputs from PTI)"]),
    ("<div>(With inputs from PTI)</div>", ["(With inputs from PTI)"]),
    ("(With inputs from PTI)", ["(With inputs from PTI)"]),
    ("<p class='author-credit'>With PTI, IANS inputs</p>", ["With PTI, IANS inputs"]),
    ("<p>--IANS</p><p>ms/vd</p>", ["--IANS", "ms/vd"]),
    ("<div>--IANS</div><div>ms/vd</div>", ["--IANS", "ms/vd"]),
    ("<br><br>--IANS<br>ms/vd", ["--IANS", "ms/vd"]),
    ("<span>-- PTI</span>", ["-- PTI"]),
    ("<div>PTI JMS CHS VSD</div>", ["PTI JMS CHS VSD"]),
    ("<div class='source'>(ANI)</div>", ["(ANI)"]),
    ("<div>(ANI/NewsVoir)</div>", ["(ANI/NewsVoir)"]),
    ("<p>(Reporting by Asha Menon; Editing by Tom Reed)</p>", ["(Reporting by Asha Menon; Editing by Tom Reed)"]),
    (
        "<p class='disclaimer'>(This story has not been edited by our staff and is from a syndicated feed.)</p>",
        ["(This story has not been edited by our staff and is from a syndicated feed.)"],
    ),
    ("<div class='share'><a>Share</a><a>Post</a></div><div>(With inputs from agencies.)</div>",
     ["(With inputs from agencies.)"]),
]  # fmt: skip


@pytest.mark.parametrize(("behind", "signed"), SIGNED)
def test_what_an_agency_signs_with_survives(behind: str, signed: list[str]) -> None:
    assert paragraphs(page(behind=behind)) == (*STORY, *signed)


def test_a_sign_off_outside_the_story_or_at_the_end_of_its_last_line_survives() -> None:
    assert paragraphs(page(aside="<div class='credit'>(With inputs from PTI)</div>"))[-1] == "(With inputs from PTI)"
    for last in ("thirds. PTI JMS CHS", "thirds. <span class='agency'>PTI JMS CHS</span>"):
        assert paragraphs(page((*STORY[:-1], STORY[-1].replace("thirds.", last))))[-1].endswith("thirds. PTI JMS CHS")


@pytest.mark.parametrize(
    "before",
    [
        "<span>Palmgrove, Jun 18 (PTI)</span>",
        "<div class='dateline'>Palmgrove, Jun 18 (PTI)</div>",
        "<b>Palmgrove, Jun 18 (PTI):</b>",
        "<p>PALMGROVE, June 18 (Reuters) -</p>",
    ],
)
def test_a_dateline_outside_the_first_paragraph_comes_before_it(before: str) -> None:
    found = paragraphs(page((LEDE, *STORY[1:]), before=before))
    reading = read_credits("\n".join(found), None, HEADLINE, None)
    assert found[-4:] == STORY[1:]
    assert reading.dateline is not None
    assert [credit.evidence for credit in reading.credits] == ["dateline"]


@pytest.mark.parametrize(
    "first",
    [
        f"<strong>Palmgrove, Jun 18 (PTI)</strong> {LEDE}",
        f"<span class='location'>Palmgrove, Jun 18 (PTI)</span> {LEDE}",
        f"<b>Palmgrove</b>, Jun 18 <i>(PTI)</i> {LEDE}",
    ],
)
def test_a_dateline_with_markup_of_its_own_survives(first: str) -> None:
    assert paragraphs(page((first, *STORY[1:]))) == STORY


def test_headings_between_paragraphs_stay_and_those_around_go() -> None:
    found = paragraphs(page((*STORY[:3], "</p><h2>What comes next</h2><p>" + STORY[3], STORY[4])))
    assert found == (*STORY[:3], "What comes next", *STORY[3:])


def test_lists_tables_and_line_breaks_become_lines() -> None:
    listed = page((*STORY[:4], "</p><ul><li>Buses: from Friday</li><li>Lorries: later</li></ul><p>" + STORY[4]))
    assert paragraphs(listed) == (*STORY[:4], "Buses: from Friday", "Lorries: later", STORY[4])
    table = "</p><table><tr><th>Year</th><th>Crore</th></tr><tr><td>2024</td><td>12</td></tr></table><p>"
    assert paragraphs(page((*STORY[:4], table + STORY[4]))) == (*STORY[:4], "Year Crore", "2024 12", STORY[4])
    assert paragraphs(page((), behind="<br><br>".join(STORY))) == STORY


def test_nothing_but_paragraphs_of_text_comes_out() -> None:
    hostile = (
        "Tests <b onclick='x()'>show</b> &lt;script&gt;alert(1)&lt;/script&gt; that 3 &lt; 4 &amp; a\u202eb\x07c "
        "<img src=x onerror=y>"
    )
    found = article_text(page((*STORY[:4], hostile + " and so on.", STORY[4])).encode(), URL, None)
    markup = found.as_html()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; that 3 &lt; 4 &amp; abc" in markup
    assert set(markup.replace("<p>", "").replace("</p>", "")) & set("<>") == set()


def test_a_page_without_an_article_is_bad_input() -> None:
    for body in (b"", b"<html></html>", b"\x00\xff" * 100, b"<html><body><script>x</script></body></html>"):
        with pytest.raises(BadInput) as error:
            article_text(body, URL, "text/html")
        assert error.value.reason == "no_article"


@settings(max_examples=50)
@given(st.binary(max_size=300) | st.text(alphabet="<>/p div&;'\"a=!-", max_size=300).map(str.encode))
def test_any_page_gives_an_article_or_bad_input(body: bytes) -> None:
    try:
        found = article_text(body, URL, "text/html")
    except BadInput:
        return
    assert all(found.paragraphs)


def test_a_long_article_is_cut_between_paragraphs() -> None:
    found = paragraphs(page([f"{number}: {LEDE}" for number in range(12_000)]))
    assert MAX_PAGE_TEXT - 500 < sum(map(len, found)) <= MAX_PAGE_TEXT


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("caf\u00e9 \u201cx\u201d".encode(), "text/html; charset=iso-8859-1"),
        ("caf\u00e9 \u201cx\u201d".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("caf\u00e9 \u201cx\u201d".encode("cp1252"), "text/html"),
        ("caf\u00e9 \u201cx\u201d".encode("cp1252"), "text/html; charset=zip"),
        ("caf\u00e9 \u201cx\u201d".encode("cp1252"), "text/html; charset=idna"),
        ("<meta charset=windows-1252>caf\u00e9 \u201cx\u201d".encode("cp1252"), "text/html; charset=nonsense"),
        ("\ufeffcaf\u00e9 \u201cx\u201d".encode(), None),
        ("caf\u00e9 \u201cx\u201d".encode("utf-16"), "text/html; charset=utf-8"),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">\u043c\u0438\u0440'.encode("koi8-r"),
            None,
        ),
    ],
)
def test_pages_in_their_own_character_sets(body: bytes, content_type: str | None) -> None:
    text = decoded(body, content_type)
    assert text.endswith(("caf\u00e9 \u201cx\u201d", "\u043c\u0438\u0440"))


def test_marks_are_looked_for_near_the_story_only() -> None:
    lines = ["Menu", *STORY, *["More from the port"] * 30, "(ANI)"]
    assert with_marks(STORY, lines) == STORY
    assert with_marks(STORY, ["nothing", "of it"]) == STORY
    assert with_marks((), lines) == ()


@given(st.lists(st.text(min_size=1, max_size=30), max_size=6), st.lists(st.text(max_size=30), max_size=12))
def test_marks_add_and_never_take_away(story: list[str], lines: list[str]) -> None:
    found = with_marks(story, lines)
    assert len(found) >= len(story)
    assert all(before in after for before, after in zip(story, found, strict=False))


async def test_a_page_is_read_in_a_process_that_can_be_killed() -> None:
    with ParsingPool(ProducerSettings(parse_timeout=20), processes=1) as pool:
        assert await pool.extract(page().encode(), URL, "text/html") == PageText(STORY, "en-IN")
        with pytest.raises(BadInput) as error:
            await pool.extract(b"nothing", URL, None)
        assert error.value.reason == "no_article"


async def test_a_page_that_takes_too_long_costs_only_its_parser() -> None:
    slow = b"<html><body>" + b'<p class="comment share">x</p>' * 140_000
    with ParsingPool(ProducerSettings(parse_timeout=0.5), processes=1) as pool:
        with pytest.raises(BadInput) as error:
            await pool.extract(slow, URL, None)
        assert error.value.reason == "parse_timeout"
