from __future__ import annotations

import os
import subprocess
import sys

import pytest

from wirecopy.local.process import free_port


@pytest.mark.once
def test_a_worker_that_cannot_reach_kafka_says_so_and_ends_with_4() -> None:
    address = f"127.0.0.1:{free_port()}"
    ended = subprocess.run(
        [sys.executable, "-m", "wirecopy", "run", "fingerprint"],
        env={**os.environ, "WIRECOPY_KAFKA__BOOTSTRAP": address},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 4
    assert address in ended.stderr
    assert "Traceback" not in ended.stderr
