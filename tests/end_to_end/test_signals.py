"""The program is told to end from outside: it leaves neither a process nor shared memory."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into Linux's /dev/shm"),
]

AT_WORK = """
import sys
from PySide6.QtCore import QTimer
from cnnviz.gui import app
from cnnviz.cli import main

class Told(app.Controller):
    def start(self, *wanted):
        super().start(*wanted)
        self.network_shown.connect(lambda _: print("at work", flush=True))

app.Controller = Told
sys.exit(main(["--fresh"]))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_the_whole_group_as_a_terminal_sends_it(tmp_path, name):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    command = [sys.executable, "-c", AT_WORK]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        assert program.stdout.readline() == "at work\n"
        others = psutil.Process(program.pid).children(recursive=True)
        assert len(shared_memory_of(program.pid)) > 0
        os.killpg(program.pid, getattr(signal, name))
        _, errors = program.communicate(timeout=60)
    gone, left = psutil.wait_procs(others, timeout=20)
    assert (program.returncode, left) == (0, [])
    assert not {"Traceback", "resource_tracker"} & set(re.findall(r"\w+", errors)), errors
    assert len(gone) >= 1
    assert shared_memory_of(program.pid) == []


def shared_memory_of(process):
    return list(Path("/dev/shm").glob(f"cnnviz-{process}-*"))  # noqa: S108 - where Linux shows it
