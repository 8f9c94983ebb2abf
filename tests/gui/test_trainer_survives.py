"""A run goes on when the window that started it is gone, and whoever comes later sees all of it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.configuration import write_configuration
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.values import DataChoice, NetworkPlan, RunConfiguration

PATIENCE_S = 90
STARTER = """
import sys
from pathlib import Path
from cnnviz.core.training.configuration import read_configuration
from cnnviz.gui.trainer_process import start_run
print(start_run(Path(sys.argv[2]), read_configuration(Path(sys.argv[1]))).process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def configuration():
    spec = NetworkSpec("Tiny", (1, 12, 12), named((layer("flatten"), layer("linear", features=6))))
    return RunConfiguration(NetworkPlan(spec=spec_text(spec)), DataChoice("shapes", limit=192), 3, 16)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to be killed at once")
def test_a_trainer_survives_the_window_and_all_its_processes(configuration, tmp_path):
    run, settings = tmp_path / "run", tmp_path / "settings.json"
    settings.write_text(write_configuration(configuration), encoding="utf-8")
    words = [sys.executable, "-c", STARTER, str(settings), str(run)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as window:
        trainer = psutil.Process(int(window.stdout.readline()))
        os.killpg(window.pid, signal.SIGKILL)
    assert window.returncode == -signal.SIGKILL
    assert trainer.is_running()
    trainer.wait(PATIENCE_S)
    reader = RunReader(run)
    reader.refresh()
    assert reader.status().state == "finished"
    assert reader.series("validation").steps.tolist() == [12, 24, 36]
    assert replace(reader.configuration(), versions={}) == configuration
