"""Commands of this package: ``tag``, ``eval entities``, ``aliases …`` and ``run tagging``."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from wirecopy.cli.registry import current_settings

if TYPE_CHECKING:
    from schemas.public_records import Credit, Entity
    from stream_apps.tagging.documents import Document
    from stream_apps.tagging.evaluation import Evaluation
    from stream_apps.tagging.lines import TagLine
    from stream_apps.tagging.model_process import ModelProcesses

Result = TypeVar("Result")


def run_tagging() -> None:
    """Tag stories and publish articles and stories: one worker of the tagging app, until it is told to stop."""
    from stream_apps.tagging.app import run  # noqa: PLC0415  # Faust is slow to load: not for the other commands

    run(current_settings())


def tag(
    file: Annotated[
        Path, typer.Argument(help="A text, JSON lines of {id, text, title?, byline?, outlet?, story?}, or -.")
    ],
) -> None:
    """Say who and what texts are about: credits and entities, a JSON line each."""
    from stream_apps.tagging import lines  # noqa: PLC0415  # the command line starts without what it does not use

    content = lines.read_text(file)
    if lines.are_json_lines(content):
        given = list(lines.read_lines(content, lines.TagLine, str(file)))
    else:
        given = [lines.TagLine(id=str(file), text=content)]
    for found in _tagged(given):
        print(json.dumps(found, ensure_ascii=False))


def eval_entities(
    file: Annotated[Path, typer.Argument(help="JSON lines of {id, text, entities: [[start, end, label]]}.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of a table.")] = False,
    bare: Annotated[bool, typer.Option("--bare", help="The model alone, without our rules, to compare with.")] = False,
) -> None:
    """Precision, recall and F1 of entities against labelled texts, and words a second."""
    from stream_apps.tagging import alias_files, evaluation, lines  # noqa: PLC0415

    given = list(lines.read_lines(lines.read_text(file), lines.LabelledLine, str(file)))
    settings = current_settings().tagging
    aliases = alias_files.configured(settings.aliases)
    result = _with_model(lambda model: evaluation.evaluate(given, model, aliases, settings.max_chars, bare=bare))
    print(json.dumps(result.as_dict()) if as_json else _table(result))


def check_aliases() -> None:
    """Read all alias files, those of the setting too: say what is in them, or name what is wrong by file and line."""
    from stream_apps.tagging import alias_files  # noqa: PLC0415

    aliases = alias_files.configured(current_settings().tagging.aliases)
    counts = Counter(entity.type for entity in aliases.entities.values())
    print(f"version {aliases.version}: {len(aliases.entities)} entities, {len(aliases.places)} more names of places")
    print(", ".join(f"{kind} {count}" for kind, count in counts.most_common()))


def build_aliases(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write them; tagging.aliases may name it.")],
) -> None:
    """Check all alias files and write them as one file, which loads faster and is the same on every machine."""
    from stream_apps.tagging import alias_files  # noqa: PLC0415

    aliases = alias_files.configured(current_settings().tagging.aliases)
    alias_files.write_built(aliases, out)
    print(f"version {aliases.version}: {out}")


def _tagged(given: Sequence[TagLine]) -> Iterator[dict[str, Any]]:
    from stream_apps.tagging import alias_files  # noqa: PLC0415
    from stream_apps.tagging.documents import Document, tag_documents  # noqa: PLC0415
    from stream_apps.tagging.publishers import publishers  # noqa: PLC0415
    from stream_apps.text.credits import read_credits  # noqa: PLC0415

    readings = [read_credits(line.text, line.byline, line.title or "", outlet=line.outlet) for line in given]
    documents: list[Document] = [
        Document(
            line.id,
            line.text,
            line.title or "",
            line.story,
            tuple(reading.annotations),
            publishers((credit.agency for credit in reading.credits), line.outlet),
        )
        for line, reading in zip(given, readings, strict=True)
    ]
    settings = current_settings().tagging
    aliases = alias_files.configured(settings.aliases)
    entities = _with_model(lambda model: tag_documents(documents, model, aliases, settings.max_chars))
    for line, reading, found in zip(given, readings, entities, strict=True):
        yield _tagged_line(line.id, reading.credits, found)


def _tagged_line(identity: str, credits_read: Sequence[Credit], entities: Sequence[Entity]) -> dict[str, Any]:
    return {
        "id": identity,
        "credits": [credit.model_dump(mode="json") for credit in credits_read],
        "entities": [_entity(entity) for entity in entities],
    }


def _entity(entity: Entity) -> dict[str, Any]:
    """Mentions are those in the text; those in the headline stand apart, since they count from its start."""
    spans: dict[str, list[tuple[int, int, str]]] = {"text": [], "headline": []}
    for mention in entity.occurrences():
        spans[mention.field].append((mention.start, mention.end, mention.text))
    headline = {"headline_mentions": spans["headline"]} if spans["headline"] else {}
    return {
        "id": entity.id,
        "name": entity.name,
        "type": entity.type,
        "method": entity.method,
        "mentions": spans["text"],
        **headline,
    }


def _with_model(work: Callable[[ModelProcesses], Awaitable[Result]]) -> Result:
    """Run ``work`` with model processes that have loaded the pipeline."""
    from stream_apps.tagging.model_process import ModelProcesses  # noqa: PLC0415

    async def run() -> Result:
        async with ModelProcesses(current_settings().tagging) as model:
            await model.warm()
            return await work(model)

    return asyncio.run(run())


def _table(result: Evaluation) -> str:
    from stream_apps.tagging.scoring import overall  # noqa: PLC0415

    rows = [("overall", overall(result.labels)), *result.labels.items()]
    lines = [f"{'':14}{'precision':>10}{'recall':>10}{'F1':>10}"]
    lines += [f"{label:14}{s.precision:10.3f}{s.recall:10.3f}{s.f1:10.3f}" for label, s in rows]
    return "\n".join([*lines, f"{result.words / result.seconds:,.0f} words a second"])
