"""Repairs the common mistakes in XML that is nearly well-formed.

Without it, one bare ampersand sends a feed to feedparser's second parser, which guesses more and is slower.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Container
from re import Match

_LITERAL = re.compile(rb"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)", re.DOTALL)
_REFERENCE = re.compile(rb"&(?:#([0-9]{1,7});|#[xX]([0-9a-fA-F]{1,6});|([a-zA-Z][a-zA-Z0-9]{0,31});)?")
_LESS_THAN = re.compile(rb"<(?!/?[a-zA-Z_:\x80-\xff]|[!?])")
_ROOT = re.compile(rb"<(?:[a-zA-Z]{1,10}:)?(?:rss|feed|RDF|channel)(?=[\s>/])", re.IGNORECASE)
_DECLARED = re.compile(rb"xmlns:([\w.-]{1,30})")
_USED = re.compile(rb"[<\s/]([a-zA-Z][\w.-]{0,30}):[a-zA-Z_]")
_OF_XML = frozenset((b"lt", b"gt", b"amp", b"quot", b"apos"))
_MOST_PREFIXES = 50

_NAMESPACES = {
    b"atom": b"http://www.w3.org/2005/Atom",
    b"content": b"http://purl.org/rss/1.0/modules/content/",
    b"dc": b"http://purl.org/dc/elements/1.1/",
    b"dcterms": b"http://purl.org/dc/terms/",
    b"feedburner": b"http://rssnamespace.org/feedburner/ext/1.0",
    b"georss": b"http://www.georss.org/georss",
    b"itunes": b"http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    b"media": b"http://search.yahoo.com/mrss/",
    b"rdf": b"http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    b"slash": b"http://purl.org/rss/1.0/modules/slash/",
    b"sy": b"http://purl.org/rss/1.0/modules/syndication/",
    b"wfw": b"http://wellformedweb.org/CommentAPI/",
    b"xhtml": b"http://www.w3.org/1999/xhtml",
}


def repaired(document: bytes, entities: Container[str]) -> bytes:
    """Repair UTF-8 XML; ``entities`` are those that it declares itself.

    Escapes literal ampersands and less-than signs, resolves HTML's entities, drops references to forbidden characters
    and declares prefixes. CDATA sections and comments stay as they are.
    """

    def reference(found: Match[bytes]) -> bytes:
        decimal, hexadecimal, name = found.groups()
        if name is not None:
            return found[0] if name in _OF_XML or name.decode() in entities else _named(name)
        if decimal is None and hexadecimal is None:
            return b"&amp;"
        return found[0] if _allowed(int(decimal) if decimal else int(hexadecimal, 16)) else b""

    parts = _LITERAL.split(document)
    parts[::2] = [_REFERENCE.sub(reference, _LESS_THAN.sub(b"&lt;", part)) for part in parts[::2]]
    return _with_prefixes(b"".join(parts), b"".join(parts[::2]))


def _named(name: bytes) -> bytes:
    meaning = html.entities.html5.get(name.decode() + ";")
    return b"".join(b"&#%d;" % ord(char) for char in meaning) if meaning else b"&amp;" + name + b";"


def _allowed(code: int) -> bool:
    """Return whether XML 1.0 allows the character (2.2)."""
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _with_prefixes(document: bytes, markup: bytes) -> bytes:
    root = _ROOT.search(document)
    missing = set(_USED.findall(markup)) - set(_DECLARED.findall(markup)) - {b"xml", b"xmlns"}
    if root is None or not missing:
        return document
    declared = b"".join(
        b' xmlns:%s="%s"' % (prefix, _NAMESPACES.get(prefix, b"urn:undeclared:" + prefix))
        for prefix in sorted(missing)[:_MOST_PREFIXES]
    )
    return document[: root.end()] + declared + document[root.end() :]
