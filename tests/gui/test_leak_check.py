"""The leak check finds every kind of leak it is there for, and nothing where there is none."""

import multiprocessing
import os
import secrets
import shutil
import subprocess
import sys
import threading
from multiprocessing.shared_memory import SharedMemory

from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget


def test_nothing_leaked_is_nothing_found(leaks):
    before = leaks()
    widget = QWidget()
    widget.deleteLater()
    timer = QTimer(singleShot=True, interval=60_000)
    timer.start()
    timer.stop()
    assert before.found() == []


def test_a_window_left_open(leaks, qtbot):
    before = leaks()
    widget = QWidget(objectName="forgotten")
    qtbot.addWidget(widget)
    assert before.found() == ["top-level widget: QWidget 'forgotten'"]


def test_a_timer_left_running(leaks):
    before = leaks()
    owner = QTimer(objectName="ticking", interval=60_000)
    owner.start()
    assert before.found() == ["active QTimer: QTimer 'ticking'"]
    owner.stop()


def test_a_qt_thread_left_running(leaks):
    before = leaks()
    thread = QThread(objectName="worker")
    thread.start()
    found = before.found()
    thread.quit()
    thread.wait()
    assert found == ["running QThread: QThread 'worker'"]


def test_a_python_thread_left_running(leaks):
    before = leaks()
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="reader", daemon=True)
    thread.start()
    found = before.found()
    done.set()
    thread.join()
    assert found == ["python thread: reader"]


def test_a_child_process_left_running(leaks):
    before = leaks()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=theirs.recv, name="engine", daemon=True)
    process.start()
    found = before.found()
    process.kill()
    process.join()
    ours.close()
    theirs.close()
    assert found == ["child process: engine"]


def test_shared_memory_left_behind(leaks):
    before = leaks()
    name = f"cnnviz-{os.getpid()}-{secrets.token_hex(4)}"
    memory = SharedMemory(create=True, size=16, name=name)
    found = before.found()
    memory.close()
    memory.unlink()
    assert found == [f"shared memory: {name}"]


def test_the_check_fails_the_test_that_leaks(tmp_path, request):
    shutil.copy(request.path.parent / "conftest.py", tmp_path)
    (tmp_path / "test_planted.py").write_text(
        "from PySide6.QtWidgets import QWidget\nkept = []\ndef test_leak(): kept.append(QWidget(objectName='lost'))\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert "top-level widget: QWidget 'lost'" in result.stdout
