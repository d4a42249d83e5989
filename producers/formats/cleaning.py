"""Text and addresses out of a feed, made fit to be passed on. All of it is linear in the length of what it reads."""

from __future__ import annotations

import functools
import html
import re
from urllib.parse import urljoin, urlsplit

MAX_ADDRESS = 2048

# Control characters, direction overrides (which can make a text read differently from what it is), byte order marks,
# annotation marks, lone surrogates and non-characters. Joiners (U+200C, U+200D) stay: Indian scripts need them.
_NO_BREAKS = dict.fromkeys(map(ord, "\t\r\n"))
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff]"
)
# What ends a line for JavaScript and for str.splitlines, and so must not stand within one.
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_ODD_LINE_ENDS = ("\r", "\u2028", "\u2029")
_TAG = re.compile(r"<(?:[a-zA-Z!?]|/[a-zA-Z])[^<>]*>")
_SILENT = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"</?(?:p|br|div|li|td|tr|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG_START = re.compile(r"<(?:(?=[/!?])|(?=([a-zA-Z][\w:-]*)([^<>]*)))")
_ROUNDS = 4
"""How often markup in a line may be escaped; what is markup after that is an attack."""
# One slash, three of them, none; the scheme twice; the colon forgotten.
_SCHEME = re.compile(r"(?:https?:/{0,3}(?=https?:/))?(https?)(?::/{0,3}|//)(?=[^\s/:])", re.IGNORECASE)
_HOST = re.compile(r"www\d?\.[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?(?:[/?#]|$)", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm|pk|mtm)_[a-z_]{1,30}|at_(?:medium|campaign|format|link_[a-z]{1,10}|ptr_name|bbc_team|custom\d)"
    r"|ns_(?:mchannel|source|campaign|linkname|fee)|fbclid|[gdy]clid|[gw]braid|msclkid|twclid|srsltid|mc_[ce]id|mkt_tok"
    r"|igshid|igsh|_ga|_gl|cmp|cmpid|icid|ncid|ocid|smid|taid|sref|ito|xtor|wt_mc|maca|traffic_source|yclid|s_kwcid|vero_id"
    r"|_branch_match_id|guccounter|guce_referrer(?:_sig)?|soc_src|soc_trk|ref_src|__twitter_impression"
)
# These say other things as well.
_FROM_FEED = re.compile(r"(?:partner|emc|mod|ref|source|src|from|via|feed)=(?:rss|feed)[a-z0-9_.-]{0,30}")
_TRACKING_FRAGMENT = re.compile(r"publisher=[a-z]{1,30}")


def clean(text: object, limit: int) -> str:
    """Without control and direction characters, at most ``limit`` characters; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    short = text[:limit]
    if any(end in short for end in _ODD_LINE_ENDS):  # far faster than the pattern, which hardly ever finds one
        short = _LINE_ENDS.sub("\n", short)
    return _UNWANTED.sub("", short).strip()


def clean_line(text: object, limit: int) -> str:
    """``clean`` on one line, runs of white space made one blank."""
    return " ".join(clean(text, limit).split())


def plain_line(text: object, limit: int) -> str:
    """A line of plain text: no markup is left, however often it was escaped, and scripts leave nothing behind."""
    line = clean_line(text, limit)
    for _ in range(_ROUNDS):
        if "<" not in line and "&" not in line:
            return line
        before, line = line, clean_line(html.unescape(line_without_tags(line)), limit)
        if line == before:
            break
    return line_without_tags(line)


def line_without_tags(line: str) -> str:
    """A line of markup without its tags and scripts; character references stay as they are."""
    if "<" not in line:
        return line
    bare = _TAG.sub("", _BREAK.sub(" ", _SILENT.sub(" ", line)))
    return " ".join(_TAG_START.sub(_less_than, bare).split())


def _less_than(found: re.Match[str]) -> str:
    """The sign, where it says that something is less and begins no tag: ``Nifty<Sensex gap widens``."""
    name, rest = (found[1] or "").lower(), found[2] or ""
    is_word = name and name not in _elements() and rest[:1] in ("", " ") and "=" not in rest and ":" not in name
    return "<" if is_word and found.string[found.end(2) : found.end(2) + 1] != ">" else ""


@functools.cache
def _elements() -> frozenset[str]:
    """What browsers take for an element of HTML."""
    # Imported where it is used: it takes a while, and hardly a headline ever asks for it.
    from lxml.html import defs  # noqa: PLC0415

    return frozenset(defs.tags) | {"svg", "math", "template", "portal", "image", "slot", "dialog"}


def visible_text(markup: str | None) -> str:
    """What a reader sees of some HTML, white space evened out: for comparing two versions of it, not for showing."""
    if not markup:
        return ""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def paragraphs_as_html(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, single line ends stay."""
    paragraphs = re.split(r"\n[ \t]*\n", text)
    return "".join(
        f"<p>{html.escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip()
    )


def web_address(value: object, base: str | None = None) -> str | None:
    """``value`` as an absolute http or https address, relative ones taken from ``base``; none for anything else."""
    if not isinstance(value, str):
        return None
    # Line breaks first, as browsers do (WHATWG URL): ``urlsplit`` overlooks them, and what it says of a scheme is then
    # not of the text that we hold.
    address = _UNWANTED.sub("", value.translate(_NO_BREAKS)).strip()
    if not address or len(address) > MAX_ADDRESS:
        return None
    try:
        joined = urljoin(base, _with_scheme(address, base)) if base else _with_scheme(address, base)
        joined = joined.replace(" ", "%20")  # before it is judged: between brackets it would be no address any more
        parts = urlsplit(joined)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        return None
    if not usable or len(joined) > MAX_ADDRESS:
        return None
    return parts.scheme + joined[len(parts.scheme) :]  # in small letters, by which others tell it


def _with_scheme(address: str, base: str | None) -> str:
    """An address whose scheme is missing or misspelt as it was meant: ``www.a.example/x``, ``http:/a.example/x``.

    A name of a host is told from a path by its ``www.``, or by being that of the base.
    """
    if (written := _SCHEME.match(address)) is not None:
        return f"{written[1].lower()}://{address[written.end() :]}"
    if base and (_HOST.match(address) or address.partition("/")[0].lower() == site_of(base)):
        return f"{base.partition(':')[0]}://{address}"
    return address


def site_of(address: str | None) -> str:
    """The host of a web address without ``www.``; empty where there is none."""
    try:
        return (urlsplit(address or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def without_tracking(address: str) -> str:
    """The address without the parameters that only count clicks; one that has none comes back as it is."""
    whole, hash_sign, fragment = address.partition("#")
    page, _, query = whole.partition("?")
    parameters = query.split("&")
    kept = [part for part in parameters if not _counts_clicks(part)]
    if len(kept) == len(parameters):
        return address
    return page + ("?" + "&".join(kept) if kept else "") + hash_sign + fragment


def without_tracking_fragment(address: str) -> str:
    """The address without a fragment that only counts clicks; one that names a part of the page stays."""
    page, _, fragment = address.partition("#")
    parts = fragment.split("&")
    tracks = all(_counts_clicks(part) or _TRACKING_FRAGMENT.fullmatch(part.lower()) for part in parts)
    return page if fragment and tracks else address


def _counts_clicks(parameter: str) -> bool:
    lower = parameter.lower()
    return bool(_TRACKING.fullmatch(lower.partition("=")[0]) or _FROM_FEED.fullmatch(lower))
