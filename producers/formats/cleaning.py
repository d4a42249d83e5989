"""Cleaning of texts and addresses of feeds. All functions are linear in the length of their input."""

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
# Ends of lines for JavaScript and str.splitlines, which must not stand within a line.
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
# Parameters with other meanings, too.
_FROM_FEED = re.compile(r"(?:partner|emc|mod|ref|source|src|from|via|feed)=(?:rss|feed)[a-z0-9_.-]{0,30}")
_TRACKING_FRAGMENT = re.compile(r"publisher=[a-z]{1,30}")


def clean(text: object, limit: int) -> str:
    """Remove control and direction characters, and cut at ``limit`` characters; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    short = text[:limit]
    if short.replace("\n", " ").isprintable():  # as most are: nothing that is unwanted counts as printable
        return short.strip()
    if any(end in short for end in _ODD_LINE_ENDS):  # far faster than the pattern, which hardly ever finds one
        short = _LINE_ENDS.sub("\n", short)
    return _UNWANTED.sub("", short).strip()


def clean_line(text: object, limit: int) -> str:
    """Clean as ``clean`` does, on one line, with runs of white space made one blank."""
    return " ".join(clean(text, limit).split())


def plain_line(text: object, limit: int) -> str:
    """Return a line of plain text: without markup, however often it was escaped, and without scripts.

    >>> plain_line("Rain &amp;lt;b&amp;gt;stops&amp;lt;/b&amp;gt;", 100)
    'Rain stops'
    """
    line = clean_line(text, limit)
    for _ in range(_ROUNDS):
        if "<" not in line and "&" not in line:
            return line
        before, line = line, clean_line(html.unescape(line_without_tags(line)), limit)
        if line == before:
            break
    return line_without_tags(line)


def line_without_tags(line: str) -> str:
    """Remove tags and scripts from a line of markup; character references stay."""
    if "<" not in line:
        return line
    bare = _TAG.sub("", _BREAK.sub(" ", _SILENT.sub(" ", line)))
    return " ".join(_TAG_START.sub(_less_than, bare).split())


def _less_than(found: re.Match[str]) -> str:
    """Return a less-than sign that begins no tag: ``Nifty<Sensex gap widens``."""
    name, rest = (found[1] or "").lower(), found[2] or ""
    is_word = name and name not in _elements() and rest[:1] in ("", " ") and "=" not in rest and ":" not in name
    return "<" if is_word and found.string[found.end(2) : found.end(2) + 1] != ">" else ""


@functools.cache
def _elements() -> frozenset[str]:
    """Return the names of HTML's elements."""
    # Imported here because it is slow to import and few headlines need it.
    from lxml.html import defs  # noqa: PLC0415

    return frozenset(defs.tags) | {"svg", "math", "template", "portal", "image", "slot", "dialog"}


def visible_text(markup: str | None) -> str:
    """Return the visible text of HTML with white space evened out: for comparing two versions, not for display."""
    if not markup:
        return ""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def paragraphs_as_html(text: str) -> str:
    """Return plain text as HTML: paragraphs split at blank lines, single line ends kept."""
    paragraphs = re.split(r"\n[ \t]*\n", text)
    return "".join(
        f"<p>{html.escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip()
    )


def web_address(value: object, base: str | None = None) -> str | None:
    """Return ``value`` as an absolute http or https address, resolved against ``base``; None for anything else.

    >>> web_address("/news/1", "https://a.example/rss"), web_address("javascript:alert(1)")
    ('https://a.example/news/1', None)
    """
    if not isinstance(value, str):
        return None
    # Line breaks first, as browsers do (WHATWG URL): ``urlsplit`` ignores them, and would judge the scheme of another
    # text than ours.
    written = value if value.isprintable() else _UNWANTED.sub("", value.translate(_NO_BREAKS))
    address = written.strip()
    if not address or len(address) > MAX_ADDRESS:
        return None
    try:
        joined = urljoin(base, _with_scheme(address, base)) if base else _with_scheme(address, base)
        joined = joined.replace(" ", "%20")  # escaped before it is judged: brackets would spoil the address
        parts = urlsplit(joined)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        return None
    if not usable or len(joined) > MAX_ADDRESS:
        return None
    return parts.scheme + joined[len(parts.scheme) :]  # in small letters, by which others tell it


def _with_scheme(address: str, base: str | None) -> str:
    """Complete an address with a missing or misspelt scheme: ``www.a.example/x``, ``http:/a.example/x``.

    A host, and no path, is what begins with ``www.`` or is the host of the base.
    """
    if (written := _SCHEME.match(address)) is not None:
        return f"{written[1].lower()}://{address[written.end() :]}"
    if base and (_HOST.match(address) or address.partition("/")[0].lower() == site_of(base)):
        return f"{base.partition(':')[0]}://{address}"
    return address


def site_of(address: str | None) -> str:
    """Return the host of a web address without ``www.``; empty where there is none.

    >>> site_of("https://www.example.in/news?id=1")
    'example.in'
    """
    try:
        return (urlsplit(address or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def without_tracking(address: str) -> str:
    """Remove parameters that only count clicks.

    >>> without_tracking("https://a.example/x?id=1&utm_source=rss")
    'https://a.example/x?id=1'
    """
    whole, hash_sign, fragment = address.partition("#")
    page, _, query = whole.partition("?")
    parameters = query.split("&")
    kept = [part for part in parameters if not _counts_clicks(part)]
    if len(kept) == len(parameters):
        return address
    return page + ("?" + "&".join(kept) if kept else "") + hash_sign + fragment


def without_tracking_fragment(address: str) -> str:
    """Remove a fragment that only counts clicks; one that names a part of the page stays."""
    page, _, fragment = address.partition("#")
    parts = fragment.split("&")
    tracks = all(_counts_clicks(part) or _TRACKING_FRAGMENT.fullmatch(part.lower()) for part in parts)
    return page if fragment and tracks else address


def _counts_clicks(parameter: str) -> bool:
    lower = parameter.lower()
    return bool(_TRACKING.fullmatch(lower.partition("=")[0]) or _FROM_FEED.fullmatch(lower))
