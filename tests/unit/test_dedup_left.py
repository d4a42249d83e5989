"""An article that a new text takes out of its family says which it left."""

from __future__ import annotations

from schemas.ids import article_id
from schemas.records import Article, Membership
from stream_apps.dedup.fingerprinting import publish
from stream_apps.runtime.memory import MemoryBroker
from tests.unit.dedup_world import article, deliver, prose, told_memberships

WIRE, OTHER = prose(1, 200), prose(2, 200)
MOVING = article_id("chronicle.example", "moving")


def world() -> list[Article]:
    return [
        article("filing", WIRE, outlet="agency.example", minute=1, agency="PTI"),
        article("other", OTHER, outlet="agency.example", minute=2, agency="PTI"),
        article("moving", WIRE[:160], outlet="chronicle.example", minute=3),
    ]


def after(*revisions: Article) -> tuple[MemoryBroker, Membership]:
    """What is told of the article once its texts have come, one after the other had its family found."""
    broker = deliver(world())
    for one in revisions:
        broker.send(publish(one, 1))
        broker.run()
    return broker, told_memberships(broker)[MOVING]


def revision(number: int, words: list[str]) -> Article:
    return article("moving", words, outlet="chronicle.example", minute=3, revision=number)


def test_a_new_text_that_shares_nothing_with_the_family_has_left_it() -> None:
    before = told_memberships(deliver(world()))[MOVING]
    _, now = after(revision(2, OTHER[:160]))
    assert before.left is None
    assert now.family != before.family
    assert now.left is not None
    assert (now.left.family, now.left.revision) == (before.family, 2)
    assert now.left.at == revision(2, []).versioncreated


def test_a_new_text_that_stays_has_left_nothing() -> None:
    _, now = after(revision(2, [*WIRE[:150], *prose(5, 10)]))
    assert now.left is None


def test_what_was_left_is_still_told_after_others_have_come() -> None:
    broker, left = after(revision(2, OTHER[:160]))
    broker.send(publish(article("late", OTHER[20:], outlet="post.example", minute=9), 1))
    broker.run()
    assert told_memberships(broker)[MOVING].left == left.left is not None


def test_leaving_for_nowhere_is_told_too() -> None:
    _, now = after(revision(2, prose(7, 120)))
    assert now.family == MOVING
    assert now.left is not None
