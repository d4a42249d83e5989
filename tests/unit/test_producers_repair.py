from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.repair import repaired


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (b"<a>x & y &lt; z</a>", b"<a>x &amp; y &lt; z</a>"),
        (b"<a>5 < 6 <b/></a>", b"<a>5 &lt; 6 <b/></a>"),
        (b"<a>&rsquo;&nbsp;&bogus;</a>", b"<a>&#8217;&#160;&amp;bogus;</a>"),
        (b"<a>&#x0;&#11;&#65;&#xfffe;&#55296;</a>", b"<a>&#65;</a>"),
        (b"<a>&own; &amp;</a>", b"<a>&own; &amp;</a>"),
        (b"<a><![CDATA[x & y &nbsp; <]]> & <!-- & --></a>", b"<a><![CDATA[x & y &nbsp; <]]> &amp; <!-- & --></a>"),
        (b'<a href="?x=1&copy=2"/>', b'<a href="?x=1&amp;copy=2"/>'),
        (b"<rss><dc:creator/></rss>", b'<rss xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator/></rss>'),
        (b'<rss xmlns:dc="u"><dc:x/></rss>', b'<rss xmlns:dc="u"><dc:x/></rss>'),
        (b"<feed><o:p/></feed>", b'<feed xmlns:o="urn:undeclared:o"><o:p/></feed>'),
        (b"<rss><a><![CDATA[<x:y>]]></a></rss>", b"<rss><a><![CDATA[<x:y>]]></a></rss>"),
    ],
)
def test_common_faults_of_xml_are_repaired(broken: bytes, mended: bytes) -> None:
    assert repaired(broken, {"own"}) == mended


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_and_repaired_once(document: bytes) -> None:
    once = repaired(document, ())
    assert repaired(once, ()) == once
