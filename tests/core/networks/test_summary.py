"""The summary: rows whose numbers add up, without memory for weights."""

import json

import pytest
import torchvision
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.networks.spec.write import write_spec
from cnnviz.core.networks.structure import structure_of
from cnnviz.core.networks.summary import summarise, summary_of, table_of

KEYS = {"network", "input_shape", "total_params", "trainable_params", "macs", "layers"}
ROW_KEYS = {"name", "type", "output_shape", "params", "macs", "receptive_field"}


def rows(summary):
    return {row["name"]: row for row in summary["layers"]}


def test_the_lecture_network():
    summary = summarise("convnet-mnist")
    assert summary.keys() >= KEYS
    assert (summary["network"], summary["input_shape"]) == ("convnet-mnist", [1, 28, 28])
    assert summary["total_params"] == summary["trainable_params"] == 104_202
    assert summary["macs"] == 26 * 26 * 32 * 9 + 11 * 11 * 64 * 288 + 9 * 128 * 576 + 1152 * 10
    assert [(row["name"], row["output_shape"], row["params"]) for row in summary["layers"] if row["params"]] == [
        ("conv1", [32, 26, 26], 320),
        ("conv2", [64, 11, 11], 18_496),
        ("conv3", [128, 3, 3], 73_856),
        ("linear", [10], 11_530),
    ]
    assert rows(summary)["conv3"]["receptive_field"] == {"size": [18, 18], "stride": [4, 4], "offset": [0, 0]}
    assert rows(summary)["linear"]["receptive_field"]["size"] is None
    assert (summary["complete"], summary["problem"], summary["unreached"]) == (True, "", [])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("dense-mnist", 407_050),
        ("convnet-mnist-no-pool", 712_202),
        ("simplecnn", 20_586),
        ("lenet5", 61_706),
        ("alexnet-2012", 62_378_344),
        ("vgg16", 138_357_544),
        ("vgg19", 143_667_240),
    ],
)
def test_the_networks_of_the_course(name, parameters):
    assert summarise(name)["total_params"] == parameters


def test_a_spec_file(tmp_path):
    path = tmp_path / "mine.json"
    write_spec(PRESETS["small-vgg"](), path)
    summary = summarise(str(path))
    assert summary["complete"]
    assert summary["total_params"] == sum(row["params"] for row in summary["layers"]) > 0


@pytest.mark.parametrize("name", ["resnet18", "swin_t", "vit_b_32", "maxvit_t", "densenet121"])
def test_rows_add_up(name):
    summary = summarise(name)
    assert summary["total_params"] == torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"]
    for total, part in (("total_params", "params"), ("trainable_params", "trainable_params"), ("macs", "macs")):
        assert summary[total] == sum(row[part] for row in summary["layers"]), total
    assert all(row.keys() >= ROW_KEYS for row in summary["layers"])
    assert len(rows(summary)) == len(summary["layers"])


def test_parameters_of_no_layer_stand_in_the_row_of_their_owner():
    named = rows(summarise("swin_t"))
    table = 13 * 13 * 3  # of relative positions, for three heads
    assert named["features.1.0.attn"]["params"] == table
    assert named["features.1.0.attn.linear()"]["params"] == 96 * 288 + 288
    assert named["features.1.0.attn"]["macs"] == 0
    assert "features.1.0" not in named


def test_frozen_parameters_are_told_apart():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3))
    network[0].requires_grad_(requires_grad=False)
    summary = summary_of("mine", (1, 8, 8), structure_of(network, (1, 8, 8)))
    assert (summary["total_params"], summary["trainable_params"]) == (20 + 38, 38)
    assert [row["trainable_params"] for row in summary["layers"]] == [0, 38]
    assert "58 parameters (20 frozen)" in table_of(summary)


@pytest.mark.parametrize(("name", "size"), [("resnet18", (96, 160)), ("vit_b_32", (64, 64))])
def test_another_input_size(name, size):
    summary, usual = summarise(name, size), summarise(name)
    assert summary["input_shape"] == [3, *size]
    assert summary["macs"] < usual["macs"]
    first = next(row for row in summary["layers"] if row["type"] == "Conv2d")
    assert first["output_shape"][1:] == [side // first["window"]["stride"][0] for side in size]


def test_a_size_it_cannot_take_shows_what_ran():
    summary = summarise("alexnet", (30, 30))
    assert not summary["complete"]
    assert '"features.5" (MaxPool2d) stops with' in summary["problem"]
    assert [row["output_shape"] for row in summary["layers"] if row["name"] in {"features.3", "features.5"}] == [
        [192, 2, 2],
        None,
    ]
    assert summary["total_params"] == 61_100_840


def test_an_unknown_network():
    with pytest.raises(NetworkError, match="There is no network 'resnet19': did you mean"):
        summarise("resnet19")


def test_the_table_in_words():
    lines = table_of(summarise("convnet-mnist")).splitlines()
    assert lines[0].split("  ")[0] == "layer"
    assert [line.split()[0] for line in lines[2:-2]] == [
        *("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "conv3", "relu3", "flatten", "linear")
    ]
    assert lines[2].split() == ["conv1", "Conv2d", "32×26×26", "320", "194,688", "3×3"]
    assert lines[-3].endswith("whole picture")
    assert lines[-1] == "convnet-mnist on 1×28×28: 104,202 parameters, 3,100,032 multiply-adds, 0.3 MiB of outputs"
    assert len({line.index("Conv2d") for line in lines if "Conv2d" in line}) == 1


def test_nothing_is_allocated_for_weights(monkeypatch):
    made = []
    build = torchvision.models.get_model
    monkeypatch.setattr(
        torchvision.models, "get_model", lambda *args, **kw: made.append(build(*args, **kw)) or made[-1]
    )
    assert summarise("vit_h_14")["total_params"] == 633_470_440
    assert all(parameter.is_meta for parameter in made[0].parameters())


class WithoutItsHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv2d(1, 2, 3), nn.Linear(2, 2)

    def forward(self, pictures):
        return self.body(pictures)


def test_what_is_never_reached_stands_below_the_totals():
    summary = summary_of("own", (1, 8, 8), structure_of(WithoutItsHead(), (1, 8, 8)))
    assert summary["unreached"] == ["head"]
    assert table_of(summary).splitlines()[-1] == "never reached: head"
    assert "never reached" not in table_of(summarise("convnet-mnist"))
