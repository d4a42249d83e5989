"""Training: what is read, what is made of it, and a pipeline at the end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.strings import get_string_id

from stream_apps.tagging import pipeline
from stream_apps.tagging.lines import LabelledLine
from stream_apps.tagging.training import cli, corpus, labels, loop, rehearsal, run, substitute, templates
from stream_apps.tagging.training.corpus import Passage
from stream_apps.tagging.training.pack_vectors import pack
from stream_apps.tagging.vectors import PackedVectors
from wirecopy.errors import BadInput

TEXT = "Anand Verma of Coastal Rail met Meera Das in Chennai.\n\nVerma left for Hubli."
LINE = LabelledLine(
    id="in_herald_7",
    text=TEXT,
    entities=((0, 11, "Person"), (15, 27, "Organization"), (32, 41, "Person"), (45, 52, "Misc"), (70, 75, "LOC")),
)


# ---- vectors


def table(words: int = 600, width: int = 8) -> tuple[list[str], npt.NDArray[np.float32]]:
    rng = np.random.default_rng(1)
    return [f"word{'x' * (at % 7)}{at}" for at in range(words)], rng.normal(size=(words, width)).astype(np.float32)


def test_packed_vectors_are_near_what_was_packed_and_unknown_words_are_zero() -> None:
    words, vectors = table()
    packed = pack(words, vectors, pieces=4)
    found = packed.get_batch([get_string_id(word) for word in words])
    assert ((found - vectors) ** 2).sum() < 0.1 * (vectors**2).sum()
    assert not packed.get_batch([get_string_id("never seen")]).any()
    assert get_string_id(words[0]) in packed
    assert get_string_id("never seen") not in packed


def test_packed_vectors_outlast_the_disk(tmp_path: Path) -> None:
    words, vectors = table(300)
    packed = pack(words, vectors, pieces=2)
    packed.to_disk(tmp_path)
    keys = [get_string_id(word) for word in words]
    assert (PackedVectors().from_disk(tmp_path).get_batch(keys) == packed.get_batch(keys)).all()


# ---- what is read


def test_the_map_that_fits_is_chosen() -> None:
    maps = labels.read_maps()
    assert labels.choose(["Person", "Organization", "Money"], maps) == "worldwide"
    assert labels.choose(["PER", "LOC", "MISC"], maps) == "conll"
    assert labels.choose(["politician", "election"], maps) == "crossner"


@pytest.mark.parametrize("name", sorted(labels.read_maps()))
def test_maps_lead_to_labels_that_the_stage_knows(name: str) -> None:
    known = {"PERSON", "ORG", "GPE", "NORP", "FAC", "EVENT", "PRODUCT", "LAW", "WORK_OF_ART", "MISC"}
    assert set(labels.read_maps()[name].values()) <= known | {labels.NONE, labels.UNKNOWN}


def test_paragraphs_keep_their_spans() -> None:
    known = {"person": "PERSON", **labels.read_maps()["conll"]}
    first, second = corpus.passages(LINE, known, "x")
    assert [(first.text[b:e], label) for b, e, label in first.spans] == [
        ("Anand Verma", "PERSON"),
        ("Coastal Rail", "Organization"),
        ("Meera Das", "PERSON"),
    ]
    assert first.unknown == ((45, 52),)
    assert [second.text[b:e] for b, e, _ in second.spans] == ["Hubli"]


def test_the_bracket_form() -> None:
    (passage,) = corpus.bracketed("# note\n[[PER|A. Rao]] of [[ORG|BSNL]] left.\n", corpus.own_labels(), "x")
    assert passage.text == "A. Rao of BSNL left."
    assert passage.spans == ((0, 6, "PERSON"), (10, 14, "ORG"))


def test_no_outlet_is_in_both_halves() -> None:
    made = [Passage(str(at), (), document=f"{'abcdefgh'[at % 8]}_times_{at}", source="s") for at in range(160)]
    learned, held = corpus.hold_back(made, 0.25, seed=3)
    assert held
    assert {corpus.group_of(p.document) for p in learned}.isdisjoint(corpus.group_of(p.document) for p in held)
    assert len(learned) + len(held) == len(made)


def test_where_there_is_one_outlet_no_document_is_in_both_halves() -> None:
    made = [Passage(str(at), (), document=f"herald_{at // 4}", source="s") for at in range(80)]
    learned, held = corpus.hold_back(made, 0.25, seed=3)
    assert held
    assert {p.document for p in learned}.isdisjoint(p.document for p in held)


def test_nothing_labelled_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing labelled"):
        corpus.read_corpus([tmp_path])


# ---- what is made of it


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_substituted_spans_stand_at_the_new_names(seed: int) -> None:
    (passage, _) = corpus.passages(LINE, labels.read_maps()["worldwide"], "x")
    pools = substitute.Pools(("Asha", "Bela"), ("Rao", "Sen"), ("Hubli",), ("Jal Board",), ("JB",))
    (made,) = substitute.substituted([passage], pools, 1.0, seed)
    names = [made.text[b:e].lower() for b, e, _ in made.spans]
    assert [label for *_, label in made.spans] == [label for *_, label in passage.spans]
    for name, (*_, label) in zip(names, made.spans, strict=True):
        if label == "PERSON":
            assert name.split()[-1] in {"rao", "sen", "verma", "das"}
    assert all(name == name.strip() for name in names)


def test_one_name_gets_one_new_name() -> None:
    (passage, later) = corpus.passages(LINE, labels.read_maps()["worldwide"], "x")
    later = Passage(later.text, ((0, 5, "PERSON"),), later.document)
    first, second = substitute.substituted([passage, later], substitute.indian(), 1.0, 5)
    full = first.text[first.spans[0][0] : first.spans[0][1]]
    short = second.text[second.spans[0][0] : second.spans[0][1]]
    assert full.split()[-1].lower() == short.lower()


def test_every_slot_of_the_newswire_is_filled() -> None:
    filled = list(templates.newswire(substitute.indian(), times=3, seed=1))
    assert len(filled) > 200
    passages = list(corpus.bracketed("\n".join(filled), corpus.own_labels(), "newswire"))
    assert not [p.text for p in passages if set("{}[]|") & set(p.text)]
    assert {label for p in passages for *_, label in p.spans} >= {"PERSON", "ORG", "GPE", "NORP", "FAC", "EVENT"}


def test_a_map_of_the_base_settles_what_the_data_leaves_open() -> None:
    nlp = pipeline.load("sm")
    text = "The German minister spoke in Berlin."
    (settled,) = rehearsal.settled(nlp, [Passage(text, (), unknown=((4, 10),))])
    assert settled.spans == ((4, 10, "NORP"),)
    assert settled.unknown == ()


# ---- the loop


def test_the_rate_rises_then_falls() -> None:
    schedule = loop.Schedule(rate=1.0)
    warm = [loop.rate(schedule, step, 0.0) for step in (0, 50, loop.WARM_UP)]
    assert warm == sorted(warm)
    assert loop.rate(schedule, 1000, 0.0) == 1.0
    assert loop.rate(schedule, 1000, 1.0) == pytest.approx(0.05)


def labelled(folder: Path) -> Path:
    people, towns = ("Anand", "Meera", "Ravi", "Asha"), ("Hubli", "Chennai", "Pune", "Kota")
    rows = []
    for at in range(48):
        person, town = people[at % 4], towns[(at // 4) % 4]
        text = f"{person} went to {town} on Monday."
        spans = [[0, len(person), "Person"], [text.index(town), text.index(town) + len(town), "Location"]]
        rows.append(json.dumps({"id": f"{'abcdef'[at % 6]}_{at}", "text": text, "entities": spans}))
    file = folder / "small.jsonl"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def order(file: Path) -> run.Order:
    schedule = loop.Schedule(rounds=2, seed=4)
    return run.Order(paths=[file], base="shipped", licence="none", rehearse=0, held_back=0.2, schedule=schedule)


def test_training_learns_is_repeatable_and_can_be_loaded(tmp_path: Path) -> None:
    file = labelled(tmp_path)
    told: list[str] = []
    first, again = run.train(order(file), told.append), run.train(order(file), lambda _: None)
    assert [one.loss for one in first.rounds] == [one.loss for one in again.rounds]
    assert [line for line in told if line.startswith("round 1")]
    assert first.report["held_back"]["overall"]["f1"] > 0.5
    run.save(first, tmp_path / "made")
    found = next(pipeline.mentions(pipeline.load(str(tmp_path / "made")), ["Meera went to Pune on Monday."]))
    assert found == ((0, 5, "PERSON"), (14, 18, "GPE"))
    assert "| Person |" in (tmp_path / "made" / "README.md").read_text("utf-8")


def test_the_pipeline_keeps_no_words_of_the_texts(tmp_path: Path) -> None:
    run.save(run.train(order(labelled(tmp_path)), lambda _: None), tmp_path / "made")
    strings = json.loads((tmp_path / "made" / "vocab" / "strings.json").read_text("utf-8"))
    assert not {"Meera", "Hubli"} & set(strings)


def test_the_command_refuses_a_folder_that_is_full(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not empty"):
        cli.train([labelled(tmp_path)], tmp_path)
