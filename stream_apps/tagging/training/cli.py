"""The command ``train``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from wirecopy.errors import BadInput

Rounds = Annotated[int, typer.Option(min=1, help="Passes over the data, at most.")]


def train(
    data: Annotated[list[Path], typer.Argument(help="Files or folders: JSON lines of {id, text, entities}, or .txt.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the pipeline; it must not exist or be empty.")],
    *,
    licence: Annotated[str, typer.Option(help="Of the data, for the model card.")] = "not stated",
    base: Annotated[str, typer.Option(help="Where to start: shipped, sm, a package or a path.")] = "shipped",
    from_scratch: Annotated[bool, typer.Option("--from-scratch", help="Start from no pipeline.")] = False,
    labels: Annotated[str | None, typer.Option(help="A label map by name; default: the one that fits best.")] = None,
    name: Annotated[str, typer.Option(help="The name of the pipeline.")] = "newswire",
    hold_back: Annotated[float, typer.Option(min=0, max=0.5, help="Share to judge by, whole outlets.")] = 0.05,
    rehearse: Annotated[float, typer.Option(min=0, max=5, help="Of what the base knows, a paragraph given.")] = 0.1,
    indian: Annotated[float, typer.Option(min=0, max=1, help="Share that is repeated with Indian names.")] = 0.3,
    newswire: Annotated[int, typer.Option(min=0, help="Times that our newswire templates are filled.")] = 3,
    rounds: Rounds = 12,
    patience: Annotated[int, typer.Option(min=1, help="Rounds without gain until it stops.")] = 3,
    rate: Annotated[float, typer.Option(min=0, help="The learning rate at its height.")] = 0.001,
    dropout: Annotated[float, typer.Option(min=0, max=0.9, help="Share of the signals that is dropped.")] = 0.25,
    width: Annotated[int, typer.Option(min=32, help="Of the network; another than 96 needs --from-scratch.")] = 96,
    depth: Annotated[int, typer.Option(min=1, help="Of the network; another than 4 needs --from-scratch.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same pipeline.")] = 0,
) -> None:
    """Make a pipeline from labelled texts: progress on standard error, a model card and a report beside it."""
    from stream_apps.tagging import pipeline  # noqa: PLC0415  # before numpy: it chooses the linear algebra

    pipeline.use_one_blas_thread()
    logging.getLogger("spacy").setLevel(logging.WARNING)
    from stream_apps.tagging.training.loop import Schedule  # noqa: PLC0415
    from stream_apps.tagging.training.run import Order, save, train  # noqa: PLC0415

    if out.exists() and any(out.iterdir()):
        raise BadInput("not_empty", f"{out} is not empty")
    schedule = Schedule(rounds=rounds, rate=rate, dropout=dropout, patience=patience, seed=seed)
    order = Order(
        paths=data,
        base=None if from_scratch else base,
        licence=licence,
        name=name,
        label_map=labels,
        held_back=hold_back,
        rehearse=rehearse,
        indian=indian,
        newswire=newswire,
        width=width,
        depth=depth,
        schedule=schedule,
    )
    outcome = train(order, lambda line: print(line, file=sys.stderr, flush=True))
    save(outcome, out)
    print(f"{out}: F1 held back {outcome.report['held_back']['overall']['f1']:.4f}")
