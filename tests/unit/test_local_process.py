from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wirecopy.errors import ServerError
from wirecopy.local import process
from wirecopy.local.process import Child

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


@pytest.fixture
def child_of_ours(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    started: list[Child] = []

    def start(code: str, grace: float = 30.0) -> Child:
        child = Child("thing", [sys.executable, "-c", code], tmp_path / "logs" / "thing.log", grace=grace)
        started.append(child)
        child.start()
        return child

    yield start
    for child in started:
        child.stop()


def eventually(happened: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_output_goes_to_the_log_and_the_exit_code_is_kept(child_of_ours: Callable[..., Child]) -> None:
    child = child_of_ours("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert eventually(lambda: not child.running)
    assert child.exit_code == 7
    assert sorted(child.last_lines().splitlines()) == ["err", "out"]


def test_a_second_start_shows_its_own_lines_only(child_of_ours: Callable[..., Child]) -> None:
    child = child_of_ours("import os; print(os.getpid())")
    assert eventually(lambda: not child.running)
    first = child.last_lines()
    child.start()
    assert eventually(lambda: not child.running)
    assert child.last_lines() != first
    assert child.log.read_text().split() == [first, child.last_lines()]


def test_stopping_asks_first(child_of_ours: Callable[..., Child]) -> None:
    code = (
        "import signal, sys, time\n"
        "def bye(*_): print('bye', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye); print('up', flush=True); time.sleep(600)"
    )
    child = child_of_ours(code)
    assert eventually(lambda: "up" in child.last_lines())
    child.stop()
    assert child.exit_code == 0
    assert "bye" in child.last_lines()


def test_stopping_kills_what_does_not_listen(child_of_ours: Callable[..., Child]) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    child = child_of_ours(code, grace=0.2)
    assert eventually(lambda: "up" in child.last_lines())
    child.stop()
    assert child.exit_code == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties a child's life to its parent's on Linux only")
def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from wirecopy.local.process import Child\n"
        f"child = Child('thing', {SLEEP!r}, Path(sys.argv[1]))\n"
        "child.start(); print(child.pid, flush=True); time.sleep(600)"
    )
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", script, str(log)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert eventually(lambda: process.last_lines(log, 1) == "up")
        os.kill(parent.pid, signal.SIGKILL)
    assert eventually(lambda: not alive(pid))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_waiting_ends_when_ready(child_of_ours: Callable[..., Child]) -> None:
    child = child_of_ours("import time; print('ready', flush=True); time.sleep(600)")
    process.wait_until(lambda: "ready" in child.last_lines(), child, timeout=20)
    assert child.running


def test_waiting_for_a_child_that_ends_shows_its_last_words(child_of_ours: Callable[..., Child]) -> None:
    child = child_of_ours("import sys; sys.exit('no space left')")
    with pytest.raises(ServerError, match=r"(?s)thing ended with exit code 1.*no space left"):
        process.wait_until(lambda: False, child, timeout=20)


def test_waiting_has_a_limit(child_of_ours: Callable[..., Child]) -> None:
    child = child_of_ours("import time; time.sleep(600)")
    with pytest.raises(ServerError, match="not ready after"):
        process.wait_until(lambda: False, child, timeout=0.2)


def test_a_taken_port_is_an_error_that_names_the_setting() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert process.port_answers(port)
        with pytest.raises(ServerError, match=rf"port {port} is in use.*set local\.kafka_port"):
            process.require_free_port(port, "local.kafka_port")
    process.require_free_port(port, "local.kafka_port")


def test_a_grown_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_LIMIT", 10)
    log = tmp_path / "thing.log"
    log.write_text("a long story of before")
    child = Child("thing", [sys.executable, "-c", "print('new')"], log)
    child.start()
    assert eventually(lambda: not child.running)
    assert log.read_text() == "new\n"
    assert (tmp_path / "thing.log.1").read_text() == "a long story of before"
