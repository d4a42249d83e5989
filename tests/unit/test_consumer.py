"""A consumer that keeps only strictly newer versions ends with the truth: the promise that the contract makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.examples import EXAMPLES
from schemas.ids import article_id
from schemas.public_records import Event, EventStory, PublishedArticle, Story, StoryEvent
from schemas.record import Record
from schemas.versions import MAX_OFFSET, MAX_STEP, PER_SECOND, epoch_at, version
from tests.consumer import Consumer

IDS = tuple(article_id("ledger.example", str(number)) for number in range(4))
(ARTICLE,) = (record for record in EXAMPLES["articles"].values() if isinstance(record, PublishedArticle))


@dataclass(frozen=True)
class Sent:
    """A message of a public topic."""

    topic: str
    key: str
    record: Record


def article(number: int, story: int, clock: int) -> Sent:
    told = ARTICLE.article.model_copy(update={"id": IDS[number], "headline": f"at {clock}"})
    place = ARTICLE.place.model_copy(update={"story": IDS[story]})
    record = ARTICLE.model_copy(update={"article": told, "place": place, "version": version(1, clock)})
    return Sent("articles", IDS[number], record)


def story(number: int, clock: int, *, redirect: int | None = None, event: int | None = None) -> Sent:
    if redirect is not None:
        return Sent("stories", IDS[number], Story(id=IDS[number], version=version(1, clock), redirect_to=IDS[redirect]))
    told = StoryEvent(id=IDS[event], origins=("PTI",)) if event is not None else None
    return Sent(
        "stories", IDS[number], Story(id=IDS[number], version=version(1, clock), headline=f"at {clock}", event=told)
    )


def event(number: int, clock: int, stories: Sequence[int] = (), *, redirect: int | None = None) -> Sent:
    record = Event(
        id=IDS[number],
        version=version(1, clock, 1),
        redirect_to=None if redirect is None else IDS[redirect],
        stories=tuple(EventStory(story=IDS[each], headline="h", articles=1, outlets=1) for each in stories),
        stories_count=len(stories),
    )
    return Sent("events", IDS[number], record)


def give(consumer: Consumer, messages: Sequence[Sent]) -> None:
    for sent in messages:
        consumer.take(sent.topic, sent.key.encode(), sent.record.to_bytes())


@st.composite
def histories(draw: st.DrawFn) -> list[Sent]:
    """What wirecopy publishes as its clock goes on: of each key, versions that only rise."""
    sent: list[Sent] = []
    for clock in range(draw(st.integers(1, 25))):
        number, other = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        # A redirect leads to a smaller number, so none goes in a circle, as in the stream.
        lower = draw(st.integers(0, number - 1)) if number else None
        match draw(st.sampled_from(("article", "story", "merged", "event", "ended"))):
            case "article":
                sent.append(article(number, other, clock))
            case "merged" if lower is not None:
                sent += [
                    story(number, clock, redirect=lower),
                    story(lower, clock),
                    event(number, clock, redirect=lower),
                ]
            case "event":
                sent += [event(number, clock, (number, other)), story(number, clock, event=number)]
            case "ended":
                sent += [event(number, clock), story(number, clock)]
            case _:
                sent.append(story(number, clock))
    return sent


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Sent], list[Sent]]:
    """A history, and the same as a consumer may get it.

    Topics are interleaved at will, each in its own order; now and then a topic goes back to an earlier message; a
    message that a later one of its key replaces may be missing, since topics are compacted.
    """
    history = draw(histories())
    queues = {topic: [sent for sent in history if sent.topic == topic] for topic in ("articles", "stories", "events")}
    for topic, queue in queues.items():
        newest = {sent.key: sent for sent in queue}
        queues[topic] = [sent for sent in queue if newest[sent.key] is sent or draw(st.booleans())]
    places = dict.fromkeys(queues, 0)
    got: list[Sent] = []
    rewinds = draw(st.integers(0, 6))
    while open_topics := [topic for topic, queue in queues.items() if places[topic] < len(queue)]:
        topic = draw(st.sampled_from(open_topics))
        got.append(queues[topic][places[topic]])
        places[topic] += 1
        if rewinds and draw(st.booleans()):
            rewinds -= 1
            places[topic] = draw(st.integers(0, places[topic]))
    return history, got


@given(deliveries())
def test_strictly_newer_versions_are_enough_to_end_with_the_truth(delivery: tuple[list[Sent], list[Sent]]) -> None:
    history, got = delivery
    truth = {(sent.topic, sent.key): json.loads(sent.record.to_bytes()) for sent in history}
    consumer = Consumer()
    give(consumer, got)
    assert {(topic, key): r for topic, records in consumer.records.items() for key, r in records.items()} == truth


@given(deliveries())
def test_a_second_delivery_of_everything_changes_nothing(delivery: tuple[list[Sent], list[Sent]]) -> None:
    _, got = delivery
    consumer = Consumer()
    give(consumer, got)
    before = {topic: dict(records) for topic, records in consumer.records.items()}
    ignored = consumer.ignored
    give(consumer, got)
    assert consumer.records == before
    assert consumer.ignored == ignored + len(got)


def test_an_article_can_come_before_its_story() -> None:
    consumer = Consumer()
    give(consumer, [article(1, story=0, clock=5)])
    assert consumer.story_of(IDS[1]) is None
    give(consumer, [story(0, clock=5)])
    assert consumer.story_of(IDS[1]) == consumer.records["stories"][IDS[0]]


def test_redirects_are_followed_to_the_story_that_there_is() -> None:
    consumer = Consumer()
    give(consumer, [story(0, 1), story(1, 2), story(2, 3), article(3, story=2, clock=3)])
    give(consumer, [story(2, 4, redirect=1), story(1, 5, redirect=0), story(0, 5)])
    assert consumer.stories().keys() == {IDS[0]}
    found = consumer.story_of(IDS[3])
    assert found is not None
    assert found["id"] == IDS[0]


def test_an_event_shrinks_by_a_record_with_fewer_stories_and_ends_by_one_with_none() -> None:
    consumer = Consumer()
    give(consumer, [event(0, 1, (0, 1, 2)), story(0, 1, event=0)])
    give(consumer, [event(0, 2, (0, 1))])
    assert [each["story"] for each in consumer.events()[IDS[0]]["stories"]] == [IDS[0], IDS[1]]
    give(consumer, [event(0, 3)])
    assert consumer.events() == {}
    assert consumer.event_of(IDS[0]) is None, "the story's own record, without the event, is still to come"


def test_an_event_that_went_into_another_is_found_there() -> None:
    consumer = Consumer()
    give(consumer, [event(1, 1, (1, 2)), story(1, 1, event=1), event(1, 2, redirect=0), event(0, 2, (0, 1, 2))])
    found = consumer.event_of(IDS[1])
    assert found is not None
    assert found["id"] == IDS[0]


# ---- versions -------------------------------------------------------------------------------------------------

SECONDS_IN_2070 = 50 * 366 * 86_400
clocks = st.tuples(st.integers(0, SECONDS_IN_2070), st.integers(0, MAX_OFFSET), st.integers(0, MAX_STEP))


@given(clocks, clocks)
def test_versions_of_one_epoch_are_ordered_by_offset_and_step(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    epoch = one[0]
    assert (version(epoch, *one[1:]) < version(epoch, *other[1:])) == (one[1:] < other[1:])


@given(clocks, st.integers(1, 10**8), st.data())
def test_a_later_epoch_has_higher_versions_than_all_that_was_published_before_it(
    later: tuple[int, int, int], seconds: int, data: st.DataObject
) -> None:
    """Also when Kafka is lost twice within an hour, and nobody knows the epoch before."""
    published = data.draw(st.integers(0, min(MAX_OFFSET, seconds * PER_SECOND - 1)))
    epoch, offset, step = later
    assert version(epoch + seconds, offset, step) > version(epoch, published, MAX_STEP)


@given(clocks)
def test_a_version_is_exact_in_a_reader_that_knows_only_doubles(clock: tuple[int, int, int]) -> None:
    number = version(*clock)
    assert int(float(number)) == number
    assert number < 2**53


def test_a_new_epoch_is_the_second_in_which_it_begins() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert epoch_at(now + timedelta(seconds=1), last=epoch_at(now)) == epoch_at(now) + 1


def test_a_clock_that_was_put_back_makes_no_version_lower() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    last = epoch_at(now + timedelta(days=1))
    assert version(epoch_at(now, last), 0) > version(last, MAX_OFFSET, MAX_STEP)
