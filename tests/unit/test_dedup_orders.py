"""What the engine decides is a function of the texts: any order of arrival, any batches, with revisions and repeats."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.public_records import Article
from stream_apps.dedup import engine
from tests.unit.dedup_world import (
    ORDERS,
    article,
    copies,
    deliver,
    message,
    nearly_identical,
    of_one_outlet,
    ordered,
    prose,
    removal,
    result,
    stories_of,
)

pytestmark = pytest.mark.once

OTHERS = ("reverse", "jittered", "random")


def revised(articles: list[Article], every: int) -> list[Article]:
    """The articles, some of them with a second text that comes after a while."""
    later = [
        one.model_copy(update={"revision": 2, "text": f"{one.text} {' '.join(prose(9000 + number, 25))}"})
        for number, one in enumerate(articles)
        if number % every == 0
    ]
    return articles + later


@pytest.mark.parametrize("order", OTHERS)
def test_120_varied_copies_of_a_day_are_the_same_in_any_order(order: str) -> None:
    articles = list(copies(120))
    natural = result(deliver(map(message, articles)))
    assert len(stories_of(natural["places"])) == 1
    assert result(deliver(map(message, ordered(articles, order)), batch=7)) == natural


@pytest.mark.parametrize("order", OTHERS)
def test_200_items_of_one_outlet_are_the_same_in_any_order(order: str) -> None:
    articles = list(of_one_outlet(200))
    natural = result(deliver(map(message, articles)))
    assert 20 < len(stories_of(natural["places"])) < 150
    assert result(deliver(map(message, ordered(articles, order)), batch=11)) == natural


@pytest.mark.parametrize("order", ["reverse", "random"])
@pytest.mark.parametrize("count", [150, pytest.param(2000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_nearly_identical_texts_are_the_same_in_any_order(order: str, count: int) -> None:
    articles = list(nearly_identical(count))
    natural = result(deliver(map(message, articles), batch=50))
    assert len(stories_of(natural["places"])) == 1
    assert result(deliver(map(message, ordered(articles, order)), batch=50)) == natural


@pytest.mark.parametrize("order", OTHERS)
def test_revised_articles_are_the_same_in_any_order(order: str) -> None:
    articles = revised([*copies(40), *copies(25, seed=2)], every=3)
    natural = result(deliver(map(message, articles)))
    assert len(stories_of(natural["places"])) == 2
    assert result(deliver(map(message, ordered(articles, order)), batch=5)) == natural


def test_what_was_decided_before_a_revision_leaves_no_trace() -> None:
    """The first and standing copies of a story are rewritten into something else: as if they had always been that."""
    articles = list(copies(60))
    other = [
        one.model_copy(update={"revision": 2, "text": " ".join(prose(7000 + number, 200))})
        for number, one in enumerate(articles[:12])
    ]
    with_trace = result(deliver(map(message, [*articles, *other])))
    without = result(deliver(map(message, [*other, *articles[12:]])))
    assert with_trace == without
    assert len(stories_of(with_trace["places"])) == 13


def changed(one: Article, rng: random.Random) -> Article:
    """The article with a further text, most of which is the same."""
    words = one.text.split(" ")
    match rng.randrange(4):
        case 0:
            words[rng.randrange(len(words))] = f"mended{rng.randrange(1000)}"
        case 1:
            words = words[: max(20, len(words) * 4 // 5)]
        case 2:
            words += prose(rng.randrange(10_000), 25)
        case _:
            at = rng.randrange(len(words))
            words = [*words[at:], *words[:at]]
    return one.model_copy(update={"revision": one.revision + 1, "text": " ".join(words)})


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 20))
def test_small_changes_of_texts_leave_no_trace(seed: int, batch: int) -> None:
    """As if the articles had always had their last texts: what is kept of the earlier ones follows from these too."""
    rng = random.Random(seed)
    articles = [*copies(14, seed=seed), *copies(6, seed=seed + 1), *of_one_outlet(12), *nearly_identical(12)]
    last, values = {one.id: one for one in articles}, list(map(message, articles))
    for _ in range(25):
        one = changed(last[rng.choice(articles).id], rng)
        last[one.id] = one
        values.append(message(one))
    assert result(deliver(values, batch=batch)) == result(deliver(map(message, last.values())))


def test_messages_delivered_again_change_nothing() -> None:
    articles = revised(list(copies(30)), every=4)
    values = [message(one) for one in articles]
    rng = random.Random(4)
    repeated = [again for value in values for again in (value, *([value] if rng.random() < 0.5 else []))]
    assert result(deliver(repeated)) == result(deliver(values))


def test_an_article_that_is_gone_stays_a_copy_and_says_so() -> None:
    articles = list(copies(5))
    places = result(deliver([*map(message, articles), removal(articles[2])]))["places"]
    assert len(stories_of(places)) == 1
    assert [places[one.id]["removed"] is not None for one in articles] == [False, False, True, False, False]


def test_two_halves_that_one_article_joins_have_one_id_whichever_came_first() -> None:
    whole = prose(50, 400)
    first = article("first half", whole[:220], outlet="a.example", minute=1, agency="PTI")
    second = article("second half", whole[180:], outlet="b.example", minute=2, agency="PTI")
    bridge = article("bridge", whole, outlet="c.example", minute=3, agency="PTI")
    results = [
        result(deliver(map(message, order), batch=1))
        for order in ([first, second, bridge], [bridge, second, first], [second, bridge, first])
    ]
    assert results[0] == results[1] == results[2]
    assert {place["story"] for place in results[0]["places"].values()} == {first.id}


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_order_any_batches(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 10_000))
    articles = revised([*copies(12, seed=seed), *copies(9, seed=seed + 1), *of_one_outlet(12)], every=5)
    natural = result(deliver(map(message, articles), batch=1))
    shuffled = ordered(articles, data.draw(st.sampled_from(ORDERS)), data.draw(st.integers(0, 1000)))
    assert result(deliver(map(message, shuffled), batch=data.draw(st.integers(1, 30)))) == natural


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("at_once", "waiting"), [(1, 1), (3, 9), (64, 1), (64, 8)])
def test_what_waits_leaves_no_trace(order: str, at_once: int, waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little is done at once: stories are torn and joined again on the way."""
    articles = revised([*copies(12, seed=0), *copies(9, seed=1), *of_one_outlet(12)], every=5)
    natural = result(deliver(map(message, articles)))
    for kind in ("COMPARISONS", "VIEWS"):
        monkeypatch.setattr(engine, kind, at_once)
        monkeypatch.setattr(engine, f"WAITING_{kind}", waiting)
        monkeypatch.setattr(engine, f"IDLE_{kind}", waiting)
    assert result(deliver(map(message, ordered(articles, order)), batch=1)) == natural


def test_a_text_that_lived_for_less_than_a_batch_is_sent_as_history() -> None:
    first = article("live page", prose(60, 120), outlet="a.example")
    texts = [first.model_copy(update={"revision": number, "text": f"{first.text} {number}"}) for number in (1, 2, 3)]
    replay = deliver(map(message, texts), batch=3)
    assert [text.revision for record in replay.resolved() for text in record.texts] == [1, 2, 3]
    split = deliver(map(message, [*texts, first.model_copy(update={"revision": 4})]), batch=2)
    assert [text.revision for record in split.resolved() for text in record.texts] == [1, 2, 3, 4]
