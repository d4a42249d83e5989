"""Page furniture: what an outlet's template puts around a story, and captions.

Only short paragraphs are ever taken for furniture, and only those that speak to the reader ("Download the … app",
"Follow us on …") or that say what they are ("Also read:", "© …", "First published on …"). A sentence of the story
about an app is not: nobody is told to do anything in it.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re

from stream_apps.text.agencies import Catalogue

_MOST = 300

_OPENS = re.compile(
    r"[\s*_>•▶►→|(\[-]*(?:(?:also|must|further|don.t miss|you (?:may|might) also (?:like|be interested in)"
    r"|recommended|related|trending|in pics|in pictures|more|next)"
    r"(?:\s(?:read|reads|watch|stories|story|news|articles|reading|see|from|on|in this section|now|topics))?\s*[:|–—-]"
    r"|(?:also|must)[\s-](?:read|watch|see)\b|read\s?(?:more|also|next|all|here)\b|read\s(?:the\s)?full\b"
    r"|read\s(?:all\s|more\s)?(?:the\s)?latest\b"
    r"|watch\s?[:|]|watch\s(?:the\s)?(?:video|live)\b|click\s(?:here|on|to)\b|tap\s(?:here|to)\b|subscribe\b"
    r"|sign\sup\b|unlock\b|register\s(?:now|here)"
    r"|©|\(c\)\s|copyright\b|all\srights\sreserved|advertisement\W*$|sponsored\s?links|story\scontinues"
    r"|continue\sreading|scroll\s(?:down|for)"
    r"|(?:first\s)?published\s(?:on|at|by|date|:)|(?:first\s)?published\s?:|last\s(?:updated|modified)\b"
    r"|updated\s?(?:on|at|:)|posted\s(?:on|by|at)\b|(?:edited|written|curated|reported|compiled|translated"
    r"|produced)\sby\s?:"
    r"|first\spublished\b|tags?\s?:|topics?\s?:|keywords?\s?:|filed\sunder|share\s(?:this|via|on)\b"
    r"|comments?\s?[:(]|\d+\scomments?\W*$|view\scomments|post\s(?:a\s)?comment|leave\sa\scomment"
    r"|follow\s(?:us|our|@|live)|join\s(?:us|our|the\s[\w ]{0,30}(?:channel|group|conversation|discussion))"
    r"|stay\s(?:tuned|updated|connected|informed|ahead)|get\s(?:the\slatest|all\sthe|more|our|breaking|instant"
    r"|daily|real)"
    r"|catch\s(?:all|the\slatest|up)|check\sout\b|for\s(?:more|all\sthe|the\slatest|breaking"
    r"|latest)\s[\w\s,]{0,60}(?:news|updates|stories|visit|click|follow|download|log)|log\son\sto"
    r"|support\s(?:independent|our|quality|journalism)|become\sa\s(?:member|subscriber)|buy\s(?:our"
    r"|a)\s(?:subscription|print)|(?:table\sof|list\sof)\scontents|photo\sgallery"
    r"|view\s(?:more|all|gallery)|disclaimer\s?:|back\sto\stop|print\sedition|e-?paper\b|load\smore|show\smore"
    r"|see\s(?:more|also)\b|live\stv\W*$|most\s(?:read|viewed|popular)\b|top\s(?:stories|news|videos)\W*$"
    r"|_{2,}\W*$|\*{3,}\W*$|-{3,}\W*$|#{3}\W*$)",
    re.IGNORECASE,
)
_TOLD_TO = re.compile(
    r"(?:^|[.!?:|;–—-]\s+|\band\s|\bto\s)(?:please\s|you can (?:now |also )?|now\s|also\s)?(?:download|get|follow"
    r"|join|subscribe|sign\sup|tap|click|install|visit|like|bookmark|add|read|watch|listen|buy|write|mail|email|"
    r"share|log|scan|check|catch|find|enable|turn|send|whatsapp|connect)\b(?P<rest>[^.!?]{0,110})",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\b(?:app|apps|newsletters?|telegram|whatsapp|google\snews|twitter|facebook|instagram|youtube|linkedin"
    r"|threads|channel|here|us|our|epaper|e-paper|print\sedition|notifications?|alerts|"
    r"android|ios|app\sstore|play\sstore|podcasts?|subscription|a\smonth|preferred\ssource|website|inbox"
    r"|everywhere|home\sscreen|link\sbelow|comments)\b|@\w|\bwww\.|\w\.(?:com|in|example|org|net)\b",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"[\s(\[*]*(?:(?:file|representative|representational|representation|symbolic|archive|archival|cover|feature"
    r"|featured|lead|stock|handout)\s)?(?:photos?|images?|pictures?|pics?|videos?|graphics?|illustration"
    r"|infographic|screengrab)"
    r"(?:\s(?:credits?|source|courtesy|by|for representation(?:al)?(?: purposes?)?(?: only)?"
    r"|used for[\w ]{0,30}))*\s*[:/|(–—-]|[\s(\[*]*(?:representative|representational|file)\s(?:image|photo"
    r"|picture)\b"
    r"|[\s(\[*]*(?:photo|image|picture|video)\s(?:credits?|courtesy|source)\b"
    r"|[\s(\[*]*(?:photo(?:graph)?s?|images?|pictures?|videos?)\s(?:by|via)\s(?:[A-Z]|\w+\s?/)"
    r"|[\s(\[*]*(?:an?\s)?(?:screen\s?grabs?|screenshots?|video\s?grabs?|stills?)\s(?:from|of|taken)\b"
    r"|[\s(\[*]*credits?\s?:\s[\w ./-]{0,40}(?:photo|image|archive|video)s?\b",
    re.IGNORECASE,
)
_CAPTION_END = re.compile(
    r"(?:[(\[|]\s*|\s[-–—]\s*|:\s*)(?:(?:file |representative |representational )?(?:photo|image|picture|pic"
    r"|video|photograph)s?(?:\s(?:credit|source|courtesy|by))?\s?[:/–-]\s?[^()|]{2,60}"
    r"|[\w. /&-]{0,40}\b(?:file )?(?:photo|image|picture|pic|video grab|videograb"
    r"|screengrab)s?(?:\s?/[^()]{0,40})?)\s*[)\]]?\W*$",
    re.IGNORECASE,
)
_AGENCY_PHOTO = re.compile(r"\b(?:photo|image|picture|file|via)\b", re.IGNORECASE)
_MOST_CAPTION = 280
_MOST_CREDIT = 80


def is_furniture(paragraph: str, *, at_end: bool) -> bool:
    """Whether a paragraph is a box of the page. ``at_end``: nothing of the story follows, so weaker cues do."""
    text = paragraph.strip()
    if not text or len(text) > _MOST:
        return False
    if _OPENS.match(text):
        return len(text) <= 160 or at_end or text.startswith("©")
    if not at_end and len(text) > 160:
        return False
    orders = list(_TOLD_TO.finditer(text))
    named = any(_WHERE.search(order.group("rest")) for order in orders) or (at_end and _WHERE.search(text))
    return bool(orders) and bool(named) and not _is_speech(text)


def is_caption(paragraph: str, catalogue: Catalogue) -> bool:
    """Whether a short paragraph describes or credits a picture: an agency named there supplied no text."""
    text = paragraph.strip()
    if len(text) > _MOST_CAPTION:
        return False
    if _CAPTION.match(text) or _CAPTION_END.search(text[-120:]):
        return True
    if len(text) >= _MOST_CREDIT:
        return False
    names = [name for name in catalogue.find(text) if name.kind == "agency"]
    return any(_AGENCY_PHOTO.match(text[name.end :].lstrip()) for name in names)


def caption_at_end(paragraph: str) -> tuple[int, int] | None:
    """The picture credit in brackets at the end of a paragraph: ``(PTI Photo/A B)``."""
    offset = max(0, len(paragraph) - 120)
    match = _CAPTION_END.search(paragraph[offset:])
    return (offset + match.start(), len(paragraph)) if match and match.group().lstrip()[:1] in "([" else None


def _is_speech(text: str) -> bool:
    """Quotation marks or a verb of saying: somebody in the story speaks."""
    return re.search(r"[\"“”]|\b(?:said|says|told|added|asked|urged)\b", text) is not None
