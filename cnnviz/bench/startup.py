"""``cnnviz bench startup``: to the window beside an empty pyqtgraph window, to the first maps beside bare torch."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cnnviz.core.errors import CnnvizError
from cnnviz.gui.defaults import FIRST_NETWORK
from cnnviz.gui.startup_report import REPORT_VARIABLE

_EMPTY_WINDOW = """
import sys, time
import pyqtgraph
from PySide6.QtCore import QEvent, QObject
application = pyqtgraph.mkQApp()
window = pyqtgraph.GraphicsLayoutWidget()
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.UpdateRequest:
            window.event(event)
            print(time.monotonic(), flush=True)
            application.exit()
            return True
        return False
watch = Watch()
window.installEventFilter(watch)
window.resize(1400, 900)
window.show()
application.exec()
"""

_BARE_FIRST = """
import time
import torch, torchvision.models
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice
loaded = load_network(NetworkChoice({name!r}), device="cpu")
with torch.inference_mode():
    loaded.module(torch.rand(1, *loaded.input_shape))
print(time.monotonic(), flush=True)
"""


def bench_startup(options: argparse.Namespace) -> int:
    """Runs the command and prints its result."""
    if importlib.util.find_spec("pyqtgraph") is None:
        raise CnnvizError("The bench compares with an empty pyqtgraph window: run `pip install pyqtgraph` first.")
    rounds = [_round() for _ in range(max(1, options.rounds) + 1)][1:]  # the first fills the file cache
    result: dict[str, object] = {key: round(statistics.median(each[key] for each in rounds), 1) for key in rounds[0]}
    result |= {"network": FIRST_NETWORK.name, "rounds": len(rounds)}
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print("\n".join(f"{key:16} {value}" for key, value in result.items()))
    return 0


def _round() -> dict[str, float]:
    environment = dict(os.environ)
    if sys.platform.startswith("linux") and not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    empty = _until_printed([sys.executable, "-c", _EMPTY_WINDOW], environment)
    window, maps = _window_times(environment)
    bare = _until_printed([sys.executable, "-c", _BARE_FIRST.format(name=FIRST_NETWORK.name)], environment)
    return {"window_ms": window, "empty_window_ms": empty, "first_maps_ms": maps, "bare_first_ms": bare}


def _until_printed(command: Sequence[str], environment: dict[str, str]) -> float:
    started = time.monotonic()
    output = _run(command, environment)
    return (float(output.split()[-1]) - started) * 1e3


def _window_times(environment: dict[str, str]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "startup.json"
        started = time.monotonic()
        _run([sys.executable, "-m", "cnnviz", "--fresh"], environment | {REPORT_VARIABLE: str(report)})
        times = json.loads(report.read_text())
    return (times["window_at"] - started) * 1e3, (times["maps_at"] - started) * 1e3


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - our own commands
    if done.returncode != 0:
        raise CnnvizError(
            f"A start for the bench failed with exit code {done.returncode}: {done.stderr.strip()[-400:]}"
        )
    return done.stdout
