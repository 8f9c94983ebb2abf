"""What an import brings along: nothing for the package, no torch and no OpenCV for the window."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "torchvision", "cv2", "safetensors"}


def modules_after(statement: str) -> set[str]:
    """What a new Python has imported after ``statement``, beside what every Python has."""
    code = f"import json, sys; before = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - before]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def roots(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_importing_the_package_costs_nothing():
    assert modules_after("import cnnviz") == {"cnnviz"}


def test_the_command_line_alone_imports_nothing_heavy():
    assert roots(modules_after("import cnnviz.cli")) & {*HEAVY, "PySide6", "numpy"} == set()


def test_all_of_the_window_process_imports_no_torch_and_no_opencv():
    windows = [module.name for module in pkgutil.walk_packages([str(ROOT / "cnnviz" / "gui")], "cnnviz.gui.")]
    imported = modules_after(f"import {', '.join(['cnnviz.start', 'cnnviz.state', 'cnnviz.engine.channel', *windows])}")
    assert "PySide6" in roots(imported)
    assert set(windows) <= imported
    assert roots(imported) & HEAVY == set()
