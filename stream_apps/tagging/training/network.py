"""The network: made from its configuration, and started from the weights of another pipeline where that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import spacy
from thinc.api import Config, Model

from stream_apps.tagging.vectors import PackedVectors
from wirecopy.errors import BadInput

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

CONFIG = Path(__file__).parent / "pipeline.cfg"
SIZES = (96, 4)
"""Width and depth of spaCy's pipelines, and of ours unless others are asked for."""


def create(vectors: PackedVectors | None = None, *, width: int = SIZES[0], depth: int = SIZES[1]) -> Language:
    """A pipeline without weights, of the configuration ``pipeline.cfg`` and these sizes."""
    held = Config().from_disk(CONFIG)
    network = held["components"]["ner"]["model"]["tok2vec"]
    network["embed"]["width"] = network["encode"]["width"] = width
    network["encode"]["depth"] = depth
    network["embed"]["include_static_vectors"] = vectors is not None
    nlp = spacy.util.load_model_from_config(held, auto_fill=True)
    if vectors is not None:
        nlp.vocab.vectors = vectors
    return nlp


def initialise(nlp: Language, examples: Sequence[Example], base: Language | None) -> Any:
    """Give weights to ``nlp``, those of ``base`` where there is one, and return the optimiser.

    Raises ``BadInput`` where ``base`` has a network of another shape.
    """
    optimiser = nlp.initialize(lambda: examples)
    if base is not None:
        ours, theirs = nlp.get_pipe("ner"), base.get_pipe("ner")
        try:
            _take_over(_layers(ours.model), _layers(theirs.model))
            _take_over_moves(ours, theirs)
        except (ValueError, KeyError) as error:
            raise BadInput("other_network", f"the base is no network of this shape: {error}") from error
    return optimiser


def _layers(model: Model[Any, Any]) -> list[Model[Any, Any]]:
    """Every layer with weights, but for the last: its rows are the moves, which differ."""
    upper = model.get_ref("upper")
    return [layer for layer in model.walk(order="dfs_pre") if layer.param_names and layer is not upper]


def _take_over(ours: Sequence[Model[Any, Any]], theirs: Sequence[Model[Any, Any]]) -> None:
    theirs_too = any(layer.name == "static_vectors" for layer in theirs)
    kept = [layer for layer in ours if theirs_too or layer.name != "static_vectors"]
    for mine, other in zip(kept, theirs, strict=True):
        for name in filter(mine.has_param, mine.param_names):
            mine.set_param(name, _fitted(mine.get_param(name), other.get_param(name)))


def _fitted(ours: Any, theirs: Any) -> Any:
    """``theirs``, with room for inputs that it does not have: they start without influence."""
    if ours.shape == theirs.shape:
        return theirs.copy()
    if ours.shape[:-1] != theirs.shape[:-1] or ours.shape[-1] < theirs.shape[-1]:
        raise ValueError(f"{ours.shape} is not {theirs.shape}")
    wider = np.zeros_like(ours)
    wider[..., : theirs.shape[-1]] = theirs
    wider[..., theirs.shape[-1] :] = ours[..., theirs.shape[-1] :] * 0.1
    return wider


def _take_over_moves(ours: Any, theirs: Any) -> None:
    rows = {name: row for row, name in enumerate(theirs.move_names)}
    mine, other = ours.model.get_ref("upper"), theirs.model.get_ref("upper")
    for param in ("W", "b"):
        values, known = mine.get_param(param).copy(), other.get_param(param)
        for row, name in enumerate(ours.move_names):
            if name in rows:
                values[row] = known[rows[name]]
        mine.set_param(param, values)


def store(nlp: Language, folder: Path) -> None:
    """Write the pipeline without the words that it met in training: its vocabulary is no place for others' texts."""
    bare = spacy.util.load_model_from_config(nlp.config)
    bare.vocab.vectors = nlp.vocab.vectors
    bare.get_pipe("ner").from_bytes(nlp.get_pipe("ner").to_bytes(exclude=["vocab"]))
    bare.meta.update(nlp.meta)
    bare.to_disk(folder)
