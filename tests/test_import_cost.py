"""What an import brings along: nothing for the package, no torch and no OpenCV for the window."""

import json
import subprocess
import sys

import pytest


def modules_after(statement: str) -> set[str]:
    code = f"import json, sys; before = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - before]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_costs_nothing():
    assert modules_after("import cnnviz") == {"cnnviz"}


def test_the_command_line_alone_imports_neither_torch_nor_qt():
    heavy = {
        name
        for name in modules_after("import cnnviz.cli")
        if name.split(".")[0] in ("torch", "cv2", "PySide6", "numpy")
    }
    assert heavy == set()


@pytest.mark.parametrize("module", ["cnnviz.gui.app", "cnnviz.start", "cnnviz.state", "cnnviz.engine.channel"])
def test_the_window_process_imports_no_torch_and_no_opencv(module):
    roots = {name.split(".")[0] for name in modules_after(f"import {module}")}
    assert roots & {"torch", "torchvision", "cv2", "safetensors"} == set()
