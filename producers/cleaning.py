"""Text and addresses out of a feed, made fit to be passed on. All of it is linear in the length of what it reads."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

MAX_ADDRESS = 2048

# Control characters, direction overrides (which can make a text read differently from what it is), lone surrogates
# and non-characters. Joiners (U+200C, U+200D) stay: Indian scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_TAG = re.compile(r"<[^<>]*>")
_TRACKING = re.compile(r"utm_[a-z_]{1,30}|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|_ga|cmpid")


def clean(text: object, limit: int) -> str:
    """Without control and direction characters, at most ``limit`` characters; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    return _UNWANTED.sub("", text[:limit].replace("\r\n", "\n").replace("\r", "\n")).strip()


def clean_line(text: object, limit: int) -> str:
    """``clean`` on one line, runs of white space made one blank."""
    return " ".join(clean(text, limit).split())


def plain_line(text: object, limit: int) -> str:
    """A line of text for a field that holds no markup: tags dropped, character references resolved."""
    line = clean_line(text, limit)
    if "<" in line or "&" in line:
        line = clean_line(html.unescape(_TAG.sub(" ", line)), limit)
    return line


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
    address = _UNWANTED.sub("", value).strip()
    if not address or len(address) > MAX_ADDRESS:
        return None
    try:
        joined = urljoin(base, address) if base else address
        parts = urlsplit(joined)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        return None
    if not usable or len(joined) > MAX_ADDRESS:
        return None
    return joined.replace(" ", "%20").replace("\n", "").replace("\t", "")


def without_tracking(address: str) -> str:
    """The address without the parameters that only count clicks; one that has none comes back as it is."""
    whole, hash_sign, fragment = address.partition("#")
    page, _, query = whole.partition("?")
    parameters = query.split("&")
    kept = [part for part in parameters if not _TRACKING.fullmatch(part.partition("=")[0].lower())]
    if len(kept) == len(parameters):
        return address
    return page + ("?" + "&".join(kept) if kept else "") + hash_sign + fragment
