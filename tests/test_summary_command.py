"""``cnnviz summary``."""

import json

import pytest

from cnnviz.cli import main


def ended(arguments):
    """Exit code, whether returned or raised."""
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


def test_json_is_all_that_is_printed(capfd):
    assert ended(["summary", "convnet-mnist", "--json"]) == 0
    printed = capfd.readouterr()
    assert printed.err == ""
    summary = json.loads(printed.out)
    assert summary["total_params"] == 104_202
    assert summary["layers"][0]["receptive_field"] == {"size": [3, 3], "stride": [1, 1], "offset": [0, 0]}


def test_a_table_for_reading(capfd):
    assert ended(["summary", "cifar10-small", "--input-size", "64x48"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[-1].startswith("cifar10-small on 3×64×48: 510,954 parameters")


def test_as_much_as_ran_and_one_line_of_why(capfd):
    assert ended(["summary", "cifar10-small", "--input-size", "4x4", "--json"]) == 2
    printed = capfd.readouterr()
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("cnnviz: This network cannot run on a 4×4 input with 3 channels: ")
    summary = json.loads(printed.out)
    assert not summary["complete"]
    assert {row["name"]: row["output_shape"] for row in summary["layers"]}["block1.conv1"] == [32, 4, 4]


@pytest.mark.parametrize("size", ["224", "0x4", "4xx4", "-1x3", "5000x2", "axb", "x"])
def test_a_size_that_is_none(size, capfd):
    assert ended(["summary", "convnet-mnist", f"--input-size={size}"]) == 2
    assert f"{size} is no height and width from 1 to 4096" in capfd.readouterr().err


def test_an_unknown_network_is_one_line(capfd):
    assert ended(["summary", "resnet19"]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "did you mean" in printed.err
