"""The wheel carries what the program needs and no more: built, installed elsewhere and started, it finds its own."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = {"make", "screenshots"}


def build(kind: str, source: Path, out: Path) -> Path:
    """Builds ``source`` with the backend of pyproject.toml in this environment, which needs no network."""
    run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(out), cwd=source)
    (built,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def run(*command: str, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder with nothing but the installed wheel; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    offline = ("--no-index", "--no-deps", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(folder), str(wheel))
    return folder


@pytest.fixture
def environment(installed, tmp_path) -> dict[str, str]:
    """Of somebody who has the installed program, no display and no settings yet."""
    settings = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    return {**os.environ, **settings, "PYTHONPATH": str(installed), "QT_QPA_PLATFORM": "offscreen"}


def test_the_wheel_carries_every_resource_but_those_of_developers(wheel):
    resources = ROOT / "resources"
    shipped = {
        f"cnnviz/_resources/{path.relative_to(resources).as_posix()}"
        for path in resources.rglob("*")
        if path.is_file() and path.relative_to(resources).parts[0] not in NOT_SHIPPED
    }
    assert {name for name in contents(wheel) if name.startswith("cnnviz/_resources/")} == shipped


def test_the_wheel_carries_every_module_and_nothing_beside_the_package(wheel):
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "cnnviz").rglob("*.py")}
    found = contents(wheel)
    assert {name for name in found if name.endswith(".py")} == modules
    assert {name.split("/")[0].split("-")[0] for name in found} == {"cnnviz"}


def test_a_wheel_made_from_the_source_distribution_is_the_same(wheel, tmp_path):
    source = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    assert contents(build("wheel", folder, tmp_path / "again")) == contents(wheel)


def test_the_command_is_installed(installed, environment):
    command = installed / "bin" / "cnnviz"
    version = run(str(command), "--version", env=environment, cwd=installed.parent)
    assert contents_version(installed) == version.split()[-1]


def contents_version(installed: Path) -> str:
    (metadata,) = installed.glob("cnnviz-*.dist-info/METADATA")
    return next(line for line in metadata.read_text(encoding="utf-8").splitlines() if line.startswith("Version: "))[9:]


@pytest.mark.slow
def test_the_installed_program_takes_a_snapshot_of_its_own_picture(installed, environment, tmp_path):
    picture = installed / "cnnviz" / "_resources" / "pictures" / "ship.png"
    command = [str(installed / "bin" / "cnnviz"), "snapshot", "--network", "cifar10-small", "--json"]
    printed = run(*command, "--input", str(picture), "--out", "out", env=environment, cwd=tmp_path)
    assert json.loads(printed)["top5"][0]["label"] == "ship"
    assert json.loads((tmp_path / "out" / "snapshot.json").read_text(encoding="utf-8")) == json.loads(printed)


WINDOW = """
import json, sys
from cnnviz.cli import main

if __name__ == "__main__":
    code = main(["--fresh"])
    import cnnviz
    print(json.dumps({"code": code, "file": cnnviz.__file__, "modules": [*sys.modules]}))
"""


@pytest.mark.slow
def test_the_installed_window_paints_maps_and_never_imports_torch(installed, environment, tmp_path):
    report, script = tmp_path / "report.json", tmp_path / "window.py"
    script.write_text(WINDOW)
    environment["CNNVIZ_STARTUP_REPORT"] = str(report)
    ended = json.loads(run(sys.executable, "-P", str(script), env=environment, cwd=tmp_path).splitlines()[-1])
    assert ended["code"] == 0
    assert Path(ended["file"]).is_relative_to(installed)
    assert "PySide6.QtWidgets" in ended["modules"]
    assert sorted({"torch", "torchvision", "cv2", "safetensors"} & set(ended["modules"])) == []
    assert json.loads(report.read_text())["maps_at"] > 0
