"""Arrows point one way, and I/O stays at the edges."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("wirecopy", "schemas", "producers", "stream_apps")
STAGES = ("fingerprint", "dedup", "tagging", "indexing")
ENGINE_EDGE = {
    Path("stream_apps/dedup", name)
    for name in (
        "clean_log.py",
        "committed_position.py",
        "engine_assignor.py",
        "engine_process.py",
        "partition_engine.py",
    )
}
"""Where the engine meets Kafka: it goes beneath Faust. What it decides knows nothing of them."""


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def all_imports(folder: str) -> Iterator[tuple[Path, str]]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files, folder
    return ((path.relative_to(ROOT), name) for path in files for name in imports(path))


def under(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("schemas", {"schemas"}),
        ("wirecopy", {"wirecopy", "schemas"}),
        ("producers", {"producers", "wirecopy", "schemas"}),
        ("stream_apps", {"stream_apps", "wirecopy", "schemas"}),
    ],
)
def test_arrows_point_one_way(folder: str, allowed: set[str]) -> None:
    forbidden = set(PACKAGES) - allowed
    assert [(path, name) for path, name in all_imports(folder) if under(name, *forbidden)] == []


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_import_each_other(stage: str) -> None:
    others = [f"stream_apps.{other}" for other in STAGES if other != stage]
    assert [(path, name) for path, name in all_imports(f"stream_apps/{stage}") if under(name, *others)] == []


@pytest.mark.parametrize("shared", ["runtime", "text", "geography"])
def test_what_stages_share_knows_no_stage(shared: str) -> None:
    stages = [f"stream_apps.{stage}" for stage in STAGES]
    assert [(path, name) for path, name in all_imports(f"stream_apps/{shared}") if under(name, *stages)] == []


def test_two_modules_know_faust() -> None:
    found = {path for folder in PACKAGES for path, name in all_imports(folder) if under(name, "faust", "mode")}
    assert found == {Path("stream_apps/runtime/worker.py"), Path("stream_apps/runtime/faust_app.py")}


@pytest.mark.parametrize("folder", ["fingerprint", "dedup", "tagging", "text", "geography"])
def test_logic_needs_no_servers(folder: str) -> None:
    servers = ("kafka", "aiokafka", "elasticsearch", "aiohttp", "httpx")
    found = {path for path, name in all_imports(f"stream_apps/{folder}") if under(name, *servers)}
    assert found == (ENGINE_EDGE if folder == "dedup" else set())


def test_every_agent_handles_one_message_at_a_time() -> None:
    """With a higher concurrency Faust commits past messages in flight (faust-streaming#606)."""
    tree = ast.parse((ROOT / "stream_apps/runtime/worker.py").read_text(encoding="utf-8"))
    agents = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "agent"]
    assert agents
    for agent in agents:
        concurrency = {keyword.arg: keyword.value for keyword in agent.keywords}["concurrency"]
        assert isinstance(concurrency, ast.Constant)
        assert concurrency.value == 1


def test_what_the_engine_decides_does_not_know_its_edge() -> None:
    edge = [f"stream_apps.dedup.{path.stem}" for path in ENGINE_EDGE]
    wiring = {*ENGINE_EDGE, Path("stream_apps/dedup/cli.py")}
    found = [
        (path, name) for path, name in all_imports("stream_apps/dedup") if under(name, *edge) and path not in wiring
    ]
    assert found == []
