"""Names over an article and its story. The texts are invented; what "the model saw" is given by hand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.public_records import Entity
from stream_apps.tagging.alias_files import built_in
from stream_apps.tagging.alias_set import AliasSet, CuratedEntity, Form, compile_entities
from stream_apps.tagging.publishers import publishers
from stream_apps.tagging.story_context import Context, StoryText, read_entities, resolve_story

NONE = compile_entities([])
BODIES = compile_entities(
    [
        CuratedEntity(id="nc:org:river-board", type="ORG", name="River Board", abbreviation=("RIVB",)),
        CuratedEntity(id="nc:place:vizhapuram", type="PLACE", name="Vizhapuram", alias=("Old Vizha",), safe=True),
        CuratedEntity(id="nc:place:lowland", type="PLACE", name="Lowland"),
        CuratedEntity(id="nc:org:tide", type="ORG", name="Tide and Harbour Office", weakAlias=("Harbour Office",)),
        CuratedEntity(
            id="nc:org:crab",
            type="ORG",
            name="Crab Census",
            abbreviation=(Form(text="CC", needs=("crabs",)),),
        ),
        CuratedEntity(id="nc:org:ripa", type="ORG", name="Resistance in Ripa"),
    ]
)


def text(
    identity: str,
    words: str,
    headline: str = "",
    annotations: tuple[tuple[int, int], ...] = (),
    labels: Mapping[str, str] | None = None,
    **seen: str,
) -> StoryText:
    """``seen``: name (underscores for spaces) to label, wherever it stands."""
    mentions = []
    for name, label in (seen | dict(labels or {})).items():
        name, at = name.replace("_", " "), 0  # noqa: PLW2901
        while (at := words.find(name, at)) >= 0:
            mentions.append((at, at + len(name), label))
            at += len(name)
    return StoryText(identity, headline, words, annotations, tuple(sorted(mentions)))


def ids(entities: tuple[Entity, ...]) -> dict[str, list[str]]:
    return {e.id: [m.text for m in e.occurrences()] for e in entities}


def one(article: StoryText, aliases: AliasSet = NONE) -> dict[str, list[str]]:
    return ids(resolve_story([article], aliases)[article.id])


def test_a_surname_is_the_person_named_in_full_whatever_the_model_took_it_for() -> None:
    article = text("a", "Meera Vastrad spoke. Then Vastrad left; Vastrad's car waited.", Meera_Vastrad="PERSON")
    assert one(article) == {"x:person:meera-vastrad": ["Meera Vastrad", "Vastrad", "Vastrad"]}
    as_body = text("a", "Meera Vastrad spoke. Then Vastrad left.", Vastrad="ORG", Meera_Vastrad="PERSON")
    assert set(one(StoryText("a", "", as_body.text, (), ((0, 13, "PERSON"), (26, 33, "ORG"))))) == {
        "x:person:meera-vastrad"
    }


def test_a_surname_of_two_people_is_neither() -> None:
    article = text("a", "Raju Oravan met Sunita Oravan. Oravan wept.", Raju_Oravan="PERSON", Sunita_Oravan="PERSON")
    assert one(article) == {
        "x:person:raju-oravan": ["Raju Oravan"],
        "x:person:sunita-oravan": ["Sunita Oravan"],
        "x:person:oravan": ["Oravan"],
    }


def test_the_article_goes_before_the_story() -> None:
    first = text("a", "Raju Oravan left. Oravan wept.", Raju_Oravan="PERSON")
    other = text("b", "Sunita Oravan came.", Sunita_Oravan="PERSON")
    third = text("c", "Oravan wept.", Oravan="PERSON")
    found = resolve_story([first, other, third], NONE)
    assert ids(found["a"]) == {"x:person:raju-oravan": ["Raju Oravan", "Oravan"]}
    assert ids(found["c"]) == {"x:person:oravan": ["Oravan"]}


def test_spellings_of_a_name_are_one_person() -> None:
    words = "M.K. Ravinath spoke. M K Ravinath sat. Mr MK Ravinath and M. K. Ravinath left."
    assert list(one(text("a", words, Ravinath="PERSON"))) == ["x:person:mk-ravinath"]


def test_different_initials_are_different_people() -> None:
    words = "R.M. Deshkar met M.R. Deshkar."
    assert set(one(text("a", words, Deshkar="PERSON"))) == {"x:person:rm-deshkar", "x:person:mr-deshkar"}


def test_an_acronym_defined_in_one_copy_serves_the_other() -> None:
    first = text("a", "The Wetland Review Panel (WRP) met.", Wetland_Review_Panel="ORG")
    other = text("b", "An order by WRP came late, said WRP.")
    found = resolve_story([first, other], NONE)
    assert ids(found["a"]) == {"x:org:wetland-review-panel": ["Wetland Review Panel", "WRP"]}
    assert ids(found["b"]) == {"x:org:wetland-review-panel": ["WRP", "WRP"]}
    assert {m.method for m in found["b"][0].occurrences()} == {"acronym"}


def test_an_office_is_not_a_name() -> None:
    assert one(text("a", "The Divisional Forest Officer (DFO) came, and the DFO left.")) == {}


def test_a_name_without_legal_form_is_the_same_company() -> None:
    words = "Lake Polymers Ltd rose. Lake Polymers Limited is old. Lake Polymers sells."
    seen = {"Lake Polymers Ltd": "ORG", "Lake Polymers Limited": "ORG"}
    assert list(one(text("a", words, labels=seen))) == ["x:org:lake-polymers"]


def test_the_beginning_of_a_bodys_name_is_the_body() -> None:
    words = "Sahyatri Urban Bank closed. Depositors of Sahyatri wept."
    found = one(text("a", words, Sahyatri_Urban_Bank="ORG", Sahyatri="ORG"))
    assert found == {"x:org:sahyatri-urban-bank": ["Sahyatri Urban Bank", "Sahyatri"]}


def test_kinds_of_hyphen_make_no_difference() -> None:
    words = "KC-135 Stratotanker and KC\u2011135 Stratotanker and KC\u2013135 Stratotanker"
    assert list(one(text("a", words))) == ["x:product:kc135"]


def test_the_type_is_what_most_readings_say() -> None:
    article = StoryText(
        "a", "", "Nallur won. Nallur lost. Nallur drew.", (), ((0, 6, "GPE"), (12, 18, "ORG"), (25, 31, "GPE"))
    )
    assert one(article) == {"x:place:nallur": ["Nallur", "Nallur", "Nallur"]}


def test_an_alias_takes_the_span_and_names_the_entity() -> None:
    assert one(text("a", "Old Vizha is Vizhapuram.", Vizhapuram="PERSON"), BODIES) == {
        "nc:place:vizhapuram": ["Old Vizha", "Vizhapuram"]
    }


def test_an_alias_inside_a_longer_name_gives_way_and_one_across_names_wins() -> None:
    assert set(one(text("a", "The Vizhapuram Rail Club met.", Vizhapuram_Rail_Club="ORG"), BODIES)) == {
        "x:org:vizhapuram-rail-club"
    }
    article = text("a", "It was the Resistance in Ripa.", the_Resistance="ORG", Ripa="GPE")
    assert one(article, BODIES) == {"nc:org:ripa": ["Resistance in Ripa"]}


def test_a_single_word_is_added_only_where_it_is_safe() -> None:
    assert one(text("a", "A boat left Vizhapuram for Lowland."), BODIES) == {"nc:place:vizhapuram": ["Vizhapuram"]}
    assert one(text("a", "A boat left with Vizhapuram Raman."), BODIES) == {}
    assert set(one(text("a", "A boat left for Lowland.", Lowland="PERSON"), BODIES)) == {"nc:place:lowland"}


def test_short_forms_are_taken_as_they_are_written() -> None:
    assert one(text("a", "The RIVB met; rivb and Rivb did not."), BODIES) == {"nc:org:river-board": ["RIVB"]}


def test_context_words_decide_over_an_ambiguous_short_form() -> None:
    assert one(text("a", "The CC counted."), BODIES) == {}
    assert one(text("a", "The CC counted crabs."), BODIES) == {"nc:org:crab": ["CC"]}


def test_a_weak_alias_needs_a_strong_one_in_the_story() -> None:
    weak = text("a", "The Harbour Office shut.")
    strong = text("b", "The Tide and Harbour Office shut.")
    assert one(weak, BODIES) == {}
    assert ids(resolve_story([weak, strong], BODIES)["a"]) == {"nc:org:tide": ["Harbour Office"]}


def test_marks_are_not_tagged_but_a_dateline_says_where() -> None:
    words = "Vizhapuram, May 3 (RIVB) A boat left.\n(With inputs from RIVB in Vizhapuram)"
    article = text("a", words, annotations=((0, 24), (38, 74)))
    assert one(article, BODIES) == {"nc:place:vizhapuram": ["Vizhapuram"]}


def test_headlines_have_the_names_that_the_texts_know() -> None:
    article = text("a", "Meera Vastrad spoke.", headline="Vastrad Speaks At Length", Meera_Vastrad="PERSON")
    (entity,) = resolve_story([article], NONE)["a"]
    assert [(m.field, m.text) for m in entity.occurrences()] == [("text", "Meera Vastrad"), ("headline", "Vastrad")]
    assert entity.salience == 1.0


def test_a_mention_leaves_out_what_is_its_entitys() -> None:
    article = text("a", "Meera Vastrad spoke. Vastrad left.", Meera_Vastrad="PERSON")
    (entity,) = resolve_story([article], NONE)["a"]
    whole, short = entity.mentions
    assert (whole.text, whole.method, whole.confidence) == (None, None, None)
    assert (short.text, short.method) == ("Vastrad", "partial")
    assert [m.text for m in entity.occurrences()] == ["Meera Vastrad", "Vastrad"]
    assert [m.method for m in entity.occurrences()] == [entity.method, "partial"]
    assert {m.confidence for m in entity.occurrences()} == {entity.confidence, short.confidence}


def test_people_are_known_by_title_or_age() -> None:
    words = "Third Engineer Sachin Pujar, 27, is missing. Smt Radha Devi wept."
    assert set(one(text("a", words))) == {"x:person:sachin-pujar", "x:person:radha-devi"}


def test_nothing_is_found_in_nothing() -> None:
    assert resolve_story([], NONE) == {}
    assert resolve_story([StoryText("a", "", "")], NONE) == {"a": ()}


PIECES = (
    "Meera Vastrad of the Wetland Review Panel (WRP) spoke in Vizhapuram.",
    "Vastrad said the WRP would sail INS Sharavani.",
    "Anil Vastrad of Lake Polymers Ltd left for Old Vizha.",
    "R. M. Deshkar met R M Deshkar; Deshkar wept.",
    "The Harbour Office, part of the Tide and Harbour Office, shut.",
)
NAMES = ("Meera Vastrad", "Wetland Review Panel", "Vastrad", "Lake Polymers", "Deshkar", "Vizhapuram", "Harbour")


@st.composite
def stories(draw: st.DrawFn) -> list[StoryText]:
    articles = []
    for number in range(draw(st.integers(1, 4))):
        words = "\n".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4)))
        seen = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["PERSON", "ORG", "GPE"]), max_size=4))
        headline = draw(st.sampled_from(["", "Vastrad Meets WRP", "Deshkar in Vizhapuram"]))
        articles.append(text(str(number), words, headline, labels=seen))
    return articles


@given(stories(), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_every_mention_is_where_it_says(
    story: list[StoryText], shuffler: random.Random
) -> None:
    found = resolve_story(story, BODIES)
    shuffled = list(story)
    shuffler.shuffle(shuffled)
    assert resolve_story(shuffled, BODIES) == found
    for article in story:
        spans: dict[str, list[tuple[int, int]]] = {"text": [], "headline": []}
        for entity in found[article.id]:
            for mention in entity.occurrences():
                field = article.text if mention.field == "text" else article.headline
                assert field[mention.start : mention.end] == mention.text
                spans[mention.field].append((mention.start, mention.end))
        for each in spans.values():
            assert all(a[1] <= b[0] for a, b in pairwise(sorted(each)))


@settings(deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_a_context_that_grew_and_shrank_gives_what_a_new_one_gives(story: list[StoryText], rng: random.Random) -> None:
    before: Context | None = None
    for _ in range(6):
        texts = rng.sample(story, rng.randint(1, len(story)))
        before = Context(texts, BODIES, before)
        fresh = Context([_again(one) for one in texts], BODIES)
        for one in story:
            assert before.entities(one) == fresh.entities(_again(one))


def _again(one: StoryText) -> StoryText:
    """The same text, of which nothing has been worked out."""
    return StoryText(one.id, one.headline, one.text, one.annotations, one.mentions)


def test_a_text_beside_the_context_is_read_in_its_light_and_changes_nothing_in_it() -> None:
    full = text("a", "Meera Vastrad spoke.", Meera_Vastrad="PERSON")
    short = text("b", "Vastrad left with Anil Deshkar.", Vastrad="ORG", Anil_Deshkar="PERSON")
    context = Context([full], NONE)
    alone = context.entities(full)
    assert set(ids(read_entities(context.entities(short)))) == {"x:person:meera-vastrad", "x:person:anil-deshkar"}
    assert context.entities(full) == alone


@pytest.mark.parametrize("copies", [2, 5])
def test_the_same_copy_again_changes_no_id(copies: int) -> None:
    article = text("0", "\n".join(PIECES), Meera_Vastrad="PERSON", Deshkar="PERSON")
    alone = ids(resolve_story([article], BODIES)["0"])
    story = [StoryText(str(n), "", article.text, (), article.mentions) for n in range(copies)]
    assert all(ids(found) == alone for found in resolve_story(story, BODIES).values())


def test_a_company_by_its_first_word_and_a_ship_without_its_prefix() -> None:
    words = "Bhadra Steel Pvt Ltd won. Bhadra lost. INS Sharavati sailed. The Sharavati docked."
    mentions = tuple(
        (words.index(name), words.index(name) + len(name), label)
        for name, label in (("Bhadra Steel Pvt Ltd", "ORG"), ("Bhadra lost", "GPE"), ("Sharavati docked", "PERSON"))
    )
    seen = tuple((start, end - len(" lost" if label == "GPE" else ""), label) for start, end, label in mentions[:2])
    docked = mentions[2][0]
    article = StoryText("a", "", words, (), (*seen, (docked, docked + len("Sharavati"), "PERSON")))
    assert one(article) == {
        "x:org:bhadra-steel": ["Bhadra Steel Pvt Ltd", "Bhadra"],
        "x:product:ins-sharavati": ["INS Sharavati", "Sharavati"],
    }


def test_an_entity_that_is_named_in_full_needs_no_words_beside_its_short_names() -> None:
    board = CuratedEntity(
        id="nc:org:river-board",
        type="ORG",
        name="River Board",
        alias=(Form(text="Board", needs=("dam",)),),
    )
    aliases = compile_entities([board])
    assert one(text("a", "River Board met. Later, Board members left."), aliases) == {
        "nc:org:river-board": ["River Board", "Board"]
    }
    assert one(text("a", "Later, Board members left."), aliases) == {}


def test_a_legal_form_behind_an_alias_belongs_to_it() -> None:
    aliases = compile_entities([CuratedEntity(id="nc:org:vizhacorp", type="ORG", name="Vizhacorp")])
    assert one(text("a", "Shares of Vizhacorp Ltd fell."), aliases) == {"nc:org:vizhacorp": ["Vizhacorp Ltd"]}


def test_a_dotless_i_is_an_i() -> None:
    article = text("a", "Sukru Yilmaz spoke. Yılmaz left.", labels={"Sukru Yilmaz": "PERSON", "Yılmaz": "PERSON"})
    assert list(one(article)) == ["x:person:sukru-yilmaz"]


@pytest.mark.parametrize(
    ("words", "form", "entity"),
    [
        ("The Madras High Court sat. The HC ruled.", "HC", "nc:org:madras-high-court"),
        ("The Madras High Court and the Patna High Court sat. The HC ruled.", "HC", None),
        (
            "Pleas reached the Supreme Court in Delhi. The apex court sat.",
            "apex court",
            "nc:org:supreme-court-of-india",
        ),
        ("The apex court sat.", "apex court", None),
        ("Rain fell in Madhya Pradesh. Schools in MP shut.", "MP", "wd:Q1188"),
        ("Rain fell in Madhya Pradesh. BJP MP Asha Rane came.", "MP", None),
        ("Rain fell in Madhya Pradesh. An MP came.", "MP", None),
        ("The Lankan navy held four men.", "Lankan navy", "nc:org:sri-lanka-navy"),
        ("The Pakistan Navy sailed. The Navy denied it.", "Navy", "nc:org:pakistan-navy"),
        ("The Pakistan Navy sailed by the Indian Navy. The Navy denied it.", "Navy", "nc:org:indian-navy"),
        ("In India, the Labor Ministry met.", "Labor Ministry", "nc:org:ministry-of-labour-and-employment-in"),
        ("In Chile, the Labor Ministry met.", "Labor Ministry", None),
        ("A certificate was shown to the Supreme Court in Delhi for the SC/ST quota.", "SC", None),
    ],
)
def test_short_forms_of_public_bodies_and_states(words: str, form: str, entity: str | None) -> None:
    found = resolve_story([StoryText("a", "", words)], built_in())["a"]
    start = words.rindex(form)
    named = {e.id for e in found for m in e.mentions if m.start <= start and start + len(form) <= m.end}
    assert named == ({entity} if entity else set())


def test_british_and_american_spelling_are_one_name() -> None:
    words = "The Border Welfare Organisation met. The Border Welfare Organization agreed."
    seen = text("a", words, Border_Welfare_Organisation="ORG", Border_Welfare_Organization="ORG")
    assert len(one(seen)) == 1


def test_a_page_is_not_about_who_publishes_it() -> None:
    words = "The minister told PTI so. Reuters shares fell, said the Coastal Herald of Vizhapuram."
    seen = tuple((words.index(n), words.index(n) + len(n), "ORG") for n in ("PTI", "Reuters", "Coastal Herald"))
    own = publishers(["PTI"], "www.coastalherald.example")
    found = resolve_story([StoryText("a", "", words, (), seen, own)], built_in())["a"]
    assert {e.name for e in found if e.type == "ORG"} == {"Reuters"}


def test_a_namesake_of_an_agency_stays() -> None:
    words = "Imran Khan of the PTI spoke in Islamabad."
    found = resolve_story([StoryText("a", "", words, (), (), publishers(["PTI"]))], built_in())["a"]
    assert any("PTI" in {m.text for m in e.occurrences()} for e in found)


def test_common_nouns_with_an_abbreviation_are_no_bodies() -> None:
    words = "They filed an action taken report (ATR). The ATR was read."
    assert one(text("a", words, ATR="ORG")) == {}


def test_a_place_by_its_first_word_is_no_person() -> None:
    words = "Ships passed Serim Island. Near Serim, one sank; Serim was dark."
    assert one(text("a", words, labels={"Serim Island": "LOC", "Serim": "PERSON"})) == {
        "x:place:serim-island": ["Serim Island", "Serim", "Serim"]
    }
