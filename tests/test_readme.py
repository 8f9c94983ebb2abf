"""What the README states and links to is so."""

import json
import re
from pathlib import Path

import pytest

from cnnviz.gui.system_libraries import DEBIAN_PACKAGES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", sorted((ROOT / "resources" / "networks").glob("*.json")), ids=lambda file: file.stem)
def test_accuracies_and_sizes_are_those_of_the_networks(file):
    facts = json.loads(file.read_text(encoding="utf-8"))
    (row,) = (line for line in README.splitlines() if line.startswith(f"| `{file.stem}`"))
    height, width = facts["preprocessing"]["input_size"]
    megabytes = file.with_suffix(".safetensors").stat().st_size / 1e6
    for stated in (
        f"{facts['parameters']:,}",
        f"{height}×{width}×{facts['preprocessing']['channels']}",
        f"{facts['accuracy']:.2f} %",
        f"{facts['test_images']:,}",
        f"{megabytes:.1f} MB",
    ):
        assert stated in row


def test_every_picture_and_link_is_there():
    targets = re.findall(r'(?:src|srcset)="([^"]+)"|\]\(([^)]+)\)', README)
    paths = {ROOT / (picture or link) for picture, link in targets}
    assert len(paths) > 8
    assert {path for path in paths if not path.exists()} == set()


def test_qts_system_libraries_are_named():
    assert [package for package in DEBIAN_PACKAGES.values() if package not in README] == []


@pytest.mark.parametrize("path", re.findall(r"`((?:core|gui|engine|networks|sources|state)[/.][\w/.]+\.py)`", README))
def test_files_it_names_are_there(path):
    assert (ROOT / "cnnviz" / path).is_file() or (ROOT / "cnnviz" / "core" / path).is_file()
