"""What the words in and around a name say about what it names."""

from __future__ import annotations

import re
from itertools import pairwise

from schemas.public_records import EntityType
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import (
    ADDRESS,
    ADJECTIVES,
    AGREEMENTS,
    BUILDINGS,
    DEPARTMENTS,
    FESTIVALS,
    FIRMS,
    HONORIFIC,
    LEGAL,
    LOCALITIES,
    NOT_INITIALS,
    OCCASIONS,
    OFFICE,
    ORG_HEADS,
    PARTIES,
    REPORTS,
    ROLE,
    TOURNAMENTS,
)

_STRICT_TITLE = re.compile(
    rf"(?:(?:[A-Za-z&.'-]+ ){{0,6}}{OFFICE}|{ADDRESS}) (?=[A-Z][A-Za-z.]*(?: [A-Z][a-z]+){{0,3}}$)"
)
_INITIALS_BEFORE = re.compile(r"(?<![\w.&-])(?:[A-Z]\. ?|[A-Z] ){1,3}$|(?<![\w.&-])(?:[A-Z]\.){1,2}[A-Z] $")
_JOINED_INITIALS_BEFORE = re.compile(r"(?<![\w.&-])([A-Z]{2}) $")
_NEXT_WORD = re.compile(r" ([A-Z][a-z]+)(?![\w-])")
_PLACE_BEFORE = re.compile(
    r"(?<![\w-])(?:[Ii]n|[Nn]ear|[Oo]utside|suburban|neighbouring|nearby|adjoining|downtown|"
    r"village) $"
)
_SCHEME_BEHIND = re.compile(r"['\"]? (?:scheme|programme|yojana)(?![\w-])")
_SEAT_BEHIND = re.compile(r" (?:MLA|MP|MLC)(?= [A-Z])")
_POST_BEHIND = re.compile(r" (?:police (?:post|station|chowki|outpost)|village|tehsil|taluka?)(?![\w-])")
_PLACES_BEFORE = re.compile(
    r"(?<![\w-])(?:villages|towns|cities|districts|areas|localities|states|countries|places|stations|regions|islands|"
    r"provinces|constituencies)(?:,? (?:including|like|such as|namely|of|in|as))? $"
)
_TWO_PLACES = re.compile(r"(?P<one>[A-Z][a-z]{3,})-(?P<other>[A-Z][a-z]{3,})")
_MEETING = re.compile(r" (?:border|policy|war|conflict|talks|ties|relations|trade|line)(?![\w-])")
_PLACES_BEHIND = re.compile(
    r" (?:areas|districts|villages|towns|cities|blocks|regions|tehsils|subdivisions|localities)(?![\w-])"
)
_BODY_BEFORE = re.compile(
    r"(?<![\w-])(?:company|organisation|organization|NGO|startup|start-up|firm|outlet|newspaper|daily|tabloid|website|"
    r"portal|platform|agency|lender|automaker|carmaker|carrier|airline|manufacturer|retailer|conglomerate|subsidiary|"
    r"stake in|shares of|acquired|brand|outfit|daily) ['\"]?$"
)
_BY_INITIALS = re.compile(r"[A-Z]\.? [A-Z]")
_BODY_BEHIND = re.compile(
    r"['\"]? (?:newspaper|magazine|website|daily(?=[.,;]| (?:said|reported))|employees|subsidiary|"
    r"co-founder|founder|CEO|spokesperson|"
    r"shares (?:rose|fell|closed|ended|were|traded|jumped|slid|dropped|gained|surged|tumbled|plunged))(?![\w-])|"
    r", an? (?:(?!at |of |with |in |for |by |from |who )[a-z-]{1,20} ){0,4}"
    r"(?:subsidiary|company|firm|startup|start-up|manufacturer|maker|provider|NGO|retailer)(?![\w-])"
)
_RELATION_BEFORE = re.compile(
    r"(?<![\w-])(?:leader|minister|actor|actress|singer|cricketer|wrestler|activist|spokesperson|spokesman|lawyer|advocate|"
    r"journalist|filmmaker|inspector|constable|son|daughter|wife|husband|brother|sister|mother|father|nephew|niece|"
    r"supremo|veteran|businessman|gangster) $"
)
_OFFICE_BEFORE = re.compile(r"(?:Secretary|Minister|Commissioner),? \(?$")
_HEADING_BEFORE = re.compile(r"(?:^|\n) *$")
_PLACE_BEHIND = re.compile(
    r" (?:district|village|town|tehsil|taluk|taluka|block|blocks|locality|mandal|panchayat|river|constituency|"
    r"areas?|police (?:post|station|chowki|outpost)|seat|assembly (?:seat|segment|constituency)|"
    r"by-?polls?|bypolls?)(?![\w-])"
)
_HOLDS_OFFICE = re.compile(
    r" (?:Minister|Ministers|Secretary|Advisor|Adviser|minister|ministers|ministership)(?![\w-])"
)
_PAIR = re.compile(r"(?!Non-|Anti-|Pro-|Trans-|Pan-|All-)[A-Z][A-Za-z. ]{1,40}(?:-[A-Z][A-Za-z. ]{1,40}){1,3}")
_LISTED = re.compile(r"(?:,|\band) $")
_BY_INITIAL = re.compile(r"[A-Z]\.? [A-Z][a-z\u00c0-\u017f]{2,20}")
_MODEL_OF_A_PRODUCT = re.compile(
    r"[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2} (?!T20|G20|U19|U17|B20|Y20)[A-Z]\d{1,2}(?: [A-Z][a-z]+)?"
)
_NO_SURNAMES = frozenset({"block", "sector", "city", "coli", "pharmacy", "wallet", "grade", "class", "word", "tech"})
_HOUSE_BEHIND = re.compile(r" (?:hotel|hospital|temple|mosque|stadium|mall|theatre|auditorium)(?![\w-])")
_HOUSES = frozenset({"house", "bhavan", "bhawan", "sadan"})
_BETWEEN = re.compile(
    r" (?:war|conflict|talks|ties|relations|border|dispute|clash(?:es)?|trade|deal|pact|accord|match|contest|final|tie|"
    r"tensions?|divide|unity|riots|violence|summit|dialogue|alliance|combine|combination|confrontation|axis|rivalry|"
    r"partnership|cooperation|family|duo|camp|standoff|stand-off|route|road|stretch|section|highway|train|line)(?![\w-])"
)
_PEOPLES = re.compile(r"(?:Indo|Sino|Anglo|Russo|Franco|Afro|Perso)-(?!Pacific|Gangetic|Malay)[A-Z][A-Za-z]{1,20}")
_RULED_BY = re.compile(r" (?:government|govt|administration|faction|regime|ministry|cabinet)(?![\w-])")
_TWO_NAMES = re.compile(r"[A-Z][a-z]+(?: [A-Z](?:\.|[a-z]+))? [A-Z][a-z]+")
_OPENING_VERB = re.compile(
    r"(?:[A-Z][a-z]{2,12}ing|Accused|Alleged|Arrested|Convicted|Deposed|Enraged|Exiled|Jailed|Ousted|Suspended) "
    r"(?=[A-Z])"
)
_CASTES = frozenset({"SC", "ST", "OBC", "OBCs", "EWS", "PwD", "PWD", "UR"})
_CASTE_BEHIND = re.compile(
    r"/|,? (?:and )?(?:ST|OBC|EWS|PwD|PWD)s?\b|s? (?:community|communities|category|categories|candidates?|"
    r"students?|families|quota|status|groups?)\b"
)
_OF_BEFORE = re.compile(r" (?:[Oo]f|[Ff]or) $")
_GLUED_MONTH = re.compile(r"(?:January|February|March|April|June|July|August|September|October|November|December)[A-Z]")
_OF_A_TOWN = re.compile(r"[A-Z][a-z]+(?:kars|ites|wasis)")
_AREA_BEFORE = re.compile(
    r"(?<![\w-])(?:[Ii]n|[Ff]rom|[Aa]cross|[Ww]ithin|[Oo]utside|[Nn]ear|[Tt]hroughout|[Ee]astern|[Ww]estern|"
    r"[Nn]orthern|[Ss]outhern|[Cc]oastal|"
    r"(?:UP|MP|AP|TN|HP|WB|Bihar|Delhi|Gujarat|Rajasthan|Haryana|Punjab|Assam|Kerala|Odisha|Goa),) $"
)
_AREA_BEHIND = re.compile(
    r",? (?:UP|MP|AP|TN|HP|WB)(?![\w-])|(?:'s)? (?:Class|Board|[Gg]ovt|[Gg]overnment|CM|DGP|[Pp]olice|"
    r"[Pp]olls?|[Aa]ssembly|[Cc]abinet|[Bb]ypolls?|[Ee]lections?|HC|"
    r"[Cc]hief [Mm]inister|Governor|High Court|BJP|Congress|STF|ATS|[Mm]inisters?|districts?|towns?|villages?)(?![\w-])"
)
_NAME_BEHIND = re.compile(r" [A-Z][a-z]")
_OPENS = re.compile(r"(?:^|\n|[.!?:]['\")]* +|[.!?:] *['\"(] ?|['\"])\Z")
_YEAR = re.compile(r" (?:19|20)\d\d(?![\w-])")
LONGEST_INITIALS = 3
_GOES_ON = re.compile(r" (?:[a-z']|\d)")
_NAMES_IN_ING = frozenset(
    {
        "Beijing",
        "Boeing",
        "Nanjing",
        "Darjeeling",
        "Chongqing",
        "Xining",
        "Kunming",
        "Reading",
        "Sterling",
        "Viking",
        "Peking",
    }
)
_WORK_BEFORE = re.compile(
    r"(?<![\w-])(?:song|film|movie|album|track|single|book|novel|series|show|serial|poem|play|anthem|documentary|titled|"
    r"called),? ['\"]$"
)
_FILM_BEFORE = re.compile(r"(?<![\w-])(?:film|movie|blockbuster|web series|sitcom) $")
_WORKS = re.compile(
    r"(?<![\w-])(?:films?|movies?|songs?|albums?|tracks?|singles?|books?|novels?|series|shows?|serials?|poems?|plays?|"
    r"anthem|documentary|titled|entitled|episodes?|podcast|paintings?|magazine|journal|published|author\w*|writer|wrote|"
    r"written|singer|actor|actress|starr\w+|directed|director|sequel|trailer|box office|audience\w*|memoir|biography|"
    r"essay|opera|sculpture|portrait|tv|television|epics?|scriptures?)(?![\w-])",
    re.IGNORECASE,
)
NEAR = 40
"""Characters within which words beside a name speak of it."""
_RANK = re.compile(
    r" (?:National|State|Vice|Deputy|General|Joint|Senior|Working|Executive|District|Advisory|Managing)$"
)
_HOLDER_BEHIND = re.compile(
    r" (?:[Pp]resident|[Ss]ecretary|[Gg]eneral [Ss]ecretary|[Cc]hief|[Ss]pokes\w+|[Cc]onven\w+|[Ee]ditor|"
    r"[Dd]irector|Minister)"
)
_TITLE_BEFORE = re.compile(rf"(?<![\w-])(?:{ADDRESS}|{OFFICE}) $")
_ADDRESSED = re.compile(rf"(?<![\w-])(?:{HONORIFIC}|{OFFICE})\.? $")
_SPEAKS = re.compile(r",? (?:said|says|told|added|was arrested|who)\b|, \d\d,| \(\d\d\)")
_POLL = re.compile(
    r" (?:(?:assembly|general|civic|state|presidential) )?(?:elections?|polls?|bypolls?|riots)(?![\w-])", re.IGNORECASE
)
_LEGAL_FORM = re.compile(r"(?: (?:Pvt|Private|Co)\.?)?,? (?:Ltd|Limited|Inc|PLC|Plc|plc|LLP|LLC|Corp|GmbH|Co)(?![\w-])")
_OFFICE = re.compile(rf"(?:{HONORIFIC}|{ROLE})")


def titled_person(text: str, start: int, end: int) -> int:
    """Where the name begins in a span like "District Fire Officer S Xavier"; the end where there is no title in it."""
    found = _STRICT_TITLE.match(text[start:end])
    return start + found.end() if found and words(text[start:end])[-1] not in ORG_HEADS else end


def with_initials(text: str, start: int, end: int, kind: EntityType) -> int:
    """Where a person's name begins with the initials before it: ``R. B. Sreekumar``.

    Two initials or one with a dot make a person of a word of another type; "A" and "I" alone are words.
    """
    together = _JOINED_INITIALS_BEFORE.search(text, max(0, start - 4), start)
    if together and kind == "PERSON" and together[1] not in NOT_INITIALS:
        titled = _ADDRESSED.search(text, max(0, together.start() - 16), together.start())
        if titled or " " not in text[start:end]:
            return together.start()
    found = _INITIALS_BEFORE.search(text, max(0, start - 9), start)
    if not found or text[start:end].isupper() or found[0] in {"A ", "I "}:
        return start
    several = len(found[0].replace(".", "").replace(" ", "")) > 1
    sure = (several or "." in found[0]) and " " not in text[start:end] and found[0].replace(" ", "") not in NOT_INITIALS
    return found.start() if kind == "PERSON" or sure else start


def with_sir(text: str, start: int) -> int:
    """Where the name of a hospital or creek begins that is called after a knight: "[Sir] Ganga Ram Hospital"."""
    return start - len("Sir ") if text.endswith("Sir ", max(0, start - len("Sir ")), start) else start


def with_head(text: str, end: int) -> int:
    """Where a body's name ends that the model cut short: "Sahyagiri Urban Co-operative [Bank]"."""
    following = _NEXT_WORD.match(text, end)
    return following.end() if following and following[1].lower() in ORG_HEADS else end


def without_rank(text: str, start: int, end: int) -> int:
    """Where the name of a party ends before the title of its officer: "Lok Samata Party [National] President"."""
    rank = _RANK.search(text, start, end)
    return rank.start() if rank and _HOLDER_BEHIND.match(text, end) else end


def with_legal_form(text: str, end: int) -> int:
    """Where the name of a company ends with its legal form behind it: "Infosys [Ltd]"."""
    form = _LEGAL_FORM.match(text, end)
    return form.end() if form else end


def with_year(text: str, end: int) -> int:
    """Where the name of an event ends with its year behind it: "Asia Cup [2025]"."""
    year = _YEAR.match(text, end)
    return year.end() if year else end


def with_poll(text: str, start: int, end: int) -> int:
    """Where the name of an election ends that begins with its year: "2024 Lok Sabha [polls]"."""
    poll = _POLL.match(text, end) if text[start : start + 2] in {"19", "20"} else None
    return poll.end() if poll else end


def is_building(name: str) -> bool:
    """Whether a name ends as those of buildings and roads do: "Babri Masjid"."""
    parts = words(name)
    return len(parts) > 1 and parts[-1] in BUILDINGS


def is_long_acronym(text: str, start: int, end: int) -> bool:
    """Whether a word is in capitals in a text that is not, and too long for the initials of a person: "DLSA"."""
    word = text[start:end]
    return len(word) > LONGEST_INITIALS and word.isalpha() and word.isupper() and bool(_GOES_ON.match(text, end))


def is_body(name: str) -> bool:
    """Whether the words of a name say that it is a body's: "Twitter Inc", "Vellore Institute of Technology"."""
    parts = words(name)
    if len(parts) < 2:
        return False
    inside = any(head in ORG_HEADS and after in {"of", "for"} for head, after in pairwise(parts))
    return inside or parts[-1] in ORG_HEADS or parts[-1] in LEGAL


def is_committee(name: str) -> bool:
    """Whether a name is that of a body that holds an event: "Brisbane Games Organising Committee"."""
    return words(name)[-1] in {"committee", "association", "federation", "board", "council", "foundation"}


def place_votes(text: str, start: int, end: int) -> int:
    """How strongly the words around a name say that it is a place's: "near X"."""
    if behind := votes_behind(text, end):
        return behind
    return 2 if _PLACE_BEFORE.search(text, max(0, start - 14), start) and text[end : end + 2] != "'s" else 0


def votes_behind(text: str, end: int) -> int:
    """How strongly what stands behind a name says that it is a place's: "X district"."""
    return 3 if _PLACE_BEHIND.match(text, end) else 0


def speaks_of_a_place(text: str, start: int, end: int) -> bool:
    """Whether the words around a short form say that it is a place's, and no member's, agency's or company's.

    "in MP", "MP government", "UP, MP and Bihar"; not "BJP MP Asha Rane", "an MP of the party".
    """
    if _AREA_BEHIND.match(text, end):
        return True
    return bool(_AREA_BEFORE.search(text, max(0, start - 20), start)) and not _NAME_BEHIND.match(text, end)


def are_places(text: str, start: int, end: int) -> bool:
    """Whether words beside an enumeration say that it is one of places: "villages such as X", "X and Y areas"."""
    return bool(_PLACES_BEFORE.search(text, max(0, start - 40), start) or _PLACES_BEHIND.match(text, end))


def body_votes(text: str, start: int, end: int) -> int:
    """How strongly the words around a name say that it is a body's: "the company X", "X, a subsidiary of"."""
    if _BY_INITIALS.match(text, start):
        return 0  # "manager of the carrier G Prasad Rao"
    before, behind = _BODY_BEFORE.search(text, max(0, start - 24), start), _BODY_BEHIND.match(text, end)
    return 4 * (bool(before) + bool(behind))


def is_common_word(text: str, start: int, end: int) -> bool:
    """Whether a word that opens a sentence stands in lower case in the text too, or is a gerund: no name then."""
    word = text[start:end]
    if not word.isalpha() or word.isupper() or not _OPENS.search(text, max(0, start - 6), start):
        return False
    if word.endswith("ing") and _GOES_ON.match(text, end) and word not in _NAMES_IN_ING:
        return True
    lower = word.lower()
    return any(f" {lower}{after}" in text for after in " ,.")


def is_no_name(text: str, start: int, end: int, kind: EntityType) -> bool:
    """Whether a span is part of an office, or joins two names or two sentences.

    "Union Petroleum [Minister]", "Israel-Hamas [war]", "Indo-US", "SeptemberPeak".
    """
    name = text[start:end]
    if is_of_an_office(text, start, end) or is_heading(text, start, end, kind):
        return True
    if kind != "PERSON":
        last = words(name)[-1:]
        if not last or (last[0] in DEPARTMENTS and _HOLDS_OFFICE.match(text, end)):
            return True
    elif name.lower() in DEPARTMENTS and _OF_BEFORE.search(text, max(0, start - 5), start):
        return True
    if "-" in name and is_pair(text, start, end):
        return True
    if name in _CASTES and (_CASTE_BEHIND.match(text, end) or text[start - 1 : start] == "/"):
        return True
    return bool(_GLUED_MONTH.match(name))


def two_places(text: str, start: int, end: int, kind: EntityType) -> tuple[tuple[int, int], ...]:
    """The places that a span joins by a hyphen, where they meet: "the [Argentina]-[Chile] border"; not of a road."""
    found = _TWO_PLACES.fullmatch(text, start, end) if kind == "PLACE" else None
    return (found.span("one"), found.span("other")) if found and _MEETING.match(text, end) else ()


def is_of_an_office(text: str, start: int, end: int) -> bool:
    """Whether a span is what a secretary or minister is for: "Secretary, [Food Processing]"."""
    last = words(text[start:end])[-1:]
    return bool(last) and last[0] in DEPARTMENTS and bool(_OFFICE_BEFORE.search(text, max(0, start - 16), start))


def is_heading(text: str, start: int, end: int, kind: EntityType) -> bool:
    """Whether a span of several words opens its paragraph and ends in a colon: "[Scientific Discoveries]: Much was"."""
    if text[end : end + 2] != ": " or " " not in text[start:end] or kind in {"PERSON", "PLACE"}:
        return False
    return bool(_HEADING_BEFORE.search(text, max(0, start - 3), start))


def is_pair(text: str, start: int, end: int) -> bool:
    """Whether a hyphen joins two names, which are two things: "Israel-Hamas war"; not "Jean-Pierre", "Delhi-NCR"."""
    name = text[start:end]
    if _PEOPLES.fullmatch(name):
        return not name.endswith("s")
    return bool(_PAIR.fullmatch(name) and _BETWEEN.match(text, end))


def without_adjective(text: str, start: int, end: int) -> int:
    """Where a name ends before the adjective of a noun behind it: "Taiwanese [Presidential office]"."""
    last = text.rfind(" ", start, end)
    return (
        max(last, start) if text[last + 1 : end].lower() in ADJECTIVES or text[start:end].lower() in ADJECTIVES else end
    )


def without_opening_verb(text: str, start: int, end: int) -> int:
    """Where a name begins behind the participle that opens its sentence: "[Dismissing] China"."""
    verb = _OPENING_VERB.match(text, start, end)
    if not verb or verb[0][:-1] in _NAMES_IN_ING or text[start - 1 : start] in {"'", '"'}:
        return start
    if not _OPENS.search(text, max(0, start - 6), start):
        return start
    return verb.end()


def type_by_form(text: str, start: int, end: int, kind: EntityType) -> EntityType | None:
    """The type of a work, building, body in capitals, event, law or quarter, where its form gives it away."""
    if is_quoted_work(text, start, end):
        return "WORK"
    if is_building(text[start:end]):
        return "FACILITY"
    parts = words(text[start:end])
    if kind in {"PERSON", "PLACE"} and len(parts) > 1 and parts[-1] in FIRMS:
        return "ORG"
    if found := _type_by_last_word(parts, kind) or _type_behind(text, start, end, kind):
        return found
    if found := _type_of_people(text, start, end, kind):
        return found
    return "PLACE" if is_locality(text, start, end) else None


def _type_by_last_word(name: tuple[str, ...], kind: EntityType) -> EntityType | None:
    if is_occasion(name, kind):
        return "EVENT"
    if is_agreement(name, kind):
        return "LAW"
    if kind != "ORG" or len(name) == 1:
        return None
    if name[-1] == "code" and len(name) > 2:
        return "LAW"
    return "WORK" if name[-1] in REPORTS and name[-2] != "geological" else None


def _type_behind(text: str, start: int, end: int, kind: EntityType) -> EntityType | None:
    """The type of a name by what stands behind it: "[Jan Mitra] scheme", "[Chamra] MLA", "[Bagwan] police post"."""
    single = " " not in text[start:end]
    if kind in {"ORG", "WORK", "PERSON"} and not single and _SCHEME_BEHIND.match(text, end):
        return "LAW"
    if kind == "PERSON" and single and _SEAT_BEHIND.match(text, end):
        return "PLACE"
    return "PLACE" if kind in {"ORG", "FACILITY"} and _POST_BEHIND.match(text, end) else None


def _type_of_people(text: str, start: int, end: int, kind: EntityType) -> EntityType | None:
    """A body in capitals or a house that was taken for a person, a person for a place, a people for its town."""
    if kind == "PERSON":
        return _type_of_no_person(text, start, end)
    if (kind != "PLACE" and is_by_initial(text, start, end)) or is_related(text, start, end, kind):
        return "PERSON"
    if kind == "ORG" and (_PEOPLES.fullmatch(text, start, end) or _MODEL_OF_A_PRODUCT.fullmatch(text, start, end)):
        return "NORP" if "-" in text[start:end] else "PRODUCT"
    if kind in {"FACILITY", "WORK", "EVENT", "ORG"} and _RULED_BY.match(text, end):
        last = words(text[start:end])[-1]
        named_so = last in ORG_HEADS or last in PARTIES or last in BUILDINGS or last == "house"
        return "PERSON" if _TWO_NAMES.fullmatch(text, start, end) and not named_so else None
    if kind == "PLACE" and " " not in text[start:end] and text.startswith(" administration", end):
        return "PERSON"  # "the Clinton administration"; names of places that are known stay such
    return "NORP" if kind == "PLACE" and _OF_A_TOWN.fullmatch(text, start, end) else None


def _type_of_no_person(text: str, start: int, end: int) -> EntityType | None:
    if is_long_acronym(text, start, end):
        return "ORG"
    if " " not in text[start:end]:
        return None
    return "FACILITY" if words(text[start:end])[-1] in _HOUSES or _HOUSE_BEHIND.match(text, end) else None


def is_by_initial(text: str, start: int, end: int) -> bool:
    """Whether a name in a list is an initial and a surname: "B Dalbec"; not "X Corp", "B Pharmacy"."""
    if not _BY_INITIAL.fullmatch(text, start, end) or not _LISTED.search(text, max(0, start - 5), start):
        return False
    last = words(text[start:end])[-1]
    return not (last in LOCALITIES or last in ORG_HEADS or last in LEGAL or last in _NO_SURNAMES)


def is_related(text: str, start: int, end: int, kind: EntityType) -> bool:
    """Whether words before a name say that it is a person's: "AIADMK leader X", "his son X"."""
    if kind not in {"NORP", "PLACE", "WORK", "PRODUCT", "FACILITY", "EVENT"} or text[start:end].isupper():
        return False
    return bool(_RELATION_BEFORE.search(text, max(0, start - 14), start)) and not _AREA_BEHIND.match(text, end)


def is_occasion(name: tuple[str, ...], kind: EntityType) -> bool:
    """Whether a name ends as those of festivals, meetings and tournaments do: "Air Force Day", "Mahashtami"."""
    if not name or name[-1] in FESTIVALS or name[-1].endswith(("ashtami", "navratri")):
        return bool(name) and (len(name) > 1 or name[-1] not in FESTIVALS)
    if len(name) == 1 or kind == "PERSON":
        return False
    return name[-1] in OCCASIONS or (kind in {"ORG", "PLACE", "FACILITY"} and name[-1] in TOURNAMENTS)


def is_agreement(name: tuple[str, ...], kind: EntityType) -> bool:
    """Whether a name ends as those of treaties, laws and schemes do: "Monroe Doctrine"; not "Faculty of Law"."""
    if kind in {"PERSON", "LAW"} or not name or name[-1] not in AGREEMENTS:
        return False
    if len(name) == 1:
        return name[-1] == "constitution"
    return name[-2] not in {"of", "and", "national", "un", "league", "party"}


def is_quoted_work(text: str, start: int, end: int) -> bool:
    """Whether a name is that of a film, or in quotation marks of a song or book: "the song 'Neela Aakash'"."""
    if _FILM_BEFORE.search(text, max(0, start - 20), start):
        return True
    return text[end : end + 1] in {"'", '"'} and bool(_WORK_BEFORE.search(text, max(0, start - 20), start))


def is_beside_works(text: str, start: int, end: int) -> bool:
    """Whether a work is spoken of as one, near its name: "the actress of 'Neela Aakash'"; not "Read Full Story"."""
    name = words(text[start:end])
    return not REPORTS.isdisjoint(name[-1:]) or bool(_WORKS.search(text, max(0, start - NEAR), end + NEAR))


def is_locality(text: str, start: int, end: int) -> bool:
    """Whether a name ends as quarters and streets do: "Anand Vihar"; not a person: "Mr Surendra Nagar"."""
    parts = words(text[start:end])
    if len(parts) < 2 or not (parts[-1] in LOCALITIES or parts[0] == "sarai"):
        return False
    return not _TITLE_BEFORE.search(text, max(0, start - 20), start) and not _SPEAKS.match(text, end)


def is_office(name: tuple[str, ...]) -> bool:
    """Whether a form ends in the word for an office: "chief financial officer"."""
    return bool(_OFFICE.fullmatch(name[-1].capitalize()))
