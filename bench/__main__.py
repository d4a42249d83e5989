"""``python -m bench``: the commands. Tables go to standard output, progress to standard error."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench import machine, report
from bench.report import Report
from wirecopy.errors import WirecopyError

CORES = 2

line = typer.Typer(name="bench", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Scale = Annotated[int, typer.Option(min=1, max=64, help="Of the wire day: about 415 articles for each.")]
Data = Annotated[Path, typer.Argument(metavar="DATA_DIR", exists=True, file_okay=False, help="Labelled data.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object in place of tables.")]
Save = Annotated[bool, typer.Option("--save", help="Put it in bench/RESULTS.md, in the place of the last one.")]


@line.callback()
def _about() -> None:
    """Speed, size and quality, measured on this machine. Tables go to standard output, progress to standard error."""


@line.command()
def stages(scale: Scale = 4, as_json: AsJson = False, save: Save = False) -> None:
    """Articles a second through each stage by itself, on real Kafka and Elasticsearch."""
    _measure("stages", scale, as_json=as_json, save=save)


@line.command()
def pipeline(scale: Scale = 4, as_json: AsJson = False, save: Save = False) -> None:
    """Articles a second end to end and memory of each process, beside bare nlp.pipe over the same texts."""
    _measure("pipeline", scale, as_json=as_json, save=save)


@line.command()
def latency(
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Entries a second.")] = 4,
    seconds: Annotated[float, typer.Option("--for", min=1, max=3600, help="Seconds that count.")] = 60,
    interval: Annotated[float, typer.Option(min=0.5, max=300, help="Seconds between polls of a feed.")] = 1,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Seconds from publication by a feed server to being found by a search."""
    _measure("latency", rate, seconds, interval, as_json=as_json, save=save)


@line.command()
def dedup(data: Data, scale: Scale = 1, as_json: AsJson = False, save: Save = False) -> None:
    """Families against labelled copies, beside MinHash libraries, and what each rule adds: DATA_DIR/dedup, /wire."""
    _measure("dedup", data, scale, as_json=as_json, save=save)


@line.command()
def origins(data: Data, as_json: AsJson = False, save: Save = False) -> None:
    """Origin classes and undisclosed wire against labels: DATA_DIR/wire, copies written by hand, derived ones."""
    _measure("origins", data, as_json=as_json, save=save)


@line.command()
def credits(  # noqa: A001 -- the command's name
    data: Data,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Write the table of confidences anew.")] = False,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Credits against labels, how sure they say they are, and what each rule adds: DATA_DIR/real/credits, /wire."""
    _measure("credits", data, calibrate, as_json=as_json, save=save)


@line.command()
def window(
    articles: Annotated[int, typer.Option(min=1000, max=10_000_000, help="In the window.")] = 1_000_000,
    words: Annotated[int, typer.Option(min=20, max=5000, help="Of an article, on average.")] = 400,
    partitions: Annotated[int, typer.Option(min=1, max=64, help="Hash ranges.")] = 4,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Memory of the dedup app at a full window, by stage."""
    _measure("window", articles, words, partitions, as_json=as_json, save=save)


@line.command()
def events(data: Data, scale: Scale = 1, as_json: AsJson = False, save: Save = False) -> None:
    """Events against labelled ones, beside TF-IDF with average linkage; milliseconds of an update."""
    _measure("events", data, scale, as_json=as_json, save=save)


@line.command()
def feeds(data: Data, as_json: AsJson = False, save: Save = False) -> None:
    """Feeds parsed a second, beside plain feedparser: DATA_DIR/feeds/real."""
    _measure("feeds", data, as_json=as_json, save=save)


@line.command()
def polling(
    count: Annotated[int, typer.Option("--feeds", min=1, max=20_000, help="Feeds, each polled three times.")] = 10_000,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """One producer process over very many feeds: seconds a cycle, and memory."""
    _measure("polling", count, as_json=as_json, save=save)


@line.command()
def entities(
    data: Data,
    limit: Annotated[int, typer.Option(min=0, help="Texts of each sample at most; 0: all.")] = 0,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Entities against labelled texts, beside the bare model: DATA_DIR/entities; names to things: DATA_DIR/wire."""
    _measure("entities", data, limit, as_json=as_json, save=save)


@line.command()
def resolution(data: Data) -> None:
    """Every pair of names that was wrongly joined or kept apart in DATA_DIR/wire, and the figures."""
    from bench.resolution import figures, judge, mistakes  # noqa: PLC0415  # spaCy is slow to load

    judged = judge(data)
    for mistake in mistakes(judged):
        print(mistake)
    print(json.dumps(figures(judged)))


@line.command()
def hotspots(
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="producer, dedup, tagging or indexing.")],
    scale: Scale = 1,
    as_json: AsJson = False,
) -> None:
    """Where the time of a stage's own code goes, by cProfile, without servers."""
    _measure("hotspots", stage, scale, as_json=as_json, save=False)


def _measure(name: str, *arguments: object, as_json: bool, save: bool) -> None:
    """Take the measurement of ``bench/<name>.py`` on ``CORES`` cores, and tell it."""
    machine.limit_cores(CORES)
    facts = machine.facts()
    measure = importlib.import_module(f"bench.{name}").measure  # each needs much that the others do not
    done = Report(name, command(sys.argv[1:]), facts, measure(*arguments))
    print(done.as_json() if as_json else done.markdown())
    if save:
        report.save(done)


def command(arguments: Sequence[str]) -> str:
    """What to type to measure this again; folders have other names elsewhere."""
    kept = ["DATA_DIR" if "/" in word else word for word in arguments if word not in {"--json", "--save"}]
    return " ".join(["./do bench", *kept])


def main() -> None:
    try:
        line()
    except WirecopyError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
