"""Page furniture: what an outlet's template puts around a story.

Only short paragraphs are ever taken for furniture: those that open with the words of a box (``RULES``, each with an
example and a sentence of a story that comes close) and those that tell the reader to do something ("Download the …
app", "Follow us on …"). A sentence of the story about an app is not: nobody is told to do anything in it.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import re
from dataclasses import dataclass

from stream_apps.text.folding import folded

_MOST = 300
_MOST_INSIDE = 160
"""Characters of a box between paragraphs of the story."""


@dataclass(frozen=True)
class BoxRule:
    """How a box of the page opens; ``example`` is one, ``story`` is none though it comes close. Both are ours."""

    name: str
    opens: str
    example: str
    story: str
    needs: str = ""
    """A word without which a paragraph does not open so: where a rule takes long, it is tried only beside that."""


_ITEMS = r"(?:read|reads|watch|stories|story|news|articles|reading|see|from|on|in this section|now|topics)"

RULES = (
    BoxRule(
        "another story",
        r"(?:also|must|further|don.t miss|you (?:may|might) also (?:like|be interested in)|recommended|related"
        r"|trending"
        rf"|in pics|in pictures|in photos|in video|more|next|big story|editor.s picks?"
        rf"|top picks?)(?:\s{_ITEMS})?\s*[:|–—-]",
        "Also read: Five ferries that changed Goa",
        "More than 40 people were on the ferry.",
    ),
    BoxRule(
        "read a bar",
        r"(?:read|watch|listen|see|explained?|opinion|editorial|in depth|in focus|live|analysis|photos?|video|podcast"
        r"|fact[ -]check|express view|the big picture|column|interview)\s?:?\s?\|",
        "READ | Five ferries that changed Goa",
        "Read in the light of the ruling, the law allows ferries.",
    ),
    BoxRule(
        "read too",
        r"(?:also|must)[\s-](?:read|watch|see)\b|(?:read|see|watch)\s(?:also|too|here)\s?[:|–—-]?",
        "ALSO READ Five ferries that changed Goa",
        "Also present was the minister for ferries.",
    ),
    BoxRule(
        "read on",
        r"read\s?(?:more|next|all)\b|read\s(?:the\s)?full\b|read\s(?:all\s|more\s)?(?:the\s)?latest\b"
        r"|read\sthis\s(?:report|story|article|news)\sin\b|\d{1,2}[\s-]min(?:ute)?s?\sread\b|continue\sreading"
        r"|story\scontinues|(?:article|story)\scontinues\s(?:below|after)|keep\sreading|scroll\s(?:down|for)",
        "Read more: Goa's ferries",
        "Readings of the gauge were sent to the state capital.",
    ),
    BoxRule(
        "watch",
        r"watch\s?[:|]|watch\s(?:the\s)?(?:video|live)\b|live\stv\W*$|play\svideo\b|in\svideo\s?:",
        "WATCH: The ferry leaves",
        "Watched by thousands, the ferry left on Friday.",
    ),
    BoxRule(
        "click here",
        r"click\s(?:here|on|to)\b|tap\s(?:here|to)\b|swipe\s(?:left|right|up)\b",
        "Click here to join our WhatsApp channel",
        "Clicks on the ferry's site doubled.",
    ),
    BoxRule(
        "subscription",
        r"subscribe\b|sign\s?up\b|unlock\b|register\s(?:now|here)|already\sa\s(?:subscriber|member)\b|log\s?in\sto\b"
        r"|become\sa\s(?:member|subscriber)|buy\s(?:our|a)\s(?:subscription|print)"
        r"|support\s(?:independent|our|quality|journalism)|(?:get|enjoy)\sunlimited\s(?:digital\s)?access"
        r"|this\s(?:story|article|content)\sis\s(?:for|available\sto|exclusively\sfor)\s(?:our\s)?(?:subscribers"
        r"|members)",
        "Subscribe to our newsletter",
        "Subscribers of the scheme will get a card.",
    ),
    BoxRule(
        "newsletter",
        r"(?:the\s)?(?:daily|weekly|morning|evening|free|our)\s(?:[\w-]+\s){0,2}newsletters?\b|newsletters?\s*[:|–—-]"
        r"|enter\syour\se-?mail\b"
        r"|by\ssigning\sup,?\syou\s|get\s.{0,60}\b(?:in|to)\syour\sinbox\b",
        "By signing up, you agree to our privacy policy.",
        "The newsletter of the ferry workers' union first told of the plan.",
    ),
    BoxRule(
        "inbox",
        r"[^.]{0,60}\b(?:straight|right|delivered|directly)\s(?:in)?to\syour\s(?:inbox|mailbox)",
        "The news of the river, straight to your inbox",
        "The ferry goes straight to your island, he said.",
        needs="your",
    ),
    BoxRule(
        "copyright",
        r"©|\(c\)\s|copyright\b(?!\s(?:laws?|acts?|cases?|suits?|claims?|rules?|disputes?|infring\w+|violations?"
        r"|issues?|holders?|owners?)\b)|all\srights\sreserved|this\smaterial\smay\snot\sbe\s(?:published|reproduced)",
        "© Kosi Times Private Limited. All rights reserved.",
        "Copies of the order were sent to all ferry owners.",
    ),
    BoxRule(
        "advertisement",
        r"advertisement\W*$|advt\.?\W*$|sponsored\s?links|promoted\s(?:stories|content)|ads?\sby\b",
        "Advertisement",
        "Advertisements on ferries will be taxed.",
    ),
    BoxRule(
        "published",
        r"(?:first\s)?published\s(?:on|at|by|date|in\s(?:dawn|print))\b|(?:first\s)?published\s?:|first\spublished\b"
        r"|last\s(?:updated|modified)\b|updated\s?(?:on|at|:)|posted\s(?:on|by|at)\b|created\s?(?:on|at|:)"
        r"|(?:date|time)\sof\spublication|publish\sdate\b|(?:published|updated)\s[-–—|]\s"
        r"|(?:edited|written|curated|reported|compiled|translated|produced|reviewed|authored|published)\sby\s?:"
        r"|(?:published\s)?in\sthe\sprint\sedition\b",
        "First published on: 18 June 2025",
        "Published in 1962, the book tells the story of the ferry.",
    ),
    BoxRule(
        "printer's address",
        r"(?:edited,?\s)?(?:printed|owned|published)(?:,|\sand|\s&)\s?(?:and\s)?(?:printed|published|owned"
        r"|edited)\b.{0,40}"
        r"\b(?:by|for|at|on\sbehalf)\b|(?:regd|registered|corporate|head"
        r"|editorial)\.?\s(?:&\s\w+\s)?office\s?[:–—-]|rni\s(?:regn?\.?\s)?no\b"
        r"|(?:phone|tel|telephone|fax|e-?mail|mobile|ph)\.?(?:\sno\.?)?\s?[:–—-]\s?[+(\d\w]"
        r"|(?:for\s)?(?:feedback|complaints?|grievances?|corrections?|queries)\s?[:,]?\s(?:to\s"
        r"|please\s)?(?:e-?mail|write|mail|contact)",
        "Printed and published by Asha Rao for Kosi Times Ltd at 4, Dock Road, Supaul",
        "The office of the registrar was shut on Friday.",
    ),
    BoxRule(
        "house line",
        r"follow\s[^.:]{2,40}:\s(?:stories|news)\b|track\s(?:the\s)?latest\snews\b|our\scode\sof\seditorial\svalues\b",
        "Follow the Kosi Times: stories from the river.",
        "Follow-up visits were paid to 40 villages: stories of floods were told in each.",
    ),
    BoxRule(
        "letters to the editor",
        r"(?:[^.]{2,40}\sis\sprinted\s(?:in|at)\s[^.]{2,80}\.\s)?letters\sto\sthe\seditor\s(?:are|may|can|should)\b",
        "The Kosi Times is printed in Supaul and Saharsa. Letters to the editor are welcome at the Supaul office.",
        "Letters to the editor of that year tell of the ferry.",
    ),
    BoxRule(
        "tags",
        r"tags?\s?:|topics?\s?:|keywords?\s?:|filed\sunder|(?:more|read)\s(?:news\s)?(?:on|about)\s?:"
        r"|topics\smentioned",
        "Tags: ferry, Goa",
        "Tagging of the ferries begins in July.",
    ),
    BoxRule(
        "share",
        r"share\s(?:this|via|on|article|story)\b|share\W*$|(?:facebook|twitter|whatsapp|telegram|linkedin|email"
        r"|e-mail|print|copy link|reddit)"
        r"(?:[\s,|]+(?:facebook|twitter|x|whatsapp|telegram|linkedin|email|e-mail|print|copy link|reddit"
        r"|pinterest|share|messenger)){2,}\W*$"
        r"|\d+\sshares?\W*$",
        "Facebook Twitter WhatsApp Email",
        "Shares of the ferry company fell.",
    ),
    BoxRule(
        "comments",
        r"comments?\s?[:(]|comments?\W*$|\d+\scomments?\W*$|view\scomments|(?:post|add"
        r"|write)\s(?:a\s)?(?:your\s)?comments?\b|leave\sa\s(?:comment|reply)"
        r"|join\sthe\s(?:discussion|conversation|debate)|be\sthe\sfirst\sto\scomment|show\scomments"
        r"|what\sdo\syou\sthink\b.{0,40}\bcomments?\b"
        r"|(?:have\syour\ssay|let\sus\sknow)\b",
        "Be the first to comment",
        "Commenting on the ferry, the minister spoke of delays.",
    ),
    BoxRule(
        "follow",
        r"follow\s(?:us|our|@|live)|join\s(?:us|our|the\s[\w ]{0,30}(?:channel|group|conversation|discussion))"
        r"|find\sus\son\b|like\sus\son\b|connect\swith\sus\b|we(?:.re|\sare)\s(?:now\s)?on\s(?:whatsapp|telegram"
        r"|threads|bluesky)\b",
        "Follow us on Google News and Telegram",
        "Followers of the saint came by ferry.",
    ),
    BoxRule(
        "stay tuned",
        r"stay\s(?:tuned|updated|connected|informed|ahead)|get\s(?:the\slatest|all\sthe|more|our|breaking|instant"
        r"|daily|real)"
        r"|catch\s(?:all|the\slatest|up)|check\sout\b|never\smiss\b"
        r"|for\s(?:more|all\sthe|the\slatest|breaking|latest)\s[\w\s,]{0,60}(?:news|updates|stories|visit|click"
        r"|follow|download|log)"
        r"|log\son\sto|(?:download|install|get)\s(?:the|our)\s[\w ]{0,30}\bapp\b",
        "Stay tuned for more updates",
        "Staying on the ferry was the safest, he said.",
    ),
    BoxRule(
        "ticker",
        r"share\smarket\slive\b|(?:live\s)?(?:stock|market)s?\s(?:ticker|tracker|snapshot)\W*$|(?:nse|bse)\slive\W*$",
        "Share Market Live NSE",
        "Share markets lived through a week of two halves.",
    ),
    BoxRule(
        "about the author",
        r"about\sthe\s(?:author|writer)s?\W*$|(?:the\s)?views\sexpressed\b.{0,60}\b(?:personal|own|author|writer)"
        r"|views\s(?:are\s)?personal\W*$|disclaimer\s?:",
        "Disclaimer: The views expressed are the author's own.",
        "About the author of the note nothing was known.",
    ),
    BoxRule(
        "navigation",
        r"(?:table\sof|list\sof)\scontents|photo\sgallery|view\s(?:more|all|gallery)|back\sto\stop|print\sedition"
        r"|e-?paper\b"
        r"|load\smore|show\smore|see\smore\b|most\s(?:read|viewed|popular|shared)\b|top\s(?:stories|news"
        r"|videos)\W*$|latest\snews\W*$"
        r"|home\s?[>»›/|]\s|next\s(?:story|article)\W*$|previous\s(?:story|article)\W*$|skip\sto\s(?:content"
        r"|main)\b|(?:more|latest)\s(?:stories|news)\sfrom\b|more\s(?:from|on)\s[\w ]{2,30}:"
        r"|_{2,}\W*$|\*{3,}\W*$|-{3,}\W*$|#{3}\W*$",
        "Most read in Goa",
        "Most of the ferries are old.",
    ),
)
_LEAD = r"[\s*_>•▶►→|(\[‘'\"“-]*"
_OPENS = re.compile(rf"{_LEAD}(?:{'|'.join(rule.opens for rule in RULES if not rule.needs)})", re.IGNORECASE)
_OPENS_BESIDE = tuple(
    (rule.needs, re.compile(rf"{_LEAD}(?:{rule.opens})", re.IGNORECASE)) for rule in RULES if rule.needs
)
_TOLD_TO = re.compile(
    r"(?:^|[.!?:|;–—-]\s+|\band\s|\b(?:here|now|link|below|app|need|want|wish)\sto\s)(?:please\s|you can (?:now "
    r"|also )?|now\s|also\s)?(?:download|get|follow"
    r"|join|subscribe|sign\sup|tap|click|install|visit|like|bookmark|add|read|watch|listen|buy|write|mail|email|"
    r"share|log|scan|check|catch|find|enable|turn|send|whatsapp|connect)\b(?P<rest>[^.!?]{0,110})",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\b(?:app|apps|newsletters?|telegram|whatsapp|google\snews|twitter|facebook|instagram|youtube|linkedin"
    r"|threads|channel|here|(?-i:us|our)|epaper|e-paper|print\sedition|notifications?|alerts|"
    r"android|ios|app\sstore|play\sstore|podcasts?|subscription|a\smonth|preferred\ssource|website|inbox"
    r"|everywhere|home\sscreen|link\sbelow|comments)\b|@\w|\bwww\.|\w\.(?:com|in|example|org|net)\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(  # quotation marks and first letters first, which is much faster
    r'"|“|”|' + "|".join(rf"{said}\b(?<!\w{said})" for said in ("said", "says", "told", "added", "asked", "urged"))
)


def is_furniture(paragraph: str, *, at_end: bool) -> bool:
    """Whether a paragraph is a box of the page. ``at_end``: nothing of the story follows, so weaker cues do."""
    text = paragraph.strip()
    if not text or len(text) > _MOST:
        return False
    if len(text) > _MOST_INSIDE and not at_end:
        return text.startswith("©")
    if _OPENS.match(text) or any(needs in folded(text) and opens.match(text) for needs, opens in _OPENS_BESIDE):
        return True
    if _SPEECH.search(text):
        return False
    orders = list(_TOLD_TO.finditer(text))
    named = any(_WHERE.search(order.group("rest")) for order in orders) or (at_end and _WHERE.search(text))
    return bool(orders) and bool(named)
