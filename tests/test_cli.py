"""The command line: what it prints, and how it ends. Bad input is exit code 2 and one line on standard error."""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnnviz import __version__
from cnnviz.cli import _parser, main
from cnnviz.core.sources.opencv import cv2

ROOT = Path(__file__).parents[1]
SHIP = ROOT / "resources" / "pictures" / "ship.png"


def snapshot(*more: object, network="cifar10-small", source: object = SHIP) -> list[str]:
    return ["snapshot", "--network", network, "--input", str(source), *map(str, more)]


def ended(arguments) -> int:
    """The exit code, whether ``main`` returns it or the parser ends the program."""
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code or 0


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[str]]:
    """Every command with its options, the program itself included."""
    found = {words: [action.option_strings[-1] for action in parser._actions if action.option_strings]}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                found |= commands(child, (*words, name))
    return found


COMMANDS = commands(_parser())

# ---------------------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "cnnviz")
def test_help_names_every_option_and_says_what_it_is(words, capsys):
    assert ended([*words, "--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(" ".join(("usage: cnnviz", *words)))
    assert [option for option in COMMANDS[words] if option not in printed] == []


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "cnnviz")
def test_the_readme_names_every_command_and_option(words):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert " ".join(("cnnviz", *words)) in readme
    assert [option for option in COMMANDS[words] if option != "--help" and option not in readme] == []


def test_the_version_is_the_packages(capsys):
    assert ended(["--version"]) == 0
    assert capsys.readouterr().out == f"cnnviz {__version__}\n"


def test_the_module_and_main_py_are_the_same_command():
    for start in (["-m", "cnnviz"], ["main.py"]):
        done = subprocess.run(
            [sys.executable, *start, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"cnnviz {__version__}\n"


# ----------------------------------------------------------------------------------------------------------- bad input

BAD = {
    "an unknown command": (["dream"], "invalid choice: 'dream'"),
    "an unknown option": (["--nope"], "unrecognized arguments: --nope"),
    "an unknown theme": (["--theme", "pink"], "invalid choice: 'pink'"),
    "a session that is not there": (["--session", "none.cnnviz"], "none.cnnviz cannot be opened: No such file"),
    "a session and none": (["--session", "mine.cnnviz", "--fresh"], "not allowed with argument"),
    "weights of no network": (["--weights", "mine.pth"], "--weights needs --network NAME"),
    "no kind of input": (["--input", "notes.docx"], "notes.docx is no picture, folder, video, URL or camera"),
    "a snapshot of nothing": (["snapshot"], "required: --network, --input, --out"),
    "a snapshot to nowhere": (snapshot(), "required: --out"),
    "no bench": (["bench"], "required: BENCH"),
    "seconds that are a word": (["bench", "live", "--seconds", "soon"], "soon is not a number of seconds"),
    "seconds that are none": (["bench", "live", "--seconds", "nan"], "nan is not a number of seconds"),
    "no seconds": (["bench", "live", "--seconds", "0"], "0 is not a number of seconds"),
    "rounds that are a word": (["bench", "startup", "--rounds", "few"], "invalid int value: 'few'"),
    "an unknown network": (snapshot("--out", "out", network="resnet-18"), "no network 'resnet-18': did you mean"),
    "an unknown layer": (snapshot("--out", "out", "--layer", "block9"), "no layer 'block9': did you mean"),
    "an unknown device": (snapshot("--out", "out", "--device", "tpu"), "no device 'tpu' here: choose auto"),
    "no such picture": (snapshot("--out", "out", source="none.png"), "none.png"),
    "no such weights": (snapshot("--out", "out", "--weights", "none.pth"), "none.pth"),
    "a folder": (snapshot("--out", "out", source="."), "is a folder"),
    "a folder's name taken": (snapshot("--out", SHIP), "cannot be written"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert ended(arguments) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"cnnviz[a-z ]*: .+\n", printed.err)
    assert words in printed.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_a_window_without_a_display_is_one_line(capfd, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    assert ended([]) == 2
    assert capfd.readouterr().err == (
        "cnnviz: There is no display (DISPLAY and WAYLAND_DISPLAY are not set): "
        "start from a desktop, or use `cnnviz snapshot`.\n"
    )


# ------------------------------------------------------------------------------------------------------------ snapshot


def test_snapshot_prints_what_it_writes(tmp_path, capfd):
    arguments = snapshot("--out", tmp_path / "out", "--layer", "block1.relu1", "--layer", "linear", "--device", "cpu")
    assert ended([*arguments, "--json"]) == 0
    printed = capfd.readouterr()
    assert printed.err == ""
    result = json.loads(printed.out)
    assert result == json.loads((tmp_path / "out" / "snapshot.json").read_text(encoding="utf-8"))
    assert list(result) == ["network", "weights", "device", "input", "top5", "layers", "timings"]
    assert (result["network"], result["device"]) == ("cifar10-small", "cpu")
    assert [(layer["name"], layer["shape"]) for layer in result["layers"]] == [
        ("block1.relu1", [32, 32, 32]),
        ("linear", [10]),
    ]
    assert result["top5"][0].keys() == {"label", "index", "probability"}
    assert (result["top5"][0]["label"], result["top5"][0]["index"]) == ("ship", 8)
    assert sum(entry["probability"] for entry in result["top5"]) == pytest.approx(1, abs=0.05)


def test_snapshot_in_words(tmp_path, capfd):
    assert ended(snapshot("--out", tmp_path / "out")) == 0
    assert re.fullmatch(r".*out: 4 layers; ship 0\.\d{3}\n", capfd.readouterr().out)


def test_snapshot_takes_ones_own_weights_and_a_video(tmp_path, capfd):
    video = tmp_path / "ship.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 25, (480, 360))
    for picture in (cv2.imread(str(SHIP)), np.zeros((360, 480, 3), np.uint8)):
        writer.write(picture)
    writer.release()
    weights = ROOT / "resources" / "networks" / "cifar10-small.safetensors"
    assert ended(snapshot("--out", tmp_path / "out", "--weights", weights, "--json", source=video)) == 0
    result = json.loads(capfd.readouterr().out)
    assert result["top5"][0]["label"] == "ship"
    assert result["weights"].startswith("file cifar10-small.safetensors")


def test_every_layer_has_its_file(tmp_path, capfd):
    assert ended(snapshot("--out", tmp_path, "--layer", "all", "--json", network="convnet-mnist")) == 0
    layers = json.loads(capfd.readouterr().out)["layers"]
    assert {"network", "conv1", "relu3", "flatten", "linear"} <= {layer["name"] for layer in layers}
    assert all((tmp_path / layer["file"]).is_file() for layer in layers)


# ------------------------------------------------------------------------------------------------------------ networks


@pytest.fixture
def listed(capfd):
    """What is printed: nothing but JSON."""
    assert ended(["networks", "--json"]) == 0
    printed = capfd.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def test_networks_lists_ours_and_every_one_of_torchvision(listed):
    from torchvision import models

    from cnnviz.core.networks.classics import CLASSICS

    own = {entry["name"] for entry in listed if entry["origin"] in {"cnnviz", "course"}}
    assert own == {*CLASSICS, "cifar10-small"}
    of_torchvision = {entry["name"] for entry in listed if entry["origin"] == "torchvision"}
    assert of_torchvision == set(models.list_models(module=models))
    resnet = next(entry for entry in listed if entry["name"] == "resnet50")
    assert (resnet["year"], resnet["depth"], resnet["macs"]) == (2015, 50, 4_089_000_000)
    ship = next(entry for entry in listed if entry["name"] == "cifar10-small")
    assert (ship["parameters"], ship["input_size"], ship["weights"][0]["accuracy"]) == (510_954, [32, 32], 81.9)


def test_networks_in_words_is_a_line_each(listed, capfd):
    assert ended(["networks"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [entry["name"] for entry in listed]
    assert re.fullmatch(r"cifar10-small +cnnviz +510,954  shipped \(here\)", lines[1])


def test_a_reader_that_has_seen_enough_is_no_error(monkeypatch, capfd):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert ended(["networks"]) == 0
    assert capfd.readouterr().err == ""
