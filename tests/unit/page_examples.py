"""Pages of newspapers that do not exist, about things that did not happen."""

from __future__ import annotations

from collections.abc import Sequence

HEADLINE = "Harbour bridge at Palmgrove reopens after repairs"
LEDE = (
    "The harbour bridge at Palmgrove reopened to traffic on Thursday after eleven weeks of repairs, the port authority "
    "said."
)
STORY = (
    f"Palmgrove, Jun 18 (PTI) {LEDE}",
    "Engineers replaced forty-two bearings and strengthened the eastern pier, which had cracked in last year's floods.",
    '"We finished nine days before schedule," chief engineer Lavanya Dere told reporters at the site.',
    "Buses will use the bridge from Friday, while heavy lorries have to wait until the load tests are complete.",
    "The work cost 61 crore rupees, of which the state paid two thirds.",
)


def page(paragraphs: Sequence[str] = STORY, before: str = "", behind: str = "", aside: str = "") -> str:
    """A page with the furniture of one: ``before`` and ``behind`` stand beside the paragraphs, ``aside`` after them."""
    story = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!doctype html><html lang="en-in"><head><meta charset="utf-8">
<title>{HEADLINE} | The Coastal Example</title><script>var tracker = "<p>With inputs from nobody</p>";</script></head>
<body><header><nav><ul><li><a href="/">Home</a></li><li><a href="/city">City</a></li><li><a href="/port">Port</a></li>
</ul></nav></header><main><article><h1>{HEADLINE}</h1>
<div class="meta">By Web Desk | Updated: June 18, 2026 14:05 IST</div>
<div class="story-body">{before}{story}{behind}</div>{aside}
<div class="related"><h3>Also read</h3><ul><li><a href="/1">Agency raids a cannery that sold painted stones</a></li>
<li><a href="/2">Farmers get inputs at half the price</a></li></ul></div>
<div class="comments"><h3>Comments</h3><p>At last! I have been taking the ferry for months, and it is always late.</p>
</div></article></main><footer><p>Copyright 2026 The Coastal Example. All rights reserved.</p></footer></body></html>"""


COOKIE_WALL = """<!doctype html><html><head><title>Before you continue</title></head><body><main>
<h1>Before you continue</h1><p>We and our 812 partners store and read information on your device, such as cookies, and
process personal data, such as unique identifiers, for personalised advertising and audience measurement.</p>
<p>You can accept or refuse, and change your mind whenever you like in the privacy settings of your account.</p>
<p>Some partners process your data without consent, on the ground of legitimate interest; you may object to that.</p>
</main></body></html>"""

FRONT_PAGE = f"""<!doctype html><html><head><title>The Coastal Example</title></head><body><main>
<article><h2>{HEADLINE}</h2><p>{LEDE}</p></article>
<article><h2>Ferries to stay on winter timetable</h2><p>The ferries between Palmgrove and the islands keep to their
winter timetable until the end of the month, for two of the five boats are in the yard.</p></article>
<article><h2>Lighthouse keeper retires</h2><p>After forty-one years the last keeper of the northern light goes
ashore, and a sensor takes his place on the first of July.</p></article></main></body></html>"""
