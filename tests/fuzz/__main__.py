"""``python -m tests.fuzz [--minutes N] [TARGET]...``: atheris over each target in turn, in a process of its own.

What it learns of inputs is kept in ``.wirecopy/fuzz/TARGET``, so that a later run goes on from there; a finding is a
file in ``.wirecopy/fuzz/findings``, and ``python -m tests.fuzz --replay FILE`` shows it again. Ends with 1 if there was
one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".wirecopy" / "fuzz"
FINDINGS = KEPT / "findings"
SLOWEST = 20
"""Seconds that one input may take: a parser in production has as many."""
MEMORY = 2048
"""MiB."""
LONGEST = 16 * 1024
PACKAGES = ["producers", "schemas", "stream_apps", "wirecopy", "feedparser", "protego", "trafilatura"]


def main() -> int:
    """Go through the targets; how many have findings."""
    options = _options().parse_args()
    if options.replay:
        return _replay(options.replay)
    if options.one:
        return _fuzz(options.one, options.seconds)
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415  # atheris has to be there first, in the process that fuzzes

    names = options.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        print(f"no target {', '.join(sorted(unknown))}: there are {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    seconds = max(5, round(options.minutes * 60 / len(names)))
    failed = [name for name in names if not _run(name, seconds)]
    print(f"{len(names)} targets, {seconds} s each; findings in {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./do fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together")
    parser.add_argument("--replay", type=Path, help="a file of a finding, named TARGET-…")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=10, help=argparse.SUPPRESS)
    return parser


def _run(name: str, seconds: int) -> bool:
    """Whether a target went without a finding."""
    started = time.monotonic()
    KEPT.mkdir(parents=True, exist_ok=True)
    log = KEPT / f"{name}.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--one", name, "--seconds", str(seconds)],
            cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    said = log.read_text(errors="replace").splitlines()
    runs = next((line.split()[1] for line in reversed(said) if line.startswith("Done ")), "?")
    outcome = "fine" if done.returncode == 0 else f"FINDING, see {log.relative_to(ROOT)}"
    print(f"{name:18} {runs:>9} inputs  {time.monotonic() - started:6.0f} s  {outcome}", flush=True)
    return done.returncode == 0


def _fuzz(name: str, seconds: int) -> int:
    """Never returns where all is well: libFuzzer ends the process."""
    import atheris  # noqa: PLC0415  # in the lock file of tools only

    with atheris.instrument_imports(include=PACKAGES):
        from tests.fuzz.targets import TARGETS, seeds  # noqa: PLC0415  # instrumented as it is imported

    corpus, given = KEPT / name, KEPT / f"{name}.seeds"
    for folder in (corpus, given, FINDINGS):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (given / f"{number:04}").write_bytes(seed)
    arguments = [
        f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}",
        f"-artifact_prefix={FINDINGS}/{name}-", "-print_final_stats=1", str(corpus), str(given),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()
    return 0


def _replay(path: Path) -> int:
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415  # as above

    TARGETS[path.name.partition("-")[0]](path.read_bytes())
    print("nothing is wrong with it any more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
