"""The bytes of a feed made ready for the XML parser: the right encoding named, forbidden characters removed."""

from __future__ import annotations

import re

# NUL and the C0 controls that XML forbids; ESC, SO and SI stay, for they shift character sets in ISO 2022.
_FORBIDDEN = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D, 0x0E, 0x0F, 0x1B))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-zA-Z0-9._:-]{1,40})", re.ASCII)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9._:-]{1,40})[\"']")
_MAX_DAMAGE = 0.02
"""Share of broken sequences among all non-ASCII ones up to which a text still counts as damaged UTF-8."""


def prepare(body: bytes, content_type: str | None) -> tuple[bytes, str]:
    """The body, repaired, and the content type to hand to feedparser.

    Bytes that are UTF-8 and not only ASCII are UTF-8, whatever header and XML declaration say: other encodings do
    not look like it by accident. UTF-8 with a few broken characters loses those and not all the others.
    """
    if _is_wide(body):
        return body, _as_xml(_charset(content_type))
    repaired = body.lstrip().translate(None, _FORBIDDEN)
    if repaired.isascii():
        return repaired, _as_xml(_charset(content_type))
    try:
        repaired.decode("utf-8")
    except UnicodeDecodeError:
        return _mended(repaired, content_type)
    return repaired, _as_xml("utf-8")


def _mended(body: bytes, content_type: str | None) -> tuple[bytes, str]:
    declared = _XML_ENCODING.match(body[:400])
    charset = _charset(content_type)
    names = {name.lower() for name in (charset, declared.group(1).decode() if declared else None) if name}
    if names <= {"utf-8", "utf8"}:
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") <= _MAX_DAMAGE * sum(not char.isascii() for char in text):
            return text.encode("utf-8"), _as_xml("utf-8")
        charset = "windows-1252"
    return body, _as_xml(charset)


def _is_wide(body: bytes) -> bool:
    """UTF-16, UTF-32 or EBCDIC, where removing single bytes would break the text."""
    start = body[:4]
    return start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in start or start == b"\x4c\x6f\xa7\x94"


def _charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return found.group(1) if found else None


def _as_xml(charset: str | None) -> str:
    # Never text/xml: without a charset that would mean ASCII (RFC 3023), which no feed means.
    return f"application/xml; charset={charset}" if charset else "application/xml"
