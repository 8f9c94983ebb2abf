"""The table of layers and blocks: complete, explained, and nothing in it that torch or Python would trip over."""

import keyword
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.kinds import BlockKind, LayerKind
from cnnviz.core.networks.spec.names import RESERVED, checked_name
from cnnviz.core.networks.spec.options import Option, options_of
from cnnviz.core.networks.spec.palette import KINDS, kind_of, layer
from cnnviz.core.networks.spec.rows import NetworkSpec

ROOT = Path(__file__).parents[4]
ALL = list(KINDS.values())


def test_the_palette_has_what_the_builder_promises():
    assert set(KINDS) == {
        *(
            "conv",
            "depthwise",
            "transposed",
            "batch_norm",
            "group_norm",
            "layer_norm",
            "instance_norm",
            "response_norm",
        ),
        *("relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid", "softmax"),
        *("max_pool", "average_pool", "global_pool", "adaptive_pool", "upsample"),
        *("dropout", "spatial_dropout", "flatten", "linear"),
        *("vgg_block", "residual_block", "bottleneck_block", "inception_block", "dense_block", "transition"),
        *("separable_block", "squeeze_excitation"),
    }


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_each_kind_explains_itself_and_runs_with_its_defaults(kind):
    assert kind.help.endswith(".")
    assert kind.title
    assert checked_name(kind.prefix) == kind.prefix
    assert isinstance(kind, BlockKind if kind.category == "block" else LayerKind)
    shape = (5000,) if kind.name == "linear" else (64, 32, 32)
    report = check(NetworkSpec("x", (64, 32, 32), (layer("flatten", "f"),) * (shape == (5000,)) + (kind.row("row"),)))
    assert report.possible, report.problems


@pytest.mark.parametrize("option", [option for kind in ALL for option in kind.options], ids=lambda option: option.name)
def test_each_option_explains_itself_and_allows_its_default(option):
    assert option.help.endswith((".", ")."))
    assert option.normalised(option.default) == option.default
    assert not keyword.iskeyword(option.name)
    assert option.words or option.type != "choice"
    assert option.low < option.high or option.type in ("flag", "choice")


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(NetworkError, match="no kind of layer 'convolution'; there are: conv, depthwise"):
        kind_of("convolution")
    with pytest.raises(
        NetworkError, match=r"Convolution 'a': There is no option 'width' here; the options are: filters"
    ):
        layer("conv", "a", width=3)


PAIR = Option("size", "pair", (2, 2), "Help.", 1, 9, ("same",), "as it is")


@pytest.mark.parametrize(
    ("value", "normal"), [(3, (3, 3)), ((1, 9), (1, 9)), ([4, 5], (4, 5)), ("same", "same"), (None, None)]
)
def test_pairs_have_one_form(value, normal):
    assert PAIR.normalised(value) == normal


@pytest.mark.parametrize(
    "value", [0, 10, (1,), (1, 2, 3), (1, 10), (1, 2.0), 1.5, True, (True, 1), "full", {}, float("nan")]
)
def test_other_values_are_refused(value):
    words = r"it must be a whole number from 1 to 9 or two of them, height and width or same or empty \(as it is\)"
    with pytest.raises(NetworkError, match=words):
        PAIR.normalised(value)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -0.1, 1.1, True, "1", None, 10**400])
def test_numbers_stay_in_their_range(value):
    with pytest.raises(NetworkError, match=r"p is .*, but it must be a number from 0 to 1"):
        Option("p", "float", 0.5, "Help.", 0, 1).normalised(value)


def test_whole_numbers_do_for_fractions_and_not_the_other_way():
    assert repr(Option("p", "float", 0.5, "Help.", 0, 1).normalised(1)) == "1.0"
    with pytest.raises(NetworkError, match=r"n is 2\.0, but it must be a whole number"):
        Option("n", "int", 1, "Help.", 0, 5).normalised(2.0)


def test_options_are_complete_in_the_tables_order_and_read_by_type():
    options = options_of(KINDS["conv"].options, {"kernel": 5})
    assert list(options) == [option.name for option in KINDS["conv"].options]
    assert (options.pair("kernel"), options.integer("groups"), options.flag("bias")) == ((5, 5), 1, True)
    assert options.word("padding_mode") == "zeros"
    assert dict(options)["stride"] == (1, 1)
    for read, name in ((options.pair, "groups"), (options.integer, "kernel"), (options.number, "kernel")):
        with pytest.raises(TypeError, match=name):
            read(name)
    with pytest.raises(KeyError, match="width"):
        options["width"]


def test_rows_compare_and_hash_by_value():
    assert layer("conv", "a", kernel=3) == layer("conv", "a", kernel=(3, 3))
    assert len({layer("relu", "a"), layer("relu", "a"), layer("relu", "b")}) == 2


def test_names_that_modules_have_already_are_reserved():
    own = {name for name in dir(nn.Sequential()) if not name.startswith("_")}
    assert own <= RESERVED
    for name in ("conv1", "S1", "x", "sum", "a" * 64):
        assert checked_name(name) == name
    for name in ("", "1", "a-b", "a.b", "é", "_a", "a" * 65, "class", "forward", "a\n"):
        with pytest.raises(NetworkError, match=r"cannot be a row's name|already means something else"):
            checked_name(name)


def test_specs_need_neither_torch_nor_numpy():
    code = (
        "import sys, pkgutil, importlib, cnnviz.core.networks.spec as spec, cnnviz.core.networks.classics\n"
        "modules = pkgutil.walk_packages(spec.__path__, spec.__name__ + '.')\n"
        "for module in modules: importlib.import_module(module.name)\n"
        "print(sorted({'torch', 'numpy', 'torchvision', 'PySide6'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
