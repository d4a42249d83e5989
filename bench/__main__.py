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
def pipeline(
    scale: Scale = 4,
    rate: Annotated[float, typer.Option(min=0.1, max=100, help="Articles a second of the steady part.")] = 4,
    seconds: Annotated[float, typer.Option("--for", min=1, max=3600, help="Seconds of the steady part.")] = 60,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Speed end to end, CPU, messages and memory, beside a plain script of the same work and bare nlp.pipe."""
    _measure("pipeline", scale, rate, seconds, as_json=as_json, save=save)


@line.command()
def story(
    until: Annotated[int, typer.Option(min=5, max=50_000, help="Copies of the story: up to here.")] = 5000,
    within: Annotated[
        float, typer.Option(min=60, max=86_400, help="Seconds that it may take; less is told then.")
    ] = 7200,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """CPU of the copies around the 5th, 50th, 500th and 5,000th of one story, all processes."""
    _measure("story", until, within, as_json=as_json, save=save)


@line.command()
def latency(
    rate: Annotated[
        list[float] | None, typer.Option(min=0.1, max=100, help="Entries a second; may be repeated.")
    ] = None,
    seconds: Annotated[float, typer.Option("--for", min=1, max=3600, help="Seconds that count.")] = 60,
    interval: Annotated[float, typer.Option(min=0.2, max=300, help="Seconds between polls of a feed.")] = 0.5,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Seconds from publication to being written and to being found, at 4 and 20 entries a second unless told."""
    _measure("latency", tuple(rate or (4.0, 20.0)), seconds, interval, as_json=as_json, save=save)


@line.command()
def restore(
    articles: Annotated[int, typer.Option(min=100, max=10_000_000, help="In the state.")] = 1_000_000,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Seconds until the engine is ready again after `kill -9`, with so many articles in its state."""
    _measure("restore", articles, as_json=as_json, save=save)


@line.command()
def dedup(data: Data, scale: Scale = 1, as_json: AsJson = False, save: Save = False) -> None:
    """Stories against labelled copies, beside MinHash libraries, and what each rule adds: DATA_DIR/dedup, /wire."""
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
def engine(
    articles: Annotated[int, typer.Option(min=1000, max=10_000_000, help="In the window.")] = 1_000_000,
    subject: Annotated[int, typer.Option(min=1, max=1000, help="Stories that tell of one subject.")] = 5,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """The engine alone: articles a second of one core with a full window, milliseconds of a new and a revised one."""
    _measure("engine", articles, subject, as_json=as_json, save=save)


@line.command()
def window(
    articles: Annotated[
        list[int] | None, typer.Option(min=1000, max=10_000_000, help="In the window; repeatable.")
    ] = None,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Memory of every state at a full window: 10,000, 100,000 and a million articles unless told."""
    _measure("window", tuple(articles or (10_000, 100_000, 1_000_000)), as_json=as_json, save=save)


@line.command()
def events(data: Data, scale: Scale = 1, as_json: AsJson = False, save: Save = False) -> None:
    """Events against labelled ones, beside TF-IDF with average linkage; milliseconds of an update."""
    _measure("events", data, scale, as_json=as_json, save=save)


@line.command()
def graph(
    stories: Annotated[int, typer.Option(min=1000, max=10_000_000, help="In the window.")] = 350_000,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """The graph of events alone: milliseconds of an update, with 5 and with 87 stories of one subject."""
    _measure("graph", stories, as_json=as_json, save=save)


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
def search(as_json: AsJson = False, save: Save = False) -> None:
    """Precision and recall of searches: 380 questions to the wire day with known answers, and every miss."""
    _measure("search", as_json=as_json, save=save)


@line.command()
def searches(
    articles: Annotated[int, typer.Option(min=1_000, max=10_000_000, help="In the index.")] = 1_000_000,
    requests: Annotated[int, typer.Option(min=5, max=10_000, help="Of each kind.")] = 40,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Milliseconds of each kind of search and of each panel in an index of very many articles, under live writes."""
    _measure("searches", articles, requests, as_json=as_json, save=save)


@line.command(name="open")
def open_benchmark(as_json: AsJson = False, save: Save = False) -> None:
    """The open benchmark, bench/open: copies, credits, origins, corrections, names, events, dates; two baselines."""
    _measure("open", as_json=as_json, save=save)


@line.command()
def desk(
    requests: Annotated[int, typer.Option(min=10, max=10_000, help="Of each page.")] = 100,
    as_json: AsJson = False,
    save: Save = False,
) -> None:
    """Milliseconds of each page of the desk over the wire day: median, p95, slowest."""
    _measure("desk", requests, as_json=as_json, save=save)


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
    done = Report.of(name, command(sys.argv[1:]), facts, measure(*arguments))
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
