"""Dead letters for people: which are chosen, which can be sent again, and that showing them harms nobody."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from schemas import dead_letters
from schemas.dead_letters import CUT_HEADER, Header
from schemas.topics import ARTICLES, CLEAN, RAW, RESOLVED
from stream_apps.runtime.dead_lettering import dead_letter
from stream_apps.runtime.stage_interface import Incoming
from wirecopy.cli import build
from wirecopy.dlq import shown
from wirecopy.dlq.letters import (
    Letter,
    LetterId,
    Note,
    Wanted,
    chosen,
    note_headers,
    read,
    refusal,
    resend,
    surveyed,
)
from wirecopy.dlq.topic import STREAMS, _together

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
ARTICLE = "0123456789abcdef0123456789abcdef"


@dataclass
class Record:
    """A message of the topic, as a client gives it."""

    headers: list[Header]
    partition: int = 2
    offset: int = 118
    key: bytes | None = ARTICLE.encode()
    value: bytes | None = b"{}"
    timestamp: int = round(NOW.timestamp() * 1000)


def letter(stage: str = "fingerprint", reason: str = "unexpected", **further: object) -> Letter:
    headers = dead_letters.headers(stage, reason, "it says why", "raw", at=(3, 77))
    found = read(Record(headers))
    assert isinstance(found, Letter)
    return replace(found, **further)  # type: ignore[arg-type]


# ---- what lies in the topic ------------------------------------------------------------------------------------


def test_a_letter_of_a_stage_says_where_the_message_was() -> None:
    message = Incoming("raw", 3, 77, b"key", b"value", None, [("traceparent", b"00-ab"), ("x-dlq-attempt", b"1")])
    written = dead_letter("fingerprint", message, "schema", "no such field")
    found = read(Record(list(written.headers), key=written.key, value=written.value))
    assert isinstance(found, Letter)
    assert (found.header("topic"), found.number("partition"), found.number("offset")) == ("raw", 3, 77)
    assert found.attempt == 2, "it had failed once before it was sent again"
    again = resend(found, "wirecopy")
    assert (again.topic, again.partition, again.key, again.value) == ("wirecopy.raw.v1", 3, b"key", b"value")
    assert again.headers == (("traceparent", b"00-ab"), ("x-dlq-attempt", b"2"))


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=30))
def test_any_headers_can_be_read(headers: list[Header]) -> None:
    found = read(Record(headers))
    if isinstance(found, Letter):
        assert found.attempt >= 1
        assert refusal(found, STREAMS, 3) is not None or found.number("partition") is not None


def test_a_note_settles_its_letter() -> None:
    one = letter()
    note = read(Record(note_headers(one, "sent again"), offset=119, value=None))
    assert note == Note(LetterId(2, 118), "sent again")
    records = [Record(list(one.headers)), Record(list(one.headers), offset=120)]
    notes = {LetterId(2, 118): "sent again"}
    assert [str(found.id) for found in chosen(records, notes, Wanted())] == ["2:120"]  # type: ignore[arg-type]
    both = list(chosen(records, notes, Wanted(done_too=True)))  # type: ignore[arg-type]
    assert [found.done for found in both] == ["sent again", None]


def test_a_note_has_every_header_that_a_letter_must_have() -> None:
    required = {name for name, _ in dead_letters.headers("stage", "reason", "detail", "topic")}
    assert required <= {name for name, _ in note_headers(letter(), "purged")}


def test_a_note_that_makes_no_sense_settles_nothing() -> None:
    headers = [*dead_letters.headers("operator", "purged", "", "raw"), ("x-dlq-letter", b"all of them")]
    assert read(Record(headers)) is None


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wanted(), True),
        (Wanted(stages=["tagging", "fingerprint"]), True),
        (Wanted(stages=["tagging"]), False),
        (Wanted(reasons=["unexpected"]), True),
        (Wanted(reasons=["schema"]), False),
        (Wanted(since=NOW), True),
        (Wanted(since=NOW + timedelta(seconds=1)), False),
        (Wanted(until=NOW), False),
        (Wanted(article="0123"), True),
        (Wanted(article="4567"), False),
        (Wanted(ids=[LetterId(2, 118)]), True),
        (Wanted(ids=[LetterId(2, 119)]), False),
        (Wanted(stages=["fingerprint"], reasons=["schema"]), False),
    ],
)
def test_letters_are_chosen_by_all_that_is_said(wanted: Wanted, taken: bool) -> None:
    assert wanted.takes(letter()) == taken


def test_an_article_is_found_in_what_others_say_of_it() -> None:
    other = letter(key=b"fedcba", value=b'{"members": ["' + ARTICLE.encode() + b'"]}')
    assert Wanted(article=ARTICLE).takes(other)
    assert not Wanted(article=ARTICLE[:8]).takes(other), "the start of an id is found in keys only"


@pytest.mark.parametrize("text", ["", "2", "2:", ":118", "2:118:1", "2:-1", "two:118", "2:1e3", "1" * 30 + ":1"])
def test_what_is_no_letter_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write PARTITION:OFFSET"):
        LetterId.parse(text)


# ---- sending again ---------------------------------------------------------------------------------------------


def test_only_topics_that_a_stage_takes_and_that_keep_everything_are_sent_to() -> None:
    assert {RAW.name, CLEAN.name, RESOLVED.name} == STREAMS
    assert ARTICLES.name not in STREAMS


def said(**values: str) -> Letter:
    headers = dict(dead_letters.headers("tagging", "unexpected", "", "resolved", at=(0, 1)))
    headers |= {f"x-dlq-{name}": value.encode() for name, value in values.items()}
    return letter(headers=tuple(headers.items()))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (said(), None),
        (said(attempt="2"), None),
        (said(attempt="3"), "failed 3 times already"),
        (said(stage="producer"), "a producer reads its feed anew"),
        (said(stage="indexing", topic="articles"), "of a compacted topic"),
        (said(topic="feeds"), "feeds is no topic that a stage takes"),
        (said(topic="../raw"), "is no topic that a stage takes"),
        (said(partition="-1"), "does not say which partition"),
        (letter(headers=(*said().headers, (CUT_HEADER, b"1000000"))), "it was cut, from 1000000 bytes"),
    ],
)
def test_a_letter_that_cannot_be_sent_again_shows_the_reason(found: Letter, why: str | None) -> None:
    refused = refusal(found, STREAMS, 3)
    assert refused is None if why is None else why in (refused or "")


@given(st.integers(0, 50), st.integers(1, 12))
def test_letters_go_in_order_some_at_a_time(count: int, most: int) -> None:
    letters = [letter(id=LetterId(0, number)) for number in range(count)]
    groups = list(_together(iter(letters), most))
    assert [one for group in groups for one in group] == letters
    assert all(1 <= len(group) <= most for group in groups)


# ---- showing ---------------------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07 \x9b2J \u202egnp.exe \u2066hidden\u2069 \u200b \ud800 \x00 \r\n"


def harmless(text: str, kept: str) -> bool:
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return all(char in kept or unicodedata.category(char) not in unseen for char in text)


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=80))
def test_nothing_of_a_letter_moves_the_cursor_or_hides(value: bytes, detail: str, stage: str) -> None:
    why = {"stage": stage, "reason": "schema", "detail": detail, "topic": "raw"}
    headers = tuple((f"x-dlq-{name}", text.encode(errors="replace")) for name, text in why.items())
    found = letter(headers=headers, value=value, size=len(value), key=value[:20])
    joiners = "\u200c\u200d"
    assert all(harmless(one, joiners) for one in shown.table([found]))
    assert all(harmless(one, "\t" + joiners) for one in shown.in_full(found, 100))
    assert harmless(shown.line(value, 50), joiners)


def test_what_is_escaped_can_still_be_read() -> None:
    assert shown.harmless("मुंबई café\tx") == "मुंबई café\\tx"
    assert shown.harmless(HOSTILE, kept="\n").startswith("\\x1b]0;owned\\x07 \\x9b2J \\u202egnp.exe")


def test_a_letter_is_shown_with_all_that_it_says() -> None:
    body = b'{"headline": "Ferry stopped"}\nsecond line\x1b[2J'
    lines = shown.in_full(letter(value=body, size=len(body)), 35)
    assert lines[0] == "letter     2:118, written 2026-11-30T04:00:00+00:00"
    assert "x-dlq-detail: it says why" in lines
    assert '{"headline": "Ferry stopped"}' in lines
    assert lines[-1] == "… 10 bytes more: --bytes, or --raw for all of it as it is"


def test_letters_are_counted_by_what_they_are() -> None:
    letters = [letter(), letter(reason="schema"), letter()]
    assert shown.counts(letters) == [("fingerprint", "unexpected", 2), ("fingerprint", "schema", 1)]
    head, row = shown.table([letter(done="sent again")])
    assert head.split() == ["LETTER", "WRITTEN", "STAGE", "REASON", "FAILED", "KEY", "DETAIL"]
    assert row.startswith("2:118   2026-11-30 04:00Z  fingerprint  unexpected  1")
    assert row.endswith("(sent again) it says why")


# ---- throwing away ----------------------------------------------------------------------------------------------


def topic_of(*lines: str) -> list[Record]:
    """Messages of partition 2 from offset 5: ``f`` and ``t`` are letters of fingerprint and tagging, a number is the
    offset of the letter that a note is of.
    """
    found = []
    for offset, line in enumerate(lines, start=5):
        if line.isdigit():
            headers = note_headers(letter(id=LetterId(2, int(line))), "purged")
        else:
            headers = list(letter({"f": "fingerprint", "t": "tagging"}[line]).headers)
        found.append(Record(headers, offset=offset))
    return found


@pytest.mark.parametrize(
    ("lines", "stages", "chosen_at", "notes_at", "freed"),
    [
        (["f", "f"], [], [5, 6], [7, 8], {2: (5, 9)}),
        (["f", "t", "f"], ["fingerprint"], [5, 7], [8, 9], {2: (5, 6)}),
        (["t", "f"], ["fingerprint"], [6], [7], {}),
        (["f", "5", "t"], ["tagging"], [7], [8], {2: (5, 9)}),
        (["f", "5"], [], [], [], {2: (5, 7)}),
        # Somebody has written a letter between the reading and the notes: it is not known, and stays.
        (["f", "f"], [], [5, 6], [8, 9], {2: (5, 7)}),
        ([], [], [], [], {}),
    ],
)
def test_one_reading_says_what_is_chosen_and_what_goes(
    lines: list[str], stages: list[str], chosen_at: list[int], notes_at: list[int], freed: dict[int, tuple[int, int]]
) -> None:
    found = surveyed(iter(topic_of(*lines)), Wanted(stages=stages))
    assert [one.id.offset for one in found.chosen] == chosen_at
    assert all(one.value == b"" for one in found.chosen)
    assert found.freed_by([LetterId(2, offset) for offset in notes_at]) == freed


@given(st.lists(st.sampled_from("ft"), max_size=12), st.sets(st.integers(5, 16)), st.booleans())
def test_no_open_letter_is_ever_deleted(kinds: list[str], noted: set[int], tagging: bool) -> None:
    lines = [*kinds, *(str(offset) for offset in sorted(noted))]
    found = surveyed(topic_of(*lines), Wanted(stages=["tagging"] if tagging else []))
    after = [LetterId(2, 5 + len(lines) + number) for number in range(len(found.chosen))]
    left = found.open - {one.id for one in found.chosen}
    for number, (first, end) in found.freed_by(after).items():
        assert not [one for one in left if one.partition == number and first <= one.offset < end]


def test_the_options_that_choose_letters_are_those_of_both_commands() -> None:
    for command in ("send", "purge"):
        told = CliRunner().invoke(build(["dlq", command]), ["dlq", command, "--help"], env={"COLUMNS": "200"}).output
        for option in ("letters...", "--stage", "--reason", "--since", "--until", "--article", "--all", "--dry-run"):
            assert option in told, f"{command} {option}"
        assert "wanted" not in told
