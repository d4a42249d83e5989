"""More wordings of credits, beside those of ``test_text_credit_items``. All sentences are invented."""

from __future__ import annotations

import pytest

from stream_apps.text.credits import read_credits

STORY = (
    "The forest department on Friday shifted a leopard from a tea garden near Nagrakata to the rescue centre.\n"
    "Nobody was hurt, a range officer said. Traps with cameras will stay in the garden for another ten days."
)
LEAD = "The forest department on Friday shifted a leopard from a tea garden near Nagrakata to the rescue centre."
NONE: set[tuple[str, str]] = set()


def sole(*agencies: str) -> set[tuple[str, str]]:
    return {(agency, "sole") for agency in agencies}


def inputs(*agencies: str) -> set[tuple[str, str]]:
    return {(agency, "inputs") for agency in agencies}


def quoted(*agencies: str) -> set[tuple[str, str]]:
    return {(agency, "quoted") for agency in agencies}


def pairs(text: str, byline: str | None = None) -> set[tuple[str, str]]:
    return {(credit.agency, credit.role) for credit in read_credits(text, byline).credits}


ENDINGS = [
    ("(Input from PTI)", inputs("PTI")),
    ("(inputs by ANI)", inputs("ANI")),
    ("[With inputs from IANS]", inputs("IANS")),
    ("With inputs from the agencies", inputs("agencies")),
    ("(With PTI input)", inputs("PTI")),
    ("(With Agency Inputs)", inputs("agencies")),
    ("(with inputs from multiple agencies)", inputs("agencies")),
    ("(With inputs from AFP, Reuters and AP)", inputs("AFP", "Reuters", "AP")),
    ("(Agency inputs)", inputs("agencies")),
    ("(PTI contributed to this report)", inputs("PTI")),
    ("(With contributions from Reuters)", inputs("Reuters")),
    ("(with bureau inputs and PTI)", inputs("PTI")),
    ("- With inputs from PTI.", inputs("PTI")),
    ("(Inputs from PTI and our Patna bureau were used in this report)", inputs("PTI")),
    ("(This story includes reporting by The Associated Press)", inputs("AP")),
    ("(Parts of this story are from ANI)", inputs("ANI")),
    ("Some of the material in this report came from Reuters.", inputs("Reuters")),
    ("(Written with inputs from dpa)", inputs("dpa")),
    ("(With PTI and bureau inputs)", inputs("PTI")),
    ("(Additional inputs: UNI)", inputs("UNI")),
    ("(Agencies contributed to this report.)", inputs("agencies")),
    ("(With information from AFP)", inputs("AFP")),
    ("Also with inputs from Xinhua", inputs("Xinhua")),
    ("(News agency PTI contributed inputs)", inputs("PTI")),
    ("(With inputs from ANI news agency)", inputs("ANI")),
    ("(with wire inputs)", inputs("agencies")),
    ("(With inputs from wires)", inputs("agencies")),
    ("(With inputs from various news agencies)", inputs("agencies")),
    ("(With inputs from PTI.)", inputs("PTI")),
    ("(with inputs from pti)", inputs("PTI")),
    ("*With agency inputs", inputs("agencies")),
    ("(Edited by Asha Verma with inputs from agencies)", inputs("agencies")),
    ("(Reported with inputs from PTI)", inputs("PTI")),
    ("This is a PTI story.", sole("PTI")),
    ("(This is an unedited, auto-generated story from PTI's syndicated news feed.)", sole("PTI")),
    ("This story is from the ANI newswire and has not been edited by our staff.", sole("ANI")),
    ("Note: This story is generated from the IANS feed. The publisher is not responsible for it.", sole("IANS")),
    (
        "(The content of this story is sourced directly from Press Trust of India; Kosi Times has made no alteration.)",
        sole("PTI"),
    ),
    ("This report has been reproduced from a wire service without editing.", sole("agencies")),
    ("Kosi Times has not edited this story, which comes from a syndicated wire feed.", sole("agencies")),
    ("Our desk has only rewritten the headline; the text is as sent by Reuters.", sole("Reuters")),
    ("The text of this story is unchanged from the version filed by AP; the headline was written by us.", sole("AP")),
    ("With the exception of the headline, this report was left as it came from the UNI wire.", sole("UNI")),
    ("(Kosi Times' editors have not worked on this story, published straight off the agency wire.)", sole("agencies")),
    (
        "(This story is auto-generated from a syndicated feed. Kosi Times has only changed the headline.)",
        sole("agencies"),
    ),
    ("This item is a direct feed from AFP and is presented without editing.", sole("AFP")),
    ("Story supplied by dpa.", sole("dpa")),
    ("Syndicated from Reuters", sole("Reuters")),
    ("Published under licence from Bloomberg", sole("Bloomberg")),
    ("This article is republished from PTI under an agreement.", sole("PTI")),
    ("(Published in arrangement with AFP)", sole("AFP")),
    ("(Feed: IANS)", sole("IANS")),
    ("(Text: PTI)", sole("PTI")),
    ("Story: ANI", sole("ANI")),
    ("(From PTI)", sole("PTI")),
    ("(Agency: PTI)", sole("PTI")),
    ("© Thomson Reuters 2025. All rights reserved.", sole("Reuters")),
    ("(c) 2025, Bloomberg", sole("Bloomberg")),
    ("(This story has not been edited by our team and is published from a syndicated feed - PTI)", sole("PTI")),
    ("Except for the headline, this story, from the news agency UNI, has not been edited by us.", sole("UNI")),
    ("Headline aside, the copy is a wire service's.", sole("agencies")),
    ("Only the title has been touched: the rest is agency copy.", sole("agencies")),
    ("Auto-published from the wires.", sole("agencies")),
    ("PTI/ANI", sole("PTI", "ANI")),
    ("(PTI/IANS)", sole("PTI", "IANS")),
    ("PTI & Agencies", sole("PTI")),
    ("[ANI]", sole("ANI")),
    ("- ANI", sole("ANI")),
    ("—AFP", sole("AFP")),
    ("– Bloomberg", sole("Bloomberg")),
    ("-- UNI", sole("UNI")),
    ("(UNI)", sole("UNI")),
    ("(Reuters)", sole("Reuters")),
    ("- Xinhua", sole("Xinhua")),
    ("*PTI*", sole("PTI")),
    ("PTI ABC XYZ MIN MIN", sole("PTI")),
    ("PTI CORR ABC", sole("PTI")),
    ("PTI TR TR KH", sole("PTI")),
    ("IANS", sole("IANS")),
    ("--IANS ad/svn/rad", sole("IANS")),
    ("—IANS aks/bg", sole("IANS")),
    ("UNI DS-SDR 1602", sole("UNI")),
    ("(Bloomberg)", sole("Bloomberg")),
    ("PTI.", sole("PTI")),
    ("(Photo by PTI)", NONE),
    ("Image: ANI", NONE),
    ("(ANI Photo)", NONE),
    ("Credit: PTI Photo", NONE),
    ("Pic: PTI", NONE),
    ("(Picture courtesy: ANI)", NONE),
    ("[Representative photo: Reuters]", NONE),
    ("Getty Images", NONE),
    ("(Video source: PTI)", NONE),
    ("(AP Photo/Rahul Jain)", NONE),
    ("The commission will hear PTI's petition on Friday.", NONE),
    ("He had worked for AFP.", NONE),
    ("She is a former editor of UNI.", NONE),
    ("The award went to Reuters.", NONE),
    ("The data were compiled by Bloomberg.", NONE),
    ("He now teaches in Guntur (AP).", NONE),
    ("She joined from IANS.", NONE),
]


OPENINGS = [
    ("Mumbai: June 5 (PTI): ", sole("PTI")),
    ("Mumbai, Jun 5, 2025 (PTI) ", sole("PTI")),
    ("MUMBAI: (PTI) ", sole("PTI")),
    ("Mumbai (PTI): ", sole("PTI")),
    ("MUMBAI – (IANS) – ", sole("IANS")),
    ("Mumbai/PTI: ", sole("PTI")),
    ("Mumbai (IANS) ", sole("IANS")),
    ("MUMBAI, JUNE 5, PTI: ", sole("PTI")),
    ("Mumbai, June 5 – PTI – ", sole("PTI")),
    ("By Asha Verma MUMBAI, June 5 (Reuters) - ", sole("Reuters")),
    ("By Asha Verma and Tom Ellis\n\nMUMBAI, June 5 (Reuters) - ", sole("Reuters")),
    ("UPDATE 1- MUMBAI, June 5 (Reuters) - ", sole("Reuters")),
    ("June 5 (Reuters) - ", sole("Reuters")),
    ("June 5 (PTI) ", sole("PTI")),
    ("June 5 (Bloomberg) -- ", sole("Bloomberg")),
    ("New Delhi [India] June 5 (ANI) ", sole("ANI")),
    ("London [UK], June 5 (ANI): ", sole("ANI")),
    ("Tel Aviv [Israel], June 5 (ANI/TPS): ", sole("ANI")),
    ("New Delhi, (ANI): ", sole("ANI")),
    ("New Delhi, (PTI) ", sole("PTI")),
    ("NEW DELHI (UNI): ", sole("UNI")),
    ("Vijayawada, June 5 (UNI) ", sole("UNI")),
    ("Vijayawada, June 5 (AP) ", sole("AP")),
    ("Kurnool(AP), June 5 (PTI) ", sole("PTI")),
    ("Kurnool(AP): ", NONE),
    ("Peddapalli (TS), June 5 (PTI) ", sole("PTI")),
    ("Bhadrak (Odisha), June 5 (PTI) ", sole("PTI")),
    ("BEIRUT, Lebanon (AP) — ", sole("AP")),
    ("Beirut, June 5 (AP): ", sole("AP")),
    ("Colombo, 5 June, (IANS) ", sole("IANS")),
    ("Panaji, 05 Jun (PTI) ", sole("PTI")),
    ("Panaji, 5/6/2025 (PTI) ", sole("PTI")),
    ("Panaji, Thursday (PTI) ", sole("PTI")),
    ("Panaji, June 5 (PTI). ", sole("PTI")),
    ("Panaji, June 5: (PTI) ", sole("PTI")),
    ("Panaji June 5 (PTI) ", sole("PTI")),
    ("Panaji,June 5(PTI) ", sole("PTI")),
    ("Panaji, June 5 (PTI)- ", sole("PTI")),
    ("*Panaji, June 5 (PTI)* ", sole("PTI")),
    ("Panaji, June 5 [PTI] ", sole("PTI")),
    ("Panaji, June 5 (Press Trust of India) ", sole("PTI")),
    ("Panaji, June 5 (Agency) ", sole("agencies")),
    ("Panaji, June 5 (News Agencies) ", sole("agencies")),
    ("Washington - (AFP) - ", sole("AFP")),
    ("Washington, United States (AFP) - ", sole("AFP")),
    ("Washington, June 5 (dpa) - ", sole("dpa")),
    ("WASHINGTON, June 5 (Xinhua) -- ", sole("Xinhua")),
    ("/TASS/. ", sole("TASS")),
    ("MOSCOW. June 5 (Interfax) - ", sole("Interfax")),
    ("Tribune News Service\nChandigarh, June 5\n", NONE),
    ("NEW DELHI: ", NONE),
    ("Chandigarh, June 5\n", NONE),
    ("Hindusthan Samachar, Patna: ", sole("Hindusthan Samachar")),
]


FIELDS = [
    ("PTI Correspondent", sole("PTI")),
    ("PTI New Delhi", sole("PTI")),
    ("PTI,New Delhi", sole("PTI")),
    ("PTI / New Delhi", sole("PTI")),
    ("By PTI, New Delhi", sole("PTI")),
    ("Press Trust of India New Delhi", sole("PTI")),
    ("News Agency PTI", sole("PTI")),
    ("Agency PTI", sole("PTI")),
    ("ANI | Updated: Jun 05, 2025 10:20 IST", sole("ANI")),
    ("IANS Live", sole("IANS")),
    ("By IANS", sole("IANS")),
    ("Reuters, London", sole("Reuters")),
    ("By Asha Verma and Tom Ellis, Reuters", sole("Reuters")),
    ("By Asha Verma | AP", sole("AP")),
    ("By The Associated Press", sole("AP")),
    ("Associated Press", sole("AP")),
    ("AP News", sole("AP")),
    ("AFP News", sole("AFP")),
    ("AFP", sole("AFP")),
    ("Bloomberg News", sole("Bloomberg")),
    ("By Asha Verma, Bloomberg", sole("Bloomberg")),
    ("PTI PTI", sole("PTI")),
    ("Uni", sole("UNI")),
    ("DPA", sole("dpa")),
    ("Xinhua", sole("Xinhua")),
    ("Press Trust of India (PTI)", sole("PTI")),
    ("ANI and PTI", sole("ANI", "PTI")),
    ("Source: PTI", sole("PTI")),
    ("Published by: PTI", sole("PTI")),
    ("Asha Verma (Reuters)", sole("Reuters")),
    ("Asha Verma (ANI)", sole("ANI")),
    ("News Agencies", sole("agencies")),
    ("Wire Services", sole("agencies")),
    ("Agency Reports", sole("agencies")),
    ("FE Online with PTI inputs", inputs("PTI")),
    ("ET Bureau and Agencies", inputs("agencies")),
    ("TNN & Agencies", inputs("agencies")),
    ("TNN and PTI", inputs("PTI")),
    ("News Desk with inputs from ANI", inputs("ANI")),
    ("Edited by Asha Verma with inputs from PTI", inputs("PTI")),
    ("Kosi Times News Service, Agencies", inputs("agencies")),
    ("Our Correspondent, PTI", inputs("PTI")),
    ("HT News Desk | With agency inputs", inputs("agencies")),
    ("Staff Writer with Agencies", inputs("agencies")),
    ("Asha Verma with Agency Inputs", inputs("agencies")),
    ("Asha Verma with PTI", inputs("PTI")),
    ("Anil Aptekar", NONE),
    ("Ani Sharma", NONE),
    ("Entertainment Bureau", NONE),
    ("The Hindu Bureau", NONE),
    ("Special Correspondent", NONE),
    ("AP Political Bureau", NONE),
    ("Unni Menon", NONE),
    ("Newsroom Team", NONE),
    ("DHNS", NONE),
    ("Statesman News Service", NONE),
    ("Our Special Correspondent", NONE),
    ("Outlook Web Desk", NONE),
    ("A. P. Mathur", NONE),
    ("Tribune News Service", NONE),
    ("PTC News", NONE),
    ("BY ANI MATHEW", NONE),
]


SENTENCES = [
    ('"We are ready," he told news agency PTI.', quoted("PTI")),
    ("He told Press Trust of India that work had begun.", quoted("PTI")),
    ("Officials told Reuters the deal was close.", quoted("Reuters")),
    (
        "The two sides are close to a deal, Bloomberg News reported, citing people familiar with the matter.",
        quoted("Bloomberg"),
    ),
    ("As per a report by IANS, work had begun.", quoted("IANS")),
    ("A report in PTI said work had begun.", quoted("PTI")),
    ("As reported by ANI, work had begun.", quoted("ANI")),
    ("The deal is close, according to AFP.", quoted("AFP")),
    ("He spoke to UNI on the sidelines of the event.", quoted("UNI")),
    ("Work had begun, PTI said, quoting an official.", quoted("PTI")),
    ("Work had begun, reports PTI.", quoted("PTI")),
    ("News agency Reuters quoted the minister as saying work had begun.", quoted("Reuters")),
    ("Talking to IANS, he said work had begun.", quoted("IANS")),
    ("Sources told ANI.", quoted("ANI")),
    ("The official, who spoke to The Associated Press on condition of anonymity, said work had begun.", quoted("AP")),
    ("Iran's IRNA news agency reported that work had begun.", quoted("IRNA")),
    ("PTI had reported on Monday that work had begun.", quoted("PTI")),
    ("Earlier, ANI had reported that work had begun.", quoted("ANI")),
    ("Work had begun, PTI reports.", quoted("PTI")),
    ("In a conversation with PTI-Bhasha, he said work had begun.", quoted("PTI-Bhasha")),
    ("Documents reviewed by Reuters show work had begun.", quoted("Reuters")),
    ("Xinhua reported on Friday that work had begun.", quoted("Xinhua")),
    ("“We have begun,” he told ANI, adding that more was to come.", quoted("ANI")),
    ("Speaking with news agency ANI here, he said so.", quoted("ANI")),
    ("He told AP that work had begun.", quoted("AP")),
    ("AP reported, citing officials, that work had begun.", quoted("AP")),
    ("He told PTI over phone that work had begun.", quoted("PTI")),
    ("He told PTI Videos that work had begun.", quoted("PTI")),
    ("Dpa quoted him.", NONE),
    ("AFP journalists saw smoke over the port.", NONE),
    ("An AFP correspondent said shots were heard.", NONE),
    ("According to the Bloomberg Commodity Index, prices rose.", NONE),
    ("Bloomberg Economics forecasts growth of 6 per cent.", NONE),
    ("According to data compiled by Bloomberg, prices rose.", NONE),
    ("A Reuters photographer saw smoke.", NONE),
    ("AP Chief Minister told reporters that work had begun.", NONE),
    ("AP government reported 12 deaths.", NONE),
    ("He told AP High Court that work had begun.", NONE),
    ("ANI sued the company last year.", NONE),
    ("PTI board members met on Friday.", NONE),
    ("UNI employees have not been paid, a union told the court.", NONE),
    ("Reuters said in a statement that it stood by its journalists.", NONE),
    ("The AP told the court that it would comply.", NONE),
    ("According to AP police, three men fled.", NONE),
    ("ANI said it had filed an appeal.", NONE),
    ("He was with the agency for ten years.", NONE),
    ("Bloomberg LP said it would hire 200 people in Pune.", NONE),
    ("UNI was founded in 1959.", NONE),
    ("Tass is a river in Hungary.", NONE),
    ("The Anti-Narcotics Intelligence (ANI) wing seized the drugs.", NONE),
    ("The AP-Telangana border was sealed.", NONE),
]


@pytest.mark.parametrize("separator", ["\n", " "])
@pytest.mark.parametrize(("ending", "expected"), ENDINGS)
def test_under_the_story(ending: str, expected: set[tuple[str, str]], separator: str) -> None:
    assert pairs(STORY + separator + ending) == expected


@pytest.mark.parametrize(("opening", "expected"), OPENINGS)
def test_ahead_of_the_story(opening: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(opening + STORY) == expected


@pytest.mark.parametrize(("field", "expected"), FIELDS)
def test_byline_field(field: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(STORY, field) == expected


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES)
def test_in_the_story(sentence: str, expected: set[tuple[str, str]]) -> None:
    assert pairs(f"{LEAD}\n{sentence}\n{LEAD}") == expected
