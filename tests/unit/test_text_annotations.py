"""What is compared and tagged is the story alone, whatever marks stand around it; what is stored is all of it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.credit_wordings import DATA
from schemas.feed_records import RawEntry
from schemas.public_records import Article
from stream_apps.fingerprint.features import features
from stream_apps.text.clean import clean_entry

NOW = datetime(2025, 6, 18, 12, tzinfo=UTC)
STORIES = (DATA / "stories.txt").read_text(encoding="utf-8").strip().split("\n\n")
OPENINGS = [
    "",
    "Panaji, Jun 18 (PTI) ",
    "SHANGHAI, May 25 (Reuters) - ",
    "New Delhi [India], June 18 (ANI): ",
    "(AP) — ",
]
ABOVE = ["By PTI", "(Eds: Adds details)", "Updated: June 18, 2025 16:04 IST", "File photo: The river. (PTI Photo)"]
GLUED = ["", " PTI JMS CHS VSD", " (ANI)", " --IANS ms/vd", " (With inputs from PTI)"]
BELOW = [
    "--IANS",
    "ms/vd",
    "(With inputs from ANI)",
    "Source: Reuters",
    "(This story has not been edited by our staff and is auto-generated from a syndicated feed.)",
    "© 2025 AFP",
    "Follow us on WhatsApp",
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(STORIES),
    st.sampled_from(OPENINGS),
    st.sampled_from(GLUED),
    st.lists(st.sampled_from(ABOVE), max_size=2, unique=True),
    st.lists(st.sampled_from(BELOW), max_size=3, unique=True),
)
def test_marks_change_nothing_that_is_compared(
    story: str, opening: str, glued: str, above: list[str], below: list[str]
) -> None:
    printed = "\n".join([*above, opening + story + glued, *below])
    article = cleaned(printed)
    assert article.text == printed
    assert features(article).digest == features(cleaned(story)).digest
    for start, end in article.annotations:
        assert article.text[start:end].strip()


def cleaned(text: str) -> Article:
    markup = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    entry = RawEntry(
        article="0" * 32,
        revision=0,
        content_hash="",
        feed="f",
        outlet="herald.example",
        headline="Bulletin",
        content=markup,
        published=NOW,
        first_seen=NOW,
        fetched=NOW,
    )
    return clean_entry(entry, 20_000)
