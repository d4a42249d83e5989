"""Normalises the characters of a stored text: allowed ones stay, others are replaced or removed."""

from __future__ import annotations

import re
import unicodedata

# Bidirectional overrides can make a text read differently from what it says, and invisible characters split words.
# Zero-width joiner and non-joiner stay: Indic scripts need them.
_INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff"
)
_REMOVED = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f{_INVISIBLE}]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\t\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000 ]+")
_BLANKS = re.compile("  +")


def characters(text: str) -> str:
    """Return a text in NFC with one kind of line end and space, without control, direction and invisible characters."""
    if text.replace("\n", " ").isprintable():  # most are: all that is replaced or removed below counts as not printable
        return _BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    kept = unicodedata.normalize("NFC", _REMOVED.sub("", _LINE_ENDS.sub("\n", text)))
    return _SPACES.sub(" ", kept)
