"""What says that a name is a work's: a film's, a song's, a book's."""

from __future__ import annotations

import re

from stream_apps.tagging.cues.cue import Around, Before
from stream_apps.tagging.normalise import words
from stream_apps.tagging.vocabulary import REPORTS

FILM_BEFORE = Before(
    re.compile(r"(?<![\w-])(?:film|movie|blockbuster|web series|sitcom) $"),
    reach=12,
    says="a work",
    example="The film [Rangoli] did well.",
    counter_example="The filmmaker [Rangoli] did well.",
)
QUOTED_WORK_BEFORE = Before(
    re.compile(
        r"(?<![\w-])(?:song|film|movie|album|track|single|book|novel|series|show|serial|poem|play|anthem|documentary|"
        r"titled|called),? ['\"]$"
    ),
    reach=20,
    says="a work, if the quotation mark is closed behind it",
    example="He sang the song '[Neela Gagan]' today.",
    counter_example="He sang the '[Neela Gagan]' today.",
)
WORKS_AROUND = Around(
    re.compile(
        r"(?<![\w-])(?:films?|movies?|songs?|albums?|tracks?|singles?|books?|novels?|series|shows?|serials?|poems?|"
        r"plays?|anthem|documentary|titled|entitled|episodes?|podcast|paintings?|magazine|journal|published|author\w*|"
        r"writer|wrote|written|singer|actor|actress|starr\w+|directed|director|sequel|trailer|box office|audience\w*|"
        r"memoir|biography|essay|opera|sculpture|portrait|tv|television|epics?|scriptures?)(?![\w-])",
        re.IGNORECASE,
    ),
    reach=40,
    says="what the model takes for a work is one",
    example="The actress of [Neela Gagan] came.",
    counter_example="Here you can [Read Full Story] now.",
)


def is_quoted_work(text: str, start: int, end: int) -> bool:
    """Whether a name is that of a film, or in quotation marks of a song or book: "the song 'Neela Aakash'"."""
    if FILM_BEFORE.find(text, start, end):
        return True
    return text[end : end + 1] in {"'", '"'} and bool(QUOTED_WORK_BEFORE.find(text, start, end))


def is_beside_works(text: str, start: int, end: int) -> bool:
    """Whether a work is spoken of as one, near its name: "the actress of 'Neela Aakash'"; not "Read Full Story"."""
    name = words(text[start:end])
    return not REPORTS.isdisjoint(name[-1:]) or bool(WORKS_AROUND.find(text, start, end))
