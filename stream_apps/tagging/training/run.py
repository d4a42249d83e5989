"""``wirecopy train``: from labelled files to a pipeline in a folder, with a report of how good it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream_apps.tagging import pipeline, scoring
from stream_apps.tagging.scoring import Score
from stream_apps.tagging.training import card, corpus, examples, loop, network, rehearsal, substitute, templates
from stream_apps.tagging.training.corpus import Passage
from stream_apps.tagging.training.loop import Round, Schedule
from stream_apps.tagging.vectors import FILE, PackedVectors

if TYPE_CHECKING:
    from spacy.language import Language

VERSION = "1.0.0"


@dataclass(frozen=True)
class Order:
    """What is asked for. ``rehearse``: passages of what the base knows for each that is given, at most."""

    paths: Sequence[Path]
    base: str | None
    licence: str
    name: str = "newswire"
    label_map: str | None = None
    held_back: float = 0.1
    rehearse: float = 0.2
    indian: float = 0.0
    newswire: int = 0
    width: int = 96
    depth: int = 4
    schedule: Schedule = field(default_factory=Schedule)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    nlp: Language
    rounds: Sequence[Round]
    report: dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """Passages by what they are for."""

    learned: Sequence[Passage]
    held_back: Sequence[Passage]
    added: Sequence[Passage]


def train(order: Order, announce: Callable[[str], None]) -> Outcome:
    """Train a pipeline. Raises ``BadInput`` where the data or the base cannot be used."""
    base = pipeline.load(order.base) if order.base else None
    given = corpus.read_corpus(order.paths, order.label_map)
    learned, held = corpus.hold_back(given.passages, order.held_back, order.schedule.seed)
    announce(f"{len(learned)} paragraphs to learn from, {len(held)} held back; labels {dict(given.labels)}")
    added = list(_added(order, learned, base))
    if base is not None:
        learned = list(rehearsal.settled(base, learned))
    nlp = network.create(vectors=_vectors(order.base), width=order.width, depth=order.depth)
    made = examples.to_examples(nlp, [*learned, *added])
    optimiser = network.initialise(nlp, made, base)

    def judge() -> float:
        return scoring.overall(judged(nlp, held)).f1

    def report_round(one: Round) -> None:
        announce(f"round {one.number}: loss {one.loss:.0f}, F1 held back {one.score:.4f}, {one.seconds:.0f} s")

    rounds = loop.train(nlp, optimiser, made, order.schedule, judge=judge if held else None, announce=report_round)
    nlp.meta |= {"name": order.name, "version": VERSION, "license": order.licence, "author": "", "url": "", "email": ""}
    report = _report(order, given, Parts(learned, held, added), base)
    scores = judged(nlp, held)
    return Outcome(nlp, rounds, report | _results(rounds, scores))


def save(outcome: Outcome, folder: Path) -> None:
    """Write the pipeline, ``report.json`` and the model card ``README.md``."""
    network.store(outcome.nlp, folder)
    (folder / "report.json").write_text(json.dumps(outcome.report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / "README.md").write_text(card.write(outcome.report), "utf-8")


def judged(nlp: Language, passages: Sequence[Passage]) -> dict[str, Score]:
    """Scores by label of the pipeline alone."""
    found = pipeline.mentions(nlp, [passage.text for passage in passages])
    return scoring.total(
        scoring.compare(passage.text, _known(passage, mentions), passage.spans)
        for passage, mentions in zip(passages, found, strict=True)
    )


def _known(passage: Passage, mentions: Iterable[corpus.Span]) -> list[corpus.Span]:
    """Without what was found where the data says nothing."""
    return [m for m in mentions if not any(m[0] < end and begin < m[1] for begin, end in passage.unknown)]


def _added(order: Order, learned: Sequence[Passage], base: Language | None) -> Iterable[Passage]:
    """Passages beside the given ones: what the base knows, Indian copies, newswire from templates."""
    pools = substitute.indian()
    if base is not None and order.rehearse:
        yield from rehearsal.invented(base)[: int(order.rehearse * len(learned))]
    yield from substitute.substituted(learned, pools, order.indian, order.schedule.seed)
    if order.newswire:
        filled = templates.newswire(pools, order.newswire, order.schedule.seed)
        written = list(corpus.bracketed("\n".join(filled), corpus.own_labels(), "newswire"))
        yield from written
        yield from substitute.substituted(written, pools, order.indian, order.schedule.seed + 1)


def _vectors(base: str | None) -> PackedVectors | None:
    """The word vectors of the base, or those that come with the program."""
    for name in (base, pipeline.SHIPPED):
        folder = pipeline.find(name) / "vocab" if name else None
        if folder is not None and (folder / FILE).is_file():
            return PackedVectors().from_disk(folder)
    return None


def _report(order: Order, given: corpus.Corpus, parts: Parts, base: Language | None) -> dict[str, Any]:
    return {
        "name": order.name,
        "version": VERSION,
        "licence": order.licence,
        "base": pipeline.model_name(base) if base else None,
        "files": {Path(file).name: labels for file, labels in given.files.items()},
        "passages": {name: len(part) for name, part in vars(parts).items()},
        "labels": dict(given.labels),
        "schedule": asdict(order.schedule),
        "sizes": {"width": order.width, "depth": order.depth},
    }


def _results(rounds: Sequence[Round], scores: dict[str, Score]) -> dict[str, Any]:
    by_label = {label: score.as_dict() for label, score in sorted(scores.items()) if score.gold}
    overall = scoring.overall(scores).as_dict()
    return {"rounds": [asdict(one) for one in rounds], "held_back": {"overall": overall, **by_label}}
