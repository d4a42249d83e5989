"""The open benchmark is well-formed, frozen, and our stages do on it what they did when it was last looked at."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bench.open import baselines, build, measuring, score
from stream_apps.text import agencies
from wirecopy.wireday.day import generate
from wirecopy.wireday.items import article as as_line

FOLDER = measuring.HERE
GUIDELINES = (FOLDER / "GUIDELINES.md").read_text(encoding="utf-8")
MARGIN = 0.03
"""How much less than recorded F1 may be before it is a regression: two or three pairs, or five credits."""

COPY_KINDS = {"verbatim", "edited", "abridged", "plus_staff", "inside_longer", "update", "short"}
APART_KINDS = {"quotes", "posts", "opinion", "background", "digest", "template", "boilerplate", "own_words"}
CREDIT_KINDS = {
    "dateline", "byline", "sign_off", "several", "picture", "syndicate", "poll", "namesake", "own_site", "lost_name",
}  # fmt: skip
OTHER_KINDS = {"corrected", "withdrawn", "origin", "names", "events"}
KINDS = COPY_KINDS | APART_KINDS | CREDIT_KINDS | OTHER_KINDS

FORMULAS = re.compile(
    r"advertorial disclaimer|press release|responsible in any way|for the content of|syndicated|it hit a high of"
)
"""What outlets and markets say in these words, whoever writes it."""

Line = Mapping[str, Any]


@cache
def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@cache
def labels(name: str) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in lines(f"labels/{name}.jsonl")}


def groups(kind: str) -> list[dict[str, Any]]:
    return [one for one in lines("labels/groups.jsonl") if one["kind"] == kind and one["made"] == "written"]


def members(kind: str) -> list[str]:
    return [name for group in groups(kind) for name in group["articles"]]


def pairs(kind: str) -> Iterator[bool]:
    """Whether each two articles of a group are copies."""
    stories = labels("stories")
    for group in groups(kind):
        yield from (stories[a]["story"] == stories[b]["story"] for a, b in combinations(group["articles"], 2))


# ---- files ------------------------------------------------------------------------------------------------------


def test_the_written_part_is_what_its_source_says_and_nothing_else_changed() -> None:
    files = build.joined(build.core(), build.kept(FOLDER))
    assert {name for name, text in files.items() if text != (FOLDER / name).read_text(encoding="utf-8")} == set()
    assert (FOLDER / "SHA256SUMS").read_text(encoding="utf-8") == build.checksums(files)
    assert sum(len(text.encode()) for text in files.values()) < 3_000_000


def test_versions_agree() -> None:
    version = (FOLDER / "VERSION").read_text(encoding="utf-8").strip()
    assert re.fullmatch(r"\d+\.\d+", version)
    for page in ("README.md", "GUIDELINES.md"):
        assert f"version {version}" in (FOLDER / page).read_text(encoding="utf-8")


def test_the_page_tells_how_large_it_is() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for made in score.MADE:
        held = [group for group in lines("labels/groups.jsonl") if group["made"] == made]
        assert f"| {made} | {len(held)} | {sum(len(group['articles']) for group in held)} |" in page


def test_every_article_is_in_one_group_and_has_every_label() -> None:
    ids = [line["id"] for line in lines("articles.jsonl")]
    grouped = [name for group in lines("labels/groups.jsonl") for name in group["articles"]]
    assert len(set(ids)) == len(ids)
    assert sorted(grouped) == sorted(ids)
    for name in ("stories", "events", "credits", "origins", "corrections"):
        assert labels(name).keys() == set(ids), name


def test_articles_are_of_known_outlets_in_order_and_none_is_empty() -> None:
    articles, outlets = lines("articles.jsonl"), {one["source"] for one in lines("outlets.jsonl")}
    moments = [datetime.fromisoformat(one["published"]) for one in articles]
    assert moments == sorted(moments)
    for one in articles:
        assert one["source"] in outlets
        assert one["source"].endswith(".example")
        assert one["title"].strip()
        assert len(one["text"].split()) >= 20, one["id"]
        assert re.search(r"<\d+:\d|=>", one["text"]) is None, one["id"]
        texts = [(text["title"], text["text"]) for text in (*one.get("earlier", ()), one)]
        assert len(set(texts)) == len(texts), one["id"]


def test_labels_use_the_words_of_the_scorer_and_refer_to_what_is_there() -> None:
    stories = {line["story"] for line in lines("labels/stories.jsonl")}
    known = {*agencies.load().agencies, agencies.GENERIC}
    for line in lines("labels/stories.jsonl"):
        assert set(line.get("includes", ())) <= stories
    for line in lines("labels/credits.jsonl"):
        assert all(role in score.ROLES and set(agency.split("|")) <= known for agency, role in line["credits"]), line
    for line in lines("labels/origins.jsonl"):
        assert line["origin"] in {*score.ORIGINS, None}
    for line in lines("labels/corrections.jsonl"):
        assert line.get("signal") in {*score.SIGNALS, None}


def test_no_two_groups_share_a_story_or_an_event() -> None:
    group_of = {name: group for group in lines("labels/groups.jsonl") for name in group["articles"]}
    for what in ("story", "event"):
        found = defaultdict(set)
        for line in lines(f"labels/{'stories' if what == 'story' else 'events'}.jsonl"):
            found[line[what]].add(group_of[line["id"]]["group"])
        assert {name: sorted(held) for name, held in found.items() if len(held) > 1} == {}


def test_what_was_written_by_hand_is_not_the_wire_day_again() -> None:
    day = generate()
    others = [*(article["text"] for article in map(as_line, day.first_turn())), *(one.headline for one in day.events)]
    shared = set(build.shared_runs(build.written_texts(), others))
    assert {run for run in shared if not FORMULAS.search(run)} == set()


# ---- kinds ------------------------------------------------------------------------------------------------------


def test_the_guidelines_name_every_kind_with_an_example_and_a_counter_example() -> None:
    assert {group["kind"] for group in lines("labels/groups.jsonl") if group["made"] == "written"} == KINDS
    for kind in {*KINDS, build.KIND}:
        section = re.search(rf"^### `{kind}`\n(.*?)(?=^##|\Z)", GUIDELINES, re.DOTALL | re.MULTILINE)
        assert section, kind
        if kind != build.KIND:
            assert "*Example:*" in section[1], kind
            assert "*Counter-example:*" in section[1], kind


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_in_both_parts(kind: str) -> None:
    assert {group["part"] for group in groups(kind)} == {"dev", "test"}


@pytest.mark.parametrize("kind", sorted(COPY_KINDS | APART_KINDS | {"corrected", "withdrawn", "origin"}))
def test_every_group_of_texts_has_copies_and_strangers(kind: str) -> None:
    assert set(pairs(kind)) == {True, False}


@pytest.mark.parametrize("kind", sorted(CREDIT_KINDS))
def test_every_kind_of_credit_has_credits_and_traps(kind: str) -> None:
    credited = [labels("credits")[name]["credits"] for name in members(kind)]
    assert any(credited)
    assert not all(credited)


def test_the_other_kinds_have_both_answers() -> None:
    corrections, origins = labels("corrections"), labels("origins")
    for kind in ("corrected", "withdrawn"):
        assert {corrections[name]["signal"] for name in members(kind)} == {kind, None}
        assert {corrections[name]["stale"] for name in members(kind)} == {True, False}
    assert {origins[name]["undisclosed"] for name in members("origin")} == {True, False}
    assert {line["same"] for line in lines("labels/names.jsonl")} == {True, False}
    events, stories = labels("events"), labels("stories")
    for group in groups("events"):
        found = {
            (events[a]["event"] == events[b]["event"], stories[a]["story"] == stories[b]["story"])
            for a, b in combinations(group["articles"], 2)
        }
        assert (True, False) in found
        assert (False, False) in found


def test_every_form_stands_in_its_group() -> None:
    texts = {line["id"]: f"{line['title']}\n{line['text']}" for line in lines("articles.jsonl")}
    named = {group["group"]: group["articles"] for group in lines("labels/groups.jsonl")}
    for line in lines("labels/names.jsonl"):
        whole = "\n".join(texts[name] for name in named[line["group"]])
        for form in line["forms"]:
            assert re.search(rf"(?<!\w){re.escape(form)}(?!\w)", whole), (line["group"], form)


def test_dates_have_moments_and_traps_of_every_kind() -> None:
    asked, labelled = lines("dates.jsonl"), lines("labels/dates.jsonl")
    assert [one["date"] for one in asked] == [one["date"] for one in labelled]
    kinds = defaultdict(set)
    for one in labelled:
        kinds[one["kind"]].add(one["moment"] is None)
    assert kinds.keys() == {"rfc822", "iso", "zone", "words", "order", "broken"}
    assert all(answers == {True, False} for answers in kinds.values())


# ---- what is scored ---------------------------------------------------------------------------------------------


def test_baselines_are_what_a_user_would_pick() -> None:
    def article(name: str, title: str, text: str, byline: str = "") -> Line:
        return {"id": name, "title": title, "byline": byline, "text": text}

    asked = [
        article("a", "Ferry stops", "Panaji, Mar 4 (PTI) The ferry stopped."),
        article("b", "Ferry stops!", "The ferry stopped. (With inputs from IANS)"),
        article("c", "Bus stops", f"{'word ' * 60}Reuters{' word' * 60}", "Agencies"),
    ]
    stories = {line["id"]: line["story"] for line in baselines.same_title(asked)}
    assert (stories["a"] == stories["b"], stories["a"] == stories["c"]) == (True, False)
    credited = [line["credits"] for line in baselines.regular_expression(asked)]
    assert credited == [[["PTI", "sole"]], [["IANS", "inputs"]], [["agencies", "sole"]]]


# ---- our stages -------------------------------------------------------------------------------------------------


def test_our_stages_do_not_fall_below_what_was_recorded() -> None:
    # Where they do better, ``python -m bench.open.measuring`` records it.
    recorded, found = json.loads(Path(measuring.RECORDED).read_text(encoding="utf-8")), measuring.standing()
    assert found.keys() == recorded.keys()
    assert {name: (f1, recorded[name]) for name, f1 in found.items() if f1 < recorded[name] - MARGIN} == {}
