"""Tens of thousands of signals leave Python alive."""

import subprocess
import sys

PROGRAM = """
from PySide6.QtCore import QObject, Signal
from cnnviz.gui.emit_guard import guard_emit

class Sender(QObject):
    sent = Signal(int)

guard_emit()
sender, received = Sender(), []
sender.sent.connect(received.append)
for number in range(50_000):
    sender.sent.emit(number)
assert received[-1] == 49_999
"""


def test_a_process_survives_fifty_thousand_signals():
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
