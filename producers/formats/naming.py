"""Names of entries within their outlet, so that one article keeps one name however its feed writes it.

The name is the GUID, else the address, else a hash of the texts. A web address counts without its form: ``http`` or
``https``, the case of the host, a default port, a trailing slash, the encoding of letters and parameters that count
clicks do not distinguish articles, and publishers change them from one day to the next. A fragment does distinguish
them (``page#post-1``, ``page#post-2`` in a live blog), with one exception: some publishers number the revisions of a
page (``page#0``, ``page#1``). A name that a document gives to several stories names none of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol
from urllib.parse import SplitResult, quote, urlsplit

from producers.formats.cleaning import clean_line, visible_text, without_tracking, without_tracking_fragment

_DANGEROUS = re.compile(r"\s*(?:javascript|vbscript|data|file|blob|about)\s*:", re.IGNORECASE)
_REVISION = re.compile(r"#[0-9]{1,3}", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 1000
_FEW, _READ = 3, 4000
"""Words that tell two headlines apart; characters of a body that are read for it."""
_STRANGE, _VERSION = 0.2, 0.5
"""Share of words in common below which two texts are of two stories; from which on two headlines are of one."""
_SEPARATORS = re.compile(r"[\s.,;:!?\"'()\[\]|/–—‘’“”-]+")  # noqa: RUF001  # dashes and marks as they are set
_EVEN = re.compile(r"[!-$&-~]*")
"""Nearly every address: printable ASCII and nothing encoded."""
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class NamedEntry(Protocol):
    """The parts of an entry that distinguish it from others of the same name."""

    @property
    def guid(self) -> str | None: ...
    @property
    def headline(self) -> str: ...
    @property
    def summary(self) -> str | None: ...
    @property
    def content(self) -> str | None: ...


def guid_of(value: object, limit: int) -> str | None:
    """Return a GUID as the feed has it; None where it is a forbidden address, since readers link GUIDs."""
    guid = clean_line(value, limit)
    return guid if guid and not _DANGEROUS.match(guid) else None


def address_name(address: str) -> str:
    """Return a web address in its canonical form, for comparison; anything else unchanged.

    >>> address_name("HTTP://A.example:80/x/?utm_source=rss")
    'https://a.example/x'
    """
    try:
        parts = urlsplit(without_tracking_fragment(without_tracking(address)))
        host, port = parts.hostname, parts.port
    except ValueError:
        return address
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None:
        return address
    where = f"[{host}]" if ":" in host else _ascii_host(host)
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        where = f"{where}:{port}"
    path, query, fragment = map(_evenly_encoded, (_path(parts), parts.query, parts.fragment))
    return SplitResult("https", where, path, query, fragment).geturl()


def _evenly_encoded(part: str) -> str:
    """Return a part of an address in its canonical form (RFC 3986, 6.2.2): other scripts encoded, in capitals."""
    if _EVEN.fullmatch(part):
        return part
    plain = _ENCODED.sub(_plain_or_capital, unicodedata.normalize("NFC", part))
    return quote(plain, safe=_ASCII, errors="replace")


def _plain_or_capital(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char.isascii() and (char.isalnum() or char in "-._~") else found[0].upper()


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _path(parts: SplitResult) -> str:
    # With parameters the path may be a script's, where the slash can count.
    return parts.path if parts.query else parts.path.rstrip("/")


def page_of(guid: str, address: str | None) -> str | None:
    """Return the name of the page whose revision ``guid`` numbers: ``address`` is that page, without the number."""
    name = address_name(guid)
    page, number = name.partition("#")[0], name[name.find("#") :]
    if address is None or page == name or not _REVISION.fullmatch(number):
        return None
    return page if address_name(address) == page else None


def text_name(texts: Iterable[str | None], otherwise: object) -> str:
    """Return a name for an entry that has neither GUID nor address: a hash of its texts."""
    said = "\0".join(visible_text(text) for text in texts).strip("\0") or repr(otherwise)
    return "text:" + hashlib.blake2b(said.encode(errors="replace"), digest_size=16).hexdigest()


def ambiguous(names: Iterable[tuple[str, Hashable]]) -> frozenset[str]:
    """Return the names that are given to more than one thing."""
    things: defaultdict[str, set[Hashable]] = defaultdict(set)
    for name, thing in names:
        things[name].add(thing)
    return frozenset(name for name, given in things.items() if len(given) > 1)


def deleted_names(references: Iterable[str], present: Iterable[str]) -> frozenset[str]:
    """Return the names of entries that the feed has deleted (RFC 6721), except those that it holds again."""
    guids = (guid_of(reference, _LONGEST) for reference in references)
    return frozenset(address_name(guid) for guid in guids if guid) - frozenset(present)


def crowded(named: Iterable[tuple[str, NamedEntry]]) -> frozenset[str]:
    """Return the names that several entries share which are clearly not versions of one.

    Three headlines under one name are three stories. Two may be versions of one: they are two stories only where
    headlines and texts have hardly a word in common. Under a GUID, headlines of one or two words decide nothing. Where
    no entry has a headline, the texts decide.
    """
    entries: defaultdict[str, list[NamedEntry]] = defaultdict(list)
    for name, entry in named:
        entries[name].append(entry)
    return frozenset(name for name, several in entries.items() if len(several) > 1 and _are_several(several))


def _are_several(entries: Sequence[NamedEntry]) -> bool:
    least = _FEW if any(entry.guid for entry in entries) else 1
    lines = _bodies_by_line(entries)
    if len(lines) > 2:
        return all(len(_words(line)) >= least for line in lines)
    if len(lines) < 2:
        return False
    (one, said), (other, said_there) = lines.items()
    return _strangers(one, other, least) or (_overlap(one, other) < _VERSION and _strangers(said, said_there, 2 * _FEW))


def _bodies_by_line(entries: Sequence[NamedEntry]) -> dict[str, str]:
    """Return each headline with the longest text under it; the texts alone where nothing has a headline."""
    titled = any(visible_text(entry.headline) for entry in entries)
    found: dict[str, str] = {}
    for entry in entries:
        line = visible_text(entry.headline if titled else _body(entry)[:_READ]).casefold()
        if line:
            found[line] = max(found.get(line, ""), _body(entry), key=lambda body: (len(body), body))
    return found


def _body(entry: NamedEntry) -> str:
    return max(entry.summary or "", entry.content or "", key=len)


def _strangers(one: str, other: str, least: int) -> bool:
    """Return whether two texts of at least so many words have hardly one in common."""
    return min(len(_words(one)), len(_words(other))) >= least and _overlap(one, other) < _STRANGE


def _overlap(one: str, other: str) -> float:
    ours, theirs = _words(one), _words(other)
    return len(ours & theirs) / max(1, min(len(ours), len(theirs)))


def _words(text: str) -> frozenset[str]:
    return frozenset(_SEPARATORS.split(visible_text(text[:_READ]).casefold())) - {""}
