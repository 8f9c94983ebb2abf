"""TorchScript files: the same numbers as in torch's own interpreter, layer by layer; nothing hostile gets through."""

import pickle
import shutil
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks import torchscript_program
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.probing.capture import collect

PICTURE = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3))


def doubled(x: Tensor, times: int) -> Tensor:
    """A function of the program, beside its modules."""
    for _ in range(times):
        x = x + x
    return x


class Block(nn.Module):
    """A residual block with a ReLU that is called twice, and a choice that depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.norm(self.conv(x)))
        if bool(y.mean() > 1e9):
            y = y * 0
        return self.relu(y + x)


class Net(nn.Module):
    """Something of everything that programs are made of."""

    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(Block(), Block())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(16, 5)
        self.times = 2
        self.register_buffer("scale", torch.tensor(0.5))

    def features(self, x: Tensor) -> Tensor:
        """Not forward: part of its caller."""
        return self.blocks(doubled(self.stem(x), self.times) * self.scale)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.features(x)
        both = [self.pool(maps), self.pool(-maps)]
        both.append(both[0][:, :0])
        return self.fc(self.drop(torch.flatten(torch.cat(both, 1), 1)))


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


class Writes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        torch.save(x, "PWNED")
        return x


class ReadsAFile(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.from_file("/etc/passwd", False, 10) + x


class Endless(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        while bool(x.sum() < 1e30):
            x = x * 1
        return x


class Huge(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.repeat(1, 1, 10_000, 10_000)


class Stops(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(1) == 3:
            raise ValueError("no colour, please")
        return x


def save(folder, module, *, traced=False):
    """In evaluation mode. torch warns that TorchScript is no longer developed; files go on to exist."""
    path = folder / "net.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.jit.trace(module.eval(), PICTURE) if traced else torch.jit.script(module.eval())
        torch.jit.save(program, str(path))
    return path


@pytest.fixture
def net():
    torch.manual_seed(1)
    net = Net().eval()
    nn.init.uniform_(net.blocks[0].norm.running_mean)
    return net


def opened(path):
    return load_network(NetworkChoice("net", file=str(path)), device="cpu")


def facts(layers):
    """Of the modules: saved functions have torch's own names."""
    return [
        (layer.name, layer.kind, layer.shape, layer.parameters, layer.macs) for layer in layers if not layer.function
    ]


# -------------------------------------------------------------------------------------------------------------- running


@pytest.mark.parametrize("traced", [False, True])
def test_it_computes_what_the_module_did(tmp_path, net, traced):
    network = opened(save(tmp_path, net, traced=traced))
    for picture in (PICTURE, -PICTURE):
        assert torch.equal(network.module(picture), net(picture))
    assert network.weights == "TorchScript file; 5 classes without names"
    assert network.title == "net.pt"


@pytest.mark.parametrize("traced", [False, True])
def test_its_layers_are_those_of_the_module(tmp_path, net, traced):
    network = opened(save(tmp_path, net, traced=traced))
    expected = layers_of(net, (3, 32, 32))
    found = layers_of(network.module, (3, 32, 32))
    assert facts(found) == facts(expected)
    assert network.module.state_dict().keys() == net.state_dict().keys()
    assert type(network.module.get_submodule("blocks.1.conv")) is nn.Conv2d


def test_inner_layers_and_gradients_can_be_captured(tmp_path, net):
    network = opened(save(tmp_path, net))
    names = ["stem", "blocks.0.relu#2", "blocks.1"]
    expected, found = collect(net, PICTURE, names), collect(network.module, PICTURE, names)
    assert all(torch.equal(found[name], expected[name]) for name in names)
    picture = PICTURE.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network.module(picture)[0, 0], picture)
    (wanted,) = torch.autograd.grad(net(picture)[0, 0], picture)
    assert torch.equal(gradient, wanted)


def test_training_mode_reaches_its_dropout(tmp_path, net):
    network = opened(save(tmp_path, net))
    network.module.train()
    outputs = [network.module(PICTURE) for _ in range(2)]
    assert not torch.equal(*outputs)


def test_a_program_in_two_threads_shares_no_state(tmp_path, net):
    network = opened(save(tmp_path, net))
    pictures = [PICTURE * factor for factor in (1, 2, 3, 4)]
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(network.module, pictures))
    assert all(torch.equal(one, net(picture)) for one, picture in zip(found, pictures, strict=True))


def test_the_input_is_found_by_trying(tmp_path):
    torch.manual_seed(0)
    digits = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 26 * 26, 10))
    network = opened(save(tmp_path, digits))
    assert network.input_shape == (1, 28, 28)
    assert len(network.class_names) == 10


@pytest.mark.parametrize("name", ["program.pth", "program.pt2", "program.json", "program"])
def test_the_content_says_what_it_is(tmp_path, net, name):
    shutil.copy(save(tmp_path, net), tmp_path / name)
    assert opened(tmp_path / name).weights.startswith("TorchScript file")


# -------------------------------------------------------------------------------------------------------------- refused


def test_weights_alone_are_no_network(tmp_path, net):
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    with pytest.raises(NetworkError, match=r"weights\.pt holds weights without their network: choose the network"):
        opened(tmp_path / "weights.pt")


@pytest.mark.parametrize(("kind", "words"), [(Writes, "aten::save"), (ReadsAFile, "aten::from_file")])
def test_what_touches_files_is_refused_before_it_runs(tmp_path, monkeypatch, kind, words):
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path, kind())
    with pytest.raises(NetworkError, match=rf"net\.pt cannot be shown\. It calls {words}, which reads or writes files"):
        opened(path)
    assert not (tmp_path / "PWNED").exists()


def test_code_that_runs_while_a_file_is_read_is_refused(tmp_path, net):
    path = save(tmp_path, net)
    source = next(name for name in zipfile.ZipFile(path).namelist() if name.endswith("pooling.py"))
    changed = rewritten(path, source, lambda code: code + b"\n  def __setstate__(self): pass\n")
    with pytest.raises(NetworkError, match=r"code that would run while it is read \(__setstate__ in code/.*pooling"):
        opened(changed)


def test_objects_of_other_libraries_are_refused(tmp_path, net):
    path = rewritten(save(tmp_path, net), "data.pkl", lambda data: data + b"__torch__.torch.classes.quantized.Packed")
    with pytest.raises(NetworkError, match=r"holds objects of other libraries \(data\.pkl\)"):
        opened(path)


class RunsCode:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def test_a_pickle_in_it_runs_nothing(tmp_path, net):
    trace = tmp_path / "PWNED"
    path = rewritten(save(tmp_path, net), "data.pkl", lambda _: pickle.dumps(RunsCode(str(trace)), protocol=2))
    with pytest.raises(NetworkError, match=r"cannot be read as a TorchScript program"):
        opened(path)
    assert not trace.exists()


def test_a_bomb_is_refused(tmp_path, net):
    path = rewritten(save(tmp_path, net), "data/0", lambda _: bytes(50_000_000), compress=True)
    with pytest.raises(NetworkError, match=r"would unpack to far more than it holds \(data/0\)"):
        opened(path)


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
def test_a_cut_file_is_refused(tmp_path, net, kept):
    path = save(tmp_path, net)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(NetworkError, match=r"net\.pt is damaged or cut off"):
        opened(path)


def test_two_inputs_are_explained(tmp_path):
    with pytest.raises(NetworkError, match=r"takes 2 inputs \(x, y\), but is given one picture"):
        opened(save(tmp_path, TwoInputs()))


def test_an_endless_loop_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(torchscript_program, "_MOST_STEPS", 5_000)
    with pytest.raises(NetworkError, match="ran 5,000 instructions without an end, and was stopped"):
        opened(save(tmp_path, nn.Sequential(Endless())))


def test_a_huge_result_is_refused_before_it_is_made(tmp_path):
    with pytest.raises(NetworkError, match=r"net\.pt was not opened\. Its operation repeat would make .* GiB"):
        opened(save(tmp_path, Huge()))


def test_its_own_error_is_told(tmp_path):
    network = opened(save(tmp_path, Stops()))
    with pytest.raises(NetworkError, match="no colour, please"):
        layers_of(network.module, (3, 32, 32))


def rewritten(path, name, change, *, compress=False):
    """The archive with one record changed."""
    target = path.with_name("changed.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for record in old.infolist():
            mine = f"/{record.filename}".endswith(f"/{name}")
            data = change(old.read(record)) if mine else old.read(record)
            packed = zipfile.ZIP_DEFLATED if mine and compress else record.compress_type
            new.writestr(zipfile.ZipInfo(record.filename), data, compress_type=packed)
    return target
