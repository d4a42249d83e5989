"""``python -m tests.image BASE DIR``: build the image step by step where there is no container engine, and try it.

``BASE`` is a folder with a root file system, the stand-in for the image that ``FROM`` names; nothing in it is changed::

    debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,python-is-python3,ca-certificates \\
        trixie BASE

Each stage is an overlay over it, in which ``RUN`` is executed in a chroot and from which ``COPY --from`` copies. What
is left in ``DIR/STAGE/layer`` is exactly what the image would add to its base. Then the image is started as it would
be: its user, its environment, its entry point, a root that is read-only. Needs root on Linux (mounts); files that pip
needs to reach a registry, such as its configuration, are named with ``--with``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.image.dockerfile import Stage, State, applied, copy_parts, stages
from tests.image.ignored import context

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
PASSED = ("PIP_", "SSL_", "REQUESTS_")
"""Beginnings of variables that a build may see: how pip reaches a registry from here, as a build argument would say."""
TRIED = (["--version"], ["--help"], ["config", "show"], ["aliases", "check"])
"""What must work without any server."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.image")
    parser.add_argument("base", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--with", dest="beside", type=Path, action="append", default=[], metavar="PATH")
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    folder.mkdir(parents=True)
    beside = folder / "beside"
    for path in (Path("/etc/resolv.conf"), Path("/etc/hosts"), *given.beside):
        _copy(path, beside / path.relative_to("/"))
    context(ROOT, folder / "context")
    built: dict[str, Path] = {}
    for stage in stages(DOCKERFILE):
        print(f"== FROM {stage.base} AS {stage.name or 'the image'}", flush=True)
        state = _build(stage, [beside, given.base.resolve()], folder, built)
    image = built[""]
    print(f"== the image adds {_size(image)} MiB to its base:", sorted(_top(image)))
    below = [image, beside, given.base.resolve()]
    print("== doctor, who misses the servers: exit code", _try(state, below, folder, ["doctor"]))
    return max(_try(state, below, folder, words) for words in TRIED)


def _build(stage: Stage, below: Sequence[Path], folder: Path, built: dict[str, Path]) -> State:
    layer = folder / (stage.name or "image") / "layer"
    state = State()
    with _mounted(below, layer) as root:
        for instruction, value in stage.steps:
            print(f"-- {instruction} {value}", flush=True)
            if applied(state, instruction, value):
                (root / state.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            elif instruction == "COPY":
                source, names, target = copy_parts(value)
                _copy_into(folder / "context" if source is None else built[source], names, target, root, state)
            else:
                _run(root, state, ["/bin/sh", "-c", value], passed=_passed())
    built[stage.name] = layer
    return state


def _copy_into(source: Path, names: Sequence[str], target: str, root: Path, state: State) -> None:
    into = root / os.path.join(state.workdir, target).lstrip("/")  # noqa: PTH118  # an absolute target replaces the rest
    for name in names:
        here = source / name.lstrip("/")
        _copy(here, into / here.name if target.endswith("/") and not here.is_dir() else into)


def _copy(here: Path, there: Path) -> None:
    there.parent.mkdir(parents=True, exist_ok=True)
    if here.is_dir():
        shutil.copytree(here, there, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(here, there)


def _try(state: State, below: Sequence[Path], folder: Path, words: Sequence[str]) -> int:
    """Start the image as a user would. Its root is read-only but for the volume and ``/tmp``."""
    with _mounted(below, None) as root, _filled(root, (root / "tmp", root / state.workdir.lstrip("/")), state.user):
        print(f"-- {' '.join([*state.entrypoint, *words])}", flush=True)
        return _run(root, state, [*state.entrypoint, *words], user=state.user, check=False)


def _run(
    root: Path, state: State, command: Sequence[str], *, user: str = "0:0", passed: Mapping[str, str] | None = None,
    check: bool = True,
) -> int:  # fmt: skip
    enter = ["chroot", f"--userspec={user}", str(root), "/usr/bin/env", f"--chdir={state.workdir}", *command]
    return subprocess.run(enter, env={**(passed or {}), **state.env}, stdin=subprocess.DEVNULL, check=check).returncode


def _passed() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(PASSED)}


@contextmanager
def _mounted(below: Sequence[Path], layer: Path | None) -> Iterator[Path]:
    """The folders as one root, the first on top; what is written goes to ``layer``, without one nothing can be."""
    base = layer.parent if layer else below[0].parent
    root, work = base / "root", base / "work"
    for path in (root, work, *([layer] if layer else [])):
        path.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={':'.join(map(str, below))}" + (f",upperdir={layer},workdir={work}" if layer else "")
    _mount("-t", "overlay", "-o", options, "overlay", str(root))
    try:
        _mount("--bind", "/dev", str(root / "dev"))
        _mount("-t", "proc", "proc", str(root / "proc"))
        yield root
    finally:
        subprocess.run(["umount", "--recursive", str(root)], check=True)


@contextmanager
def _filled(root: Path, folders: Sequence[Path], user: str) -> Iterator[None]:
    """Folders that are empty and can be written: what a container is given as volumes and tmpfs."""
    number = user.partition(":")[0]
    for path in folders:
        _mount("-t", "tmpfs", "-o", f"mode=0700,uid={number},gid={number}", "tmpfs", str(path))
    yield


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _size(layer: Path) -> int:
    return sum(path.lstat().st_size for path in layer.rglob("*") if path.is_file()) // 2**20


def _top(layer: Path) -> Iterator[str]:
    """What an image adds: the first two parts of every path."""
    return iter({"/".join(path.relative_to(layer).parts[:2]) for path in layer.rglob("*") if not path.is_dir()})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
