"""The commands ``tag`` and ``eval entities``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stream_apps.tagging import alias_set, evaluation
from stream_apps.tagging.documents import Document, tag_documents
from stream_apps.tagging.lines import LabelledLine, TagLine, are_json_lines, read_lines, read_text
from stream_apps.tagging.pipeline import RawMention
from wirecopy.errors import BadInput


class Capitals:
    """In place of the model: every capitalised word is a person."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        self.asked += paragraphs
        return [self._one(paragraph) for paragraph in paragraphs]

    def _one(self, paragraph: str) -> tuple[RawMention, ...]:
        found, at = [], 0
        for word in paragraph.split(" "):
            if word[:1].isupper():
                found.append((at, at + len(word), "PERSON"))
            at += len(word) + 1
        return tuple(found)


async def test_each_paragraph_is_asked_once_and_stories_are_resolved_together() -> None:
    model = Capitals()
    documents = [
        Document("a", "here Vastrad spoke\nand sat", story="f"),
        Document("b", "here Vastrad spoke", story="g"),
        Document("c", "then Meera-Vastrad left", story="f"),
        Document("d", ""),
    ]
    found = await tag_documents(documents, model, alias_set.compile_entities([]), 1000)
    assert sorted(model.asked) == ["and sat", "here Vastrad spoke", "then Meera-Vastrad left"]
    assert [[e.id for e in one] for one in found] == [
        ["x:person:meera-vastrad"],
        ["x:person:vastrad"],
        ["x:person:meera-vastrad"],
        [],
    ]


async def test_evaluation_scores_mentions_and_the_bare_model() -> None:
    line = LabelledLine(id="1", text="here Vastrad met Deshkar", entities=((5, 12, "PER"), (17, 24, "ORG")))
    none = alias_set.compile_entities([])
    for bare in (True, False):
        report = (await evaluation.evaluate([line], Capitals(), none, 1000, bare=bare)).as_dict()
        assert report["overall"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
        assert report["labels"]["Person"]["recall"] == 1.0  # type: ignore[index]  # a report is plain data
        assert report["words_per_second"] > 0  # type: ignore[operator]  # as above


def test_lines_are_checked_and_named() -> None:
    good = '{"id": 7, "text": "A", "more": 1}'
    assert list(read_lines(good + "\n\n", TagLine, "f")) == [TagLine(id="7", text="A")]
    with pytest.raises(BadInput, match=r"f:2: text: Field required"):
        list(read_lines(good + '\n{"id": "8"}', TagLine, "f"))
    with pytest.raises(BadInput, match=r"f:1: line: Invalid JSON"):
        list(read_lines("{", TagLine, "f"))


def test_prose_and_json_lines_are_told_apart() -> None:
    assert are_json_lines('\n{"id": 1}\nx')
    assert not are_json_lines("{Sic} he wrote.\nMore.")
    assert not are_json_lines("")


def test_what_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unreadable"):
        read_text(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(BadInput, match="not_utf8"):
        read_text(tmp_path / "latin")


def _wirecopy(*arguments: str, given: str = "") -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "wirecopy", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.once
def test_tag_reads_prose_from_standard_input() -> None:
    (found,) = _wirecopy("tag", "-", given="Kochi, May 3 (PTI) The Reserve Bank of India met in Mumbai.\nPTI ABC")
    names = {entity["id"]: entity["mentions"] for entity in found["entities"]}
    assert found["id"] == "-"
    assert [credit["agency"] for credit in found["credits"]][:1] == ["PTI"]
    assert names["nc:org:reserve-bank-of-india"] == [[23, 44, "Reserve Bank of India"]]
    assert names["nc:place:kochi"] == [[0, 5, "Kochi"]]
    assert "nc:org:press-trust-of-india" not in names


@pytest.mark.once
def test_tag_resolves_stories_and_eval_scores_them(tmp_path: Path) -> None:
    lines = [
        {"id": "1", "family": "f", "text": "The Wetland Review Panel (WRP) met in Chennai.", "title": "WRP meets"},
        {"id": "2", "family": "f", "text": "An order by WRP came late."},
    ]
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, second = _wirecopy("tag", str(file))
    panel = {e["id"] for e in first["entities"] if e["name"] == "Wetland Review Panel"}
    assert panel == {e["id"] for e in second["entities"]}
    file.write_text(json.dumps({"id": "1", "text": "He met in Chennai.", "entities": [[10, 17, "GPE"]]}))
    (report,) = _wirecopy("eval", "entities", str(file), "--json")
    assert report["overall"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert report["words_per_second"] > 0
