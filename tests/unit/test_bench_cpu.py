from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bench import cpu
from bench.cpu import Meter
from bench.pipeline import at

BURN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"
PARENT = f"""\
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN.format(seconds=0.3)!r}], check=True)
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    """A process whose child has worked for 0.3 s and ended; it does nothing any more."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        yield process
        process.kill()


def test_the_time_of_ended_children_is_their_parents(parent: subprocess.Popen[str]) -> None:
    spent = Meter({"worker": parent.pid}).read()
    assert spent["worker"] >= 0.3
    assert cpu.of_process(parent.pid) < spent["worker"] - 0.25


def test_a_process_below_another_is_told_apart() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        try:
            spent = Meter({"us": os.getpid()}).read()
        finally:
            child.kill()
    assert [name for name in spent if name.startswith("us: ")]


def test_what_we_spend_is_counted_to_the_hundredth() -> None:
    before, ours = cpu.of_process(os.getpid()), time.process_time()
    while time.process_time() < ours + 0.05:
        pass
    assert cpu.of_process(os.getpid()) - before == pytest.approx(time.process_time() - ours, abs=0.01)


def test_no_process_has_no_time() -> None:
    assert Meter({"gone": 2**22 + 1}).read() == {}


def test_a_name_with_brackets_does_not_shift_the_fields() -> None:
    fields = " ".join(["S", *(str(number) for number in range(4, 53))])
    assert cpu.ended_in(f"1 (a) b (c)) {fields}") == 16 + 17


def test_a_process_that_came_later_began_at_nothing() -> None:
    assert cpu.between({"a": 1.0}, {"a": 1.5, "b": 0.25}) == {"a": 0.5, "b": 0.25}


def test_the_sample_before_a_moment_holds() -> None:
    samples = [(1.0, {"a": 0.1}), (2.0, {"a": 0.2}), (3.0, {"a": 0.3})]
    assert at(samples, 2.5) == {"a": 0.2}
    assert at(samples, 0.5) == {"a": 0.1}
