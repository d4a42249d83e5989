"""Which copies still carry what their agency has corrected or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.public_records import Article, Credit, Place, Revision, Signal, StoryCorrection
from stream_apps.tagging import corrections as correcting
from stream_apps.tagging.corrections import Earlier
from stream_apps.tagging.members import Entry, Members, moment
from stream_apps.text.credits import read_credits

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEAD = "Two gates of the Mandovi dam were opened on Monday, officials said."
WRONG = "About 11,000 cusecs of water is being released and residents of 23 villages have been warned."
RIGHT = "About 1,100 cusecs of water is being released and residents of 23 villages have been warned."
REST = "The dam was last opened this early in 2013."


@dataclass(frozen=True)
class Record:
    """An article with its earlier texts, as the stage keeps it."""

    article: Article
    earlier: tuple[Earlier, ...]
    removed: datetime | None = None

    @property
    def entry(self) -> Entry:
        place = Place(story=f"{1:032x}", canonical_article=f"{1:032x}", removed=self.removed)
        flags = correcting.flags(self.article, place, [one.signal for one in self.earlier])
        return Entry(moment(self.article.published), self.article.id, flags)


def corrections(records: Sequence[Record]) -> tuple[StoryCorrection, ...]:
    """What the stage says of a story of these articles."""
    members, by_id = Members(), {record.article.id: record for record in records}
    for record in records:
        members.put(record.entry)
    considered = (by_id[article] for article in correcting.considered(members))
    found = correcting.corrections({r.article.id: correcting.texts_of(r.article, r.earlier) for r in considered})
    for record in records:
        if record.removed is None:
            bits = correcting.carried(correcting.current_text(record.article), found)
            members.put(record.entry._replace(carried=bits))
    return tuple(c.published(e.article for e in members.carrying(n, 100)) for n, c in enumerate(found))


def is_stale(article: Article, found: Sequence[StoryCorrection]) -> bool:
    return any(article.id in correction.carried_by for correction in found)


def stale_since(article: Article, found: Sequence[StoryCorrection]) -> datetime | None:
    bits = sum(1 << number for number, correction in enumerate(found) if article.id in correction.carried_by)
    said = [correcting.Correction(article=c.article, signal=c.signal, at=c.at, changes=()) for c in found]
    return correcting.stale_since(article.published, bits, said)


def _earlier(number: int, minute: int, headline: str, text: str) -> Earlier:
    reading = read_credits(text, None, headline)
    made = NINE + timedelta(minutes=minute)
    revision = Revision(revision=number, versioncreated=made, headline=headline, text=text)
    return Earlier(revision, reading.signal, reading.annotations)


def record(
    number: int, *paragraphs: str, outlet: str = "", minute: int = 0, agency: str | None = "PTI", **changes: Any
) -> Record:
    """The article of an outlet; with `earlier` texts as (minute, headline, text)."""
    earlier = changes.pop("earlier", ())
    at = NINE + timedelta(minutes=minute)
    credited = (Credit(agency=agency, role="sole", evidence="byline", confidence=1.0),) if agency else ()
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "revision": len(earlier) + 1,
        "outlet": outlet or f"outlet{number}.example",
        "feed": "f",
        "headline": "Gates opened",
        "text": "\n".join(paragraphs),
        "published": at,
        "versioncreated": NINE + timedelta(minutes=changes.pop("created", minute)),
        "first_seen": at,
        "fetched": at,
        "credits": credited,
    }
    before = tuple(_earlier(n, *one) for n, one in enumerate(earlier, 1))
    return Record(Article(**(values | changes)), before)


def filing(signal: Signal = "corrected", **changes: Any) -> Record:
    return record(
        1, LEAD, RIGHT, REST, outlet="ptinews.example", created=60, signal=signal,
        earlier=((0, "Gates opened", f"{LEAD}\n{WRONG}\n{REST}"),), **changes,
    )  # fmt: skip


def carried(*copies: Record, by: Record | None = None) -> list[str]:
    (found,) = corrections([by or filing(), *copies])
    return [article[-1] for article in found.carried_by]


def test_a_copy_with_the_old_sentence_is_listed_from_the_correction_on() -> None:
    copy = record(2, LEAD, WRONG, minute=10)
    (found,) = corrections([filing(), copy])
    assert (found.signal, found.at) == ("corrected", NINE + timedelta(minutes=60))
    assert (found.old, found.new) == ((WRONG,), (RIGHT,))
    assert found.carried_by == (copy.article.id,)
    assert stale_since(copy.article, [found]) == NINE + timedelta(minutes=60)


def test_a_copy_printed_after_the_correction_is_stale_since_it_was_printed() -> None:
    copy = record(2, LEAD, WRONG, minute=90)
    assert stale_since(copy.article, corrections([filing(), copy])) == copy.article.published


@pytest.mark.parametrize(
    ("text", "stale"),
    [
        (WRONG, True),
        ("Some 11,000 cusecs of water is being let out and people of 23 villages have been warned.", True),
        ("About 11,000 cusecs of water is being released.", True),
        (RIGHT, False),
        ("Some 1,100 cusecs of water is being let out and people of 23 villages have been warned.", False),
        (REST, False),
        ("In Umbre, 11,000 bags of rice were moved to the temple on Monday, a trader said.", False),
    ],
)
def test_a_copy_is_stale_by_the_sentence_that_was_corrected(text: str, stale: bool) -> None:
    assert carried(record(2, LEAD, text)) == (["2"] if stale else [])


def test_a_copy_that_has_followed_is_not_listed_although_it_says_what_was_wrong() -> None:
    note = 'Correction: An earlier version said "11,000 cusecs". It should have read "1,100 cusecs".'
    copy = record(
        2, LEAD, RIGHT, note, annotations=((len(LEAD) + len(RIGHT) + 2, len(LEAD) + len(RIGHT) + 2 + len(note)),)
    )
    assert carried(copy) == []


def test_a_sentence_that_was_taken_out_is_old_text() -> None:
    agency = record(
        1, LEAD, REST, outlet="ptinews.example", created=60, signal="corrected",
        earlier=((0, "Gates opened", f"{LEAD}\n{WRONG}\n{REST}"),),
    )  # fmt: skip
    assert carried(record(2, LEAD, WRONG), record(3, LEAD, REST), by=agency) == ["2"]


@pytest.mark.parametrize("signal", ["withdrawn", "kill", "hold"])
def test_what_is_taken_back_is_stale_in_every_copy_that_is_still_in_its_feed(signal: Signal) -> None:
    gone = record(3, LEAD, WRONG)
    gone = replace(gone, removed=NINE)
    assert carried(record(2, LEAD), gone, record(4, LEAD, RIGHT), by=filing(signal)) == ["2", "4"]


def test_a_hold_that_was_released_is_over() -> None:
    released = record(
        1, LEAD, outlet="ptinews.example", created=60, earlier=((30, "HOLD: Gates opened", "HOLD: please wait"),)
    )
    assert corrections([released, record(2, LEAD)]) == ()


def test_a_correction_holds_after_a_later_take() -> None:
    longer = record(
        1, LEAD, RIGHT, REST, "More villages were warned at night.", outlet="ptinews.example", created=200,
        earlier=((0, "Gates opened", f"{LEAD}\n{WRONG}"), (60, "CORRECTED: Gates opened", f"{LEAD}\n{RIGHT}")),
    )  # fmt: skip
    (found,) = corrections([longer, record(2, LEAD, WRONG)])
    assert found.at == NINE + timedelta(minutes=60)
    assert found.carried_by == (f"{2:032x}",)


def test_a_correction_in_an_article_of_its_own_is_of_the_agencys_earlier_text() -> None:
    first = record(1, LEAD, WRONG, REST, outlet="ptinews.example")
    second = record(5, LEAD, RIGHT, REST, outlet="ptinews.example", minute=60, signal="corrected")
    (found,) = corrections([second, record(2, LEAD, WRONG, minute=5), first])
    assert [article[-1] for article in found.carried_by] == ["1", "2"]


def test_an_outlets_own_correction_is_not_the_agencys() -> None:
    agency = record(1, LEAD, WRONG, outlet="ptinews.example")
    outlet = record(2, LEAD, RIGHT, signal="corrected", created=30, earlier=((5, "Gates opened", f"{LEAD}\n{WRONG}"),))
    assert corrections([agency, outlet, record(3, LEAD, WRONG)]) == ()


def test_the_order_of_the_articles_does_not_matter() -> None:
    articles = [filing(), record(2, LEAD, WRONG, minute=3), record(3, LEAD, RIGHT), record(4, WRONG, minute=1)]
    assert corrections(articles) == corrections(articles[::-1])
    assert carried(*articles[1:]) == ["4", "2"]


def test_a_correction_without_a_time_of_its_own_has_none() -> None:
    """When it was fetched differs from run to run."""
    copy = record(2, LEAD, WRONG)
    found = corrections([filing(versioncreated=NINE, fetched=NINE + timedelta(minutes=63)), copy])
    assert [one.at for one in found] == [None]
    assert is_stale(copy.article, found)
    assert stale_since(copy.article, found) is None


def noted(note: str) -> Record:
    """The agency's article, corrected, with this note below it."""
    text = f"{LEAD}\n{RIGHT}\n"
    return record(
        1, LEAD, RIGHT, note, outlet="ptinews.example", signal="corrected",
        annotations=((len(text), len(text) + len(note)),),
    )  # fmt: skip


@pytest.mark.parametrize(
    "note",
    [
        "This story has been corrected to show that the release is 1,100 cusecs, not 11,000 cusecs.",
        "(Eds: Correcting para 2. It is 1,100 cusecs, not 11,000 cusecs as mentioned in an earlier version)",
        "(Corrects figure in second paragraph to 1,100 cusecs instead of 11,000 cusecs)",
        'Correction: An earlier version said "11,000 cusecs". It should have read "1,100 cusecs".',
        'This story has been updated to correct "11,000 cusecs" to "1,100 cusecs".',
    ],
)
def test_a_correction_whose_earlier_text_was_never_seen_is_read_off_its_note(note: str) -> None:
    assert carried(record(2, LEAD, WRONG), record(3, LEAD, RIGHT), record(4, REST), by=noted(note)) == ["2"]


@pytest.mark.parametrize("note", ["Download our app, not theirs.", "(Corrects spelling throughout)", "not", ", not ,"])
def test_a_note_that_names_no_words_lists_nobody(note: str) -> None:
    assert carried(record(2, LEAD, WRONG), by=noted(note)) == []
