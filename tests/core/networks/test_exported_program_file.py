"""torch.export files: their modules back, their numbers exact; what could run code is refused by its place."""

import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.probing.capture import collect

MODEL = "models/model.json"
PICTURE = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(3))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.relu(self.norm(self.conv(x))) + x)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.Sequential(Block(), Block())
        self.pool = nn.AvgPool2d(2)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(4 * 49, 5)
        self.register_buffer("scale", torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        maps = self.pool(self.blocks(self.stem(x))) * self.scale
        return self.fc(self.drop(torch.flatten(maps, 1))) + torch.tensor(1.0)


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(1)
    net = Net().eval()
    nn.init.uniform_(net.blocks[0].norm.running_mean)
    return net


@pytest.fixture(scope="module")
def saved(net, tmp_path_factory):
    return save(tmp_path_factory.mktemp("pt2") / "net.pt2", net, PICTURE)


def save(path, module, *inputs, dynamic=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module, inputs, dynamic_shapes=dynamic), path)
    return path


def opened(path):
    return load_network(NetworkChoice("net", file=str(path)), device="cpu")


def facts(layers):
    """Of the modules: saved functions have torch's own names."""
    return [
        (layer.name, layer.kind, layer.shape, layer.parameters, layer.macs) for layer in layers if not layer.function
    ]


# -------------------------------------------------------------------------------------------------------------- running


def test_it_computes_what_the_module_did(saved, net):
    network = opened(saved)
    for picture in (PICTURE, -PICTURE):
        assert torch.equal(network.module(picture), net(picture))
    assert network.input_shape == (3, 16, 16)
    assert network.weights == "torch.export file; 5 classes without names"


def test_its_layers_are_those_of_the_module(saved, net):
    found, expected = layers_of(opened(saved).module, (3, 16, 16)), layers_of(net, (3, 16, 16))
    assert facts(found) == facts(expected)
    assert "blocks.0.add()" in [layer.name for layer in found]
    assert type(opened(saved).module.get_submodule("blocks.1.norm")) is nn.BatchNorm2d


def test_inner_layers_can_be_captured(saved, net):
    names = ["stem", "blocks.0.relu#2", "blocks.1"]
    expected, found = collect(net, PICTURE, names), collect(opened(saved).module, PICTURE, names)
    assert all(torch.equal(found[name], expected[name]) for name in names)


def test_a_dynamic_batch_and_its_example_size(tmp_path, net):
    path = save(tmp_path / "dynamic.pt2", net, torch.rand(2, 3, 16, 16), dynamic=({0: torch.export.Dim("batch")},))
    network = opened(path)
    assert network.input_shape == (3, 16, 16)
    assert torch.allclose(network.module(PICTURE), net(PICTURE), atol=1e-6)


# -------------------------------------------------------------------------------------------------------------- refused


def test_a_fixed_batch_of_several(tmp_path, net):
    with pytest.raises(NetworkError, match=r"two\.pt2 was exported for batches of 2, but frames come one by one"):
        opened(save(tmp_path / "two.pt2", net, torch.rand(2, 3, 16, 16)))


def test_two_inputs(tmp_path):
    with pytest.raises(NetworkError, match=r"takes 2 inputs \(x, y\), but is given one picture"):
        opened(save(tmp_path / "net.pt2", TwoInputs(), PICTURE, PICTURE))


class RunsCode:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@pytest.mark.parametrize("saved_by", ["torch", "pickle"])
def test_example_inputs_that_run_code(tmp_path, saved, saved_by):
    trace = tmp_path / "PWNED"
    hostile = io.BytesIO()
    (torch.save if saved_by == "torch" else pickle.dump)(RunsCode(str(trace)), hostile)
    path = rewritten(saved, tmp_path, {"data/sample_inputs/model.pt": lambda _: hostile.getvalue()})
    with pytest.raises(NetworkError, match="example inputs hold more than tensors"):
        opened(path)
    assert not trace.exists()


def edited(change):
    """For ``rewritten``: the record as JSON, changed in place."""

    def edit(data):
        value = json.loads(data)
        change(value)
        return json.dumps(value).encode()

    return edit


def weight(key, value):
    return edited(lambda config: config["config"]["stem.weight"].update({key: value}))


def sizes(*numbers):
    def change(config):
        config["config"]["stem.weight"]["tensor_meta"]["sizes"] = [{"as_int": number} for number in numbers]

    return edited(change)


def first_call(**changes):
    return edited(lambda model: model["graph_module"]["graph"]["nodes"][0].update(changes))


def expression(text):
    def change(model):
        meta = model["graph_module"]["graph"]["tensor_values"]["x"]
        meta["sizes"][0] = {"as_expr": {"expr_str": text, "hint": {"as_int": 1}}}

    return edited(change)


WEIGHTS, CONSTANTS = "data/weights/model_weights_config.json", "data/constants/model_constants_config.json"


@pytest.mark.parametrize(
    ("record", "change", "words"),
    [
        (
            MODEL,
            first_call(target="torch.os.system"),
            "It calls torch.os.system, which is none of torch's own operations",
        ),
        (MODEL, first_call(target="torch.load"), "It calls torch.load"),
        (MODEL, first_call(target="torch.ops.aten.from_file.default"), "aten::from_file, which reads or writes files"),
        (
            MODEL,
            first_call(target="torch.ops.aten.nonsense.default"),
            "nonsense.default, which this version of torch does",
        ),
        (MODEL, first_call(target="_operator.attrgetter"), "It calls _operator.attrgetter"),
        (MODEL, first_call(target="torch.ops.higher_order.cond"), "It calls torch.ops.higher_order.cond"),
        (MODEL, expression("__import__('os').system('touch PWNED')"), "is an expression that could run code"),
        (MODEL, expression("Integer(9)**Integer(9)**Integer(9)"), "is an expression that could run code"),
        (MODEL, edited(lambda model: model.update(guards_code=["__import__('os')"])), r"holds Python code \(guards\)"),
        (MODEL, lambda data: data[:-50], "damaged, cut off"),
        (MODEL, lambda _: b"[" * 100_000, "damaged, cut off"),
        (MODEL, lambda _: b"[]", "its models/model.json is no object"),
        (WEIGHTS, weight("use_pickle", True), "its tensor stem.weight is pickled, and reading that could run code"),
        (WEIGHTS, weight("path_name", "../../../etc/passwd"), "its tensor stem.weight is not in the file"),
        (WEIGHTS, sizes(10**9, 10**9), "claims 1000000000×1000000000 values, more than the file holds"),
        (WEIGHTS, sizes(-1, 4), "claims -1×4 values"),
        (WEIGHTS, lambda _: b"{}", "model_weights_config.json lists no tensors"),
        (CONSTANTS, edited(lambda value: next(iter(value["config"].values())).update(use_pickle=True)), "is pickled"),
    ],
)
def test_hostile_archives(tmp_path, monkeypatch, saved, record, change, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetworkError, match=words):
        opened(rewritten(saved, tmp_path, {record: change}))
    assert not (tmp_path / "PWNED").exists()


def test_compiled_code_is_refused(tmp_path, saved):
    path = rewritten(saved, tmp_path, {}, added={"data/aotinductor/model/x.so": b"\x7fELF"})
    with pytest.raises(NetworkError, match=r"holds compiled code \(data/aotinductor/model/x\.so\)"):
        opened(path)


def test_a_bomb_is_refused(tmp_path, saved):
    path = rewritten(saved, tmp_path, {}, added={"data/weights/weight_99": bytes(50_000_000)}, compress=True)
    with pytest.raises(NetworkError, match=r"would unpack to far more than it holds \(data/weights/weight_99\)"):
        opened(path)


def test_the_same_record_twice_is_refused(tmp_path, saved):
    path = rewritten(saved, tmp_path, {})
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(f"{archive.namelist()[0].partition('/')[0]}/{MODEL}", b"{}")
    with pytest.raises(NetworkError, match="not laid out as torch does"):
        opened(path)


@pytest.mark.parametrize("kept", [0.2, 0.99])
def test_a_cut_file_is_refused(tmp_path, saved, kept):
    path = tmp_path / "cut.pt2"
    path.write_bytes(saved.read_bytes()[: int(saved.stat().st_size * kept)])
    with pytest.raises(NetworkError, match=r"cut\.pt2 is damaged or cut off"):
        opened(path)


def rewritten(path, folder, changes, *, added=None, compress=False):
    """The archive with some records changed and others added."""
    target = folder / "changed.pt2"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for record in old.infolist():
            top, _, name = record.filename.partition("/")
            change = changes.get(name, lambda data: data)
            new.writestr(record.filename, change(old.read(record)))
        for name, data in (added or {}).items():
            new.writestr(f"{top}/{name}", data, zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED)
    return target
