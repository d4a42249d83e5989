"""What an outlet prints under many stories is learned day by day, and is neither compared nor tagged."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.clean import Clean
from schemas.feed_records import RawEntry
from schemas.ids import article_id
from schemas.public_records import Article
from schemas.topics import CLEAN, RAW
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint.app import stage
from stream_apps.fingerprint.boilerplate import HOLDERS, Lesson, boilerplate, learn, lesson, pieces
from stream_apps.fingerprint.epochs import AnnotatedArticle, Epochs, Row, pack, unpack
from stream_apps.runtime.memory_broker import Delivery, MemoryBroker
from stream_apps.runtime.stage_interface import Outgoing
from stream_apps.runtime.state_store import StateStore
from tests.unit.dedup_world import START, WORDS, article
from wirecopy.settings import DedupSettings, KafkaSettings, Settings

FOOTER = "The Wire is a cooperative of four hundred members and carries the flag of no party. Ring the desk until two."
SHORT = "Ring the desk."


def words(seed: int, count: int) -> list[str]:
    """Words that no other seed has."""
    rng = random.Random(seed)
    return ["".join(rng.choices("abdefgiklmnoprstuvz", k=7)) for _ in range(count)]


def sentences(seed: int, count: int = 6) -> str:
    """Sentences of a story of its own."""
    return " ".join(" ".join(words(seed * 100 + number, 12)).capitalize() + "." for number in range(count))


def lessons(texts: Sequence[tuple[str, str]]) -> list[Lesson]:
    return [lesson(headline, text, pieces(text)) for headline, text in texts]


def marked(text: str, learned: frozenset[int]) -> list[str]:
    return [text[start:end] for start, end in boilerplate(pieces(text), learned)]


def test_a_sentence_under_unrelated_stories_is_boilerplate() -> None:
    texts = [(" ".join(words(seed, 5)), f"{sentences(seed)}\n{FOOTER}") for seed in range(HOLDERS)]
    assert " ".join(marked(texts[0][1], learn(lessons(texts)))) == FOOTER
    assert marked(texts[0][1], learn(lessons(texts[1:]))) == []


def test_five_updates_of_one_story_teach_nothing() -> None:
    story = sentences(1, 8)
    texts = [("Ferry sinks off Marnu", f"{story} {sentences(50 + number, 2)}") for number in range(5)]
    assert learn(lessons(texts)) == frozenset()


def test_a_short_sentence_counts_only_beside_boilerplate_or_by_itself() -> None:
    inside = f"{sentences(1, 2)} {SHORT} {sentences(2, 2)}"
    learned = frozenset(piece.value for piece in pieces(SHORT))
    assert marked(inside, learned) == []
    assert marked(f"{sentences(1)}\n{SHORT}", learned) == [SHORT]
    beside = f"{sentences(1)} {FOOTER} {SHORT}"
    assert marked(beside, learned | {piece.value for piece in pieces(FOOTER)})[-1] == SHORT


def test_what_is_most_of_a_text_is_its_story() -> None:
    text = f"Today. {FOOTER}"
    assert marked(text, frozenset(piece.value for piece in pieces(text))) == []


def test_pieces_leave_out_what_the_rules_have_marked() -> None:
    text = f"{sentences(1, 2)}\n{FOOTER}"
    start = text.index(FOOTER)
    assert all(piece.end <= start for piece in pieces(text, [(start, len(text))]))
    assert [text[p.start : p.end] for p in pieces(text)][-1] == "Ring the desk until two."


def test_a_row_comes_back_as_it_was() -> None:
    taught = lesson("A headline of words", FOOTER, pieces(FOOTER))
    row = Row(738000, 2, "gazette-é.example", taught)
    assert unpack(b"before" + pack(row), 6) == (row, len(pack(row)) + 6)


def published(name: str, day: int, text: str, revision: int = 1) -> Article:
    one = article(name, [text], outlet="wire.example", revision=revision)
    return one.model_copy(update={"headline": " ".join(words(hash_of(name), 5)), "first_seen": START + timedelta(day)})


def hash_of(name: str) -> int:
    return int(article_id("wire.example", name)[:6], 16)


def day_of_stories(day: int, count: int = 4) -> list[Article]:
    return [published(f"{day}-{n}", day, f"{sentences(day * 10 + n)}\n{FOOTER}") for n in range(1, count + 1)]


class Log:
    """Epochs over rows, with the changelog that is left when their process is gone."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.restart()

    def restart(self) -> None:
        self._rows = StateStore()
        self._rows.load(0, dict(self.kept))
        self._epochs = Epochs(self._rows, 7)

    def read(self, articles: Sequence[Article]) -> list[Article]:
        return [self._read(one) for one in articles]

    def _read(self, article: Article) -> Article:
        return self.reading(article).article

    def reading(self, article: Article, engine: int = 0) -> AnnotatedArticle:
        read = self._epochs.read(0, article, engine)
        for change in self._rows.take_changes():
            self.kept.pop(change.key, None)
            if change.value is not None:
                self.kept[change.key] = change.value
        self._rows.commit()
        return read


def test_an_epoch_begins_with_the_day_and_is_stamped() -> None:
    log = Log()
    first, second = (log.read(day_of_stories(day)) for day in (1, 2))
    assert {one.boilerplate_epoch for one in first} == {0}
    (epoch,) = {one.boilerplate_epoch for one in second}
    assert epoch == (START + timedelta(2)).date().toordinal() - 719163
    assert all(one.text[one.annotations[0][0] :] == FOOTER for one in second)


def test_a_revision_and_a_repetition_teach_nothing_new() -> None:
    log = Log()
    log.read(day_of_stories(1))
    before = dict(log.kept)
    log.read([published("1-1", 1, sentences(99), revision=2), day_of_stories(1)[0]])
    assert log.kept == before


def test_rows_leave_with_the_window_whoever_publishes() -> None:
    log = Log()
    log.read(day_of_stories(1))
    (late,) = log.read([published("late", 9, sentences(5)).model_copy(update={"outlet": "other.example"})])
    assert late.boilerplate_epoch == 0
    assert set(log.kept) == {bytes.fromhex(late.id)}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), restart=st.integers(0, 8))
def test_order_within_a_day_and_a_restart_change_nothing(seed: int, restart: int) -> None:
    rng = random.Random(seed)
    arrivals: list[Article] = []
    for day in (1, 2):
        today = day_of_stories(day)
        rng.shuffle(today)
        arrivals += today
    log = Log()
    read = log.read(arrivals[:restart])
    log.restart()
    read += log.read(arrivals[restart:])
    expected = Log().read([*day_of_stories(1), *day_of_stories(2)])
    assert sorted(read, key=lambda a: a.id) == sorted(expected, key=lambda a: a.id)


def entry(outlet: str, name: str, day: int, text: str) -> RawEntry:
    seen = START + timedelta(day)
    return RawEntry(
        article=article_id(outlet, name),
        revision=1,
        content_hash="",
        feed=outlet,
        outlet=outlet,
        headline=" ".join(words(hash_of(name), 5)),
        content="".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n")),
        first_seen=seen,
        fetched=seen,
    )


OUTLETS = ("wire.example", "post.example", "ledger.example")


def two_days() -> list[list[RawEntry]]:
    """Three outlets, each with a footer of its own; on the second day all of them also bring one copied story."""
    days = []
    for day in (1, 2):
        today = []
        for number, outlet in enumerate(OUTLETS):
            footer = " ".join([*WORDS[number : number + 15], outlet.split(".", maxsplit=1)[0]]).capitalize() + "."
            texts = {f"{day}-{number}-{n}": sentences(day * 100 + number * 10 + n) for n in range(4)}
            if day == 2:
                texts[f"copy-{number}"] = sentences(7000, 3)
            today += [entry(outlet, name, day, f"{text}\n{footer}") for name, text in texts.items()]
        days.append(today)
    return days


def stories(days: list[list[RawEntry]], partitions: int, shuffle: random.Random | None) -> dict[str, str]:
    broker = MemoryBroker(partitions, Delivery(shuffle, 0.2 if shuffle else 0.0))
    broker.attach([stage(Settings(kafka=KafkaSettings(partitions=partitions)))])
    for today in days:
        for one in today:
            place = OUTLETS.index(one.outlet) % partitions
            broker.send([Outgoing(RAW, one.article.encode(), one.to_bytes(), partition=place)])
        broker.run()
    values = [message.value for message in broker.sent[CLEAN.name]]
    assert {Clean.from_bytes(value).read_article().boilerplate_epoch > 0 for value in values} == {False, True}
    replay = Replay(7)
    replay.take(values)
    return {article: place.story for article, place in replay.places().items()}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), partitions=st.sampled_from([1, 3, 8]))
def test_any_order_within_the_day_over_any_partitions_gives_the_same_stories(seed: int, partitions: int) -> None:
    rng = random.Random(seed)
    days = two_days()
    for today in days:
        rng.shuffle(today)
    assert stories(days, partitions, rng) == stories(two_days(), 1, None)


@pytest.mark.parametrize("partitions", [1, 8])
def test_the_copies_of_the_second_day_are_one_story(partitions: int) -> None:
    found = stories(two_days(), partitions, None)
    copies = {found[article_id(outlet, f"copy-{number}")] for number, outlet in enumerate(OUTLETS)}
    assert len(copies) == 1
    assert len(set(found.values())) == len(found) - 2


# ---- who is late, and who moves to another language ----------------------------------------------------------


def test_an_article_belongs_to_the_epoch_of_the_day_on_which_it_was_first_seen() -> None:
    log = Log()
    log.read([*day_of_stories(1), *day_of_stories(2)])
    (late,) = log.read([published("late", 1, f"{sentences(77)}\n{FOOTER}")])
    (today,) = log.read([published("today", 2, f"{sentences(78)}\n{FOOTER}")])
    assert late.boilerplate_epoch == 0
    assert late.annotations == ()
    assert today.boilerplate_epoch > 0
    assert [today.text[start:end] for start, end in today.annotations] != []


def test_who_is_late_teaches_from_the_day_after_the_one_in_which_he_came() -> None:
    log = Log()
    on_time = day_of_stories(1, count=HOLDERS - 1)
    log.read([*on_time, published("day 2", 2, sentences(60))])
    log.read([published("late", 1, f"{sentences(77)}\n{FOOTER}")])
    same_day, next_day = log.read([published(f"asks {day}", day, f"{sentences(80 + day)}\n{FOOTER}") for day in (2, 3)])
    assert same_day.boilerplate_epoch == 0
    assert next_day.boilerplate_epoch > 0


@pytest.mark.parametrize("restart", [False, True])
def test_a_later_text_stays_with_the_engine_of_the_first(restart: bool) -> None:
    log = Log()
    first = log.reading(published("moving", 1, sentences(1)), engine=1)
    if restart:
        log.restart()
    second = log.reading(published("moving", 1, sentences(2), revision=2), engine=0)
    assert (first.engine, second.engine) == (1, 1)


def test_removals_and_revisions_go_to_the_engine_of_the_first_text() -> None:
    broker = MemoryBroker(1)
    broker.attach([stage(Settings(kafka=KafkaSettings(partitions=1), dedup=DedupSettings(engine_languages=("hi",))))])
    first = entry("wire.example", "moving", 1, sentences(1)).model_copy(update={"language": "hi-IN"})
    second = first.model_copy(update={"language": "en", "revision": 2})
    gone = first.model_copy(update={"revision": 3, "removed": START + timedelta(1), "content": None})
    other = entry("wire.example", "other", 1, sentences(2)).model_copy(update={"language": "en"})
    for one in (first, second, gone, other):
        broker.send([Outgoing(RAW, one.article.encode(), one.to_bytes())])
    broker.run()
    assert [message.partition for message in broker.sent[CLEAN.name]] == [1, 1, 1, 0]
