"""Words that tell what a name is: titles, offices, kinds of body, and words that name nothing."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HONORIFIC = (
    r"(?:Mr|Mrs|Ms|Mx|Miss|Dr|Drs|MoS|MOS|Mos|EAM|Late|Goddess|Prof|Professor|Shri|Sri|Shree|Smt|Shrimati|Kumari|Km|Thiru|Tmt|Selvi|Janab|Begum|Pt|"
    r"Pandit|Ustad|Maulana|Mufti|Swami|Jathedar|Mahant|Sant|Baba|Hon|Hon'ble|Sir|Dame|Lord|Lady|Sheikh|Sheikha|Hajji|Haji|Imam|"
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
    r"Principal|Chancellor|Counsel|Envoy|CJI|Actor|Actress|Singer|Skipper|Supremo|Padmashri|Grandmaster|LoP|Youngster|Batsman|Bowler|Opener|Pacer|Spinner|Striker|Midfielder|Goalkeeper|Wrestler|Boxer|Shuttler|Cricketer|"
    r"Footballer|Filmmaker|Lawyer|Businessman|Industrialist|Journalist|Author|Gangster|Activist|Attorney|Treasurer|Trustee|Founder|Analyst|Economist|Professor)"
)
OFFICE = (
    r"(?:Minister|Secretary|Officer|Director|Chairman|Chairperson|Chairwoman|President|Governor|Commissioner|"
    r"Superintendent|Engineer|Judge|Magistrate|Collector|Spokesperson|Spokesman|Coach|CEO|CFO|CMD|MP|MLA|PM|CM|LG|EAM|Counsel|Advocate|"
    r"DGP|ADGP|ADG|IGP|DIG|IG|SSP|DCP|ACP|DSP|SP|Commodore|Admiral|Brigadier|Colonel|Major|Captain|Inspector)"
)
"""Offices that stand before the name of their holder and in no other name."""
ADDRESS = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Shri|Smt|Justice|Thiru|Selvi|Madame|Sir|Lord|Goddess|MoS)\.?"
ORG_HEADS = _words(
    """
    academy administration agency alliance army assembly association authority bank board brigade bureau cabinet
    centre center chamber club college commission committee company congress consortium corporation corps council
    court department directorate embassy federation force forces forum foundation front fund government group guard
    hospital institute institution league limited ltd ministry mission movement municipality navy office
    organisation organization parliament party police railway railways school secretariat senate services society
    syndicate team tribunal trust union university
    manch sangh sangathan sangathana mahasabha mutt ashram akhara
    vidyalaya vidyapeeth vidyapeetham mahavidyalaya vishwavidyalaya vidyamandir
    """
)
"""Words that the name of a body ends in."""

COMMON = _words(
    """
    board cabinet centre church commission committee council court department district eastern government house
    justice kingdom minister ministry national northern opposition province republic secretariat southern state
    union western ai atm bn ceo cfo cm cmd cto cctv coo dgp dig fir gdp hm igp ipo lg mla mlc mou mp ngo ngos pm sp
    tv
    we they he she it i you our their his her its us these those this that there here who what when where why how
    however meanwhile moreover earlier later yesterday today tomorrow also though although while
    english hindi urdu sanskrit
    one two three four five six seven eight nine ten retd mos eam govt lop spo ruler queen king crown eyewitnesses
    villagers
    residents farmers sources officials police commuters prosecutors doctors protesters students teachers workers
    lawyers investigators rescuers experts analysts economists traders activists parents passengers devotees pilgrims
    voters critics powerplay anganwadi anganwadis bison jamun capex olympian bill act ordinance trust harbour capital
    home sim xray x-ray nowcast mangrove renaissance
    marijuana cannabis mephedrone methamphetamine ecstasy opium charas md
    zoology botany sociology psychology geography philosophy honours qualifier eliminator ebola yellow
    bench division front class opposition lt prime laureate laureates hos sos
    captain kharif rabi forex enraged customs
    cocaine hashish heroin ganja history mathematics physics chemistry biology
    economics accountancy brent orphanage
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
    stratotanker stratofortress globemaster hercules super fighting falcon raptor lightning eagle hornet reaper
    predator
    global hawk black apache chinook osprey poseidon galaxy lancer spirit warthog thunderbolt sentry pegasus seahawk
    fulcrum flanker thunder bhishma dreamliner
    """
)
"""Words that stand behind a designation or not: ``KC-135 Stratotanker``."""
SHIPS = _words("ins insv icgs uss usns hms hmas hmcs pns mv mt")
"""What stands before the name of a ship."""

MAKERS = _words("boeing airbus lockheed martin dassault saab embraer sukhoi hal atr")
"""Makers of aircraft, which stand before a designation or not."""

PARTIES = _words(
    """
    dal sena morcha front congress parishad janata samiti aghadi shakti kazhagam desam conference alliance samaj
    """
)
"""What the name of a party ends in."""

AREAS = _words(
    """
    strait straits island islands isle isles bazaar market district river lake valley bay gulf sea channel canal pass
    peninsula desert hills glacier creek plateau taluk taluka tehsil mandal village town city province prefecture
    county
    """
)
"""What a place is, beside its name: ``Qeshm Island``, "Strait of Hormuz"."""

INSTITUTIONS = _words("hospital college school university airport stadium temple station")
"""Whose long names are used by some of their words: ``Stanley Hospital``."""

THINGS = _words("missile missiles rocket satellite drone aircraft fighter jet helicopter tank submarine spacecraft")
"""What a product is, beside its name."""

LAWS = _words("act bill ordinance code rules sanhita")
"""What a law is, at the end of its title."""

UNNAMED = _words(
    """
    AC AGM APIs API APR ASP ATM ATMs AUM BPL BRT CAGR CASA CBG CD CEA CEC CGPA CFPI CJI CKYC CMIE CNG CNS COO CPI CPR
    CRR CSR CV CVs DA DBT DC DFO DM DMs DNA DP DPR DPRs DRM DRI EBITDA ECG EMI EMIs EOI EPC EPS ESG EV EVs EVM EVMs
    EWS
    FAQ FAQs FD FDs GOC GOCs SoPs HoS F&O MoM QoQ OEM OEMs DEMA K-12
    UR-PwD ECIR OSD SPP BCC
    FDI FIR FIRs FMCG FPO FTA FTAs FY GDP GFCF GMV GNP GPA GPS GSDP GST GVA HIV HR HUF ICU ICUs IED
    IEDs IIP IoT IPO IPOs ISBT ISBTs IST ITR ITRs IVF JEE KYC LCD LED LEO LLB LLM LNG LOC LPG LTA MBA MBBS MCLR MDMA
    MDR
    MGNREGS MLD MoU MoUs MRI MRP MRTS MSME MSMEs MSP MVA MW NCR NCRs NEFT NH NOC NOCs NPA NPAs NRE NRI NRIs NRO NSO
    OBC
    OBCs OPD OPEX OTP OTT PAN PhD PHC PHCs PIL PILs PIN PLI PMI POS PPE PPP PSB PSBs PSU PSUs PUC PVC PVD QR RAM RFP
    RO
    ROI ROM RTGS RTI RTPCR SEZ SEZs SGPA SGST SHG SHGs SIP SIPs SLR SME SMEs SMS SoP SOP SOPs STP STPs SUV SUVs TDS
    TRP
    ACP AQI BA BCom BDO BEd BFSI BSc BTech MCom MSc MTech CBDC CDO DCP DSP ECIR HNI HNIs JBT LAF MIG PLIs SDM SDO SHO
    SSP REIT REITs SPO SPOs
    ATR COPD RWA RWAs ODI ODIs PwD SMO T20I T20Is TPU
    ENT PA TV VFX UAV UAVs UG UPS URL USB USP VAT VC VIP VIPs VPN VVIP VVPAT WPI XI YoY
    """
)
"""Abbreviations of common nouns: taxes, tests, offices, machines, measures."""

DEPARTMENTS = _words(
    """
    affairs agriculture aviation broadcasting coal commerce communications culture defence development education
    employment energy environment excise finance fisheries food forests health home housing industries industry
    information irrigation justice labour law mines parliamentary petroleum planning power processing railway
    railways relations
    resources revenue security shipping sports steel sugar surface technology telecom textiles tourism transport
    water welfare
    """
)
"""What the office of a minister is named after: "Union Petroleum Minister"."""

ADJECTIVES = _words("presidential federal parliamentary congressional judicial ministerial gubernatorial")
"""Words that no name ends in: "Taiwanese Presidential [office]"."""

FESTIVALS = _words(
    """
    ashtami dashami navratri ekadashi chaturthi mahotsav utsav diwas divas summit massacre olympics olympic
    paralympics conclave
    carnival biennale expo
    """
)
"""What the name of an event ends in, whatever stands before."""

OCCASIONS = _words(
    "day puja jayanti war riots mela games marathon meetings protests yatra yatre satyagraha aarti elections polls "
    "exercise exercises meet"
)
"""What the name of an event ends in that is no person's: "Air Force Day"; people are called so, too."""

AGREEMENTS = _words(
    """
    treaty treaties convention accord accords protocol pact agreement covenant constitution charter doctrine law laws
    scheme programme program policy initiative goals partnership
    """
)
"""What the name of a treaty, a law or a scheme ends in."""

LOCALITIES = _words(
    """
    nagar vihar puram bagh chowk lok enclave colony marg gali mohalla ganj khurd kalan layout peth chawl tola pally
    ghat vilas niwas apartments heights extension bypass flyover road street
    """
)
"""What the name of a quarter or a street ends in."""

COMMON_PHRASES = frozenset(
    {
        "scheduled caste", "scheduled castes", "scheduled tribe", "scheduled tribes", "social science",
        "computer science", "political science", "public interest litigation", "first information report",
        "fixed deposit", "fixed deposits", "income tax", "letter of intent", "memorandum of understanding",
        "detailed project report", "state governments", "brent crude", "goods and services tax",
        "gross fixed capital formation", "liquidity adjustment facility", "gross domestic product",
        "consumer price index", "wholesale price index", "central bank digital currency", "british rule",
        "allahu akbar", "heads of state", "states parties", "ipc sections", "british raj", "space station",
        "jai bapu", "jai bhim", "jai hind", "jai samvidhan", "jai shri ram", "jai jawan", "jai kisan",
        "state assembly", "upper house", "upper houses", "lower house", "district panchayat", "gram panchayat",
        "gram sabha", "public inquiry", "foreign interference", "national flag", "crown prince", "farm laws",
        "head of state", "zero hour", "question hour", "self help groups", "special police officer",
        "foreign institutional investors", "foreign portfolio investors", "domestic institutional investors",
        "original equipment manufacturer", "original equipment manufacturers", "india inc", "indian economy",
        "g20 presidency", "sanatana dharma", "sanatan dharma", "sanathana dharma", "nobel laureate",
        "board of directors", "houses of parliament", "state legislature",
        "state legislatures", "union and state", "central bank", "electric vehicle", "electric vehicles",
        "backward class", "backward classes", "other backward class", "other backward classes",
        "backward class of citizens", "appellate court", "special court", "trial court", "sessions court",
        "vacation bench", "division bench", "constitution bench", "group of ministers", "public prosecutor",
        "special public prosecutor", "member technical", "polit bureau", "politburo",
        "nobel laureates",
        "union territory", "union territories", "political advisor",
        "political adviser", "general officer commanding", "ram raj", "ram rajya", "jungle raj",
        "west texas intermediate", "no objection certificate", "code of conduct", "model code of conduct",
    }
)  # fmt: skip
"""Phrases that name nothing in particular."""

SUBJECTS = _words(
    """
    accountancy arts ba bcom biology botany bsc btech business chemistry civics commerce computer economics electronics
    english geography hindi history honours hons ma mathematics maths mcom msc philosophy physics political psychology
    sanskrit science sciences social sociology statistics studies urdu zoology and
    """
)
"""What is taught: names made of these alone name nothing."""

COMPANY_HEADS = _words(
    """
    ratings bank group motors industries airlines airways energy technologies pharma pharmaceuticals steel power
    cement
    cements capital securities insurance finance labs foods pictures studios entertainment systems solutions software
    electronics mobility ports telecom communications holdings ventures research analytics chemicals polymers textiles
    petroleum aviation logistics hotels healthcare biotech automotive tyres paints realty developers builders
    jewellers
    shipping shipmanagement agriscience
    """
)
"""What the name of a company ends in, so that its first words may stand for it: ``Suvarna Airways``."""

FIRMS = _words(
    """
    capital ventures holdings pharma pharmaceuticals technologies securities motors airlines airways studios pictures
    entertainment labs advisors consultants cements realty apparels prakashan publications publishers paribahan
    """
)
"""Of these what no person and no place is called by."""

BUILDINGS = _words(
    """
    stadium masjid mosque mandir temple gurdwara dargah idgah auditorium fort palace airport expressway highway bridge
    flyover museum zoo cemetery port station jail prison
    """
)
"""What the name of a building or a road ends in."""

TOURNAMENTS = _words("olympics paralympics championship championships trophy cup open masters grandmasters prix")
"""What the name of a tournament ends in."""

REPORTS = _words("outlook review survey report bulletin award awards prize medal")
"""What the name of a publication or an award ends in."""
