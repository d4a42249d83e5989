"""The loop: batches, a learning rate that falls, averaged weights, and the best of what was tried.

Averages of the weights (Polyak, Juditsky 1992; spaCy's optimiser keeps them) are what is judged and what is kept.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spacy.util import fix_random_seed

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

WARM_UP = 200
"""Steps until the learning rate is full."""
FIRST_BATCH, LAST_BATCH = 200, 1000
"""Tokens a batch, at the start and at most."""
GROWTH = 1.002


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. ``patience``: rounds without a better score after which it ends."""

    rounds: int = 12
    rate: float = 0.001
    dropout: float = 0.25
    patience: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Round:
    """What a pass over the examples came to. ``score`` is that of the part held back, 0..1."""

    number: int
    loss: float
    score: float
    seconds: float


def train(
    nlp: Language,
    optimiser: Any,
    examples: Sequence[Example],
    schedule: Schedule,
    *,
    judge: Callable[[], float] | None,
    announce: Callable[[Round], None],
) -> list[Round]:
    """Learn from the examples; ``nlp`` is left with the averaged weights of the round that ``judge`` liked best."""
    fix_random_seed(schedule.seed)
    rng = random.Random(schedule.seed)  # noqa: S311  # an order, no secret
    step, rounds, best = 0, [], Best()
    for number in range(1, schedule.rounds + 1):
        started, losses = time.perf_counter(), {"ner": 0.0}
        for batch, done in _batches(examples, rng, step):
            optimiser.learn_rate = rate(schedule, step, (number - 1 + done) / schedule.rounds)
            nlp.update(batch, drop=schedule.dropout, sgd=optimiser, losses=losses)
            step += 1
        with nlp.use_params(optimiser.averages):
            score = judge() if judge else 0.0
            rounds.append(Round(number, float(losses["ner"]), score, time.perf_counter() - started))
            announce(rounds[-1])
            if best.take(nlp, score, number) > schedule.patience:
                break
    best.give(nlp)
    return rounds


def rate(schedule: Schedule, step: int, done: float) -> float:
    """The learning rate: a linear warm-up, then half a cosine (Loshchilov, Hutter 2017) down to a twentieth."""
    fall = 0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2
    return schedule.rate * fall * min(1.0, (step + 1) / WARM_UP)


class Best:
    """The weights with the best score so far; of equal ones the last."""

    def __init__(self) -> None:
        self._weights: bytes | None = None
        self._score = -1.0
        self._round = 0

    def take(self, nlp: Language, score: float, number: int) -> int:
        """Keep the weights if they are the best. Returns the rounds since those were found."""
        if score >= self._score:
            self._weights, self._score, self._round = nlp.get_pipe("ner").model.to_bytes(), score, number
        return number - self._round

    def give(self, nlp: Language) -> None:
        """Put the weights back."""
        if self._weights is not None:
            nlp.get_pipe("ner").model.from_bytes(self._weights)


def _batches(examples: Sequence[Example], rng: random.Random, step: int) -> Iterator[tuple[list[Example], float]]:
    """The examples in a new order, in batches of about as many tokens, with the share that is done."""
    order = list(examples)
    rng.shuffle(order)
    batch: list[Example] = []
    tokens = 0
    for at, example in enumerate(order, 1):
        batch.append(example)
        tokens += len(example)
        if tokens >= min(LAST_BATCH, FIRST_BATCH * GROWTH**step) or at == len(order):
            yield batch, at / len(order)
            batch, tokens, step = [], 0, step + 1
