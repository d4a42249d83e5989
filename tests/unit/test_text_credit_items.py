"""Credits in many wordings: every form, every trap. All sentences are invented."""

# ruff: noqa: E501 -- one item a line
from __future__ import annotations

import pytest

from stream_apps.text.credits import read_credits

STORY = (
    "The district administration on Tuesday closed the old bridge over the Kosi after cracks were found in two piers.\n"
    "Engineers will inspect the remaining spans this week, an official said. Buses are being sent over the barrage."
)
LEAD = "The district administration on Tuesday closed the old bridge over the Kosi after cracks were found."
NONE: set[tuple[str, str]] = set()


def sole(*agencies: str) -> set[tuple[str, str]]:
    return {(agency, "sole") for agency in agencies}


def inputs(*agencies: str) -> set[tuple[str, str]]:
    return {(agency, "inputs") for agency in agencies}


def quoted(*agencies: str) -> set[tuple[str, str]]:
    return {(agency, "quoted") for agency in agencies}


DATELINES = [
    ("Supaul, Jun 18 (PTI) ", sole("PTI")),
    ("Supaul (Bihar), Jun 18 (PTI): ", sole("PTI")),
    ("NEW DELHI, June 18 (PTI) -- ", sole("PTI")),
    ("New Delhi, 18 June (PTI) – ", sole("PTI")),
    ("New Delhi: June 18 (PTI) ", sole("PTI")),
    ("Ranchi, 18th June 2025 (IANS): ", sole("IANS")),
    ("Imphal/Guwahati, Sep. 3 (IANS) ", sole("IANS")),
    ("Washington DC [US], October 2 (ANI): ", sole("ANI")),
    ("Lakhimpur Kheri (Uttar Pradesh) [India], October 2 (ANI): ", sole("ANI")),
    ("Leh (Ladakh) / Srinagar (Jammu & Kashmir) [India], March 9 (ANI): ", sole("ANI")),
    ("Puri (Odisha) [India], April 1 (ANI/ Odisha Herald): ", sole("ANI")),
    ("Jammu, Dec 31 (UNI) ", sole("UNI")),
    ("Aizawl, Aug 4 (UNI): ", sole("UNI")),
    ("KUALA LUMPUR, Jan 7 (Reuters) - ", sole("Reuters")),
    ("BENGALURU/NEW DELHI, Jan 7 (Reuters) - ", sole("Reuters")),
    ("BRUSSELS (Reuters) – ", sole("Reuters")),
    ("LONDON, Feb 2 (Thomson Reuters Foundation) - ", sole("Reuters")),
    ("LAGOS, Nigeria (AP) — ", sole("AP")),
    ("Washington, Jun 5 (AP) ", sole("AP")),
    ("JERUSALEM (AP) - ", sole("AP")),
    ("NEW DELHI (AP) — ", sole("AP")),
    ("Nairobi, May 3, 2025 (AFP) - ", sole("AFP")),
    ("Dubai, May 3 (AFP): ", sole("AFP")),
    ("(Bloomberg) -- ", sole("Bloomberg")),
    ("Singapore, May 3 (Bloomberg): ", sole("Bloomberg")),
    ("Berlin (dpa) - ", sole("dpa")),
    ("BEIJING, May 3 (Xinhua) -- ", sole("Xinhua")),
    ("MOSCOW, May 3. /TASS/. ", sole("TASS")),
    ("New Delhi, May 3 (PTI-Bhasha) ", sole("PTI-Bhasha")),
    ("Mumbai, May 3 (Agencies): ", sole("agencies")),
    ("Kathmandu, May 3 (PTI/ANI): ", sole("PTI", "ANI")),
    ("PTI, New Delhi: ", sole("PTI")),
    ("IANS | New Delhi | May 3: ", sole("IANS")),
    ("New Delhi, PTI: ", sole("PTI")),
    ("New Delhi | ANI: ", sole("ANI")),
    ("(PTI) Supaul, June 18: ", sole("PTI")),
    ("Kakinada (AP), Feb 18 (PTI) ", sole("PTI")),
    ("Chittoor (AP), Feb 18 (UNI): ", sole("UNI")),
    ("Tirupati (Andhra Pradesh) [India], June 2 (ANI): ", sole("ANI")),
    ("TIRUPATI (AP): ", NONE),
    ("Nandyal (AP) — ", NONE),
    ("Ongole (AP): ", NONE),
    ("Eluru (AP), June 5: ", NONE),
    ("PATNA: ", NONE),
    ("Patna, June 5: ", NONE),
    ("NEW DELHI, June 5 (TNN): ", NONE),
    ("LUCKNOW (ENS): ", NONE),
    ("Pune, June 5 (HTC) ", NONE),
    ("TOKYO, May 3 (Kyodo) - ", sole("Kyodo")),
    ("SEOUL, May 3 (Yonhap) -- ", sole("Yonhap")),
    ("ABU DHABI, 3rd May, 2025 (WAM) -- ", sole("WAM")),
    ("Thiruvananthapuram, Sept 30 (PTI) ", sole("PTI")),
    ("Port Blair, Nov 12 (PTI): ", sole("PTI")),
    ("St. Petersburg, July 1 (AP) ", sole("AP")),
    ("Cox's Bazar (Bangladesh), July 1 (IANS) ", sole("IANS")),
]


@pytest.mark.parametrize(("opening", "expected"), DATELINES)
def test_dateline(opening: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(opening + STORY) == expected


TAILS = [
    (" PTI JMS CHS VSD SRY", sole("PTI")),
    (" PTI", sole("PTI")),
    (" PTI COR RBT", sole("PTI")),
    ("\nPTI KND VSD", sole("PTI")),
    (" (PTI)", sole("PTI")),
    (" [PTI]", sole("PTI")),
    ("\n(PTI)", sole("PTI")),
    ("\n-- PTI", sole("PTI")),
    ("\n— PTI", sole("PTI")),
    (" — PTI", sole("PTI")),
    (" -PTI", sole("PTI")),
    ("\n--IANS\nms/vd", sole("IANS")),
    (" --IANS sha/dpb", sole("IANS")),
    ("\n–IANS\nsktr/uk", sole("IANS")),
    (" (IANS)", sole("IANS")),
    (" (ANI)", sole("ANI")),
    ("\nANI", sole("ANI")),
    ("\nUNI AKS GNK 2115", sole("UNI")),
    (" UNI XC-RJ 1320", sole("UNI")),
    ("\nReuters", sole("Reuters")),
    (" — Reuters", sole("Reuters")),
    ("\n(Reporting by Asha Verma in Patna; Additional reporting by Rohit Sen; Editing by Paul Dunne)", sole("Reuters")),
    ("\n(Reporting by Asha Verma; Writing by Tom Ellis; Editing by Jane Roe and Mark Poe)", sole("Reuters")),
    (" (AP)", sole("AP")),
    (" (AP) NSA", sole("AP")),
    (" (AFP)", sole("AFP")),
    ("\nAFP\nbur-ab/cd/ef", sole("AFP")),
    ("\n– Agencies", sole("agencies")),
    (" (Agencies)", sole("agencies")),
    ("\nAgencies", sole("agencies")),
    ("\n--With assistance from Meera Joshi and Ken Ito.", sole("Bloomberg")),
    (" /TASS/", sole("TASS")),
    ("\n(Xinhua)", sole("Xinhua")),
    ("\nTNN", NONE),
    (" (ENS)", NONE),
    (" — TNS", NONE),
    (" The office is at Kakinada (AP).", NONE),
    (" The survey was done with central agencies.", NONE),
    (" The reporter is with PTI.", NONE),
]


@pytest.mark.parametrize(("ending", "expected"), TAILS)
def test_tail(ending: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(STORY + ending) == expected


LINES = [
    ("(With inputs from PTI)", inputs("PTI")),
    ("(With PTI inputs)", inputs("PTI")),
    ("With PTI, IANS inputs", inputs("PTI", "IANS")),
    ("(with inputs from PTI, ANI)", inputs("PTI", "ANI")),
    ("(With inputs from agencies.)", inputs("agencies")),
    ("With agency inputs", inputs("agencies")),
    ("(With inputs from news agency PTI)", inputs("PTI")),
    ("*With inputs from Reuters and Bloomberg*", inputs("Reuters", "Bloomberg")),
    ("(Inputs: ANI)", inputs("ANI")),
    ("Inputs from IANS", inputs("IANS")),
    ("Input: PTI", inputs("PTI")),
    ("PTI inputs", inputs("PTI")),
    ("(with additional inputs from the Press Trust of India)", inputs("PTI")),
    ("(With inputs from our correspondent in Patna and PTI)", inputs("PTI")),
    ("(With inputs from Ravi Kumar in Supaul and ANI)", inputs("ANI")),
    ("(Some inputs in this story are from UNI)", inputs("UNI")),
    ("(This report contains inputs from AFP)", inputs("AFP")),
    ("This story has inputs from Reuters.", inputs("Reuters")),
    ("Reuters contributed to this report.", inputs("Reuters")),
    ("The Associated Press contributed to this story.", inputs("AP")),
    ("Additional reporting by PTI", inputs("PTI")),
    ("(Compiled from agency reports)", inputs("agencies")),
    ("(Based on PTI reports)", inputs("PTI")),
    ("(With reports from AP and AFP)", inputs("AP", "AFP")),
    ("With inputs from TOI and agencies", inputs("agencies")),
    ("(with ANI)", inputs("ANI")),
    ("With PTI", inputs("PTI")),
    ("(With inputs from wire services)", inputs("agencies")),
    ("(With details from Bloomberg)", inputs("Bloomberg")),
    ("— With inputs from Press Trust of India", inputs("PTI")),
    ("(With inputs from PTI, edited by Web Desk)", inputs("PTI")),
    ("(PTI inputs have been used in this copy)", inputs("PTI")),
    ("Source: PTI", sole("PTI")),
    ("(Source: ANI)", sole("ANI")),
    ("Courtesy: IANS", sole("IANS")),
    ("News agency: UNI", sole("UNI")),
    ("Photo: PTI", NONE),
    ("(PTI Photo)", NONE),
    ("(Image Credit: ANI)", NONE),
    ("File photo/Reuters", NONE),
    ("PTI Photo/Manoj Rao", NONE),
    ("Representative image (PTI)", NONE),
    ("(With inputs from our reporters in Supaul and Saharsa)", NONE),
    ("(With inputs from TNN)", NONE),
    ("With inputs from ENS, Patna", NONE),
    ("Video: ANI", NONE),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_credit_line_under_the_story(line: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(f"{STORY}\n{line}") == expected


@pytest.mark.parametrize(("line", "expected"), [item for item in LINES if item[0].startswith("(")])
def test_credit_line_at_the_end_of_the_last_paragraph(line: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(f"{STORY} {line}") == expected


DISCLAIMERS = [
    ("This story has been published from a wire agency feed without modifications to the text. Only the headline has been changed.", sole("agencies")),
    ("(Except for the headline, this story has not been edited by Kosi Times staff and is published from a syndicated feed.)", sole("agencies")),
    ("(This story has not been edited by Kosi Times staff and is auto-generated from a syndicated feed.)", sole("agencies")),
    ("Only the headline and picture of this report may have been reworked by the Kosi Times staff; the rest of the content is auto-generated from a syndicated feed.", sole("agencies")),
    ("This report is auto-generated from PTI news service. Kosi Times holds no responsibility for its content.", sole("PTI")),
    ("(This article has been sourced from the IANS wire; our editors did not touch it.)", sole("IANS")),
    ("Apart from the title, nothing in this copy, received from UNI, was altered by our desk.", sole("UNI")),
    ("Barring the headline, this ANI copy is carried exactly as it was received.", sole("ANI")),
    ("The above story comes straight from a newswire and has not been touched by our newsroom.", sole("agencies")),
    ("This article was automatically generated from a Reuters feed and has not been reviewed by our editors.", sole("Reuters")),
    ("This copy is supplied by Press Trust of India and published as received.", sole("PTI")),
    ("Disclaimer: This story is auto-generated from an agency feed and has not been edited by Kosi Times.", sole("agencies")),
    ("This content is published directly from the news agency ANI without any editing by our team.", sole("ANI")),
    ("(This story is published as part of an auto-generated syndicate wire feed. No editing has been done in the headline or the body.)", sole("agencies")),
    ("This news item is taken from the AFP feed; only the headline is ours.", sole("AFP")),
    ("(The story has been sourced from a third-party syndicated feed from agencies.)", sole("agencies")),
    ("No part of this report was written by our staff: it is reproduced from the agency feed of PTI.", sole("PTI")),
    ("This story originally appeared on the Bloomberg wire and is run here unedited.", sole("Bloomberg")),
    ("Save for the headline, this text belongs to IANS and was published automatically.", sole("IANS")),
    ("© 2025 AFP", sole("AFP")),
    ("Copyright 2025 The Associated Press. All rights reserved. This material may not be published or redistributed.", sole("AP")),
    ("© 2025 Kosi Times Private Limited. All rights reserved.", NONE),
    ("Our Standards: The Thomson Reuters Trust Principles.", sole("Reuters")),
    ("Disclaimer: The views expressed in this article are the author's own.", NONE),
    ("Disclaimer: This article is for information only and is no medical advice.", NONE),
    ("This story was updated at 6 pm with the engineer's statement.", NONE),
    ("(This story has been translated using an automatic tool.)", NONE),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), DISCLAIMERS)
def test_disclaimer(line: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(f"{STORY}\n{line}") == expected
    assert pairs(f"{STORY}\n{line}\nFollow us on WhatsApp for more updates.") == expected
    assert pairs(f"{STORY} {line}") == expected


BYLINES = [
    ("PTI", sole("PTI")),
    ("pti", sole("PTI")),
    ("By PTI", sole("PTI")),
    ("By: PTI", sole("PTI")),
    ("Press Trust of India", sole("PTI")),
    ("PTI | New Delhi", sole("PTI")),
    ("IANS | New Delhi | June 18, 2025 4:15 pm", sole("IANS")),
    ("New Delhi, IANS", sole("IANS")),
    ("Afp Afp", sole("AFP")),
    ("Ians", sole("IANS")),
    ("Ani", sole("ANI")),
    ("ANI News", sole("ANI")),
    ("Asian News International", sole("ANI")),
    ("UNI", sole("UNI")),
    ("Reuters Staff", sole("Reuters")),
    ("Reuters", sole("Reuters")),
    ("Asha Verma, Reuters", sole("Reuters")),
    ("Asha Verma | Reuters", sole("Reuters")),
    ("By ASHA VERMA, Associated Press", sole("AP")),
    ("AP", sole("AP")),
    ("Agence France-Presse", sole("AFP")),
    ("Bloomberg", sole("Bloomberg")),
    ("Asha Verma / Bloomberg", sole("Bloomberg")),
    ("PTI-Bhasha", sole("PTI-Bhasha")),
    ("Agencies", sole("agencies")),
    ("Agency", sole("agencies")),
    ("PTI & ANI", sole("PTI", "ANI")),
    ("PTI, Reuters", sole("PTI", "Reuters")),
    ("feeds@kosi.example (PTI)", sole("PTI")),
    ("PTI Desk", sole("PTI")),
    ("PTI News Feed", sole("PTI")),
    ("Web Desk with agency inputs", inputs("agencies")),
    ("Sports Desk, PTI", inputs("PTI")),
    ("Kosi Times Bureau & PTI", inputs("PTI")),
    ("Asha Verma and PTI", inputs("PTI")),
    ("Our Bureau with inputs from Reuters", inputs("Reuters")),
    ("Staff Reporter and Agencies", inputs("agencies")),
    ("Asha Verma (with PTI inputs)", inputs("PTI")),
    ("Web Desk", NONE),
    ("Kosi Times Desk", NONE),
    ("Ani Kuruvilla", NONE),
    ("ANI THOMAS", NONE),
    ("A P Sharma", NONE),
    ("AP Singh", NONE),
    ("AP Bureau", NONE),
    ("Uni Krishnan", NONE),
    ("TNN", NONE),
    ("ENS", NONE),
    ("Express News Service", NONE),
    ("HT Correspondent", NONE),
    ("Times News Network", NONE),
    ("Deccan Herald News Service", NONE),
    ("Reuben Paul", NONE),
    ("", NONE),
]


@pytest.mark.parametrize(("field", "expected"), BYLINES)
def test_byline(field: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(STORY, field) == expected


HEAD_LINES = [
    ("PTI", sole("PTI")),
    ("By PTI", sole("PTI")),
    ("PTI | New Delhi", sole("PTI")),
    ("IANS, New Delhi, June 18", sole("IANS")),
    ("By Express News Service", NONE),
    ("New Delhi | June 18, 2025", NONE),
]


@pytest.mark.parametrize(("line", "expected"), HEAD_LINES)
def test_line_above_the_story(line: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(f"{line}\n{STORY}") == expected


SENTENCES = [
    ('"The piers are old," executive engineer Ramesh Jha told PTI.', quoted("PTI")),
    ("The bridge will open again in July, a minister told PTI on Monday.", quoted("PTI")),
    ("Reuters reported, citing two sources, that the contractor had been warned.", quoted("Reuters")),
    ("The contractor had been warned, Reuters reported on Monday.", quoted("Reuters")),
    ("The contractor had been warned, news agency ANI reported.", quoted("ANI")),
    ("According to news agency IANS, the piers date from 1962.", quoted("IANS")),
    ("According to PTI, the piers date from 1962.", quoted("PTI")),
    ("PTI quoted the collector as saying that the piers date from 1962.", quoted("PTI")),
    ("Speaking to ANI, the collector said that the piers date from 1962.", quoted("ANI")),
    ("In an interview with Bloomberg Television, the minister said work would begin soon.", quoted("Bloomberg")),
    ("The piers date from 1962, the report by AFP said.", quoted("AFP")),
    ("A Reuters report said the piers date from 1962.", quoted("Reuters")),
    ("State news agency Xinhua said the piers date from 1962.", quoted("Xinhua")),
    ("The letter, seen by Reuters, is dated June 2.", quoted("Reuters")),
    ("He told The Associated Press that the piers date from 1962.", quoted("AP")),
    ("The TASS news agency cited a diplomat as confirming the visit.", quoted("TASS")),
    ("PTI turned 75 this year, and its staff celebrated in Parliament Street.", NONE),
    ("A Reuters poll of 50 economists expects no change in rates.", NONE),
    ("He is the fourth richest on the Bloomberg Billionaires Index.", NONE),
    ("Thomson Reuters reported a higher quarterly profit on Tuesday.", NONE),
    ("Michael Bloomberg said he would give the city a park.", NONE),
    ("AP has asked the Centre for funds to repair its bridges.", NONE),
    ("AP reported 20 new cases of dengue on Monday.", NONE),
    ("The minister told AP officials to clear the dues.", NONE),
    ("Students at UNI complained about the fees.", NONE),
    ("The court heard ANI's suit against the company on Monday.", NONE),
    ("A PTI photographer was hurt in the crush.", NONE),
    ("The Press Trust of India (PTI) Board elected a new chairman on Friday.", NONE),
    ("The agencies reported no casualties, and other agencies are on alert.", NONE),
    ("Investigating agencies told the court that the inquiry was complete.", NONE),
    ("The police sought inputs from central agencies on the gang.", NONE),
    ("With inputs from farmers and experts, the ministry drafted a new policy for the river basin.", NONE),
    ("The report was published by Reuters on Monday and denied by the ministry.", NONE),
    ("The story of how Bloomberg built its terminal business is told in the book.", NONE),
]


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES)
def test_agency_named_in_the_story(sentence: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(f"{LEAD}\n{sentence}\n{LEAD}") == expected
    assert pairs(f"{sentence}\n{LEAD}", "Asha Verma") == expected
    assert pairs(f"{LEAD} {sentence}") == expected


PAID = [
    ("NewsVoir", "", True),
    ("ANI Press Release", "", True),
    ("Brand Desk", "", True),
    ("Advertorial", "", True),
    ("HT Brand Studio", "", True),
    ("", "(ADVERTORIAL DISCLAIMER: The above press release has been provided by GPRC. ANI is not responsible for it.)", True),
    ("", "Disclaimer: The above press release comes to you under an arrangement with PRNewswire. PTI takes no editorial responsibility for the same.", True),
    ("", "(This is a sponsored article. Kosi Times journalists were not involved.)", True),
    ("", "This is partnered content and does not reflect the views of the newsroom.", True),
    ("", "(Disclaimer: This is a paid feature. Kosi Times does not vouch for its claims.)", True),
    ("", "(This content is distributed by VMPL. No journalist of ours took part.)", True),
    ("Asha Verma", "The police issued a press release on the bridge in the evening.", False),
    ("Asha Verma", "In a press release, the company said it would repair the piers.", False),
    ("Asha Verma", "The match is sponsored by a cement maker.", False),
    ("PTI", "(This is not a paid article.)", False),
]  # fmt: skip


@pytest.mark.parametrize(("field", "line", "expected"), PAID)
def test_paid(field: str, line: str, expected: bool) -> None:
    reading = read_credits(f"{STORY}\n{line}", field)
    assert reading.paid is expected


def test_paid_material_named_in_the_dateline() -> None:
    reading = read_credits("Surat (Gujarat) [India], March 4 (ANI/NewsVoir): " + STORY)
    assert reading.paid
    assert pairs("Surat (Gujarat) [India], March 4 (ANI/NewsVoir): " + STORY) == NONE
    assert read_credits("MUMBAI, India, March 4, 2025 /PRNewswire/ -- " + STORY).paid


def test_disclaimer_of_paid_material_credits_no_agency() -> None:
    line = "(The above press release has been provided by NewsVoir. ANI will not be responsible for its content.)"
    assert pairs(f"{STORY}\n{line}") == NONE


COMBINED = [
    # The outlet's word "inputs" counts where its own people sign.
    ("Supaul, Jun 18 (PTI) " + STORY + "\n(With inputs from PTI)", "Kosi Times Bureau", inputs("PTI")),
    ("Supaul, Jun 18 (PTI) " + STORY + "\n(With inputs from PTI)", None, sole("PTI")),
    ("Supaul, Jun 18 (PTI) " + STORY + " PTI JMS", "PTI", sole("PTI")),
    ("Supaul, Jun 18 (PTI) " + STORY + "\n(With inputs from ANI)", None, sole("PTI") | inputs("ANI")),
    ("Supaul, Jun 18 (PTI) He told PTI that all was well. " + STORY, None, sole("PTI")),
    ("Supaul, Jun 18 (PTI) He told ANI that all was well. " + STORY, None, sole("PTI") | quoted("ANI")),
    (STORY + "\n(This story is published from a syndicated feed and was not edited by us.)", "PTI", sole("PTI")),
    ("Supaul, Jun 18 (ANI): " + STORY + " (ANI)\n(This story is auto-generated from a syndicated feed.)", None, sole("ANI")),
    (STORY + "\nWith inputs from PTI and other agencies", "Asha Verma", inputs("PTI")),
    ("(Eds: Adds details)\nSupaul, Jun 18 (PTI) " + STORY, None, sole("PTI")),
    ("(With inputs from PTI) Supaul: " + STORY, None, inputs("PTI")),
    # Each part is signed, and each has paragraphs: a compilation. A name in the middle by itself is a picture's.
    (f"{STORY} (AP)\n{STORY}\n{STORY} (PTI)", "Night Desk", inputs("AP", "PTI")),
    (f"{LEAD} (AP)\n{STORY}\n{STORY} (PTI)\n{STORY}\n{STORY}", "Night Desk", NONE),
    (f"Supaul: {STORY} (PTI)\n{STORY}\n{STORY}\nOur reporter adds that traffic was light.", None, inputs("PTI")),
    ("Supaul, Jun 18 (PTI) " + STORY + " PTI JMS Also Read | Five bridges that need repair", None, sole("PTI")),
    ("A view of the bridge. (PTI Photo)\n" + STORY, "Asha Verma", NONE),
    ("Smoke over the plant | Photo Credit: PTI\n" + STORY, "Asha Verma", NONE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "field", "expected"), COMBINED)
def test_several_forms_together(text: str, field: str | None, expected: set[tuple[str, str]]) -> None:
    assert pairs(text, field) == expected


def pairs(text: str, byline: str | None = None) -> set[tuple[str, str]]:
    return {(credit.agency, credit.role) for credit in read_credits(text, byline).credits}
