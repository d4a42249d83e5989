"""Parser for agencies' XML: no network, no entities, no DTD, bounded depth and size."""

from __future__ import annotations

import codecs
import re
from html.entities import name2codepoint

from lxml import etree

from producers.formats.cleaning import clean_line
from producers.formats.encoding import prepare
from wirecopy.errors import BadInput

_HEAD = 4096
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_FIRST_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CHARSET = re.compile(r"charset=([A-Za-z0-9._:-]{1,40})")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_BARE = re.compile(r"&(?!#?[A-Za-z0-9]{1,32};)|&(?=(?!amp;|lt;|gt;|quot;|apos;)[A-Za-z])")
_CDATA = "<![CDATA["
_OF_XML = frozenset(("amp", "lt", "gt", "quot", "apos"))
_TOO_BIG = etree.ErrorTypes.ERR_RESOURCE_LIMIT
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"),
)  # fmt: skip


def root_name(body: bytes) -> str:
    """Return the local name of the first element in the first kilobytes; empty where there is none."""
    head = _COMMENT.sub(b"", body[:_HEAD].replace(b"\0", b""))
    found = _FIRST_TAG.search(head) if head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<") else None
    return found.group(1).decode() if found else ""


def tree_of(body: bytes) -> tuple[etree._Element, str | None]:
    """Parse a document. Returns its root, and the fault where it had to be repaired.

    HTML's entities (``&nbsp;``) are resolved, though XML does not define them. A complete document that is not
    well-formed is repaired; one that breaks off is still being written, or was cut: ``BadInput``.
    Raises ``BadInput``: ``xml_entities``, ``xml_limits``, ``not_well_formed``.
    """
    text = _NAMED.sub(_character, _DECLARATION.sub("", _decoded(body), count=1))
    if "<!ENTITY" in text:
        raise BadInput("xml_entities", "the document declares entities; no agency item needs any")
    root, why = _strictly(text)
    if root is None:
        # The most common fault by far, and the only one with a certain repair.
        text = _with_ampersands(text)
        root = _strictly(text)[0]
    return (_repaired(text.encode("utf-8", "replace"), why) if root is None else root), why or None


def _strictly(text: str) -> tuple[etree._Element | None, str]:
    """Return the root of a well-formed document, or the fault."""
    parser = _parser(recover=False)
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser), ""
    except etree.XMLSyntaxError as error:
        why = clean_line(error.msg, 300)
        if any(entry.type == _TOO_BIG for entry in parser.error_log):
            raise BadInput("xml_limits", why) from None
        return None, why


def _with_ampersands(text: str) -> str:
    """Escape ampersands that begin no reference, except in CDATA sections, where they are literal."""
    first, *others = text.split(_CDATA)
    parts = [_BARE.sub("&amp;", first)]
    for other in others:
        inside, end, outside = other.partition("]]>")
        parts.append(f"{_CDATA}{inside}{end}{_BARE.sub('&amp;', outside)}")
    return "".join(parts)


def _repaired(data: bytes, why: str) -> etree._Element:
    name = root_name(data)
    if not name or not re.search(rb"</(?:[\w.-]+:)?" + re.escape(name.encode()) + rb"\s*>\s*\Z", data[-200:]):
        raise BadInput("not_well_formed", why)
    try:
        root = etree.fromstring(data, _parser(recover=True))
    except etree.XMLSyntaxError:
        raise BadInput("not_well_formed", why) from None
    if root is None:
        raise BadInput("not_well_formed", why)
    return root


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False,
        dtd_validation=False, attribute_defaults=False, remove_comments=True, remove_pis=True, recover=recover,
    )  # fmt: skip


def _decoded(body: bytes) -> str:
    """Decode the document; the bytes count more than the declaration."""
    for start, encoding in _WIDE:
        if body.startswith(start):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    data, content_type = prepare(body, None)
    declared = _DECLARED.match(data[:400])
    charset = _CHARSET.search(content_type)
    name = charset.group(1) if charset else declared.group(1).decode() if declared else "utf-8"
    try:
        return data.decode(name, "replace").removeprefix("\ufeff")
    except LookupError:
        return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _character(reference: re.Match[str]) -> str:
    name = reference.group(1)
    return chr(name2codepoint[name]) if name in name2codepoint and name not in _OF_XML else reference.group()
