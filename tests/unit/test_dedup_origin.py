"""Origin classes of articles within a story and alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.origins import HAND_WRITTEN, score
from schemas.public_records import Article, Credit, EvidenceKind, Role
from stream_apps.evidence.evaluate import read_lines
from stream_apps.fingerprint.features import features
from stream_apps.fingerprint.reporting import own_reporting
from tests.unit.dedup_world import article, prose, run

WIRE = [f"{word}{number}" for number, word in enumerate(prose(1, 240))]
OWN = prose(3, 40)


def credited(one: Article, role: Role, agency: str = "PTI", span: tuple[int, int] | None = None) -> Article:
    credit = Credit(agency=agency, role=role, evidence="credit_line", confidence=1.0, span=span)
    return one.model_copy(update={"credits": (credit,)})


FILING = article("filing", WIRE, outlet="ptinews.example", agency="PTI")


def edited(words: Sequence[str], every: int) -> list[str]:
    return [f"other{number}" if number % every == every - 1 else word for number, word in enumerate(words)]


def class_of(copy: Article, *others: Article, filing: Article | None = FILING) -> tuple[object, object]:
    found = run([*([filing] if filing else []), copy, *others])[copy.id]
    return found["origin_class"], found["undisclosed"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (WIRE, "wire_verbatim"),
        (WIRE[:230], "wire_verbatim"),
        (edited(WIRE, 30), "wire_edited"),
        (edited(WIRE, 60), "wire_edited"),
        (WIRE[:150], "wire_abridged"),
        ([*WIRE[:60], *WIRE[120:]], "wire_abridged"),
        (edited(WIRE[:150], 40), "wire_abridged"),
        ([*WIRE[:60], *WIRE[100:], *WIRE[60:100]], "wire_abridged"),
        ([*OWN, *WIRE], "wire_plus_staff"),
        ([*WIRE[:80], *OWN, *WIRE[80:]], "wire_plus_staff"),
        ([*WIRE, *OWN], "wire_plus_staff"),
        ([*WIRE[:150], *OWN], "wire_plus_staff"),
        ([*WIRE, *OWN[:20]], "wire_verbatim"),  # a line at the end is page furniture …
    ],
)
def test_a_copy_that_credits_nobody_is_classed_by_its_text(words: list[str], expected: str) -> None:
    assert class_of(article("copy", words, outlet="ledger.example", minute=5)) == (expected, True)


def test_a_short_paragraph_counts_where_only_inputs_are_credited() -> None:
    copy = credited(article("copy", [*WIRE, *OWN[:20]], outlet="ledger.example", minute=5), "inputs")
    assert class_of(copy) == ("wire_plus_staff", False)


def test_the_agencys_text_is_verbatim_although_a_copy_is_longer() -> None:
    longer = article("longer", [*WIRE, *OWN], outlet="ledger.example", minute=5)
    assert run([FILING, longer])[FILING.id]["origin_class"] == "wire_verbatim"


def test_without_the_filing_the_fullest_copies_show_what_was_cut() -> None:
    cut = article("cut", WIRE[:130], outlet="ledger.example", minute=1, agency="PTI")
    full = [article("full", WIRE, outlet=f"outlet{n}.example", minute=5 + n, agency="PTI") for n in range(2)]
    assert class_of(cut, *full, filing=None) == ("wire_abridged", False)
    assert class_of(full[0], cut, full[1], filing=None) == ("wire_verbatim", False)


def test_without_the_filing_the_copies_that_agree_show_who_edited() -> None:
    changed = article("changed", edited(WIRE, 20), outlet="ledger.example", minute=1, agency="PTI")
    plain = [article("plain", WIRE, outlet=f"outlet{n}.example", minute=5 + n, agency="PTI") for n in range(2)]
    assert class_of(changed, *plain, filing=None) == ("wire_edited", False)
    assert class_of(plain[0], plain[1], changed, filing=None) == ("wire_verbatim", False)


@pytest.mark.parametrize(
    ("role", "expected"), [("sole", "wire_verbatim"), ("inputs", "rewrite"), ("quoted", "rewrite")]
)
def test_an_article_alone_is_classed_by_its_credits(role: Role, expected: str) -> None:
    assert class_of(credited(article("alone", OWN, outlet="ledger.example"), role)) == (expected, False)


def test_an_article_alone_without_credits_is_original() -> None:
    assert class_of(article("alone", OWN, outlet="ledger.example")) == ("original", False)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("The gate was shut, an official told this newspaper.", True),
        ("The gate was shut, an official told PTI.", False),
        ("When this reporter visited the depot, nobody was there.", True),
        ("A copy of the letter, accessed by this correspondent, is dated May 3.", True),
        ("The clerk told The Hill Gazette that the file was lost.", True),
        ("In villages that Hill Gazette visited on Wednesday, nobody had come.", True),
        ("In villages that Chief Minister Rao visited on Wednesday, nobody had come.", False),
        ("A letter, which The Hill Gazette has seen, is dated May 3.", True),
        ("The clerk told The Times that the file was lost.", False),
        ("I asked him twice. He laughed.", True),
        ('"I asked him twice," she told PTI.', False),
        ("9.10 am: Rain stops.\n8.55 am: It pours.\n8.40 am: Good morning.", True),
        ("Rain stopped at 9.10 am.\nIt poured at 8.55 am.\nIt began at 8.40 am.", False),
        ("The minister said the reporter was wrong.", False),
    ],
)
def test_an_outlets_own_voice_is_heard(text: str, own: bool) -> None:
    assert own_reporting(article("a", [text], outlet="hillgazette.example")) is own


@pytest.mark.parametrize(
    ("outlet", "filed"),
    [
        ("ptinews.com", True),
        ("www.ptinews.com", True),
        ("pti.example", True),
        ("ptiwire.example", True),
        ("ptitude.example", False),
        ("ledger.example", False),
    ],
)
def test_a_filing_comes_from_the_agencys_own_site(outlet: str, filed: bool) -> None:
    assert features(article("a", OWN, outlet=outlet, agency="PTI")).filed is filed


@pytest.mark.parametrize(
    ("agencies", "evidence", "roundup"),
    [
        (("PTI", "UNI"), "dateline", True),  # each filed its part
        (("PTI",), "dateline", False),
        (("PTI", "UNI"), "credit_line", False),  # one text, with inputs from both
    ],
)
def test_datelines_of_two_agencies_make_a_round_up(
    agencies: Sequence[str], evidence: EvidenceKind, roundup: bool
) -> None:
    credits_ = tuple(Credit(agency=name, role="inputs", evidence=evidence, confidence=1.0) for name in agencies)
    one = article("a", OWN, outlet="ledger.example").model_copy(update={"credits": credits_})
    assert features(one).roundup is roundup


def test_the_articles_written_by_hand_are_classed_as_labelled() -> None:
    found = score(list(read_lines(HAND_WRITTEN)))
    assert found.accuracy >= 0.95, found.wrong
    assert min(found.precision, found.recall) >= 0.95


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(5)), batch=st.sampled_from([1, 4]))
def test_classes_do_not_depend_on_the_order_of_arrival(order: list[int], batch: int) -> None:
    copies = [
        FILING,
        article("cut", WIRE[:130], outlet="a.example", minute=1),
        article("edited", edited(WIRE, 25), outlet="b.example", minute=2, agency="PTI"),
        article("staffed", [*WIRE[:90], *OWN, *WIRE[90:]], outlet="c.example", minute=3),
        article("plain", WIRE, outlet="d.example", minute=4),
    ]
    assert run([copies[n] for n in order], batch=batch) == run(copies)
