"""Words that tell what a name is: titles, offices, kinds of body, and words that name nothing."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HONORIFIC = (
    r"(?:Mr|Mrs|Ms|Mx|Miss|Dr|Drs|Prof|Professor|Shri|Sri|Shree|Smt|Shrimati|Kumari|Km|Thiru|Tmt|Selvi|Janab|Begum|Pt|"
    r"Pandit|Ustad|Maulana|Mufti|Swami|Sant|Baba|Hon|Hon'ble|Sir|Dame|Lord|Lady|Sheikh|Sheikha|Hajji|Haji|Imam|"
    r"Ayatollah|Mullah|Rev|Reverend|Fr|Father|Bishop|Archbishop|Cardinal|Pope|Rabbi|Madame|Madam|Monsieur|Senor|"
    r"Senora|Herr|Frau|Adv|Advocate|Justice|Judge|CA|Er|Gen|General|Lt|Lieutenant|Col|Colonel|Maj|Major|Capt|Captain|"
    r"Brig|Brigadier|Cmdr|Commander|Adm|Admiral|Vice-Admiral|Rear-Admiral|Commodore|Sgt|Sergeant|Subedar|Havildar|"
    r"Naik|Sepoy|Constable|Inspector|Sub-Inspector|Insp|SI|ASI|DSP|SP|SSP|DCP|ACP|IG|DIG|ADG|ADGP|DGP|IGP|King|Queen|"
    r"Prince|Princess|Emir|Sultan|President|Senator|Sen|Rep|Congressman|Congresswoman|Governor|Gov|Mayor|Premier|"
    r"Chancellor|Minister|Ambassador|Comrade|Coach|Chairman|Chairwoman|Chairperson|Speaker|Secretary|Chief)"
)
ROLE = (
    r"(?:Minister|Secretary|Officer|Director|Chairman|Chairperson|Chairwoman|Chair|President|Governor|General|Manager|"
    r"Commissioner|Superintendent|Inspector|Engineer|Scientist|Judge|Justice|Magistrate|Collector|Ambassador|"
    r"Spokesperson|Spokesman|Spokeswoman|Editor|Captain|Coach|Leader|Chief|CEO|CFO|CMD|MD|MP|MLA|MLC|CM|PM|DGP|"
    r"Convenor|Convener|Registrar|Controller|Head|Councillor|Advocate|Mayor|Speaker|Marshal|Admiral|Commander|Dean|"
    r"Principal|Chancellor|Counsel|Attorney|Treasurer|Trustee|Founder|Analyst|Economist|Professor)"
)
OFFICE = (
    r"(?:Minister|Secretary|Officer|Director|Chairman|Chairperson|Chairwoman|President|Governor|Commissioner|"
    r"Superintendent|Engineer|Judge|Magistrate|Collector|Spokesperson|Spokesman|Coach|CEO|CFO|CMD|MP|MLA|PM|CM|LG|EAM|Counsel|Advocate|"
    r"DGP|ADGP|ADG|IGP|DIG|IG|SSP|DCP|ACP|DSP|SP|Commodore|Admiral|Brigadier|Colonel|Major|Captain|Inspector)"
)
"""Offices that stand before the name of their holder and in no other name."""
ADDRESS = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Shri|Smt|Justice|Thiru|Selvi|Madame|Sir)\.?"
ORG_HEADS = _words(
    """
    academy administration agency alliance army assembly association authority bank board brigade bureau cabinet
    centre center chamber club college commission committee company congress consortium corporation corps council
    court department directorate embassy federation force forces forum foundation front fund government group guard
    hospital institute institution league limited ltd ministry mission movement municipality navy office
    organisation organization parliament party police railway railways school secretariat senate services society
    syndicate team tribunal trust union university
    """
)
"""Words that the name of a body ends in."""

COMMON = _words(
    """
    board cabinet centre church commission committee council court department district eastern government house
    justice kingdom minister ministry national northern opposition province republic secretariat southern state
    union western ai atm bn ceo cfo cm cmd cto cctv coo dgp dig fir gdp hm igp ipo lg mla mlc mou mp ngo ngos pm sp
    tv
    """
)
"""Words that name nothing in particular when they stand alone."""

NOT_INITIALS = _words(
    """
    US U.S. UK U.K. UN U.N. EU E.U. TV UP AP MP TN HP WB PM CM LG HM FM MD DG IG SP SI DM DC VP CJ ED IT AI AU HC SC
    OK NO
    """
)
"""Two capitals that are not the initials of the person whose name follows."""

LEGAL = _words("ltd limited pvt inc plc llp llc gmbh pte bhd corp incorporated")
"""Legal forms of companies; those of the second list only before one of the first."""
LEGAL_BEFORE_LEGAL = _words("private co company and public sdn")

NICKNAMES = _words(
    """
    stratotanker stratofortress globemaster hercules super fighting falcon raptor lightning eagle hornet reaper predator
    global hawk black apache chinook osprey poseidon galaxy lancer spirit warthog thunderbolt sentry pegasus seahawk
    fulcrum flanker thunder bhishma dreamliner
    """
)
"""Words that stand behind a designation or not: ``KC-135 Stratotanker``."""
SHIPS = _words("ins insv icgs uss usns hms hmas hmcs pns mv mt")
"""What stands before the name of a ship."""

MAKERS = _words("boeing airbus lockheed martin dassault saab embraer sukhoi hal atr")
"""Makers of aircraft, which stand before a designation or not."""
