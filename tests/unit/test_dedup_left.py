"""An article that a new text takes out of its story says which it left."""

from __future__ import annotations

from schemas.ids import article_id
from schemas.public_records import Article, Place
from stream_apps.dedup.replay import Replay
from tests.unit.dedup_world import article, deliver, message, prose

WIRE, OTHER = prose(1, 200), prose(2, 200)
MOVING = article_id("chronicle.example", "moving")


def world() -> list[Article]:
    return [
        article("filing", WIRE, outlet="agency.example", minute=1, agency="PTI"),
        article("other", OTHER, outlet="agency.example", minute=2, agency="PTI"),
        article("moving", WIRE[:160], outlet="chronicle.example", minute=3),
    ]


def after(*revisions: Article) -> tuple[Replay, Place]:
    """What is told of the article once its texts have come, one after the other had its story found."""
    replay = deliver(map(message, world()))
    for one in revisions:
        replay.take([message(one)])
    return replay, replay.places()[MOVING]


def revision(number: int, words: list[str]) -> Article:
    return article("moving", words, outlet="chronicle.example", minute=3, revision=number)


def test_a_new_text_that_shares_nothing_with_the_story_has_left_it() -> None:
    _, before = after()
    replay, now = after(revision(2, OTHER[:160]))
    assert before.previous_story is None
    assert now.story == article_id("agency.example", "other")
    assert now.previous_story is not None
    assert (now.previous_story.story, now.previous_story.revision) == (before.story, 2)
    assert now.previous_story.at == revision(2, []).versioncreated
    (told,) = [record for record in replay.resolved() if MOVING in record.left]
    assert told.story == before.story


def test_a_new_text_that_stays_has_left_nothing() -> None:
    _, now = after(revision(2, [*WIRE[:150], *prose(5, 10)]))
    assert now.previous_story is None


def test_what_was_left_is_still_told_after_others_have_come() -> None:
    replay, left = after(revision(2, OTHER[:160]))
    replay.take([message(article("late", OTHER[20:], outlet="post.example", minute=1))])
    replay.take([message(article("again", WIRE[20:], outlet="post.example", minute=9))])
    assert replay.places()[MOVING].previous_story == left.previous_story is not None


def test_a_further_text_still_tells_of_it() -> None:
    _, left = after(revision(2, OTHER[:160]))
    _, now = after(revision(2, OTHER[:160]), revision(3, OTHER[:170]))
    assert now.previous_story == left.previous_story is not None


def test_leaving_for_nowhere_is_told_too() -> None:
    _, now = after(revision(2, prose(7, 120)))
    assert now.story == MOVING
    assert now.previous_story is not None


def test_two_texts_in_one_batch_tell_of_what_the_first_left() -> None:
    replay = deliver(map(message, world()))
    replay.take([message(revision(2, prose(7, 120))), message(revision(3, prose(8, 120)))])
    left = replay.places()[MOVING].previous_story
    assert left is not None
    assert left.story == article_id("agency.example", "filing")


def test_the_first_article_leaves_a_story_that_has_another_name_since() -> None:
    moving = article("moving", WIRE[:160], outlet="chronicle.example", minute=0)
    replay = deliver(map(message, [*world()[:2], moving]))
    assert replay.places()[MOVING].story == MOVING
    replay.take([message(article("moving", OTHER[:160], outlet="chronicle.example", minute=0, revision=2))])
    left = replay.places()[MOVING].previous_story
    assert left is not None
    assert left.story == article_id("agency.example", "filing")


def test_an_article_that_comes_back_has_left_nothing() -> None:
    _, now = after(revision(2, OTHER[:160]), revision(3, WIRE[:150]))
    assert now.story == article_id("agency.example", "filing")
    assert now.previous_story is not None  # it was in the other story meanwhile
    _, now = after(revision(2, prose(7, 120)), revision(3, WIRE[:150]))
    assert now.previous_story is None
