"""The command line ``wirecopy``: verbs by noun.

Data goes to standard output, logs and progress to standard error. Exit codes: 0 done; 1 done, and the answer is bad
(a check failed); 2 bad usage or a bad setting; 3 software is missing; 4 a server cannot be reached; 5 bad input;
6 nothing is stored under that id; 7 state that this version cannot read; 8 a stage that fails on everything; 70 a
worker that crashed, to be started again; 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from wirecopy import __version__, settings, telemetry
from wirecopy.cli.registry import add_commands, use
from wirecopy.errors import ServerError, WirecopyError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal would obey; an error can quote what a server has said."""


def build(arguments: Sequence[str] = ()) -> typer.Typer:
    """Build the commands that these arguments can mean; all without any."""
    root = typer.Typer(name="wirecopy", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    root.callback()(_options)
    add_commands(root, arguments)
    return root


def main() -> None:
    """Run one command; an error of ours becomes one line and its exit code."""
    try:
        build(sys.argv[1:])(standalone_mode=True)
    except WirecopyError as error:
        print(f"wirecopy: {_CONTROL.sub('', str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"wirecopy: the disk is full: cannot write {error.filename or 'any more'}", file=sys.stderr)
        sys.exit(ServerError.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def forget_secrets() -> None:
    """Remove secrets from the environment, so that programs we start do not inherit them."""
    for name in os.environ.keys() - settings.without_secrets(os.environ).keys():
        del os.environ[name]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


def _options(
    config: Annotated[Path | None, typer.Option(help="Settings file (YAML).", show_default="wirecopy.yaml")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="One setting; repeatable.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Reads news feeds, groups the copies of one agency story, tags them, makes them searchable."""
    overrides = {}
    for assignment in assignments or []:
        name, separator, value = assignment.partition("=")
        if not separator:
            raise typer.BadParameter(f"{assignment!r} is not SECTION.KEY=VALUE", param_hint="--set")
        overrides[name.strip()] = value
    loaded = settings.load(overrides, config)
    forget_secrets()
    use(loaded)
    telemetry.configure_logging(loaded.settings.telemetry)
