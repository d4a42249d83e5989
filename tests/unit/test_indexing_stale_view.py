"""How long copies have carried what their agency corrected."""

from __future__ import annotations

from datetime import timedelta

from stream_apps.indexing import stale_view, views
from stream_apps.indexing.documents import article_document, story_document
from stream_apps.indexing.finder import StoryView
from tests.unit import indexing_examples as examples

NOW = examples.NOON + timedelta(hours=5, minutes=5, seconds=30)


def view() -> StoryView:
    copies = tuple(article_document(examples.published(number)) for number in (1, 2, 3))
    return StoryView(examples.article_id(1), story_document(examples.story()) or {}, copies)


def test_a_stale_copy_is_told_with_the_seconds_since_the_correction() -> None:
    (found,) = stale_view.stale_copies(view(), NOW)
    assert (found.article, found.outlet) == (examples.article_id(3), "outlet3.example")
    assert found.seconds == 3 * 3600 + 5 * 60 + 30


def test_a_copy_printed_after_the_correction_counts_from_then() -> None:
    shown = view()
    late = examples.NOON + timedelta(hours=5)
    copies = tuple({**copy, "published": late.isoformat()} if copy["id"][-1] == "3" else copy for copy in shown.copies)
    (found,) = stale_view.stale_copies(StoryView(shown.id, shown.story, copies), NOW)
    assert found.seconds == 330


def test_the_correction_is_printed_with_what_it_changed_and_who_has_not() -> None:
    assert stale_view.correction_lines(view(), NOW) == [
        "corrected 2026-11-20 14:00Z by outlet1.example",
        "was: The store’s 4,000 tonnes would serve the coast.",
        "now: The store’s 400 tonnes would serve the coast.",
        "still carried by 1 of 3:",
        "outlet3.example for 3h 05m (000000000000)",
    ]
    assert "1 not corrected" in views.story_heading(view())[1]


def test_a_notice_that_takes_the_story_back_is_about_every_copy_in_its_feed() -> None:
    shown = view()
    copies = tuple({k: v for k, v in copy.items() if k != "removed" or copy["id"][-1] == "2"} for copy in shown.copies)
    notice = {
        "id": "f" * 32,
        "outlet": "outlet1.example",
        "signal": "kill",
        "versioncreated": "2026-11-20T16:05:00.000Z",
    }
    killed = StoryView(shown.id, {}, copies, notices=(notice,))
    assert [copy.outlet for copy in stale_view.stale_copies(killed, NOW)] == ["outlet1.example", "outlet3.example"]
    assert stale_view.correction_lines(killed, NOW)[0] == "killed 2026-11-20 16:05Z by outlet1.example"


def test_a_story_without_corrections_says_nothing() -> None:
    shown = view()
    plain = StoryView(shown.id, {}, shown.copies)
    assert stale_view.correction_lines(plain, NOW) == []
    assert stale_view.stale_copies(plain, NOW) == []
