"""``wirecopy dlq list|show|send|purge``."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from inspect import Signature, signature
from typing import Annotated, Any

import typer

from wirecopy.cli.registry import current_settings
from wirecopy.dlq import shown, topic
from wirecopy.dlq.letters import MAX_ATTEMPTS, Letter, LetterId, Wanted, without_value
from wirecopy.errors import NotFound, SettingsError
from wirecopy.moments import parse_moment

Letters = Annotated[list[str] | None, typer.Argument(help="Single letters, PARTITION:OFFSET, as `dlq list` shows.")]
Stage = Annotated[list[str] | None, typer.Option(help="Which stage refused it. Repeatable.")]
Reason = Annotated[list[str] | None, typer.Option(help="`schema`, `unexpected`, … Repeatable.")]
Since = Annotated[str | None, typer.Option(help="Written from then on: 2026-11-22, or 10m, 24h, 7d ago.")]
Until = Annotated[str | None, typer.Option(help="As --since; a day is included.")]
Article = Annotated[str | None, typer.Option(help="The id of the article or story, or the start of the key.")]
All = Annotated[bool, typer.Option("--all", help="All that are open, without a choice.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def dlq_list(  # noqa: PLR0917  # typer takes every option as a parameter
    stage: Stage = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    article: Article = None,
    done_too: Annotated[bool, typer.Option("--done", help="Those too that were sent again or purged.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Letters at most, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show which dead letters are open: how many of what, and the newest of them."""
    kafka = current_settings().kafka
    wanted = _wanted(stage=stage, reason=reason, since=since, until=until, article=article, done_too=done_too)
    newest: deque[Letter] = deque(maxlen=limit)
    every = (_remembered(letter, newest) for letter in topic.read_letters(kafka, wanted))
    counts = shown.counts(every)
    letters = sorted(newest, key=lambda letter: letter.written)
    if as_json:
        of_each = [{"stage": stage, "reason": reason, "letters": number} for stage, reason, number in counts]
        print(json.dumps({"counts": of_each, "letters": [shown.as_json(letter) for letter in letters]}, indent=2))
        return
    print("\n".join(f"{number} {shown.line(stage, 20)} {shown.line(reason, 40)}" for stage, reason, number in counts))
    print("\n".join(["", *shown.table(letters)]) if letters else "no dead letters")


def dlq_show(
    letter: Annotated[str, typer.Argument(help="PARTITION:OFFSET, as `dlq list` shows it.")],
    limit: Annotated[int, typer.Option("--bytes", min=0, help="Of the message, at most.")] = 4000,
    raw: Annotated[
        bool, typer.Option("--raw", help="The bytes of the message as they are, into a file or pipe.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter at length; what does not show in a text is escaped."""
    found = _one(letter)
    if raw and sys.stdout.isatty():
        raise SettingsError("--raw is for a file or a pipe: what is in a dead letter could harm a terminal")
    if raw:
        sys.stdout.buffer.write(found.value)
    elif as_json:
        print(json.dumps(shown.as_json(found), indent=2))
    else:
        print("\n".join(shown.in_full(found, limit)))


def _chosen(  # noqa: PLR0917  # typer takes every option as a parameter
    letters: Letters = None,
    stage: Stage = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    article: Article = None,
    every: All = False,
) -> Wanted:
    """Return the letters of a command; all of them only with ``--all``."""
    wanted = _wanted(letters=letters, stage=stage, reason=reason, since=since, until=until, article=article)
    if wanted.chooses == every:
        raise SettingsError("say which letters: name them, choose by --stage, --reason, … or take --all, not both")
    return wanted


def _for_chosen(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of ``_chosen`` before its own; it is given what they choose, as ``wanted``."""
    choice = signature(_chosen, eval_str=True).parameters
    own = [option for option in signature(command, eval_str=True).parameters.values() if option.name != "wanted"]

    @wraps(command)
    def chosen(**given: Any) -> None:
        wanted = _chosen(**{name: given.pop(name) for name in choice})
        command(wanted=wanted, **given)

    options = [*choice.values(), *own]
    chosen.__signature__ = Signature(options)  # type: ignore[attr-defined]  # what typer reads
    chosen.__annotations__ = {option.name: option.annotation for option in options}
    return chosen


@_for_chosen
def dlq_send(
    wanted: Wanted,
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="Letters a second.")] = 20.0,
    max_attempts: Annotated[
        int, typer.Option(min=1, max=1000, help="Leave those that failed so often.")
    ] = MAX_ATTEMPTS,
    dry_run: DryRun = False,
) -> None:
    """Send dead letters again to the topics that they came from. Exit code 1: some cannot be sent."""
    kafka = current_settings().kafka
    sent = topic.send(kafka, topic.read_letters(kafka, wanted), rate, max_attempts, dry_run=dry_run)
    for why, number in sent.refused.items():
        print(f"{number} not sent: {shown.line(why, 200)}")
    print(f"{sent.letters} {'would be sent' if dry_run else 'sent'} again")
    if sent.refused:
        raise typer.Exit(1)


@_for_chosen
def dlq_purge(
    wanted: Wanted,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Throw dead letters away. Their bytes go once no open letter lies before them."""
    kafka = current_settings().kafka
    found = topic.survey(kafka, wanted)
    number = len(found.chosen)
    if dry_run or not (yes or typer.confirm(f"throw {number} dead letters away?")):
        print(f"{number} would be purged")
        return
    freed = topic.purge(kafka, found)
    print(f"{number} purged; {freed} messages at the beginning of the topic deleted")


def _remembered(letter: Letter, newest: deque[Letter]) -> Letter:
    """For counting and listing: without the message, which can be large."""
    short = without_value(letter)
    newest.append(short)
    return short


def _one(text: str) -> Letter:
    (wanted,) = _wanted(letters=[text]).ids
    found = topic.read_letter(current_settings().kafka, wanted)
    if found is None:
        raise NotFound(f"there is no dead letter {text[:40]}: it was deleted, or is a note")
    return found


def _wanted(
    *,
    letters: list[str] | None = None,
    stage: list[str] | None = None,
    reason: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    article: str | None = None,
    done_too: bool = False,
) -> Wanted:
    now = datetime.now(UTC)
    try:
        return Wanted(
            ids=frozenset(map(LetterId.parse, letters or ())),
            stages=stage or (),
            reasons=reason or (),
            since=parse_moment(since, now) if since else None,
            until=parse_moment(until, now, end=True) if until else None,
            article=article,
            done_too=done_too,
        )
    except ValueError as error:
        raise SettingsError(str(error)) from None
