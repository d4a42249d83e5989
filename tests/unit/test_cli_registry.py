"""Commands that an installed package has, and those that were left out of it."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest
from typer.testing import CliRunner

from wirecopy.cli import build, registry
from wirecopy.errors import MissingSoftware


@pytest.fixture
def without_wire_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """As installed from a wheel, which has no ``wirecopy.wireday``."""
    for name in [name for name in sys.modules if name.startswith("wirecopy.wireday")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "wirecopy.cli.wireday", raising=False)
    monkeypatch.setitem(sys.modules, "wirecopy.wireday", None)


@pytest.mark.usefixtures("without_wire_day")
@pytest.mark.parametrize("arguments", [["wireday", "serve", "--port", "0"], ["wireday", "--help"], ["wireday"]])
def test_a_command_that_was_left_out_says_where_it_runs(arguments: list[str]) -> None:
    with pytest.raises(MissingSoftware, match=r"run `\./do wirecopy wireday serve` in a checkout"):
        build(arguments)


@pytest.mark.usefixtures("without_wire_day")
def test_help_lists_the_commands_that_are_there() -> None:
    result = CliRunner().invoke(build(), ["--help"])
    assert result.exit_code == 0
    assert "search" in result.output
    assert "wireday" not in result.output


def test_a_missing_dependency_is_no_missing_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wirecopy.cli.wireday", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(ModuleNotFoundError, match="typer"):
        registry.load_command(EntryPoint("wireday.serve", "wirecopy.cli.wireday:serve", registry.GROUP))
