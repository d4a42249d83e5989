"""Recognises the kind of a file or record by its first bytes. Pure."""

from __future__ import annotations

import json
from typing import Any, Literal

from producers.web.response import media_type
from wirecopy.errors import BadInput

FileKind = Literal["feed", "lines", "warc"]

HEAD = 64 * 1024
"""Bytes of a file, inflated, that are looked at."""
_SNIFFED = 4096
_LINE_NAMES = (".jsonl", ".ndjson", ".jsonlines", ".jl")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_CONTAINERS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"7z\xbc\xaf": "7-zip",
    b"Rar!": "rar",
}
_FEED_ROOTS = (b"<rss", b"<feed", b"<rdf:rdf", b"<newsitem", b"<newsmessage", b"<packageitem")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_READABLE_TYPES = ("xml", "json", "rss", "atom", "text/plain", "octet-stream")
_HTML_TYPES = ("text/html", "application/xhtml+xml")


def kind_of_file(name: str, head: bytes, *, inflated: bool) -> FileKind:
    """Return how to read a file that begins with ``head``.

    Raises ``BadInput``: ``nested_archive`` for an archive inside a gzip file, ``unsupported_archive`` for one of a
    kind that is not read.
    """
    container = _container(head)
    if container is not None:
        raise _refused(container, inflated=inflated)
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"filedesc://"):
        raise BadInput("unsupported_archive", "an ARC file: `warcio recompress` makes it a WARC file")
    stem = name.lower().removesuffix(".gz")
    return "lines" if stem.endswith(_LINE_NAMES) or _are_lines(head) else "feed"


def _container(head: bytes) -> str | None:
    if head[257:262] == b"ustar":
        return "tar"
    return next((name for magic, name in _CONTAINERS.items() if head.startswith(magic)), None)


def _refused(container: str, *, inflated: bool) -> BadInput:
    if inflated:
        return BadInput("nested_archive", f"{container} inside gzip: unpack it first")
    return BadInput("unsupported_archive", f"{container}: unpack it first; gzip is read as it is")


def _are_lines(head: bytes) -> bool:
    """Return whether the first line is a whole JSON object and another one follows."""
    first, feed, rest = head.lstrip(_BLANK).partition(b"\n")
    if not first.startswith(b"{") or not feed or not rest.lstrip(_BLANK).startswith(b"{"):
        return False
    try:
        found: Any = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict)


def is_feed(start: bytes, content_type: str | None) -> bool:
    """Return whether a body that begins with ``start`` is a feed, or is labelled as one.

    A crawl is full of other XML and JSON (site maps, pictures, answers of APIs), which are no broken feeds.
    """
    return media_type(content_type) in _FEED_TYPES or _has_feed_root(start)


def may_be_feed(content_type: str | None) -> bool:
    """Return whether an encoded body is worth decoding."""
    kind = media_type(content_type)
    return not kind or any(word in kind for word in _READABLE_TYPES)


def is_page(start: bytes, content_type: str | None) -> bool:
    """Return whether a body is a web page."""
    kind = media_type(content_type)
    return kind in _HTML_TYPES or (not kind and _visible(start).startswith((b"<!doctype html", b"<html")))


def _has_feed_root(start: bytes) -> bool:
    text = _visible(start)
    if text.startswith(b"{"):
        return b"jsonfeed.org" in text or (b'"versioncreated"' in text and b'"uri"' in text)
    if not text.startswith(b"<") or text.startswith((b"<!doctype html", b"<html")):
        return False
    return any(root in text for root in _FEED_ROOTS)


def _visible(start: bytes) -> bytes:
    # Without NULs UTF-16 reads like ASCII, which suffices for names of elements.
    text = start[:_SNIFFED].replace(b"\0", b"").lstrip(_BLANK + b"\xfe\xff")
    return text.lower()
