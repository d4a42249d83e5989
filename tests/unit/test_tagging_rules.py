"""Names by their form: designations, acronyms, titles, parts of names."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from schemas.public_records import EntityType
from stream_apps.tagging import cues, names, short_names
from stream_apps.tagging.acronyms import definitions, initials, is_short_form
from stream_apps.tagging.cues.openings import stands_in
from stream_apps.tagging.designations import designations, people
from stream_apps.tagging.line_memory import LineMemory
from stream_apps.tagging.normalise import plain
from stream_apps.tagging.person_short_names import is_part
from stream_apps.tagging.reading import by_enumeration, parted_behind, read
from stream_apps.tagging.salience import salience
from stream_apps.tagging.spans import NameSpan


def _designations(text: str) -> list[tuple[str, EntityType]]:
    return [(text[found.start : found.end], found.type) for found in designations(plain(text))]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Two KC\u2011135 Stratotanker aircraft refuelled it.", "KC\u2011135 Stratotanker", "PRODUCT"),
        ("Pilots flew the Su-30MKI over Pune.", "Su-30MKI", "PRODUCT"),
        ("Four F-16s took off.", "F-16", "PRODUCT"),
        ("The PSLV\u2013C67 flew, and PSLV rested.", "PSLV\u2013C67", "PRODUCT"),
        ("A Boeing 737 MAX turned back.", "Boeing 737 MAX", "PRODUCT"),
        ("An A321 neo turned back.", "A321 neo", "PRODUCT"),
        ("They sold TB-2 drones.", "TB-2", "PRODUCT"),
        ("The VL-SRSAM Mk-2 was tested.", "VL-SRSAM Mk-2", "PRODUCT"),
        ("On board INS Vikrant sailors cheered.", "INS Vikrant", "PRODUCT"),
        ("Under Operation Rakshak they left.", "Operation Rakshak", "EVENT"),
        (
            "The Water (Prevention and Control of Pollution) Act and the state say so.",
            "Water (Prevention and Control of Pollution) Act",
            "LAW",
        ),
        ("The Solid Waste Management Rules, 2016 bind towns.", "Solid Waste Management Rules, 2016", "LAW"),
        ("Court on JJ Act", "JJ Act", "LAW"),
        ("It is held under Article 21 that he is free.", "Article 21", "LAW"),
        (
            "He was booked under the Unlawful Activities (Prevention) Act.",
            "Unlawful Activities (Prevention) Act",
            "LAW",
        ),
        ("They get aid under the Pradhan Mantri Awas Yojana now.", "Pradhan Mantri Awas Yojana", "LAW"),
        ("Students of IIT-Madras won.", "IIT-Madras", "ORG"),
        ("An officer, R B Sreekumar, spoke.", "R B Sreekumar", "PERSON"),
    ],
)
def test_designations(text: str, name: str, kind: EntityType) -> None:
    assert _designations(text) == [(name, kind)]


@pytest.mark.parametrize(
    "text",
    ["The U-19 team lost.", "COVID-19 cases fell.", "The G-20 met.", "An operation was made.", "Act now, said Bill.",
     "On NH-44 a lorry fell.", "He was in the operation theatre.", "The U S Army left."],
)  # fmt: skip
def test_what_only_looks_like_a_designation(text: str) -> None:
    assert _designations(text) == []


@pytest.mark.parametrize("unit", ["Aa ", "A.", "A ", "Operation A", "KC-1", "(A", "Act of ", "Mr A Bb ", "- ", "A-1 "])
def test_hostile_text_takes_no_longer_than_its_length_allows(unit: str) -> None:
    text = (unit * 100_000)[:100_000] + " Act Yojana Yatra Mk neo"
    started = time.process_time()
    designations(text)
    people(text)
    list(definitions(text))
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "short", "long_form"),
    [
        ("the Central Water Commission (CWC) said", "CWC", "Central Water Commission"),
        ("the Directorate General of Shipping (DGS)", "DGS", "Directorate General of Shipping"),
        ("Foreign institutional investors (FIIs) sold", "FIIs", "Foreign institutional investors"),
        ("CWC (Central Water Commission) said", "CWC", "Central Water Commission"),
        ("It rained. The Lake Board (LB) met", "LB", "Lake Board"),
    ],
)
def test_definitions(text: str, short: str, long_form: str) -> None:
    assert [(d.short, text[d.start : d.end]) for d in definitions(text)] == [(short, long_form)]


@pytest.mark.parametrize(
    "text", ["Anand Das (34) left", "Lake Board (Pune) met", "He met Ltd (CWC)", "Lake. Board (LB)", "the water (CWC)"]
)
def test_what_defines_nothing(text: str) -> None:
    assert list(definitions(text)) == []


def test_short_forms_and_initials() -> None:
    assert is_short_form("CUET-UG")
    assert not is_short_form("Ltd")
    assert initials("Wildlife Institute of India") == "WII"


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("Chief Financial Officer Anil Das", "PERSON", "Anil Das"),
        ("Shri Anil Das's", "PERSON", "Anil Das"),
        ("Smt. Radha Devi", "PERSON", "Radha Devi"),
        ("Chairman and Managing Director R Das", "PERSON", "R Das"),
        ("Lt Gen (Retd) A K Rao", "PERSON", "A K Rao"),
        ("Acharya ji", "PERSON", "Acharya"),
        ("Chief Minister", "PERSON", ""),
        ("the U.S.", "PLACE", "U.S."),
        ("Janata Dal (United)", "ORG", "Janata Dal (United)"),
        ("Lake Polymers Limited: Founded", "ORG", "Lake Polymers Limited"),
        ("court", "ORG", ""),
        ("Court", "ORG", ""),
    ],
)
def test_the_name_within_a_span(text: str, kind: EntityType, name: str) -> None:
    start, end = names.trim(text, 0, len(text), kind)
    assert text[start:end] == name


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Lake Polymers Ltd", "Lake Polymers Pvt. Ltd.", "ORG"),
        ("The Lake Board", "Lake Board", "ORG"),
        ("A321-neo", "Airbus A321 neo", "PRODUCT"),
        ("VL\u2011SRSAM Mk\u20112", "VLSRSAM Mk2", "PRODUCT"),
        ("M. K. Das", "MK Das", "PERSON"),
        ("Hélène Roux", "Helene Roux", "PERSON"),
    ],
)
def test_spellings_of_one_thing_have_one_key(one: str, other: str, kind: EntityType) -> None:
    assert names.key(one, kind) == names.key(other, kind)


def test_a_bare_number_keeps_its_maker() -> None:
    assert names.key("Boeing 737", "PRODUCT") == ("boeing737",)


@pytest.mark.parametrize(
    ("short", "full", "part"),
    [
        ("das", "anand das", True),
        ("anand", "anand das", True),
        ("padmaja rani", "k padmaja rani", True),
        ("mk das", "mohan kumar das", True),
        ("r das", "ravi das", True),
        ("prabhakar rao", "prabhakar k rao", True),
        ("mr das", "ravi mohan das", False),
        ("r das", "ravi mohan das", True),
        ("m venkaiah das", "muppala venkaiah das", True),
        ("tk venu", "thazhathu krishnan venu", True),
        ("kt venu", "thazhathu krishnan venu", False),
        ("s das", "ravi sen das", False),
        ("das", "das", False),
        ("k", "k rani", False),
        ("ravindran", "mv ravindranath", False),
    ],
)
def test_parts_of_a_name(short: str, full: str, part: bool) -> None:
    assert is_part(tuple(short.split()), tuple(full.split())) is part


def test_words_around_a_name_tell_what_it_is() -> None:
    text = "Police said Mr Vemula, 34, left. Chairman Bagga came to a hall near Kovalam on Friday."
    at = {name: (text.index(name), text.index(name) + len(name)) for name in ("Bagga", "Kovalam", "Friday")}
    assert cues.places.place_votes(text, *at["Kovalam"]) > 0
    assert cues.places.place_votes(text, *at["Friday"]) == 0


def test_salience_grows_with_count_earliness_and_headline() -> None:
    most = salience(5, 5, 0, 1000, in_headline=True)
    assert most == 1.0
    assert salience(5, 5, 0, 1000, in_headline=False) < most
    assert salience(1, 5, 0, 1000, in_headline=True) < most
    assert salience(5, 5, 900, 1000, in_headline=True) < most
    assert salience(1, 1, None, 0, in_headline=True) > 0


@pytest.mark.parametrize(
    ("rule", "short", "full", "part"),
    [
        (short_names.is_place_of, "qeshm", "qeshm island", True),
        (short_names.is_place_of, "hormuz", "strait of hormuz", True),
        (short_names.is_place_of, "hormuz strait", "strait of hormuz", True),
        (short_names.is_place_of, "hormuz island", "strait of hormuz", False),
        (short_names.is_place_of, "york", "new york", False),
        (short_names.is_body_of, "suvarna", "suvarna airways", True),
        (short_names.is_body_of, "stanley hospital", "government stanley medical college hospital", True),
        (short_names.is_body_of, "delhi court", "delhi high court", False),
        (short_names.is_thing_of, "pralay", "pralay missile", True),
        (short_names.is_thing_of, "sharavati", "ins sharavati", True),
        (short_names.is_thing_of, "boeing", "boeing airliner", False),
        (short_names.is_law_of, "rti act", "right to information act 2005", True),
        (short_names.is_law_of, "rti act", "rti act", False),
        (short_names.is_law_of, "rti act", "rti act 2005", True),
        (short_names.is_law_of, "rti act 2005", "rti act", False),
        (short_names.is_law_of, "jj act", "juvenile justice care and protection of children act", True),
        (short_names.is_law_of, "jc act", "juvenile justice care and protection of children act", False),
        (short_names.is_law_of, "citizenship act", "citizenship amendment act", True),
        (short_names.is_law_of, "citizenship bill", "citizenship amendment act", False),
        (short_names.is_law_of, "act", "citizenship amendment act", False),
    ],
)
def test_short_names_of_other_things(
    rule: Callable[[tuple[str, ...], tuple[str, ...]], bool], short: str, full: str, part: bool
) -> None:
    assert rule(tuple(short.split()), tuple(full.split())) is part


@pytest.mark.parametrize("short", ["CUET-UG", "CUET UG", "C.U.E.T.-UG"])
def test_spellings_of_a_short_form_have_one_key(short: str) -> None:
    assert short_names.short_key(short) == "CUET-UG"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Leader of the Opposition", True),
        ("Union Health and Family Welfare Minister", True),
        ("Chief Justice of India", True),
        ("Divisional Forest Officer", True),
        ("Solicitor General", True),
        ("Council of Ministers", False),
        ("General Motors", False),
        ("Bishop Cotton School", False),
        ("Dollar General", False),
        ("Lower House Leader", True),
        ("Ruler of Sarpa", True),
        ("Head of Corporate Banking", True),
        ("Union Minister For Culture", True),
        ("Foreign Secretaries", True),
        ("Head Digital School", False),
    ],
)
def test_titles_of_offices_name_no_body(name: str, title: bool) -> None:
    assert names.is_title(name) is title


@pytest.mark.parametrize(
    ("text", "name", "kind", "given"),
    [
        ("He sang 'Neela Gagan' on stage, the song 'Hari Zameen' too.", "Hari Zameen", "PERSON", "WORK"),
        ("The film Rangoli did well.", "Rangoli", "PLACE", "WORK"),
        ("They prayed at Noor Masjid.", "Noor Masjid", "ORG", "FACILITY"),
        ("Water rose in Anand Vihar.", "Anand Vihar", "PERSON", "PLACE"),
        ("Mr Surendra Nagar left.", "Surendra Nagar", "PERSON", None),
        ("Surendra Nagar said so.", "Surendra Nagar", "PERSON", None),
        ("The secretary DLSA said so.", "DLSA", "PERSON", "ORG"),
        ("Then KCR said so.", "KCR", "PERSON", None),
        ("She won the Lakes Paralympics.", "Lakes Paralympics", "ORG", "EVENT"),
        ("The Global Economic Outlook fell.", "Global Economic Outlook", "ORG", "WORK"),
        ("The Coastal Geological Survey said so.", "Coastal Geological Survey", "ORG", None),
        ("They kept Indian Lakes Day.", "Indian Lakes Day", "ORG", "EVENT"),
        ("Dorothea Day said so.", "Dorothea Day", "PERSON", None),
        ("It falls on Mahashtami this year.", "Mahashtami", "PERSON", "EVENT"),
        ("He flew to the Lakes Summit.", "Lakes Summit", "ORG", "EVENT"),
        ("The Summit was off.", "Summit", "ORG", None),
        ("The Pratap Rao government fell.", "Pratap Rao", "FACILITY", "PERSON"),
        ("The Pratap Rao government fell.", "Pratap Rao", "ORG", "PERSON"),
        ("The Lok Dal government fell.", "Lok Dal", "ORG", None),
        ("The Water and Lakes Code holds.", "Water and Lakes Code", "ORG", "LAW"),
        ("It helps Mumbaikars.", "Mumbaikars", "PLACE", "NORP"),
        ("He is of Westbrook Capital.", "Westbrook Capital", "PLACE", "ORG"),
        ("They met at the Taj Samudram hotel.", "Taj Samudram", "PERSON", "FACILITY"),
        ("Then Taj Samudram spoke.", "Taj Samudram", "PERSON", None),
        ("A Meadow, B Dalbecker won.", "B Dalbecker", "ORG", "PERSON"),
        ("Then B Dalbecker won.", "B Dalbecker", "ORG", None),
        ("Law and B Pharmacy were taught.", "B Pharmacy", "ORG", None),
        ("He lives in T Nagar.", "T Nagar", "ORG", "PLACE"),
        ("The INC leader Vaikomban left.", "Vaikomban", "NORP", "PERSON"),
        ("The Klinton administration said so.", "Klinton", "PLACE", "PERSON"),
        ("The leader Goa government sent left.", "Goa", "PLACE", None),
        ("Then Amanda House won.", "Amanda House", "PERSON", "FACILITY"),
        ("The Samsung Galaxy A2 is out.", "Samsung Galaxy A2", "ORG", "PRODUCT"),
        ("The ICC Men T20 is on.", "ICC Men T20", "ORG", None),
    ],
)
def test_types_that_the_form_gives_away(text: str, name: str, kind: EntityType, given: EntityType | None) -> None:
    start = text.index(name)
    assert cues.type_rules.type_by_form(text, start, start + len(name), kind) == given


@pytest.mark.parametrize(
    ("text", "word", "common"),
    [
        ("Briefing reporters, he left.", "Briefing", True),
        ("Front men spoke. It was the front of the house.", "Front", True),
        ("Beijing said no.", "Beijing", False),
        ("Asha spoke.", "Asha", False),
        ("They saw Front pages at the front desk.", "Front", False),
    ],
)
def test_words_that_only_open_a_sentence(text: str, word: str, common: bool) -> None:
    start = text.index(word)
    assert cues.openings.is_common_word(text, start, start + len(word), partial(stands_in, text)) is common


@pytest.mark.parametrize(
    ("text", "name", "kind", "none"),
    [
        ("The Koli-Sarpa war went on.", "Koli-Sarpa", "ORG", True),
        ("Jean-Pierre said so.", "Jean-Pierre", "PERSON", False),
        ("He lives in Delhi-NCR now.", "Delhi-NCR", "PLACE", False),
        ("Indo-US talks ended.", "Indo-US", "PLACE", True),
        ("Ships of the Indo-Pacific met.", "Indo-Pacific", "PLACE", False),
        ("It hurt Indo-Canadians.", "Indo-Canadians", "NORP", False),
        ("The Union Petroleum Minister left.", "Union Petroleum", "ORG", True),
        ("The Indian Petroleum refinery shut.", "Indian Petroleum", "ORG", False),
        ("Minister for Culture and Asha Rane left.", "Culture", "PERSON", True),
        ("The Non-Aligned Movement summit opened.", "Non-Aligned Movement", "ORG", False),
        ("The Koli-Sarpa-Teral alliance won.", "Koli-Sarpa-Teral", "ORG", True),
        ("He goes as Secretary, Food Processing, today.", "Food Processing", "ORG", True),
        ("The secretary of Food Processing Ltd left.", "Food Processing Ltd", "ORG", False),
        ("Much was done.\nScientific Discoveries: Research went on.", "Scientific Discoveries", "ORG", True),
        ("Asha Rane: I shall go.", "Asha Rane", "PERSON", False),
        ("He told Meru Research: go.", "Meru Research", "ORG", False),
        ("Most of the SC candidates passed.", "SC", "PLACE", True),
        ("The SC/ST quota holds.", "ST", "PLACE", True),
        ("The SC bench met.", "SC", "ORG", False),
        ("Demand in SeptemberPeak power fell.", "SeptemberPeak", "ORG", True),
        ("The May Day rally was off.", "May Day", "EVENT", False),
    ],
)
def test_spans_that_are_no_name(text: str, name: str, kind: EntityType, none: bool) -> None:
    start = text.index(name)
    assert cues.not_names.is_no_name(text, start, start + len(name), kind) is none


@pytest.mark.parametrize(
    ("span", "name"), [("Sarpan Presidential", "Sarpan"), ("Federal", ""), ("Federal Bank", "Federal Bank")]
)
def test_a_name_ends_before_the_adjective_of_another_noun(span: str, name: str) -> None:
    text = f"The {span} office said so."
    assert text[4 : cues.edges.without_adjective(text, 4, 4 + len(span))] == name


@pytest.mark.parametrize(
    ("text", "span", "name"),
    [
        ("It rained. Dismissing Sarpa, he left.", "Dismissing Sarpa", "Sarpa"),
        ("Beijing Airport shut.", "Beijing Airport", "Beijing Airport"),
        ("He saw Flying Club.", "Flying Club", "Flying Club"),
        ("Its theme was 'Connecting Minds'.", "Connecting Minds", "Connecting Minds"),
    ],
)
def test_a_participle_that_opens_a_sentence_is_no_part_of_a_name(text: str, span: str, name: str) -> None:
    start = text.index(span)
    end = start + len(span)
    assert text[cues.openings.without_opening_verb(text, start, end) : end] == name


@pytest.mark.parametrize(
    ("text", "seen", "known", "left"),
    [
        ("Australian Asha Rane won.", "Australian Asha Rane", [("Australian", "NORP")], ["Australian", "Asha Rane"]),
        ("Australian Asha won.", "Australian Asha", [("Australian", "NORP")], []),
        ("Sarpan capital Vizha burned.", "Sarpan capital Vizha", [("Sarpan", "NORP")], ["Sarpan", "Vizha"]),
        ("Indian e-commerce grew.", "Indian e-commerce", [("Indian", "NORP")], ["Indian"]),
        (
            "Kashmiri Hindus left.",
            "Kashmiri Hindus",
            [("Kashmiri", "NORP"), ("Hindus", "NORP")],
            ["Kashmiri", "Hindus"],
        ),
        ("INC Government fell.", "INC Government", [("INC", "ORG")], ["INC"]),
        ("Goa Government fell.", "Goa Government", [("Goa", "PLACE")], []),
        ("AAP & INC lost.", "AAP & INC", [("AAP", "ORG"), ("INC", "ORG")], ["AAP", "INC"]),
        ("AAP & Sons lost.", "AAP & Sons", [("AAP", "ORG")], []),
        ("Meru's India unit grew.", "Meru's India", [("Meru", "ORG"), ("India", "PLACE")], ["Meru", "India"]),
        ("Meru's Lake unit grew.", "Meru's Lake", [("Meru", "ORG")], ["Meru", "Lake"]),
    ],
)
def test_spans_that_begin_with_a_people_or_a_party(
    text: str, seen: str, known: list[tuple[str, EntityType]], left: list[str]
) -> None:
    aliases = [NameSpan(text.index(n), text.index(n) + len(n), kind, "alias", 0.9, "x") for n, kind in known]
    span = NameSpan(0, len(seen), "PERSON" if "Asha" in seen else "ORG", "model", 0.6)
    found = parted_behind(text, aliases[0], [span], {alias.start: alias for alias in aliases})
    assert [text[one.start : one.end] for one in found] == left


@pytest.mark.parametrize(
    "name",
    [
        "We",
        "GST",
        "FIRs",
        "Public Interest Litigation",
        "Nine",
        "Rs.2000",
        "Inter-state movement",
        "F46",
        "Group B",
        "ON THE ROAD AGAIN NOW",
    ],
)
def test_common_nouns_are_no_names(name: str) -> None:
    assert names.trim(name, 0, len(name), "ORG") == (0, 0)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Finance Minister", ""), ("Farokh Engineer", "Farokh Engineer"), ("Deputy Speaker", ""),
        ("MoS Asha Rane", "Asha Rane"), ("DLSA Asha Rane", "Asha Rane"), ("KPS Gill", "KPS Gill"),
        ("Youngster Asha Rane", "Asha Rane"),
    ],
)  # fmt: skip
def test_an_office_is_no_person_and_some_people_are_called_so(name: str, left: str) -> None:
    start, end = names.trim(name, 0, len(name), "PERSON")
    assert name[start:end] == left


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("Asha Rane-led", "PERSON", "Asha Rane"),
        ("Before Rane", "PERSON", "Rane"),
        ("ex-BJP", "ORG", "BJP"),
        ("Anti-BJP", "ORG", "BJP"),
        ("Anti-Corruption Bureau", "ORG", "Anti-Corruption Bureau"),
        ("Koli Rays vs", "ORG", "Koli Rays"),
        ("Economics Board (Sarpa", "ORG", "Economics Board"),
        ("Janata Dal (United)", "ORG", "Janata Dal (United)"),
        ("INC party", "ORG", "INC"),
        ("Lok Samata party", "ORG", "Lok Samata party"),
        ("Foundation Day of", "EVENT", "Foundation Day"),
        ("Hurun Report India MD", "ORG", "Hurun Report India"),
    ],
)
def test_words_that_hang_on_a_name(text: str, kind: EntityType, name: str) -> None:
    start, end = names.trim(text, 0, len(text), kind)
    assert text[start:end] == name


def test_a_row_of_places_are_places_and_short_forms_stay() -> None:
    text = "Rain fell in Mandur, Koli, Sarpa, BSNL and Teral."
    seen: dict[str, EntityType] = {
        "Mandur": "PLACE", "Koli": "PLACE", "Sarpa": "PERSON", "BSNL": "ORG", "Teral": "PLACE",
    }  # fmt: skip
    spans = [NameSpan(text.index(n), text.index(n) + len(n), k, "model", 0.6) for n, k in seen.items()]
    assert [span.type for span in by_enumeration(text, spans)] == ["PLACE", "PLACE", "PLACE", "ORG", "PLACE"]


@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        ("Sabka Saath", "PERSON", ""), ("Azad Watan Zindabad", "ORG", ""), ("Jai Shri Ram", "PERSON", ""),
        ("Jai Pal Singh", "PERSON", "Jai Pal Singh"), ("AP", "PERSON", ""), ("AP", "ORG", "AP"),
        ("Union MoS Home", "ORG", ""), ("Nobel Laureate", "WORK", ""), ("Lt", "WORK", ""), ("SoPs", "ORG", ""),
        ("Qualifier 1", "PRODUCT", ""), ("BA Political Science Hons", "ORG", ""), ("Economics and History", "ORG", ""),
        ("London School of Economics", "ORG", "London School of Economics"), ("Indian Economy", "ORG", ""),
        ("Romara city", "PLACE", "Romara"), ("Salt Lake City", "PLACE", "Salt Lake City"),
        ("Tarkas republic", "PLACE", "Tarkas"), ("Chechen capital Grozny", "PLACE", "Grozny"),
        ("State of Haryana", "PLACE", "Haryana"), ("State of Emergency", "ORG", "State of Emergency"),
        ("State Bank of India", "ORG", "State Bank of India"), ("King of Koli", "PLACE", "Koli"),
        ("Jathedar Mohan Das", "PERSON", "Mohan Das"), ("Group of Ministers", "ORG", ""), ("OSD", "ORG", ""),
        ("Marginal Deposit Rate", "ORG", ""), ("Koli Rate Board", "ORG", "Koli Rate Board"), ("DEL-HYD", "ORG", ""),
        ("IIT-Koli", "ORG", "IIT-Koli"), ("Lake Board).Industry", "ORG", "Lake Board"), ("X.The Congress", "ORG", "X"),
        ("St.Koli School", "ORG", "St.Koli School"),
    ],
)  # fmt: skip
def test_slogans_subjects_and_what_stands_beside_a_name(name: str, kind: EntityType, left: str) -> None:
    start, end = names.trim(name, 0, len(name), kind)
    assert name[start:end] == left


@pytest.mark.parametrize(
    ("text", "name", "model", "kind"),
    [
        ("Talks on a Fissile Stocks Treaty begin.", "Fissile Stocks Treaty", "ORG", "LAW"),
        ("Loans under the Spice and Salt Initiative grew.", "Spice and Salt Initiative", "PLACE", "LAW"),
        ("It is in the Constitution of course.", "Constitution", "EVENT", "LAW"),
        ("He spoke at the Koli League Convention.", "Koli League Convention", "ORG", "ORG"),
        ("She read at the Faculty of Law.", "Faculty of Law", "ORG", "ORG"),
        ("Mr Peter Law left.", "Peter Law", "PERSON", "PERSON"),
        ("Under the Technical Recruits scheme posts are open.", "Technical Recruits", "ORG", "LAW"),
        ("The Lake Board scheme is open.", "Lake Board", "ORG", "ORG"),
        ("They warned Chamrapet MLA Anil.", "Chamrapet", "PERSON", "PLACE"),
        ("They warned Anil Das, MLA.", "Anil Das", "PERSON", "PERSON"),
        ("The Nagrota Bagwala police post was stoned.", "Nagrota Bagwala", "ORG", "PLACE"),
        ("Cargo left the Mongra Port.", "Mongra Port", "PLACE", "FACILITY"),
        ("The Mohanpur Police Station was shut.", "Mohanpur Police Station", "ORG", "FACILITY"),
        ("She won the Zandfort Grand Prix.", "Zandfort Grand Prix", "FACILITY", "EVENT"),
        ("She won the Nirja Das Award.", "Nirja Das Award", "ORG", "WORK"),
        ("The Koli Games Organising Committee met.", "Koli Games Organising Committee", "EVENT", "ORG"),
        ("The Sirmora Manch sang.", "Sirmora Manch", "WORK", "ORG"),
        ("Suruchi Prakashan printed it.", "Suruchi Prakashan", "PERSON", "ORG"),
        ("The Koli Maritime Exercise began.", "Koli Maritime Exercise", "ORG", "EVENT"),
        ("They signed the Green Koli Partnership.", "Green Koli Partnership", "ORG", "LAW"),
        ("Violence met Indo-Canadians there.", "Indo-Canadians", "ORG", "NORP"),
    ],
)
def test_what_a_name_is_by_its_last_word_or_the_next(text: str, name: str, model: str, kind: EntityType) -> None:
    assert _seen(text, {name: model}) == [(name, kind)]


@pytest.mark.parametrize(
    ("text", "model", "seen"),
    [
        ("the 2024 Lok Sabha polls", {"2024 Lok Sabha": "EVENT"}, [("2024 Lok Sabha polls", "EVENT")]),
        ("the Koli Cup polls", {"Koli Cup": "EVENT"}, [("Koli Cup", "EVENT")]),
        ("at Sir Ganga Das Hospital", {"Ganga Das Hospital": "ORG"}, [("Sir Ganga Das Hospital", "ORG")]),
        ("met Sir Ganga Das", {"Ganga Das": "PERSON"}, [("Ganga Das", "PERSON")]),
        ("Chamra MLA BZ Anil Khan left", {"Anil Khan": "PERSON"}, [("BZ Anil Khan", "PERSON")]),
        ("the LJ Anil Khan left", {"Anil Khan": "PERSON"}, [("Anil Khan", "PERSON")]),
        ("Mr P.R.N Thirumal said", {"Thirumal": "PERSON"}, [("P.R.N Thirumal", "PERSON")]),
        ("the Koli-Sarpa border", {"Koli-Sarpa": "PLACE"}, [("Koli", "PLACE"), ("Sarpa", "PLACE")]),
        ("the Koli-Sarpa bridge", {"Koli-Sarpa": "PLACE"}, [("Koli-Sarpa", "PLACE")]),
        ("Koli Times Joint Editor left", {"Koli Times Joint": "ORG"}, [("Koli Times", "ORG")]),
        ("She sang in the film Neela Koli.", {"Neela Koli": "WORK"}, [("Neela Koli", "WORK")]),
        ("Rain fell. Click Full Story Here now.", {"Full Story Here": "WORK"}, []),
        ("the Koli Joint went", {"Koli Joint": "ORG"}, [("Koli Joint", "ORG")]),
    ],
)
def test_where_a_name_begins_and_ends(text: str, model: dict[str, str], seen: list[tuple[str, EntityType]]) -> None:
    assert _seen(text, model) == seen


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("He went to villages including Sarpa and Koli.", True),
        ("Mines in the Sarpa and Koli areas were shut.", True),
        ("He went with Sarpa and Koli.", False),
    ],
)
def test_a_noun_beside_an_enumeration_says_that_it_is_of_places(text: str, place: bool) -> None:
    kind = "PLACE" if place else "PERSON"
    assert _seen(text, {"Sarpa": "PERSON", "Koli": "PERSON"}) == [("Sarpa", kind), ("Koli", kind)]


def test_names_in_a_row_behind_a_ship_are_ships() -> None:
    model = {"Khandari": "PLACE", "Velama": "PERSON"}
    assert _seen("Boats named INS Kalvara, Khandari and Velama left.", model) == [
        ("INS Kalvara", "PRODUCT"), ("Khandari", "PRODUCT"), ("Velama", "PRODUCT"),
    ]  # fmt: skip
    assert ("Khandari", "PLACE") in _seen("INS Kalvara left. At Khandari and Velama it rained.", model)


@pytest.mark.parametrize(
    ("text", "name", "body"),
    [
        ("It is buying a stake in Starlet today.", "Starlet", True),
        ("Starlet, a wholly-owned subsidiary of a bank, rose.", "Starlet", True),
        ("She told the Milania newspaper.", "Milania", True),
        ("Ola Rides co-founder Anil Das left.", "Ola Rides", True),
        ("Carla Zhang, an employee at a firm, left.", "Carla Zhang", False),
        ("The founder Carla Zhang left.", "Carla Zhang", False),
        ("Starlet shares rose.", "Starlet", True),
        ("Anil Das shares a bond with her.", "Anil Das", False),
        ("A manager of the national carrier G Anil Das left.", "G Anil Das", False),
    ],
)
def test_words_beside_a_name_tell_that_it_is_a_body(text: str, name: str, body: bool) -> None:
    at = text.index(name)
    assert bool(cues.bodies.body_votes(text, at, at + len(name))) is body


def _seen(text: str, model: dict[str, str]) -> list[tuple[str, EntityType]]:
    mentions = [(text.index(name), text.index(name) + len(name), kind) for name, kind in model.items()]
    labels = {"PLACE": "GPE", "FACILITY": "FAC", "WORK": "WORK_OF_ART"}
    spans = LineMemory().seen(read(text), [(start, end, labels.get(kind, kind)) for start, end, kind in mentions])
    return [(text[span.start : span.end], span.type) for span in spans]
