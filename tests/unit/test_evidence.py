"""What ``wirecopy diff`` and ``wirecopy why`` say of two articles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.public_records import Article
from stream_apps.dedup.compare import UNIONS
from stream_apps.evidence import printing
from stream_apps.evidence.comparing import Comparison, Part, compare_texts
from stream_apps.evidence.sheet import Paragraph, Sheet
from stream_apps.evidence.why import Why, why
from stream_apps.text.credits import read_credits
from wirecopy.cli import main

LEAD = "Two gates of the Mandovi dam were opened on Monday after its reservoir rose to 412 metres, officials said."
SAID = '"There is no cause for panic. The release will be raised in steps," engineer Harshal Dandekar told PTI.'
TEAM = "A team of the State Disaster Response Force with four boats has been moved to Umbre as a precaution."
RAIN = "The weather office has forecast heavy rain in the catchment over the next three days, and floods at Kasari."
OWN = "At Umbre, shopkeepers on the lower road began moving sacks of fertiliser to the temple hall at noon."
STORY = [LEAD, SAID, TEAM, RAIN]


def compared(a: list[str], b: list[str]) -> Comparison:
    return compare_texts([Paragraph(text) for text in a], [Paragraph(text) for text in b])


def kinds(a: list[str], b: list[str]) -> list[tuple[str, tuple[int, ...], tuple[int, ...], bool]]:
    return [(part.kind, part.a, part.b, part.moved) for part in compared(a, b).parts]


def test_paragraphs_kept_cut_and_added_stand_in_their_order() -> None:
    assert kinds(STORY, [LEAD, OWN, SAID, RAIN]) == [
        ("same", (0,), (0,), False),
        ("added", (), (1,), False),
        ("same", (1,), (2,), False),
        ("cut", (2,), (), False),
        ("same", (3,), (3,), False),
    ]


def test_a_paragraph_that_stands_elsewhere_has_moved() -> None:
    assert kinds(STORY, [LEAD, RAIN, SAID, TEAM]) == [
        ("same", (0,), (0,), False),
        ("same", (3,), (1,), True),
        ("same", (1,), (2,), False),
        ("same", (2,), (3,), False),
    ]


def test_a_changed_paragraph_shows_its_words() -> None:
    (part,) = compared([LEAD], [LEAD.replace("were opened", "have been lifted").replace("officials", "they")]).parts
    assert part.kind == "changed"
    assert [(c.op, c.text) for c in part.changes] == [
        ("kept", "Two gates of the Mandovi dam"),
        ("cut", "were opened"),
        ("added", "have been lifted"),
        ("kept", "on Monday after its reservoir rose to 412 metres,"),
        ("cut", "officials"),
        ("added", "they"),
        ("kept", "said."),
    ]


def test_quotation_marks_case_and_punctuation_are_no_change() -> None:
    printed = SAID.replace('"', "“", 1).replace('steps,"', "Steps”,").replace("panic.", "panic;")
    assert kinds([SAID], [printed]) == [("same", (0,), (0,), False)]


def test_a_figure_with_another_point_is_a_change() -> None:
    assert kinds(["It rose 1.5 per cent on Monday in Pelgaon."], ["It rose 15 per cent on Monday in Pelgaon."]) == [
        ("changed", (0,), (0,), False)
    ]


def test_paragraphs_joined_by_an_outlet_are_the_same_story() -> None:
    assert kinds(STORY, [f"{LEAD} {SAID}", TEAM, RAIN]) == [
        ("same", (0, 1), (0,), False),
        ("same", (2,), (1,), False),
        ("same", (3,), (2,), False),
    ]


def test_totals_count_words() -> None:
    found = compared(STORY, [LEAD, RAIN, OWN])
    assert found.shared == len(LEAD.split()) + len(RAIN.split())
    assert found.words_a == sum(len(text.split()) for text in STORY)
    assert [passage.words for passage in found.passages] == [len(RAIN.split()), len(LEAD.split())]
    assert printing.summary(found).startswith("paragraphs: 2 same, 2 cut, 1 added · ")


words = st.lists(st.sampled_from(["dam", "river", "gate", "village", "boat", "rain", "school", "road"]), max_size=12)
texts = st.lists(words.map(" ".join), max_size=6)


@settings(max_examples=60, deadline=None)
@given(a=texts, b=texts)
def test_every_paragraph_stands_in_exactly_one_part(a: list[str], b: list[str]) -> None:
    parts = compared(a, b).parts
    assert sorted(i for part in parts for i in part.a) == [i for i, text in enumerate(a) if text]
    assert sorted(j for part in parts for j in part.b) == [j for j, text in enumerate(b) if text]
    assert [part.b for part in parts if part.b] == sorted(part.b for part in parts if part.b)


@settings(max_examples=60, deadline=None)
@given(a=texts, b=texts)
def test_the_changes_of_a_part_rebuild_both_texts(a: list[str], b: list[str]) -> None:
    for part in compared(a, b).parts:
        if part.kind == "changed":
            assert _side(part, "cut") == part.text_a
            assert _side(part, "added") == part.text_b


def _side(part: Part, op: str) -> str:
    return " ".join(change.text for change in part.changes if change.op in {"kept", op})


# ---- sheets and reasons ---------------------------------------------------------------------------------------


def sheet(name: str, text: str, *, outlet: str = "", story: str | None = None, **more: Any) -> Sheet:
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    reading = read_credits(text, None, "Gates opened")
    article = Article(
        id=f"{int(name):032x}", revision=1, outlet=outlet or f"outlet{name}.example", feed="f", headline="Gates opened",
        text=text, published=moment, versioncreated=moment, first_seen=moment, fetched=moment,
        credits=reading.credits, annotations=reading.annotations,
    )  # fmt: skip
    return Sheet(article, story, **more)


def reason(a: str, b: str, **more: Any) -> Why:
    return why(sheet("1", a, **more), sheet("2", b, **more))


WIRE = "\n".join(STORY)


def test_annotations_are_not_the_story() -> None:
    first, *_, last = sheet("1", f"Pelgaon, Mar 2 (PTI) {WIRE}\nDownload our app for more news.").paragraphs
    assert first.story == LEAD
    assert [(m.text, m.kind, m.credits) for m in first.annotations] == [
        ("Pelgaon, Mar 2 (PTI)", "credit", ("PTI sole dateline",))
    ]
    assert (last.story, last.annotations[0].kind) == ("", "furniture")


@pytest.mark.parametrize(
    ("a", "b", "relation", "rule"),
    [
        (WIRE, WIRE, "exact", "digest"),
        (WIRE, WIRE.replace("four boats", "nine rafts"), "near", "NEAR"),
        (WIRE, "\n".join(STORY[:2]), "partial", "PARTIAL"),
        (WIRE, OWN, None, "SHARED_SKETCH"),
        (WIRE, f"{SAID.split(chr(34))[1]} {OWN} {OWN.upper()[::-1]} " * 2, None, "TAKEN"),
    ],
)
def test_the_rule_that_decided_is_named(a: str, b: str, relation: str | None, rule: str) -> None:
    found = reason(a, b)
    assert found.rule.name == rule
    if relation:
        assert found.relation == relation
    else:
        assert found.relation in {None, "rewrite"}


def test_a_report_of_another_day_with_half_of_its_numbers_is_another_one() -> None:
    report = "Onion rose by Rs {} to Rs {} a quintal, from Rs {} on the day before, with {} carts at the gates. "
    rest = "Traders expect no change in the coming days, since roads are dry and buyers of other states are few. " * 3
    first, second = report.format(40, 1840, 1800, 212) + rest, report.format(65, 1905, 1840, 212) + rest
    found = reason(first, second)
    assert found.relation in UNIONS
    one, other = sheet("1", first), sheet("2", second)
    later = other.article.published + timedelta(days=1)
    other = replace(other, article=other.article.model_copy(update={"published": later}))
    assert why(one, other).rule.name == "specifics"


def test_a_time_is_printed_in_utc_whatever_its_zone() -> None:
    one = sheet("1", WIRE)
    local = one.article.published.astimezone(timezone(timedelta(hours=5, minutes=30)))
    one = replace(one, article=one.article.model_copy(update={"published": local}))
    printed = "\n".join(line.plain for line in printing.why_lines(why(one, one), one, one))
    assert "2026-03-02 09:00Z" in printed
    assert "14:30" not in printed


def test_two_items_of_one_outlet_that_share_half_are_not_one() -> None:
    found = reason(f"{LEAD}\n{TEAM}\n{OWN}", f"{LEAD}\n{TEAM}\n{RAIN}\n{SAID}", outlet="one.example")
    assert found.rule.name == "OWN_SHARE"
    assert "both are of one outlet" in found.reasons


def test_the_path_through_other_copies_is_shown() -> None:
    links = {f"{1:032x}": (f"{3:032x}",), f"{3:032x}": (f"{1:032x}", f"{2:032x}"), f"{2:032x}": (f"{3:032x}",)}
    found = reason(f"{LEAD}\n{SAID}", f"{TEAM}\n{RAIN}", story="f", links=links)
    assert found.one_story is True
    assert found.through == (f"{3:032x}",)


def test_a_digest_names_what_it_includes() -> None:
    a = sheet("1", f"{OWN}\n{LEAD}", story="x", includes=("y",))
    found = why(a, sheet("2", WIRE, story="y"))
    assert found.one_story is False
    assert "put together from several stories" in found.reasons[0]


def test_evidence_holds_credits_and_passages() -> None:
    found = reason(f"Pelgaon, Mar 2 (PTI) {WIRE}", f"{WIRE}\n(With PTI inputs)")
    assert found.credits_a == ("PTI sole dateline",)
    assert found.credits_b == ("PTI inputs credit_line",)
    assert found.passages[0].text in WIRE


# ---- the commands ---------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "articles.jsonl"
    articles = [
        {
            "id": "gates-wire",
            "source": "ptinews.example",
            "title": "Gates opened",
            "text": f"Pelgaon, Mar 2 (PTI) {WIRE}",
        },
        {
            "id": "gates-copy",
            "source": "ledger.example",
            "title": "Dam \x1b[31mopens",
            "text": f"{LEAD}\n{TEAM}\n{OWN}",
        },
        {"id": "other", "source": "post.example", "title": "Other", "text": OWN},
    ]
    path.write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")
    return path


def output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["wirecopy", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_diff_prints_plain_lines_where_nobody_watches(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = output(capsys, monkeypatch, "diff", "gates-w", "gates-c", "--file", str(file))
    assert code == 0
    assert "\x1b" not in out
    assert f"      1:1  {LEAD}" in out.splitlines()
    assert f"-     2:·  {SAID}" in out.splitlines()
    assert f"+     ·:3  {OWN}" in out.splitlines()
    assert " A     1  Pelgaon, Mar 2 (PTI)  [PTI sole dateline]" in out.splitlines()


def test_diff_as_json(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, out, _ = output(capsys, monkeypatch, "diff", "gates-wire", "gates-copy", "--file", str(file), "--json")
    told = json.loads(out)
    assert (told["a"]["id"], told["b"]["outlet"]) == ("gates-wire", "ledger.example")
    assert [part["kind"] for part in told["parts"]] == ["same", "cut", "same", "added", "cut"]


def test_why_as_json(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, out, _ = output(capsys, monkeypatch, "why", "gates-wire", "gates-copy", "--file", str(file), "--json")
    told = json.loads(out)
    assert told["one_story"] is True
    assert told["rule"]["name"] in {"PARTIAL", "TAKEN"}
    assert told["rule"]["value"] >= told["rule"]["threshold"]


@pytest.mark.parametrize(("wanted", "code"), [("gates", 2), ("nothing", 6)])
def test_an_id_that_is_none_or_several_is_refused(
    wanted: str, code: int, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _, _ = output(capsys, monkeypatch, "why", wanted, "other", "--file", str(file))
    assert found == code
