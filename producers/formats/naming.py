"""What an entry is called within its outlet, so that one article is one article however its feed writes it.

The name is the GUID, else the address, else a hash of what the entry says. Where it is a web address, its form does not
count: ``http`` or ``https``, the case of the host, a default port, a trailing slash and parameters that count clicks
are not what parts two articles, and publishers change each of them over night. A fragment does part them
(``page#post-1``, ``page#post-2`` in a live blog), but for one case: some publishers number the revisions of a page
(``page#0``, ``page#1``).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from urllib.parse import SplitResult, urlsplit

from producers.formats.cleaning import clean_line, visible_text, without_tracking, without_tracking_fragment

_DANGEROUS = re.compile(r"\s*(?:javascript|vbscript|data|file|blob|about)\s*:", re.IGNORECASE)
_REVISION = re.compile(r"#[0-9]{1,3}", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 1000


def guid_of(value: object, limit: int) -> str | None:
    """A GUID as the feed has it; none where it is an address that must not be followed, for readers link GUIDs."""
    guid = clean_line(value, limit)
    return guid if guid and not _DANGEROUS.match(guid) else None


def address_name(address: str) -> str:
    """A web address in the one form by which it is compared; what is none comes back as it is."""
    try:
        parts = urlsplit(without_tracking_fragment(without_tracking(address)))
        host, port = parts.hostname, parts.port
    except ValueError:
        return address
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None:
        return address
    where = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        where = f"{where}:{port}"
    return SplitResult("https", where, _path(parts), parts.query, parts.fragment).geturl()


def _path(parts: SplitResult) -> str:
    # With parameters the path may be a script's, for which the slash can count.
    return parts.path if parts.query else parts.path.rstrip("/")


def page_of(guid: str, address: str | None) -> str | None:
    """The name of the page whose revision ``guid`` numbers: ``address`` is that page, without the number."""
    name = address_name(guid)
    page, number = name.partition("#")[0], name[name.find("#") :]
    if address is None or page == name or not _REVISION.fullmatch(number):
        return None
    return page if address_name(address) == page else None


def text_name(texts: Iterable[str | None], otherwise: object) -> str:
    """The name of an entry that has neither GUID nor address: a hash of what it says."""
    said = "\0".join(visible_text(text) for text in texts).strip("\0") or repr(otherwise)
    return "text:" + hashlib.blake2b(said.encode(errors="replace"), digest_size=16).hexdigest()


def ambiguous(names: Iterable[tuple[str, Hashable]]) -> frozenset[str]:
    """The names that are given to more than one thing."""
    things: defaultdict[str, set[Hashable]] = defaultdict(set)
    for name, thing in names:
        things[name].add(thing)
    return frozenset(name for name, given in things.items() if len(given) > 1)


def deleted_names(references: Iterable[str], present: Iterable[str]) -> frozenset[str]:
    """The names of entries that the feed says it has taken out (RFC 6721), but for those that it holds again."""
    guids = (guid_of(reference, _LONGEST) for reference in references)
    return frozenset(address_name(guid) for guid in guids if guid) - frozenset(present)
