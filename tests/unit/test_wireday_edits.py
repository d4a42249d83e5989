from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wireday_support import containment, own_events, shingles
from wirecopy.wireday import edits
from wirecopy.wireday.chance import chance
from wirecopy.wireday.events import Event, load_events
from wirecopy.wireday.style import curly, edited, telegraphic, title_case

EVENTS = st.sampled_from([event for event in own_events() if event.agency])
SEEDS = st.integers()


@settings(deadline=None)
@given(EVENTS, SEEDS)
def test_an_abridgement_is_a_good_part_of_the_text_in_its_order(event: Event, seed: int) -> None:
    paragraphs = event.paragraphs
    kept = edits.abridged(paragraphs, chance(seed))
    share = edits.words(kept) / edits.words(paragraphs)
    assert edits.LEAST_KEPT <= share <= 0.8
    assert kept[0] == paragraphs[0]
    places = [next(i for i, p in enumerate(paragraphs) if p.startswith(k)) for k in kept]
    assert places == sorted(places)


@settings(deadline=None)
@given(EVENTS, SEEDS)
def test_an_edited_text_differs_and_is_still_the_same_text(event: Event, seed: int) -> None:
    paragraphs = event.paragraphs
    changed = edited(paragraphs, chance(seed))
    assert changed != paragraphs
    assert len(changed) == len(paragraphs)
    assert containment(shingles(changed), shingles(paragraphs)) > 0.5


@settings(deadline=None)
@given(SEEDS)
def test_staff_paragraphs_come_after_the_lead_and_in_order(seed: int) -> None:
    event = own_events()[0]
    mixed = edits.plus_staff(event.paragraphs, event.staff, chance(seed))
    assert mixed[0] == event.paragraphs[0]
    assert tuple(p for p in mixed if p in event.staff) == event.staff
    assert tuple(p for p in mixed if p not in event.staff) == event.paragraphs


@settings(deadline=None)
@given(SEEDS)
def test_a_merged_copy_takes_little_of_the_second_agency(seed: int) -> None:
    event = own_events()[0]
    assert event.second
    mixed = edits.merged(event.paragraphs, event.second.paragraphs, chance(seed))
    taken = [p for p in mixed if p in event.second.paragraphs]
    assert taken
    assert edits.words(taken) <= edits.MOST_OF_SECOND * edits.words(event.second.paragraphs)


def test_a_cut_falls_between_sentences_and_keeps_their_quotation_marks() -> None:
    text = '"It held." Dr. Sen of St. Xavier\'s left. S. Rao stayed.'
    assert edits.sentences(text) == ['"It held."', "Dr. Sen of St. Xavier's left.", "S. Rao stayed."]


def test_a_brief_opens_like_the_text_and_has_30_to_60_words() -> None:
    for event in (*own_events(), *load_events()):
        text = edits.brief(event.paragraphs)
        assert 24 <= edits.words((text,)) <= 60, event.id
        assert " ".join(event.paragraphs).startswith(text[:-1])


def test_briefs_leave_out_articles_and_the_day() -> None:
    assert telegraphic("The court on Wednesday heard a plea of the union.") == "The court heard plea of union."


def test_the_number_styles_keep_the_amount() -> None:
    text = ("The firm made Rs 1,268.59 crore, up 4.1 per cent, and sold 3 ships for USD 67 million, officials said.",)
    seen = " ".join(edited(text, chance(seed))[0] for seed in range(40))
    assert "12,685.90 million" in seen
    assert "4.1%" in seen
    assert "$67 million" in seen
    assert "three ships" in seen


def test_curly_quotes_open_and_close() -> None:
    assert curly("\"It's the 'best'\", he said") == "“It’s the ‘best’”, he said"


def test_title_case_leaves_small_words() -> None:
    assert title_case("Rain over the hills: a day of mud") == "Rain Over the Hills: a Day of Mud"
