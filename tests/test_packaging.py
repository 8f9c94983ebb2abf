"""The wheel carries the resources: built, unpacked elsewhere and started, it finds its networks and pictures."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with nothing but the installed wheel; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *command: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(installed), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-P", *command],
        cwd=installed.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_installed_program_takes_a_snapshot_of_its_own_picture(installed):
    picture = installed / "cnnviz" / "_resources" / "pictures" / "ship.png"
    out = installed.parent / "out"
    done = run(
        installed,
        "-m",
        "cnnviz",
        "snapshot",
        "--network",
        "cifar10-small",
        "--input",
        str(picture),
        "--out",
        str(out),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["top5"][0]["label"] == "ship"
    assert json.loads((out / "snapshot.json").read_text())["network"] == "cifar10-small"


@pytest.mark.slow
def test_the_installed_window_starts_and_paints_maps(installed, tmp_path):
    report = tmp_path / "report.json"
    script = (
        "import cnnviz, os; print(cnnviz.__file__); from cnnviz.cli import main; raise SystemExit(main(['--fresh']))"
    )
    main = tmp_path / "start.py"
    main.write_text(f"if __name__ == '__main__':\n    {script}\n")
    os.environ["CNNVIZ_STARTUP_REPORT"] = str(report)
    try:
        done = run(installed, str(main))
    finally:
        del os.environ["CNNVIZ_STARTUP_REPORT"]
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stdout
    assert json.loads(report.read_text())["maps_at"] > 0
