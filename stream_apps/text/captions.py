"""Captions and picture credits: an agency that is named there took a picture and supplied no text.

A caption is told by what it says (each rule below has its example) or by where it stands: a name by itself in the
middle of a story, as in ``A ferry at Nimati. (PTI)``, is what ``credits.py`` looks at.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from dataclasses import dataclass

from stream_apps.text.agencies import Catalogue
from stream_apps.text.evidence import Piece

_MOST = 280
"""Characters of a paragraph that is a caption for what its end says."""
_MOST_SCENE = 600
"""Characters of a caption that says itself that it describes a picture."""
_MOST_CREDIT = 80
_SETS_OFF = " .!?…”\"')]|–—-"
_END = 120
"""Characters at the end of a paragraph that can belong to a picture credit."""

_WORD = r"(?:photo(?:graph)?s?|images?|pictures?|pics?|videos?|graphics?|illustrations?|infographics?)"
_FILED = (
    r"(?:file|representative|representational|representation|symbolic|archive|archival|cover|feature|featured|lead"
    r"|stock|handout|combination|undated)"
)


@dataclass(frozen=True)
class CaptionRule:
    """How a caption opens, with an example of ours."""

    name: str
    opens: str
    example: str
    most: int = _MOST


RULES = (
    CaptionRule(
        "label",
        rf"(?:{_FILED}\s)?(?:{_WORD}|screengrab)(?:\s(?:credits?|source|courtesy|by"
        r"|for representation(?:al)?(?: purposes?)?(?: only)?|used for[\w ]{0,30}))*\s*[:/|(–—-]",
        "Representational image: Reuters",
    ),
    CaptionRule(
        "kind", r"(?:representative|representational|file)\s(?:image|photo|picture)\b", "File photo of a ferry"
    ),
    CaptionRule("credit", r"(?:photo|image|picture|video)\s(?:credits?|courtesy|source)\b", "Photo courtesy PTI"),
    CaptionRule("taken by", rf"{_WORD}\s(?:by|via)\s(?:[A-Z]|\w+\s?/)", "Photo by Asha Rao"),
    CaptionRule(
        "grab",
        r"(?:an?\s)?(?:screen\s?grabs?|screenshots?|video\s?grabs?|stills?)\s(?:from|of|taken)\b",
        "A screengrab of the video",
    ),
    CaptionRule("credit behind", r"credits?\s?:\s[\w ./-]{0,40}(?:photo|image|archive|video)s?\b", "Credit: PTI Photo"),
    CaptionRule(
        "part of the page",
        r"(?:image|media|photo|picture|video)\s?(?:copyright|source|caption)\b",
        "Image copyright Reuters Image caption A man on the ferry",
        _MOST_SCENE,
    ),
    CaptionRule(
        "share buttons before it",
        r"facebook\s+(?:twitter|x)\s+(?:pinterest|whatsapp|email)\b",
        "Facebook Twitter Pinterest A man on the ferry. Photograph: Asha Rao/Reuters",
        _MOST_SCENE,
    ),
    CaptionRule(
        "buttons of a caption",
        r"(?:enlarge\sthis\simage|toggle\scaption|hide\scaption|open\simage\smodal"
        r"|view\s(?:image\sin\s)?full[\s-]?screen)\b",
        "Enlarge this image toggle caption Asha Rao/AP",
        _MOST_SCENE,
    ),
    CaptionRule(
        "from the files",
        r"FILE\s?(?:(?:PHOTO|IMAGE|PICTURE|VIDEO)\s?)?[-–—:]\s?(?=[A-Z])|\(FILES?\)\s",
        "FILE - A man waits for the ferry at Nimati, June 3, 2024.",
        _MOST_SCENE,
    ),
    CaptionRule(
        "in this picture",
        rf"in (?:this|these|an?)\s(?:[\w.,-]+\s){{0,7}}?{_WORD}(?:\s(?:from|taken|released|provided|made|posted"
        rf"|obtained)\b"
        r"[^.]{0,60}?)?,",
        "In this March 19, 2020 photo, a man waits for the ferry.",
        _MOST_SCENE,
    ),
    CaptionRule(
        "this picture shows",
        rf"(?:this|these|an?)\s(?:[\w.,-]+\s){{0,5}}?(?:{_WORD}|frame grab"
        rf"|photo combination)\s(?:from\s[^.]{{1,40}}\s)?"
        r"(?:shows?\b|taken\b|released\sby\b|provided\sby\b|made\savailable\b)",
        "This 1992 file photo shows a man on the ferry.",
        _MOST,
    ),
)
_OPENS = re.compile(rf"[\s(\[*]*(?:{'|'.join(rule.opens for rule in RULES if rule.most == _MOST)})", re.IGNORECASE)
_SCENE = re.compile(rf"[\s(\[*]*(?:{'|'.join(rule.opens for rule in RULES if rule.most != _MOST)})", re.IGNORECASE)

_BRACKET_AT_END = re.compile(
    r"(?:[(\[|]\s*|\s[-–—]\s*|:\s*)(?:(?:file |representative |representational )?(?:photo|image|picture|pic"
    r"|video|photograph)s?(?:\s(?:credits?|source|courtesy|by))?\s?[:/–-]\s?[^()|]{2,60}"
    r"|[\w. /&-]{0,40}\b(?:file )?(?:photo|image|picture|pic|video grab|videograb"
    r"|screengrab)s?(?:\s?/[^()]{0,40})?)\s*[)\]]?\W*$",
    re.IGNORECASE,
)
_LABEL_AT_END = re.compile(
    rf"(?:[.!?…”\"')\]]\s*|\s)(?i:{_WORD}(?:\s(?:credits?|source|courtesy|by))?)\s?[:]\s?[A-Z@][^:()]{{1,60}}$"
)
# What picture agencies write in brackets: "(AP, File)", "(PTI07_21_2024_000006A)", "(Asha Rao/Herald via AP)".
_PICTURE = re.compile(  # one set of first letters for all: five times as fast
    r"[GIPVgipv](?:(?<=[pP])(?:HOTO|hoto|IC|ic)|(?<=[iI])(?:MAGE|mage|LLUS|llus|NFO|nfo)"
    r"|(?<=[vV])(?:IDEO|ideo)|(?<=[gG])(?:RA|ra))"
)
_FILE = re.compile(r"[(\[](?P<who>[^()\[\]]{0,40})\b(?i:files?|archives?)\s*[)\]]\W*$")
_NUMBER = re.compile(r"[(\[]\s*[A-Z]{2,4}\d\d?_\d\w*\s*[)\]]\W*$")
_VIA = re.compile(r"[(\[][^()\[\]]{2,60}\bvia\s(?P<who>[^()\[\]]{2,40})[)\]]\W*$")
# A name is capitalised words, and no full stop but after an initial.
_NAME_WORD = r"[A-Z@](?:\.|[\w'’&@-]*(?:\.\w+)*)"
_NAMES = rf"{_NAME_WORD}(?:\s(?:{_NAME_WORD}|de|da|van|von|bin|al|of|the|for)(?![\w.])){{0,5}}"
_RUN = re.compile(
    r"(?:^|[.!?…”\"')\];]\s*|[(\[|]\s*|\s[-–—]\s*|[a-z]\s(?=[A-Z]{2}))"
    rf"(?P<run>{_NAMES}(?:\s?/\s?{_NAMES})+)\s*[)\]]?[\s.*]*$"
)
_CODE = re.compile(r"[A-Z]{1,5}\d?|[a-z]{1,5}")
_AGENCY_PHOTO = re.compile(r"\b(?:photo|image|picture|file|via)\b", re.IGNORECASE)


def is_caption(paragraph: str, catalogue: Catalogue) -> bool:
    """Whether a paragraph describes or credits a picture: an agency named there supplied no text."""
    text = paragraph.strip()
    if len(text) > _MOST:
        return False
    if _OPENS.match(text) or at_end(text, catalogue):
        return True
    if len(text) >= _MOST_CREDIT:
        return False
    names = [name for name in catalogue.find(text) if name.kind == "agency"]
    return any(_AGENCY_PHOTO.match(text[name.end :].lstrip()) for name in names)


def is_scene(paragraph: str) -> bool:
    """Whether a paragraph says of itself that it describes a picture."""
    return len(paragraph) <= _MOST_SCENE and _SCENE.match(paragraph) is not None


def at_end(paragraph: str, catalogue: Catalogue) -> tuple[int, int] | None:
    """The picture credit at the end of a paragraph: ``(PTI Photo/A B)``, ``Photograph: A B/Reuters``, ``A B/AFP``."""
    offset = max(0, len(paragraph) - _END)
    tail = paragraph[offset:]
    if _PICTURE.search(tail):
        match = _BRACKET_AT_END.search(tail) or _LABEL_AT_END.search(tail)
        if match is not None:
            return offset + match.start(), len(paragraph)
    start = _of_photographer(tail, catalogue)
    return None if start is None else (offset + start, len(paragraph))


def peeled(paragraph: str, catalogue: Catalogue) -> Piece | None:
    """The picture credit that ends a paragraph of the story, if it is set off from it."""
    span = at_end(paragraph, catalogue)
    if span is None:
        return None
    start = span[1] - len(paragraph[span[0] :].lstrip(_SETS_OFF))
    before = paragraph[:start].rstrip()
    set_off = paragraph[start] in "([" or before[-1:] in _SETS_OFF or _LABEL_AT_END.match(paragraph, start - 1)
    return Piece("caption", start, span[1]) if set_off else None


def _of_photographer(tail: str, catalogue: Catalogue) -> int | None:
    """Where ``Asha Rao/Reuters``, ``REUTERS/Asha Rao/Files`` or ``(Asha Rao via AP)`` begins, if the text ends so."""
    bracketed = tail.rstrip(" .*")[-1:] in (")", "]")
    if bracketed and (number := _NUMBER.search(tail)):
        return number.start()
    for form in (_FILE, _VIA) if bracketed else ():
        credit = form.search(tail)
        if credit and (catalogue.find(credit["who"]) or catalogue.picture.search(credit["who"])):
            return credit.start()
    run = _RUN.search(tail) if "/" in tail else None
    if run is None:
        return None
    parts = [part.strip() for part in run["run"].split("/")]
    suppliers = [part for part in parts if _supplies(part, catalogue)]
    others = [part for part in parts if part not in suppliers]
    pictures = any(catalogue.picture.fullmatch(part) for part in suppliers)
    if not suppliers or not (pictures or others) or any(_CODE.fullmatch(part) for part in others):
        return None
    if any(name.kind == "paid" for name in catalogue.find(run["run"])):
        return None
    return run.start() if run.group()[:1] in "([" else run.start("run")


def _supplies(part: str, catalogue: Catalogue) -> bool:
    """Whether a part of such a credit is an agency's name or a picture library's, and nothing else."""
    names = catalogue.find(part)
    whole = len(names) == 1 and names[0].kind == "agency" and (names[0].start, names[0].end) == (0, len(part))
    return whole or catalogue.picture.fullmatch(part) is not None
