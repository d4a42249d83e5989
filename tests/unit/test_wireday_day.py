from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import islice

import pytest

from schemas.ids import article_id
from schemas.public_records import OriginClass
from tests.unit.wireday_support import (
    Shingles,
    containment,
    own_events,
    product_day,
    product_items,
    shingles,
    story_part,
)
from wirecopy.wireday.day import IST, LENGTH, START, generate
from wirecopy.wireday.items import Item, article, truth

CREDIT_FORMS = {
    "PTI dateline": r"^[A-Z][\w .]+(?: \(\w+\))?, Jun 17 \(PTI\) \S",
    "IANS dateline": r"^[A-Z][\w .]+, June 17 \(IANS\) \S",
    "ANI dateline": r"^[A-Z][\w .]+ \([\w ]+\) \[India\], June 17 \(ANI\): \S",
    "ANI dateline of the capital": r"^New Delhi \[India\], June 17 \(ANI\): \S",
    "UNI dateline": r"^[A-Z][\w .]+, June 17 \(UNI\) \S",
    "Reuters dateline": r"^[A-Z .]+, June 17 \(Reuters\) - \S",
    "AP dateline": r"^[A-Z .]+ \(AP\) — \S",
    "AFP dateline": r"^[A-Z][\w .]+, June 17 \(AFP\) -- \S",
    "PTI sign-off": r"[.\"”] PTI [A-Z]{2,3}( [A-Z]{2,3})+$",
    "IANS sign-off": r"^--IANS\n[a-z]{2,3}/[a-z]{2}$",
    "UNI sign-off": r"^UNI [A-Z]{2,3} [A-Z]{2} \d{4}$",
    "ANI sign-off": r" \(ANI\)$",
    "Reuters sign-off": r"^\(Reporting by .+; Editing by .+\)$",
    "dash and agency": r"^– \w+$",
    "two dashes and agency": r"^-- PTI$",
    "agency in brackets": r"^\((?:PTI|IANS|ANI|UNI|Reuters|AP|AFP)\)$",
    "inputs, plain": r"^With \w+(?:, \w+)? inputs$",
    "inputs from": r"^\(With inputs from PTI\)$",
    "agency's inputs": r"^\(With \w+ inputs\)$",
    "inputs listed": r"^\(with inputs from \w+(?:, \w+)?\)$",
    "inputs of agencies": r"^\(With inputs from agencies\.\)$",
    "not edited": r"not been edited by .+ staff and is published from a syndicated feed",
    "not modified": r"published from a wire agency feed without modifications to the text",
    "quoted source": r", (?:PTI|IANS|ANI|UNI|Reuters|AP|AFP) reported",
    "correction": r"^\(Eds: Correcting ",
    "hold": r"^HOLD: ",
    "kill": r"^KILL: ",
    "withdrawn": r"^STORY WITHDRAWN: ",
    "repeated by PTI": r"^\(Eds: Repeating",
    "paid": r"\(ANI/NewsVoir\): ",
}


def test_equal_arguments_give_equal_days() -> None:
    again = tuple(generate().items())
    assert [truth(item) for item in again] == [truth(item) for item in product_items()]
    assert [item.versions for item in again] == [item.versions for item in product_items()]


def test_the_day_does_not_depend_on_the_hash_seed_of_a_process() -> None:
    code = (
        "import hashlib; from wirecopy.wireday.day import generate\n"
        "print(hashlib.sha256(repr([(i.id, i.story, i.versions) for i in generate().items()]).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_another_seed_makes_another_day() -> None:
    assert {item.id for item in generate(seed=2).items()} != {item.id for item in product_items()}


def test_a_new_story_leaves_the_copies_of_the_others_alone() -> None:
    def copies(number: int) -> dict[str, tuple[str, ...]]:
        day = generate(events=own_events()[:number])
        # The link under an article goes to any other headline of the day, new ones too.
        return {item.id: story_part(item) for item in day.items() if item.event in {"t001", "t002"}}

    assert copies(2) == copies(4)


def test_ids_are_those_that_a_producer_computes() -> None:
    items = product_items()
    assert all(truth(item)["id"] == article_id(item.outlet.host, item.guid) for item in items)
    assert len({item.id for item in items}) == len(items)
    assert len({item.url for item in items}) == len(items)


def test_each_story_has_one_to_nine_carriers_and_each_outlet_carries_it_once() -> None:
    carriers = defaultdict(list)
    for item in product_items():
        if item.kind in ("copy", "merged", "alert", "original"):
            carriers[item.event].append(item.outlet.id)
    counts = {len(outlets) for outlets in carriers.values()}
    assert set(carriers) == {event.id for event in product_day().events}
    assert counts <= set(range(1, 10))
    assert {1, 5, 8} <= counts
    assert all(len(set(outlets)) == len(outlets) for outlets in carriers.values())


def test_every_relation_and_every_outlet_occurs() -> None:
    relations: Counter[OriginClass] = Counter(item.relation for item in product_items())
    assert set(relations) == set(OriginClass.__args__)  # type: ignore[attr-defined]  # the values of a Literal
    assert min(relations[r] for r in ("wire_verbatim", "wire_edited", "wire_abridged", "wire_plus_staff")) >= 20
    assert {item.outlet.id for item in product_items()} == {outlet.id for outlet in product_day().outlets}


def test_all_happens_within_the_day() -> None:
    moments = [version.at for item in product_items() for version in item.versions]
    assert START.astimezone(IST).isoformat() == "2026-06-17T06:00:00+05:30"
    assert min(moments) > START
    assert max(moments) < START + LENGTH
    assert product_day().offset(START + LENGTH) == pytest.approx(40)


@pytest.mark.parametrize("form", CREDIT_FORMS)
def test_every_credit_form_occurs(form: str) -> None:
    pattern = re.compile(CREDIT_FORMS[form], re.MULTILINE)
    assert any(pattern.search(version.text) for item in product_items() for version in item.versions)


def test_every_kind_of_byline_occurs() -> None:
    bylines = {version.byline for item in product_items() for version in item.versions}
    assert {"PTI", "Reuters", "Press Trust of India", "Agencies", "TNN", "ENS", "ANI/NewsVoir", "Web Desk"} <= bylines
    assert any(re.fullmatch(r"([A-Z][a-z]+) \1", byline) for byline in bylines)


def test_corrected_and_refiled_headlines_occur() -> None:
    headlines = " | ".join(version.headline for item in product_items() for version in item.versions)
    assert re.search(r"CORRECTED[-:]", headlines)
    assert re.search(r"REFILE-|REPEAT: ", headlines)


def test_an_agency_corrects_after_an_hour_under_the_same_guid() -> None:
    for event in own_events()[:2]:
        items = [i for i in generate(events=own_events()).items() if i.event == event.id]
        filing = next(i for i in items if i.kind == "filing" and i.story == event.id)
        before, after = filing.versions
        assert event.correction
        assert after.at - before.at == timedelta(hours=1)
        assert event.correction.old in before.text
        marks = len(after.paragraphs) - len(before.paragraphs)
        told = "\n".join(after.paragraphs[marks:])
        assert marks == (event.agency == "PTI" or event.agency == "IANS")
        assert event.correction.old not in told
        assert event.correction.new in told
        for copy in (i for i in items if i.kind == "copy" and i.story == event.id and len(i.versions) > 1):
            assert copy.published < after.at < copy.versions[1].at


def test_some_outlets_update_and_some_keep_the_error() -> None:
    wrong = {event.id: event for event in product_day().events if event.agency and event.correction}
    corrected_at = {i.event: i.versions[1].at for i in product_items() if i.kind == "filing" and i.story in wrong}
    early = [
        item
        for item in product_items()
        if item.kind == "copy" and item.story in wrong and item.published < corrected_at[item.event]
    ]
    assert {len(item.versions) for item in early} == {1, 2}


def _bodies() -> dict[str, Shingles]:
    return {item.id: shingles(story_part(item)) for item in product_items()}


def test_copies_of_one_text_share_it_and_strangers_do_not() -> None:
    items, bodies = product_items(), _bodies()
    for number, item in enumerate(items):
        for other in items[:number]:
            share = containment(bodies[item.id], bodies[other.id])
            if item.story == other.story:
                assert share >= 0.45, (item.id, other.id)
            else:
                assert share <= 0.3, (item.kind, item.story, other.kind, other.story)


def test_the_relation_says_what_was_done_to_the_text() -> None:
    filings = {item.story: shingles(story_part(item)) for item in product_items() if item.kind == "filing"}
    for item in (i for i in product_items() if i.kind in ("copy", "merged")):
        mine, wire = shingles(story_part(item)), filings[item.story]
        kept, own = len(mine & wire) / len(wire), 1 - len(mine & wire) / len(mine)
        match item.relation:
            case "wire_verbatim":
                assert kept > 0.85
            case "wire_edited":
                assert 0.5 < kept < 0.95
            case "wire_abridged":
                assert 0.4 < kept < 0.8
            case "wire_plus_staff":
                assert kept > 0.5
                assert own > 0.02
            case other:
                raise AssertionError(other)


def test_undisclosed_copies_name_no_agency_around_the_text() -> None:
    hidden = [item for item in product_items() if item.undisclosed]
    assert 0.05 < len(hidden) / len(product_items()) < 0.2
    for item in hidden:
        first, last = item.versions[0].paragraphs[0], item.versions[-1].paragraphs[-3:]
        assert {role for _, role in item.credits} <= {"quoted"}
        assert not re.search(r"\((PTI|IANS|ANI|UNI|Reuters|AFP)\)", first)
        assert not re.search(r"\b(PTI|IANS|ANI|UNI|Reuters)\b", item.versions[0].byline)
        assert not any(re.match(r"[(–-]", paragraph) for paragraph in last)


def test_credits_say_what_is_printed() -> None:
    def names(item: Item) -> str:
        return f"{item.versions[-1].byline} {item.versions[-1].text}".lower()

    full = {"pti": "press trust", "ians": "indo-asian", "ani": "asian news", "uni": "united news", "ap": "associated"}
    full |= {"afp": "france-presse"}
    for item in product_items():
        for agency, role in item.credits:
            assert role in ("sole", "inputs", "quoted")
            if agency != "agencies":
                assert agency.lower() in names(item) or full[agency.lower()] in names(item)


def test_digests_quote_three_families_briefly() -> None:
    found = [item for item in product_items() if item.kind == "digest"]
    assert len(found) == 2
    for digest in found:
        assert len(set(digest.includes)) == 3
        assert [p[:2] for p in digest.versions[0].paragraphs if re.match(r"\d\. ", p)] == ["1.", "2.", "3."]
        assert digest.story not in digest.includes


def test_own_stories_stay_with_their_outlet() -> None:
    own = {event.id for event in product_day().events if not event.agency}
    assert Counter(item.event for item in product_items() if item.event in own) == Counter(own)
    assert all(item.relation == "original" for item in product_items() if item.event in own)


def test_an_agency_that_somebody_spoke_to_is_quoted_unless_credited() -> None:
    own = [item for item in generate(events=own_events()).items() if item.event == "t004"]
    assert [item.credits for item in own] == [(("PTI", "quoted"),)]
    for item in product_items():
        assert len({agency for agency, _ in item.credits}) == len(item.credits)


def test_a_larger_day_is_lazy_and_its_stories_are_all_different() -> None:
    day = generate(scale=1_000_000)
    head = list(islice(day.items(), 3 * len(product_items())))
    assert [item.id for item in head[: len(product_items())]] == [item.id for item in product_items()]
    assert len({item.id for item in head}) == len(head)
    stories = {item.story for item in head if item.kind == "filing"}
    assert len(stories) == len([item for item in head if item.kind == "filing"])


def test_what_eval_reads_and_what_is_true_have_the_same_ids() -> None:
    item = product_items()[0]
    assert article(item)["id"] == truth(item)["id"]
    assert article(item)["text"].split("\n") == list(item.versions[-1].paragraphs)


@pytest.mark.parametrize(("scale", "compress"), [(0, 1.0), (1, 0.0)])
def test_impossible_days_are_refused(scale: int, compress: float) -> None:
    with pytest.raises(ValueError, match="scale must be"):
        generate(scale=scale, compress=compress)
