"""The import contracts hold, and each one catches a forbidden import planted in a copy of the package."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VIOLATIONS = (
    ("core-below-all", "cnnviz/core/errors.py", "PySide6"),
    ("core-below-all", "cnnviz/core/networks/catalog.py", "cnnviz.engine.commands"),
    ("engine-without-window", "cnnviz/engine/commands.py", "cnnviz.gui.theme"),
    ("window-without-torch", "cnnviz/gui/theme.py", "torch"),
    ("window-without-torch", "cnnviz/engine/channel.py", "cnnviz.engine.engine"),
    ("docks-apart", "cnnviz/gui/docks/network.py", "cnnviz.gui.docks.input"),
    ("docks-below-controller", "cnnviz/gui/widgets/message_line.py", "cnnviz.gui.controller"),
    ("values-without-torch", "cnnviz/core/views.py", "torch"),
)
"""Contract, the file that breaks it, and what that file imports; some only through other modules."""


def lint_imports(folder: Path, *contracts: str) -> subprocess.CompletedProcess:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-P", "-c", command, "--no-cache", *chosen],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A folder with a copy of the package and its contracts."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copytree(ROOT / "cnnviz", folder / "cnnviz", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def plant(copied):
    """Appends an import to a file of the copy; afterwards the file is as it was."""
    planted = []

    def append(name: str, module: str) -> None:
        path = copied / name
        planted.append((path, path.read_bytes()))
        path.write_text(f"{path.read_text(encoding='utf-8')}\nimport {module}\n", encoding="utf-8")

    yield append
    for path, content in planted:
        path.write_bytes(content)


def test_every_contract_holds():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_has_a_planted_violation():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert {contract["id"] for contract in contracts} == {contract for contract, _, _ in VIOLATIONS}


@pytest.mark.parametrize(("contract", "name", "module"), VIOLATIONS)
def test_a_planted_import_is_caught(copied, plant, contract, name, module):
    plant(name, module)
    result = lint_imports(copied, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
    importer = name.removesuffix(".py").replace("/", ".")
    assert f"{importer} -> {module}" in result.stdout
