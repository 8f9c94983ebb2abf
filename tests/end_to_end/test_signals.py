"""The program is told to end from outside: it leaves neither a process nor shared memory."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into Linux's /dev/shm"),
]

AT_WORK = """
import signal
import sys
from PySide6.QtCore import QTimer
from cnnviz.gui import app
from cnnviz.cli import main

class Told(app.Controller):
    def start(self, *wanted):
        super().start(*wanted)
        self.network_shown.connect(lambda _: print("at work", flush=True))

app.Controller = Told
for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # under nohup, or in a shell's background, tests inherit ignored ones
    signal.signal(getattr(signal, name), getattr(signal, sys.argv[1]))
sys.exit(main(["--fresh"]))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_the_whole_group_as_a_terminal_sends_it(tmp_path, name):
    with at_work(tmp_path, "SIG_DFL") as program:
        others = psutil.Process(program.pid).children(recursive=True)
        assert len(shared_memory_of(program.pid)) > 0
        os.killpg(program.pid, getattr(signal, name))
        _, errors = program.communicate(timeout=60)
    gone, left = psutil.wait_procs(others, timeout=20)
    assert (program.returncode, left) == (0, [])
    assert not {"Traceback", "resource_tracker"} & set(re.findall(r"\w+", errors)), errors
    assert len(gone) >= 1
    assert shared_memory_of(program.pid) == []


def test_under_nohup_the_end_of_the_terminal_changes_nothing(tmp_path):
    with at_work(tmp_path, "SIG_IGN") as program:
        window = psutil.Process(program.pid)
        processes = [window, *window.children(recursive=True)]
        os.killpg(program.pid, signal.SIGHUP)
        gone, _ = psutil.wait_procs(processes, timeout=2)
        assert gone == []
        os.killpg(program.pid, signal.SIGTERM)
        program.communicate(timeout=60)
    assert program.returncode == 0


@contextmanager
def at_work(folder, disposition):
    """The program in a group of its own, its network shown; whatever happens, it does not stay."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(folder)}
    words = [sys.executable, "-c", AT_WORK, disposition]
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        try:
            assert program.stdout.readline() == "at work\n"
            yield program
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)


def shared_memory_of(process):
    return list(Path("/dev/shm").glob(f"cnnviz-{process}-*"))  # noqa: S108 - where Linux shows it
