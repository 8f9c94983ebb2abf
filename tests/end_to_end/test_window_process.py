"""What the window's process loads while the program is at work: an event that brings torch along costs 500 MB."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

AT_WORK = """
import json, sys
from PySide6.QtCore import QTimer
from cnnviz.bench.memory_side import SwitchedWindow
from cnnviz.core.networks.values import NetworkChoice

side = SwitchedWindow("none.avi")
side.open(NetworkChoice("squeezenet1_1", weights="none"))
for source in side.sources:
    side.show_source(source)
    side.run(0.5)
side._window.network.networks_wanted.emit()
side._window.network.open_weights("none.pth")
side.run(5)
side.close()
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_the_window_at_work_loads_no_torch_and_no_opencv():
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", AT_WORK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "PySide6" in loaded
    assert loaded & {"torch", "torchvision", "cv2", "safetensors"} == set()
