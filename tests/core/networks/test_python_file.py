"""Python files: run only when allowed; which network they mean; their errors in a sentence."""

import sys

import pytest
import torch

from cnnviz.core.errors import CodeConfirmationError, NetworkError
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice

HEAD = "import torch\nfrom torch import nn\n"
BLOCK = """
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return torch.relu(self.conv(x))
"""
NET = """
class Net(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.block = Block()
        self.fc = nn.Linear(4, classes)

    def forward(self, x):
        return self.fc(self.block(x).mean((2, 3)))
"""


def write(folder, code, name="mine.py"):
    (folder / name).write_text(HEAD + code, encoding="utf-8")
    return folder / name


def opened(path, **options):
    choice = NetworkChoice("mine", file=str(path), confirmed_code=True, **options)
    return load_network(choice, device="cpu")


def test_nothing_runs_before_it_is_allowed(tmp_path):
    trace = tmp_path / "ran"
    path = write(tmp_path, f"open({str(trace)!r}, 'w').close()\n{BLOCK}{NET}")
    with pytest.raises(CodeConfirmationError, match=r"mine\.py is Python code, which would run with all your rights"):
        load_network(NetworkChoice("mine", file=str(path)), device="cpu")
    assert not trace.exists()
    assert opened(path).title == "Net"
    assert trace.exists()


def test_the_one_class_that_no_other_uses(tmp_path):
    network = opened(write(tmp_path, BLOCK + NET), seed=3)
    assert type(network.module).__name__ == "Net"
    assert network.weights == "Net of Python file; random, seed 3; 5 classes without names"
    assert network.module(torch.zeros(1, 3, 64, 64)).shape == (1, 5)
    assert not any(module.training for module in network.module.modules())


def test_the_seed_alone_gives_the_weights(tmp_path):
    path = write(tmp_path, BLOCK + NET)
    first, again, other = (opened(path, seed=seed).module.fc.weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    "factory",
    ["def make_network():\n    return Net(7)", "def network():\n    return Net(7)", "network = Net(7)"],
)
def test_a_factory_comes_first(tmp_path, factory):
    assert len(opened(write(tmp_path, f"{BLOCK}{NET}\n{factory}\n")).class_names) == 7


def test_modules_beside_it_can_be_imported(tmp_path):
    write(tmp_path, BLOCK, "helper_of_mine.py")
    network = opened(write(tmp_path, f"from helper_of_mine import Block\n{NET}"))
    assert type(network.module).__name__ == "Net"
    assert str(tmp_path) not in sys.path


def test_weights_of_a_file_go_into_it(tmp_path):
    path = write(tmp_path, BLOCK + NET)
    trained = opened(path, seed=9).module
    torch.save(trained.state_dict(), tmp_path / "trained.pth")
    network = opened(path, weights_file=str(tmp_path / "trained.pth"))
    assert torch.equal(network.module.fc.weight, trained.fc.weight)
    assert network.weights == "Net of Python file; file trained.pth; 5 classes without names"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1 / 0", r"mine\.py stopped at line 3: ZeroDivisionError: division by zero"),
        ("def broken(:", r"mine\.py stopped at line 3: SyntaxError"),
        ("import nowhere_at_all", "stopped at line 3: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise SystemExit(3)", "stopped at line 3: SystemExit: 3"),
        ("x = 1", r"has no network that can be made without arguments \(torch.nn.Module classes: none\)"),
        (
            f"{BLOCK}\nclass Other(nn.Module): pass",
            r"has several networks \(.*Block, Other\): add a function make_network",
        ),
        ("class Needs(nn.Module):\n    def __init__(self, n): pass", r"without arguments \(.*Needs\)"),
        (
            "def make_network():\n    raise ValueError('no luck')",
            r"stopped in make_network\(\) at line 4: ValueError: no luck",
        ),
        (
            "def make_network():\n    return 3",
            r"make_network\(\) in mine\.py returned int, but must return a torch\.nn\.Module",
        ),
        ("network = 3", r"network in mine\.py is int, but must be a network or a function"),
    ],
)
def test_what_goes_wrong_is_one_sentence(tmp_path, code, words):
    with pytest.raises(NetworkError, match=words) as caught:
        opened(write(tmp_path, code))
    assert "\n" not in caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NetworkError, match=r"There is no network file .*gone\.py"):
        opened(tmp_path / "gone.py")
