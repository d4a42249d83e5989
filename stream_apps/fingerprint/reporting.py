"""Whether an article that quotes an agency was reported by its outlet, as far as its own words tell.

``told PTI`` stands in an outlet's own report as well as in an agency's story told again in other words. The outlet's
report says so somewhere: it was told something, it saw a document, it stood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from schemas.public_records import Article
from stream_apps.text.annotations import without

QUOTATIONS = 3
"""Paragraphs with somebody's words, none of them said to an agency, from which the outlet has asked people itself …"""
QUOTATION_WORDS = 5
STORIES = 3
"""Numbered heads from which an article with several agencies' inputs is a round-up."""
LIVE = 3
"""Paragraphs that open with a time of day, from which an article is a live page, kept by the outlet's own desk."""

_HERE = ("newspaper", "paper", "reporter", "correspondent", "writer", "magazine", "website", "portal", "publication")
_SENT = ("reporter", "correspondent", "newspaper", "team")
_OWN = rf"(?:this (?:{'|'.join(_HERE)})|our (?:reporter|correspondent)s?)"
_SAID_TO = (
    r"(?:told|tells|informed|assured|(?:spoken?|speaking) (?:exclusively )?(?:to|with)|said to|confirmed to"
    r"|shown to|showed|shared with|interview (?:to|with)|accessed by|seen by|reviewed by|available with|contacted by"
    r"|a query from|questions from|wrote back to|emailed by|conversation with)"
)
_WHEN = (
    rf"(?:when|as|while) (?:this|our|the) (?:{'|'.join(_SENT)}) (?:\w+ )?"
    r"(?:visited|reached|met|asked|contacted|called)"
)
_DID = r"(?:was|were|has|had|visited|met|found|saw|filed)"
_VOICE = re.compile(rf"\b(?:{_SAID_TO} {_OWN}|{_WHEN}|{_OWN} {_DID}\b)", re.IGNORECASE)
_PARTIES = (
    *(f"this {who}" for who in dict.fromkeys((*_HERE, *_SENT))),
    *(f"{whose} {who}" for whose in ("our", "the") for who in _SENT),
)
"""``_VOICE`` matches nothing without one of these; most articles have none, and are spared a slow search."""
_FIRST = re.compile(  # the rare word first, and then what may not stand before it: three times as fast
    r"(?:I(?<![\"\u201c\w]I)|we(?<![\"\u201c\w]we)) "
    r"(?:visited|met|asked|found|saw|spoke|called|sent|filed|counted|picked up|were shown)\b"
)
_NAME = r"(?P<name>[A-Z]\w{1,30}(?: [A-Z]\w{1,30}){0,4})"
_TOLD = re.compile(rf"\b{_SAID_TO} {_NAME}")
_WENT = re.compile(
    rf"\b{_NAME} (?:(?:has|had|have) )?(?:visited|seen|saw|met|found|learnt|learned|reviewed|accessed|spoke|asked"
    r"|contacted|counted|obtained|examined|tested|filed|sent)\b"
)
_QUOTATION = re.compile('["\u201c]([^"\u201c\u201d]+)["\u201d]')
_TIME = re.compile(
    r"\s*[\[(]?\d{1,2}[.:]\d{2}\s*(?:am|pm|a\.m\.|p\.m\.|hrs|hours|ist|gmt)?\s*[\])]?\s*[:|\u2013\u2014-]",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\s*(?:\d{1,2}[.)]|[\u2022\u25cf\u25aa*])\s+\S")


def own_reporting(article: Article) -> bool:
    """Whether the text shows that its outlet asked, saw or followed something itself."""
    story = without(article.text, article.annotations)
    prose = _QUOTATION.sub(" ", story)
    folded = prose.casefold()
    return bool(
        (any(map(folded.__contains__, _PARTIES)) and _VOICE.search(prose))
        or _FIRST.search(prose)
        or _names_itself(article, prose, folded)
        or _is_live(story)
        or _has_asked(article)
    )


def _names_itself(article: Article, prose: str, folded: str) -> bool:
    """``told Kalindi Mirror``, ``that Kalindi Mirror visited``: the outlet, by the name in its address, as a party."""
    name = re.sub(r"^(?:www\.)?([^.]+)\..*$", r"\1", article.outlet).casefold()
    if name not in folded.replace(" ", ""):
        return False
    named = (match.group("name") for form in (_TOLD, _WENT) for match in form.finditer(prose))
    return any(_holds_name(written.casefold().split(), name) for written in named)


def _holds_name(words: Sequence[str], name: str) -> bool:
    """Whether consecutive words, written as one, are the name."""
    places = range(len(words) + 1)
    return any("".join(words[start:end]) == name for start in places for end in places[start + 1 :])


def _is_live(story: str) -> bool:
    return sum(bool(_TIME.match(paragraph)) for paragraph in story.split("\n")) >= LIVE


def _has_asked(article: Article) -> bool:
    """Several people speak, and what the agency was told is one voice among them, not that of the opening."""
    paragraphs = list(_paragraphs(article.text))
    agency = [number for number, (start, end) in enumerate(paragraphs) if _quotes_agency(article, start, end)]
    if len(agency) > 1 or min(agency, default=len(paragraphs)) <= 1:
        return False
    spoken = [
        number
        for number, (start, end) in enumerate(paragraphs)
        if number not in agency and _speaks(article.text[start:end])
    ]
    return len(spoken) >= QUOTATIONS


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for paragraph in text.split("\n"):
        yield start, start + len(paragraph)
        start += len(paragraph) + 1


def _quotes_agency(article: Article, start: int, end: int) -> bool:
    return any(c.role == "quoted" and c.span is not None and start <= c.span[0] < end for c in article.credits)


def _speaks(paragraph: str) -> bool:
    return any(len(said.split()) >= QUOTATION_WORDS for said in _QUOTATION.findall(paragraph))


def is_roundup(article: Article) -> bool:
    """Whether the text is several stories in short: under numbered heads, or with datelines of several agencies."""
    inputs = [credit for credit in article.credits if credit.role == "inputs"]
    if len({credit.agency for credit in inputs if credit.evidence == "dateline"}) > 1:
        return True
    heads = sum(bool(_NUMBERED.match(paragraph)) for paragraph in article.text.split("\n"))
    return heads >= STORIES and len({credit.agency for credit in inputs}) > 1
