"""Where the program's own files are found."""

import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.core import resources
from cnnviz.core.errors import CnnvizError
from cnnviz.core.resources import resource_path

CHECKOUT = Path(__file__).parents[2]


def test_finds_a_folder_of_the_checkout():
    assert resource_path("networks") == CHECKOUT / "resources" / "networks"


def test_an_installed_wheel_has_them_inside_the_package(tmp_path, monkeypatch):
    inside, beside = tmp_path / "cnnviz" / "_resources", tmp_path / "resources"
    for folder in (inside, beside):
        folder.mkdir(parents=True)
        (folder / "names.txt").write_text(folder.name)
    monkeypatch.setattr(resources, "_FOLDERS", (inside, beside))
    assert resource_path("names.txt").read_text() == "_resources"


def test_a_missing_file_is_named_with_what_to_do():
    with pytest.raises(
        CnnvizError, match=r"own file networks/no-such\.json is missing: install cnnviz again"
    ) as caught:
        resource_path("networks", "no-such.json")
    assert str(CHECKOUT / "resources") in caught.value.details


def test_needs_no_torch():
    code = "import sys, cnnviz.core.resources; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0
