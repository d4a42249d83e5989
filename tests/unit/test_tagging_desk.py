"""What is published does not depend on the order in which articles, moves and texts reach the owners of families."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Article, Membership, PublishedArticle, Resolved, Story
from schemas.topics import ARTICLES, RESOLVED, STORIES, TAGGING_STATE
from stream_apps.dedup.fingerprinting import publish
from stream_apps.dedup.wiring import stages
from stream_apps.runtime.memory import Delivery, MemoryBroker, latest
from stream_apps.runtime.messages import Outgoing, StageSpec
from stream_apps.runtime.rows import Rows
from stream_apps.tagging import alias_set
from stream_apps.tagging.desk import TaggingDesk
from stream_apps.tagging.pipeline import RawMention
from tests.unit.dedup_world import article, prose
from wirecopy.settings import KafkaSettings, Settings

ALIASES = alias_set.compile_entities([])
WIRE, OTHER = prose(1, 200), prose(2, 200)


class CapitalsModel:
    """Takes every capitalised word for a person: enough to see mentions travel with their text."""

    def __init__(self) -> None:
        self.tagged: list[str] = []

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        self.tagged += paragraphs
        return [tuple(_capitals(paragraph)) for paragraph in paragraphs]


def _capitals(paragraph: str) -> list[RawMention]:
    return [(found.start(), found.end(), "PERSON") for found in re.finditer(r"[A-Z]\w+(?: [A-Z]\w+)*", paragraph)]


def named(words: Sequence[str], name: str) -> list[str]:
    """The words with a name in the middle."""
    return [*words[:20], *name.split(), *words[20:]]


def world() -> list[Article]:
    wire = named(WIRE, "Varun Dalvi")
    return [
        article("filing", wire, outlet="agency.example", minute=3, agency="PTI"),
        article("copy", wire, outlet="ledger.example", minute=5),
        article("cut", wire[:150], outlet="post.example", minute=7, agency="PTI"),
        article("tail", wire[60:], outlet="observer.example", minute=9),
        article("other", OTHER, outlet="agency.example", minute=4, agency="PTI"),
        article("moving", wire[:140], outlet="chronicle.example", minute=6),
        article("moving", OTHER[:160], outlet="chronicle.example", minute=6, revision=2),
    ]


def make_desk(rows: Rows, model: CapitalsModel) -> TaggingDesk:
    return TaggingDesk(rows, model, "capitals-1", ALIASES, window_days=7, max_chars=10_000, cache_paragraphs=100)


def run(
    articles: Sequence[Article], *, partitions: int = 1, shuffle: random.Random | None = None, repeat: float = 0.0
) -> tuple[dict[bytes, dict[str, Any]], dict[bytes, dict[str, Any]]]:
    """The last article and story of each id, less the version; stories that only redirect are left out."""
    model = CapitalsModel()

    broker = MemoryBroker(partitions, Delivery(shuffle, repeat))
    dedup = stages(Settings(kafka=KafkaSettings(partitions=partitions)))[1:]
    broker.attach([*dedup, StageSpec((RESOLVED,), lambda rows: make_desk(rows, model), TAGGING_STATE)])
    for one in articles:
        broker.send(publish(one, partitions))
    broker.run()
    published = {
        key: PublishedArticle.from_bytes(value).model_dump(exclude={"version": True, "membership": {"version", "left"}})
        for key, value in latest(broker.sent[ARTICLES.name]).items()
    }
    told = [Story.from_bytes(value) for value in latest(broker.sent[STORIES.name]).values()]
    return published, {s.id.encode(): s.model_dump(exclude={"version"}) for s in told if s.redirect_to is None}


def shuffled(articles: Sequence[Article], rng: random.Random) -> list[Article]:
    """Any order but for revisions of one article, which one producer publishes in theirs."""
    mixed = list(articles)
    rng.shuffle(mixed)
    ordered = {
        name: sorted((a for a in mixed if a.id == name), key=lambda a: a.revision) for name in {a.id for a in mixed}
    }
    return [ordered[one.id].pop(0) for one in mixed]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), partitions=st.sampled_from([1, 3, 8]), repeat=st.sampled_from([0.0, 0.3]))
def test_any_order_publishes_the_same(seed: int, partitions: int, repeat: float) -> None:
    rng = random.Random(seed)
    assert run(shuffled(world(), rng), partitions=partitions, shuffle=rng, repeat=repeat) == run(world())


def test_every_article_is_published_with_the_story_of_its_family() -> None:
    articles, stories = run(world())
    assert articles.keys() == {one.id.encode() for one in world()}
    for name, record in articles.items():
        story = stories[record["membership"]["family"].encode()]
        assert name.decode() in [carrier["article"] for carrier in story["carriers"]]
    assert sum(len(story["carriers"]) for story in stories.values()) == len(articles)


def test_a_name_points_at_its_words() -> None:
    articles, _ = run(world())
    mentions = [
        (record["article"]["text"][mention["start"] : mention["end"]], mention["text"])
        for record in articles.values()
        for entity in record["entities"]
        for mention in entity["mentions"]
    ]
    assert ("Varun Dalvi", "Varun Dalvi") in mentions
    assert all(found == said for found, said in mentions)


def test_a_revision_keeps_the_text_before_it() -> None:
    articles, _ = run(world())
    moved = next(record for record in articles.values() if record["article"]["revision"] == 2)
    assert [old["revision"] for old in moved["revisions"]] == [1]


def test_a_paragraph_is_tagged_once() -> None:
    model = CapitalsModel()
    broker = MemoryBroker(1)
    broker.attach(
        [
            *stages(Settings(kafka=KafkaSettings(partitions=1)))[1:],
            StageSpec(
                (RESOLVED,),
                lambda rows: make_desk(rows, model),
                TAGGING_STATE,
            ),
        ]
    )
    for outlet in ("one", "two", "three"):
        broker.send(publish(article("copy", WIRE, outlet=f"{outlet}.example"), 1))
    broker.run()
    assert len(model.tagged) == 1


def resolved(one: Article, version: int, *, family: str, owner: str, text: bool, moved: bool = False) -> Outgoing:
    """A message to the owner of ``owner``: the article's place is in ``family``."""
    membership = Membership(
        article=one.id, revision=one.revision, version=version, family=family, canonical_article=family
    )
    record = Resolved(membership=membership, article=one if text else None, moved_from=owner if moved else None)
    return Outgoing(RESOLVED, owner.encode(), record.to_bytes())


def test_a_text_that_comes_after_its_move_follows_it() -> None:
    """The news of the second move overtakes the text on its first; meanwhile another family is published there."""
    one, stranger = (article(name, prose(5, 60), outlet=f"{name}.example") for name in ("one", "stranger"))
    middle, last = article("m", [], outlet="m.example").id, article("l", [], outlet="l.example").id
    broker = MemoryBroker(1)
    broker.attach([StageSpec((RESOLVED,), lambda rows: make_desk(rows, CapitalsModel()), TAGGING_STATE)])
    broker.send([resolved(one, 9, family=last, owner=middle, text=False, moved=True)])
    broker.send([resolved(stranger, 1, family=stranger.id, owner=stranger.id, text=True)])
    broker.send([resolved(one, 4, family=middle, owner=middle, text=True)])
    broker.run()
    published = PublishedArticle.from_bytes(latest(broker.sent[ARTICLES.name])[one.id.encode()])
    assert (published.membership.family, published.version) == (last, 9)


def test_a_text_too_long_to_be_tagged_whole_says_how_much_of_it_was() -> None:
    story = "Asha Mehra told the assembly that the bridge would open in spring. "
    long = article("long", story * 200, outlet="long.example", minute=1)
    short = article("short", story, outlet="short.example", minute=2)
    articles, _ = run([long, short])
    assert articles[short.id.encode()]["tagged_chars"] is None
    assert articles[long.id.encode()]["tagged_chars"] == 10_000
    assert all(m["end"] <= 10_000 for e in articles[long.id.encode()]["entities"] for m in e["mentions"])
