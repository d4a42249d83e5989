"""Spans, datelines, signals, furniture and the catalogue."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.text import agencies, dateline, furniture, signals
from stream_apps.text.calibration import confidence
from stream_apps.text.credits import read_credits
from stream_apps.text.origin import origin_from_credits
from wirecopy.errors import SettingsError

agencies.load()  # a property test is timed

BODY = "The ferry to Divar island was stopped on Wednesday after a jetty gave way.\nIt will run again on Friday."
PIECES = st.sampled_from(
    [
        "Panaji, Jun 18 (PTI) ",
        "PTI",
        "(ANI)",
        "--IANS",
        "\n",
        " ",
        ". ",
        "The ferry ",
        "told ",
        "With inputs from ",
        "(",
        ")",
        "This story is from a syndicated feed. ",
        "Follow us on WhatsApp",
        "Reuters reported",
        "(AP): ",
        "Eds: ",
        "ms/vd",
        "—",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join)), st.text(max_size=60))
def test_any_text_can_be_read(text: str, byline: str) -> None:
    reading = read_credits(text, byline, byline)
    end = -1
    for start, stop in reading.annotations:
        assert end < start < stop <= len(text)
        end = stop
    for credit in reading.credits:
        assert credit.span is None or 0 <= credit.span[0] < credit.span[1] <= len(text)
        assert credit.agency
    labels = [credit.agency for credit in reading.credits]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    "hostile", ["(", "PTI ", "told PTI, ", " - ", "\n", "Delhi (PTI) X\n", "X y. (PTI)\n", "(a ", "the "]
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    started = time.process_time()
    read_credits(hostile * (100_000 // len(hostile)))
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Panaji, Jun 18 (PTI) " + BODY, "(PTI)"),
        (BODY + " PTI RSY KRK", "PTI RSY KRK"),
        (BODY + "\n(With inputs from PTI)", "(With inputs from PTI)"),
        (BODY + " He told PTI that it would.", "told PTI"),
    ],
)
def test_a_span_holds_the_words_that_say_so(text: str, words: str) -> None:
    (credit,) = read_credits(text).credits
    assert credit.span is not None
    assert text[slice(*credit.span)] == words


def test_spans_count_code_points() -> None:
    text = "\U0001f6a2 ferry. " + BODY + " (ANI)"
    (credit,) = read_credits(text).credits
    assert credit.span is not None
    assert text[slice(*credit.span)] == "(ANI)"


def test_the_best_evidence_is_kept() -> None:
    reading = read_credits("Panaji, Jun 18 (PTI) " + BODY + " PTI RSY", "PTI")
    assert [(c.evidence, c.confidence) for c in reading.credits] == [("dateline", confidence("dateline", "sole"))]


@pytest.mark.parametrize(
    ("text", "place", "date"),
    [
        ("Panaji, Jun 18 (PTI) The", "Panaji", "Jun 18"),
        ("Chandrapur (Maharashtra)/ Mumbai, Nov 02 (ANI): The", "Chandrapur/Mumbai", "Nov 02"),
        ("New Delhi [India], June 18 (ANI): The", "New Delhi", "June 18"),
        ("SHANGHAI, May 25 (Reuters) - The", "SHANGHAI", "May 25"),
        ("PARIS (AP) — The", "PARIS", None),
        ("MOSCOW, May 25. /TASS/. The", "MOSCOW", "May 25"),
        ("Ranchi, 18th June 2025 (IANS): The", "Ranchi", "18th June 2025"),
        ("Sriharikota (AP), Feb 18 (PTI) The", "Sriharikota", "Feb 18"),
        ("THIRTHAHALLI: The", "THIRTHAHALLI", None),
        ("Chandigarh, June 5", "Chandigarh", "June 5"),
        ("(ANSA) - ROME, JUN 5 - The", "ROME", "JUN 5"),
    ],
)
def test_place_and_date_of_a_dateline(text: str, place: str, date: str | None) -> None:
    reading = dateline.read(text, agencies.load())
    assert reading is not None
    assert (reading.place, reading.date) == (place, date)


@pytest.mark.parametrize(
    "text",
    [
        "Market alert: The index fell",
        "Aries: A debt returns",
        "WATCH: A ferry sinks",
        "He said: we will go",
        "Gold rate today: 5",
    ],
)
def test_what_is_no_dateline(text: str) -> None:
    assert dateline.read(text, agencies.load()) is None


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("CORRECTED: Ferry stopped", "corrected"),
        ("CORRECTED-Ferry stopped", "corrected"),
        ("REFILE-Ferry stopped", "refile"),
        ("RPT-Ferry stopped", "repeat"),
        ("REPEAT: Ferry stopped", "repeat"),
        ("STORY WITHDRAWN: Ferry", "withdrawn"),
        ("Story withdrawn", "withdrawn"),
        ("KILL: Ferry", "kill"),
        ("(CORRECTED) Ferry stopped", "corrected"),
        ("Repeat offender held", None),
        ("Hold the ferry, says mayor", None),
        ("Kill Bill returns to cinemas", None),
        ("KILL SWITCH FOUND IN FERRY", None),
        ("Corrected answer keys out", None),
    ],
)
def test_signal_in_a_headline(headline: str, expected: str | None) -> None:
    assert signals.from_headline(headline) == expected


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("(Eds: Adds quotes)\nPanaji, Jun 18 (PTI) ", "editors_note"),
        ("(Eds: Correcting figure in para 2 (not 3)) Panaji, Jun 18 (PTI) ", "corrected"),
        ("Eds: Repeating story filed yesterday\nPanaji, Jun 18 (PTI) ", "repeat"),
        ("(Corrects paragraph 3 to say Friday, not Thursday)\nPANAJI, June 18 (Reuters) - ", "corrected"),
        ("(Refiles to fix a typo) PANAJI, June 18 (Reuters) - ", "refile"),
        ("(Adds details) PANAJI, June 18 (Reuters) - ", "editors_note"),
        ("Attention editors: please do not use our story on the ferry\n", "hold"),
        ("Panaji, Jun 18 (PTI) ", None),
    ],
)
def test_signal_ahead_of_the_story(opening: str, expected: str | None) -> None:
    reading = read_credits(opening + BODY)
    assert reading.signal == expected
    assert bool(reading.dateline) == ("Panaji" in opening or "PANAJI" in opening)


FURNITURE = [
    "Also read: Five ferries that changed Goa",
    "ALSO READ | Five ferries that changed Goa",
    "Read more: Goa's ferries",
    "Download the Kosi Times app for live updates.",
    "Get the Kosi Times app on Android and iOS. Follow our WhatsApp channel for alerts.",
    "Follow us on Google News and Telegram",
    "Subscribe to our newsletter",
    "Start your day with Kosi Brief, our free 6 am newsletter. Sign up at kosi.example/brief",
    "© Kosi Times Private Limited. All rights reserved.",
    "Read the full print edition at epaper.kosi.example",
    "Click here to join our WhatsApp channel",
    "First published on: 18 June 2025",
    "Published By: Asha Verma",
    "Kosi Times is now on Telegram. Tap here to join the channel and never miss an update!",
    "Stay tuned for more updates",
    "Advertisement",
]
STORY_SENTENCES = [
    "The group had planned the attack on Telegram, police said.",
    "The ministry will launch an app for ferry tickets next month.",
    "He asked people to follow the rules.",
    "Published in 1962, the book tells the story of the ferry.",
    "Subscribers of the scheme will get a card.",
    "The chief minister told people to download the app and get tickets.",
    "More than 40 people were on the ferry.",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_under_the_story_is_marked(line: str) -> None:
    text = f"{BODY}\n{line}"
    assert (len(BODY) + 1, len(text)) in read_credits(text).annotations


@pytest.mark.parametrize("line", STORY_SENTENCES)
def test_a_sentence_of_the_story_is_no_furniture(line: str) -> None:
    assert not furniture.is_furniture(line, at_end=True)
    assert read_credits(f"{BODY}\n{line}").annotations == ()


def test_a_long_paragraph_is_never_furniture() -> None:
    assert not furniture.is_furniture("Also read: " + "the ferry stopped. " * 40, at_end=True)


@pytest.mark.parametrize(
    ("text", "byline", "expected"),
    [
        ("Panaji, Jun 18 (PTI) " + BODY, None, "wire_verbatim"),
        (BODY + "\n(With inputs from PTI)", "Asha Verma", "wire_plus_staff"),
        (BODY + " He told PTI that it would.", "Asha Verma", "original"),
        (BODY, "NewsVoir", "paid"),
        ("Panaji (Goa) [India], Jun 18 (ANI/GPRC): " + BODY, None, "paid"),
        (BODY, "TNN", "original"),
    ],
)
def test_origin_from_one_text(text: str, byline: str | None, expected: str) -> None:
    assert origin_from_credits(read_credits(text, byline)) == expected


def test_ops_can_add_an_agency(tmp_path: Path) -> None:
    extra = tmp_path / "more.yml"
    extra.write_text("agencies:\n  - {name: KONK, acronyms: [KONK], names: [Konkan News Agency]}\n", encoding="utf-8")
    catalogue = agencies.load(extra)
    (credit,) = read_credits("Panaji, Jun 18 (KONK) " + BODY, catalogue=catalogue).credits
    assert (credit.agency, credit.role) == ("KONK", "sole")
    assert read_credits("Panaji, Jun 18 (PTI) " + BODY, catalogue=catalogue).credits[0].agency == "PTI"


def test_ops_can_add_an_own_service_a_namesake_and_a_site(tmp_path: Path) -> None:
    extra = tmp_path / "more.yml"
    extra.write_text(
        "agencies:\n"
        "  - {name: KONK, acronyms: [KONK], sites: [konk.example], others: [KONK Bank], namesake_of: [Konkan Party]}\n"
        "own_services: [{name: GHS, names: [Goa Herald Service]}, Margao Bureau]\n",
        encoding="utf-8",
    )
    catalogue = agencies.load(extra)
    own = read_credits(BODY, "Goa Herald Service", catalogue=catalogue)
    assert [(s.service, s.evidence, s.span) for s in own.services] == [("GHS", "byline", None)]
    assert own.credits == ()
    assert read_credits(BODY, "Margao Bureau", catalogue=catalogue).services[0].service == "Margao Bureau"
    assert read_credits(BODY, catalogue=catalogue, outlet="www.konk.example").credits[0].agency == "KONK"
    quoted = "The ferry sank, a minister told KONK. "
    assert [c.role for c in read_credits(quoted + BODY, catalogue=catalogue).credits] == ["quoted"]
    assert read_credits(quoted + "The Konkan Party met.\n" + BODY, catalogue=catalogue).credits == ()
    assert read_credits("A clerk told KONK Bank that it was shut. " + BODY, catalogue=catalogue).credits == ()


def test_ops_can_add_a_site_alone_to_an_agency_that_is_known(tmp_path: Path) -> None:
    extra = tmp_path / "more.yml"
    extra.write_text("agencies: [{name: PTI, sites: [pti-mirror.example]}]", encoding="utf-8")
    catalogue = agencies.load(extra)
    assert read_credits(BODY, catalogue=catalogue, outlet="pti-mirror.example").credits[0].agency == "PTI"
    assert read_credits(BODY, catalogue=catalogue, outlet="ptinews.com").credits[0].agency == "PTI"


@pytest.mark.parametrize(
    ("outlet", "text", "expected"),
    [
        ("ptinews.com", BODY, [("PTI", "sole", "byline")]),
        ("www.aninews.in", BODY + " He told ANI that it would.", [("ANI", "sole", "byline")]),
        ("notptinews.com", BODY, []),
        ("herald.example", BODY, []),
        (None, BODY, []),
        ("ptinews.com", "Panaji, Jun 18 (PTI) " + BODY, [("PTI", "sole", "dateline")]),
        ("aninews.in", "New Delhi [India], June 18: Oil for all.\n(Disclaimer: This is a paid release.)", []),
    ],
)
def test_what_stands_on_an_agencys_own_site(
    outlet: str | None, text: str, expected: list[tuple[str, str, str]]
) -> None:
    found = read_credits(text, outlet=outlet).credits
    assert [(c.agency, c.role, c.evidence) for c in found] == expected
    assert all(c.span is None for c in found if c.evidence == "byline")


def test_an_own_service_in_the_text_has_its_span() -> None:
    text = BODY + " (TNN)"
    (service,) = read_credits(text).services
    assert service.span is not None
    assert (service.service, service.evidence, text[slice(*service.span)]) == ("TNN", "tail", "(TNN)")
    (service,) = read_credits("KOCHI, Jun 18 (ENS): " + BODY, "ENS").services
    assert service.evidence == "dateline"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("agencies: [{name: X}]", "neither acronyms nor names"),
        ("agencies: [{name: X, sites: [x.example]}]", "neither acronyms nor names"),
        ("agencies: [{name: X, acronyms: [PTI]}]", "names both PTI and X"),
        ("agencys: []", "agencys"),
        ("agencies: [{name: X, acronyms: ['(X)']}]", "must start with"),
        ("agencies: [{name: X, names: [Ex News], sites: [ptinews.com]}]", "ptinews.com is of both PTI and X"),
        ("own_services: [{name: PTI}]", "names both PTI and PTI"),
        ("own_services: [{names: [Herald Service]}]", "own_services.0.name"),
        ("agencies: {", "is not YAML"),
    ],
)
def test_a_bad_catalogue_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    extra = tmp_path / "more.yml"
    extra.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"more\.yml") as caught:
        agencies.load(extra)
    assert complaint in str(caught.value)


def test_a_catalogue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.yml"):
        agencies.load(tmp_path / "absent.yml")
