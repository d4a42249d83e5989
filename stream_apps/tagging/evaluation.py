"""``eval entities``: the stage's own steps, held against labelled texts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.public_records import Entity
from stream_apps.tagging import scoring
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.documents import Document, model_mentions, tag_documents
from stream_apps.tagging.lines import LabelledLine
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.scoring import Labelled, Score
from stream_apps.tagging.spans import LABELS
from stream_apps.tagging.text_reader import Model


@dataclass(frozen=True)
class Evaluation:
    """Scores by label and the speed. ``seconds`` are those from the texts to the entities, model loaded."""

    labels: dict[str, Score]
    words: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return {
            "overall": scoring.overall(self.labels).as_dict(),
            "labels": {label: score.as_dict() for label, score in self.labels.items()},
            "words_per_second": round(self.words / self.seconds, 1) if self.seconds else 0.0,
        }


async def evaluate(
    lines: Sequence[LabelledLine], model: Model, aliases: AliasSet, max_chars: int, *, bare: bool = False
) -> Evaluation:
    """Tag every text, each a story of its own, and score all mentions. ``bare``: the model without our rules."""
    documents = [Document(line.id, line.text) for line in lines]
    started = time.perf_counter()
    if bare:
        found = [_bare(mentions) for mentions in await model_mentions(documents, model, max_chars)]
    else:
        found = [_resolved(entities) for entities in await tag_documents(documents, model, aliases, max_chars)]
    seconds = time.perf_counter() - started
    scores = (scoring.compare(line.text, spans, line.entities) for line, spans in zip(lines, found, strict=True))
    labels = dict(sorted(scoring.total(scores).items()))
    return Evaluation(labels, sum(len(line.text.split()) for line in lines), seconds)


def _resolved(entities: Iterable[Entity]) -> list[Labelled]:
    return [(m.start, m.end, entity.type) for entity in entities for m in entity.mentions if m.field == "text"]


def _bare(mentions: Iterable[RawMention]) -> list[Labelled]:
    return [(start, end, LABELS[label]) for start, end, label in mentions if label in LABELS]
