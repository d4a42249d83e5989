from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import orjson
import pytest

from schemas import elasticsearch as templates
from schemas.examples import EXAMPLES
from schemas.public_records import Entity, EntityType, Mention, PublishedArticle, Story
from stream_apps.indexing.documents import (
    FACETS,
    MAX_MENTIONS,
    PROCESSING_TIMES,
    article_document,
    entity_facets,
    event_document,
    story_document,
)
from tests.unit import indexing_examples as examples


def leaves(document: Mapping[str, Any], mapped: Mapping[str, dict[str, Any]], parent: str = "") -> Iterator[str]:
    """The dotted path of every field; what is not indexed at all (`enabled: false`) counts as one."""
    for key, value in document.items():
        path = f"{parent}{key}"
        yield path
        if mapped.get(path, {}).get("enabled") is False:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield from leaves(item, mapped, f"{path}.")


def test_every_field_of_an_article_is_in_the_strict_mapping() -> None:
    mapped = templates.fields("articles")
    found = set(leaves(article_document(examples.published(3)), mapped))
    assert found <= set(mapped)
    without_counterpart = {"indexed"} | {
        path for path in mapped if path.split(".")[0] == "entities" or path.rpartition(".")[0] in mapped
    }
    assert set(mapped) - found <= without_counterpart, "the example has every field, so the mapping has one too many"


def test_every_field_of_a_story_is_in_the_strict_mapping() -> None:
    mapped = templates.fields("stories")
    document = story_document(examples.story())
    assert document is not None
    assert set(leaves(document, mapped)) <= set(mapped)


@pytest.mark.parametrize("kind", templates.INDEX_KINDS)
def test_every_object_of_a_mapping_is_strict_or_not_indexed(kind: templates.IndexKind) -> None:
    mappings = templates.load(kind)["template"]["mappings"]
    assert mappings["dynamic"] == "strict"
    for path, field in templates.fields(kind).items():
        if "properties" in field:
            assert field["dynamic"] == "strict", path
        if field.get("type") == "keyword" and field.get("index", True):
            assert field["ignore_above"] <= 8191, f"{path}: more than Lucene's 32,766 bytes of a term"


def test_every_field_of_an_event_is_in_the_strict_mapping() -> None:
    mapped = templates.fields("events")
    document = event_document(EXAMPLES["events"]["Two stories of one event"])  # type: ignore[arg-type]  # an event
    assert document is not None
    assert set(mapped) - set(leaves(document, mapped)) == {
        "indexed",
        "headline.raw",
        "agencies.folded",
        "origins.folded",
    }
    assert (document["origins_count"], document["stories_count"], document["articles_count"]) == (2, 2, 3)


@pytest.mark.parametrize("name", ["An event that went into another", "An event that has ended"])
def test_an_event_that_is_no_more_has_no_document(name: str) -> None:
    assert event_document(EXAMPLES["events"][name]) is None  # type: ignore[arg-type]  # an event


def test_each_entity_type_has_a_facet_in_both_mappings() -> None:
    assert set(FACETS) == set(get_args(EntityType))
    kinds: tuple[templates.IndexKind, ...] = ("articles", "stories")
    for kind in kinds:
        mapped = templates.fields(kind)
        for field in FACETS.values():
            assert {f"entities.{field}.id", f"entities.{field}.name", f"entities.{field}.names"} <= set(mapped)


def test_offsets_of_mentions_hold() -> None:
    document = article_document(examples.published())
    assert len(document["entity_mentions"]) == 5
    for mention in document["entity_mentions"]:
        assert document[mention["field"]][mention["start"] : mention["end"]] == mention["text"]
    positions = [(mention["field"], mention["start"]) for mention in document["entity_mentions"]]
    assert positions == sorted(positions)


def test_a_mention_has_what_its_record_leaves_out() -> None:
    whole = examples.published()
    bare = whole.model_copy(update={"entities": tuple(map(_bare, whole.entities))})
    assert len(bare.to_bytes()) < len(whole.to_bytes())
    assert article_document(bare) == article_document(whole)


def _bare(entity: Entity) -> Entity:
    """As the stage writes it."""
    known = {"text": entity.name, "method": entity.method, "confidence": entity.confidence}
    mentions = [
        mention.model_copy(update={name: None for name, value in known.items() if getattr(mention, name) == value})
        for mention in entity.mentions
    ]
    return entity.model_copy(update={"mentions": tuple(mentions)})


def test_offsets_of_credits_hold() -> None:
    document = article_document(examples.published())
    spans = [credit for credit in document["credits"] if "start" in credit]
    assert [document["text"][credit["start"] : credit["end"]] for credit in spans] == ["(PTI)"]


def test_two_runs_differ_in_processing_times_only() -> None:
    first = examples.published()
    later = first.article.model_copy(
        update={"fetched": examples.NOON.replace(year=2027), "first_seen": examples.NOON.replace(year=2027)}
    )
    second = first.model_copy(update={"article": later, "version": 99})
    one, two = article_document(first), article_document(second)
    assert {key for key in one if one[key] != two[key]} == PROCESSING_TIMES - {"indexed", "changed"}
    assert one.keys() == two.keys()


def test_the_version_is_not_in_a_document() -> None:
    story = story_document(examples.story())
    assert story is not None
    assert "version" not in story
    assert "version" not in article_document(examples.published())


def test_a_document_says_where_its_article_stands() -> None:
    copy = article_document(examples.published(2))
    canonical = article_document(examples.published(1))
    assert (copy["canonical"], copy["relation"], copy["containment"]) == (False, "near", 0.93)
    assert canonical["canonical"]
    assert "relation" not in canonical
    assert copy["links"][0]["other"] == examples.article_id(3)
    assert copy["published"] == "2026-11-20T12:02:00.123Z"
    assert copy["credited"] == ["PTI"]


def test_entity_facets_are_parallel_and_sorted() -> None:
    facets = entity_facets(examples.entities())
    assert facets["ids"] == ["nc:place:devgarh", "wd:Q1", "x:person:ilaiyaperumal-naskar"]
    assert facets["person"] == {
        "id": ["x:person:ilaiyaperumal-naskar"],
        "name": ["Ilaiyaperumal Naskar"],
        "names": ["Ilaiyaperumal Naskar", "Naskar"],
    }
    assert facets["focus"] == ["x:person:ilaiyaperumal-naskar", "nc:place:devgarh"]
    assert facets["unlinked"] == 1
    assert entity_facets(tuple(reversed(examples.entities()))) == facets


def test_an_article_that_is_all_names_stays_below_the_limit_of_nested_documents() -> None:
    entity = examples.entities()[1]
    mentions = tuple(
        Mention(start=at, end=at + 1, text="N", method="model", confidence=0.5) for at in range(MAX_MENTIONS + 10)
    )
    record = examples.published().model_copy(update={"entities": (entity.model_copy(update={"mentions": mentions}),)})
    assert len(article_document(record)["entity_mentions"]) == MAX_MENTIONS


def test_a_story_counts_all_its_articles_and_not_the_carriers_that_are_listed() -> None:
    """The record's carriers are capped; its counts are not."""
    document = story_document(examples.story(articles_count=5_000, outlets_count=900, undisclosed_count=40))
    assert document is not None
    counts = [document[name] for name in ("articles_count", "outlets_count", "undisclosed_count", "stale_count")]
    assert counts == [5_000, 900, 40, 1]
    assert len(document["carriers"]) == 3


def test_the_event_stands_on_the_story_alone() -> None:
    """An article's document would have to be written again with every story that joins the event."""
    document = story_document(examples.story())
    assert document is not None
    assert document["event"] == {
        "id": examples.article_id(77),
        "origins": ["PTI", "outlet9.example"],
    }
    assert document["origins_count"] == 2
    assert "event" not in article_document(examples.published())
    assert "event" not in templates.fields("articles")


def test_a_story_without_event_has_one_origin() -> None:
    document = story_document(examples.story(event=None))
    assert document is not None
    assert (document["origins_count"], "event" in document) == (1, False)


def test_when_a_story_changed_is_when_it_was_first_seen_where_an_older_version_wrote_it() -> None:
    document = story_document(examples.story(changed=None))
    assert document is not None
    assert document["changed"] == document["first_seen"]


def test_an_article_tells_whether_it_carries_what_was_corrected() -> None:
    stale = examples.published().model_copy(update={"stale": True, "stale_since": examples.NOON})
    assert article_document(stale)["stale_since"] == "2026-11-20T12:00:00.123Z"
    fresh = article_document(examples.published().model_copy(update={"stale_since": None, "stale": False}))
    assert (fresh["stale"], "stale_since" in fresh) == (False, False)


def test_towns_have_a_point_and_all_known_places_a_country() -> None:
    """The middle of Nepal is near nothing that is told of Nepal."""
    devgarh = examples.entities()[1]
    ids = ("nc:place:nagpur", "x:place:pune", "nc:place:nepal", "wd:Q1191", "x:place:kumbharwadi")
    place = entity_facets([devgarh.model_copy(update={"id": identity}) for identity in ids])["place"]
    assert place["point"] == ["21.146,79.085", "18.52,73.855"]
    assert (place["country"], place["state"]) == (["IN", "NP"], ["IN-MH"])
    assert len(place["id"]) == len(ids)


def test_a_redirected_story_has_no_document() -> None:
    assert story_document(examples.redirected(2, 1, version=11)) is None


def test_a_record_that_went_through_kafka_gives_the_same_document() -> None:
    article, story = examples.published(), examples.story()
    again = PublishedArticle.model_validate_json(article.model_dump_json())
    assert orjson.dumps(article_document(again)) == orjson.dumps(article_document(article))
    assert story_document(Story.model_validate_json(story.model_dump_json())) == story_document(story)
