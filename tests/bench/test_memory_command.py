"""``bench memory`` itself, shortened, and its count of hooks."""

import json
import os
import subprocess
import sys

import pytest

from cnnviz.bench.hooks import hook_counts
from cnnviz.core.networks.values import NetworkChoice

pytestmark = pytest.mark.slow

SHORT = ("--minutes", "0.01", "--switch-seconds", "0.3")


def test_both_processes_are_measured_while_everything_is_switched():
    command = [sys.executable, "-m", "cnnviz", "bench", "memory", *SHORT, "--json"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    rotations = {sample["rotation"] for sample in report["samples"]}
    assert rotations == {1, 2}
    assert report["switches"] == 2 * 4 * (1 + 4 + 4 * 2)
    assert report["shared_memory"] in ({"start": 1, "end": 1}, {"start": None, "end": None})
    assert report["threads"]["start"] == report["threads"]["end"]
    assert report["hooks"]["start"] == report["hooks"]["end"] == 0 < report["hooks"]["most"]
    for process in ("window_mb", "engine_mb"):
        assert 20 < report[process]["start"] <= report[process]["max"]


def test_hooks_go_when_nobody_looks_and_when_another_network_comes():
    networks = (NetworkChoice("convnet-mnist"), NetworkChoice("cifar10-small"), NetworkChoice("convnet-mnist"))
    counts = hook_counts(networks)
    assert counts["start"] == counts["end"] == 0
    assert counts["most"] >= 4
