"""Prepares the bytes of a feed for the XML parser: names the right encoding, removes forbidden characters."""

from __future__ import annotations

import codecs
import re
import unicodedata

import charset_normalizer

# NUL and the C0 controls that XML forbids; ESC, SO and SI stay, for they shift character sets in ISO 2022.
_FORBIDDEN = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D, 0x0E, 0x0F, 0x1B))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-zA-Z0-9._:-]{1,40})", re.ASCII)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9._:-]{1,40})[\"']")
_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,300}?\?>")
_ROOT = re.compile(rb"<(?:[a-zA-Z]{1,10}:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_LONGEST_PRELUDE = 8192
_EBCDIC = b"\x4c\x6f\xa7\x94"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ZEROS = {
    b"\1\1\1\0": "utf-32-be",
    b"\0\1\1\1": "utf-32-le",
    b"\1\0\1\0": "utf-16-be",
    b"\0\1\0\1": "utf-16-le",
}
_GUESSED_FROM = 32_768
"""Bytes that an encoding is guessed from: more only takes longer."""
_CONTRADICTED = 2
"""How many whole sequences of UTF-8 it takes for each broken one where another encoding is named."""


def prepare(body: bytes, content_type: str | None) -> tuple[bytes, str]:
    """Return the repaired body, and the content type for feedparser.

    Valid UTF-8 beyond ASCII is UTF-8, whatever header and XML declaration say: other encodings do not look like it by
    accident. UTF-8 with broken characters loses only those.
    """
    if body[:4] == _EBCDIC:
        return body, _as_xml(_charset(content_type))
    wide = _wide_encoding(body)
    narrow = body.decode(wide, "replace").encode("utf-8", "replace") if wide else body
    repaired = _from_the_declaration_on(narrow.removeprefix(codecs.BOM_UTF8).lstrip().translate(None, _FORBIDDEN))
    if wide:
        return repaired, _as_xml("utf-8")
    if repaired.isascii():
        return repaired, _as_xml(_charset(content_type))
    try:
        repaired.decode("utf-8")
    except UnicodeDecodeError:
        return _mended(repaired, content_type)
    return repaired.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b""), _as_xml("utf-8")


def _from_the_declaration_on(body: bytes) -> bytes:
    """Remove what a broken program printed before the feed, and put the declaration on a line of its own.

    feedparser looks for the encoding in the whole first line, which may be the whole feed.
    """
    if not body.startswith(b"<?xml"):
        start = body.find(b"<?xml ", 0, _LONGEST_PRELUDE)
        if start < 0 or _ROOT.search(body, 0, start):
            return body
        body = body[start:]
    declaration = _DECLARATION.match(body)
    if declaration is None:
        return body[len(b"<?xml") :]
    return body[: declaration.end()] + b"\n" + body[declaration.end() :]


def _mended(body: bytes, content_type: str | None) -> tuple[bytes, str]:
    declared = _XML_ENCODING.match(body[:400])
    charset = _charset(content_type)
    names = {name.lower() for name in (charset, declared.group(1).decode() if declared else None) if name}
    others = names - {"utf-8", "utf8"}
    if is_damaged_utf8(body, contradicted=bool(others)):
        return body.decode("utf-8", "replace").encode("utf-8"), _as_xml("utf-8")
    return body, _as_xml(charset if others else _guessed(body))


def is_damaged_utf8(body: bytes, *, contradicted: bool = False) -> bool:
    """Return whether a text is UTF-8 with some broken characters: whole sequences outvote broken ones.

    Texts in other encodings have at most two whole ones for five broken (Thai, and Chinese in GBK).
    """
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    whole = sum(not char.isascii() for char in text) - text.count("\ufffd")
    return whole > _CONTRADICTED * broken if contradicted else 0 < whole >= broken


def _guessed(body: bytes) -> str:
    """Guess the encoding of a text that names none, or wrongly UTF-8.

    One-byte encodings of Latin letters look alike, and most such feeds are Windows-1252. A guess of other letters is
    trusted.
    """
    guess = charset_normalizer.from_bytes(body[:_GUESSED_FROM]).best()
    if guess is None:
        return "windows-1252"
    letters = [char for char in str(guess) if char.isalpha() and not char.isascii()]
    foreign = sum(not unicodedata.name(char, "LATIN").startswith("LATIN") for char in letters)
    return guess.encoding if 2 * foreign > len(letters) else "windows-1252"


def _wide_encoding(body: bytes) -> str | None:
    """Recognise UTF-32 or UTF-16 by a byte order mark or by the zeros about the first character."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return encoding
    return _ZEROS.get(bytes(byte == 0 for byte in body[:4]))


def _charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return found.group(1) if found else None


def _as_xml(charset: str | None) -> str:
    # Never text/xml: without a charset that would mean ASCII (RFC 3023), which no feed means.
    return f"application/xml; charset={charset}" if charset else "application/xml"
