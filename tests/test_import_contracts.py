"""The import contracts hold, and each one catches a forbidden import planted in a copy of the package."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VIOLATIONS = {
    "core-below-all": ("cnnviz/core/errors.py", "import PySide6"),
    "engine-without-window": ("cnnviz/engine/messages.py", "import cnnviz.gui.theme"),
    "window-without-torch": ("cnnviz/gui/theme.py", "import torch"),
    "docks-apart": ("cnnviz/gui/docks/network.py", "import cnnviz.gui.docks.input"),
    "docks-below-controller": ("cnnviz/gui/docks/network.py", "import cnnviz.gui.controller"),
    "values-without-torch": ("cnnviz/core/values.py", "import torch"),
}


def lint_imports(folder: Path, *contracts: str) -> subprocess.CompletedProcess:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *chosen],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of_the_package(folder: Path) -> Path:
    shutil.copytree(ROOT / "cnnviz", folder / "cnnviz", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.slow
def test_every_contract_holds_and_has_a_planted_violation():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    listed = [
        line.split('"')[1] for line in (ROOT / "pyproject.toml").read_text().splitlines() if line.startswith("id = ")
    ]
    assert sorted(listed) == sorted(VIOLATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_import_is_caught(contract, tmp_path):
    folder = copy_of_the_package(tmp_path)
    name, line = VIOLATIONS[contract]
    planted = folder / name
    planted.write_text(f"{planted.read_text()}\n{line}\n")
    result = lint_imports(folder, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
