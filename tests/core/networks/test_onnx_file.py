"""ONNX files: numbers as the reference says, layers that can be captured; external data and sizes are not believed."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks import onnx_file
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.probing.capture import collect

onnx = pytest.importorskip("onnx", reason="the onnx extra is not installed")
pytest.importorskip("onnx2pytorch", reason="the onnx extra is not installed")
helper, numpy_helper = onnx.helper, onnx.numpy_helper

PICTURE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))


def weights():
    random = np.random.default_rng(1)
    return {
        "conv.weight": random.normal(size=(4, 3, 3, 3)).astype(np.float32),
        "conv.bias": random.normal(size=4).astype(np.float32),
        "norm.weight": random.normal(size=4).astype(np.float32),
        "norm.bias": random.normal(size=4).astype(np.float32),
        "norm.mean": random.normal(size=4).astype(np.float32),
        "norm.var": random.uniform(1, 2, size=4).astype(np.float32),
        "fc.weight": random.normal(size=(5, 8)).astype(np.float32),
        "fc.bias": random.normal(size=5).astype(np.float32),
    }


def nodes():
    """A convolution, its pooled maps and their negatives side by side, a linear layer; weights reach it by detours."""
    make = helper.make_node
    return [
        make("Identity", ["conv.weight"], ["kernel"]),
        make("Conv", ["x", "kernel", "conv.bias"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], name="first"),
        make("BatchNormalization", ["c", "norm.weight", "norm.bias", "norm.mean", "norm.var"], ["n"], training_mode=0),
        make("Relu", ["n"], ["r"]),
        make("GlobalAveragePool", ["r"], ["p"]),
        make("Constant", [], ["half"], value=helper.make_tensor("half", onnx.TensorProto.FLOAT, [1], [0.5])),
        make("Mul", ["p", "half"], ["h"]),
        make("Concat", ["p", "h"], ["both"], axis=1),
        make("Flatten", ["both"], ["flat"]),
        make("Gemm", ["flat", "fc.weight", "fc.bias"], ["y"], transB=1),
    ]


def model(*, shape=("N", 3, 8, 8), inputs=("x",), made_of=None, tensors=None):
    values = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape)) for name in inputs]
    result = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    initializers = [numpy_helper.from_array(array, name) for name, array in (tensors or weights()).items()]
    graph = helper.make_graph(made_of or nodes(), "net", values, [result], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="a test")


def save(folder, made, name="net.onnx"):
    (folder / name).write_bytes(made.SerializeToString())
    return folder / name


def opened(path):
    return load_network(NetworkChoice("net", file=str(path)), device="cpu")


def by_hand(picture):
    """The same with torch's functions."""
    own = {name: torch.from_numpy(array) for name, array in weights().items()}
    maps = torch.conv2d(picture, own["conv.weight"], own["conv.bias"], padding=1)
    maps = nn.functional.batch_norm(maps, own["norm.mean"], own["norm.var"], own["norm.weight"], own["norm.bias"])
    pooled = maps.relu().mean((2, 3))
    return nn.functional.linear(torch.cat([pooled, pooled * 0.5], 1), own["fc.weight"], own["fc.bias"]), maps


# -------------------------------------------------------------------------------------------------------------- running


def test_it_computes_what_the_file_says(tmp_path):
    network = opened(save(tmp_path, model()))
    for picture in (PICTURE, -PICTURE):
        torch.testing.assert_close(network.module(picture), by_hand(picture)[0])
    assert network.input_shape == (3, 8, 8)
    assert network.weights == "ONNX file; written by a test; 5 classes without names"


def test_its_layers_can_be_seen_and_captured(tmp_path):
    network = opened(save(tmp_path, model()))
    layers = {layer.name: layer for layer in layers_of(network.module, (3, 8, 8))}
    kinds = [layer.kind for layer in layers.values()]
    assert [kind for kind in ("Conv2d", "ReLU", "Mul", "cat", "Linear") if kind not in kinds] == []
    convolution = next(layer for layer in layers.values() if layer.kind == "Conv2d")
    assert (convolution.shape, convolution.parameters, convolution.macs) == ((4, 8, 8), 112, 4 * 8 * 8 * 27)
    norm = next(name for name, layer in layers.items() if layer.kind == "BatchNormalization")
    torch.testing.assert_close(collect(network.module, PICTURE, [norm])[norm], by_hand(PICTURE)[1])


def test_gradients_flow_back_to_the_picture(tmp_path):
    network = opened(save(tmp_path, model()))
    pictures = [PICTURE.clone().requires_grad_() for _ in range(2)]
    (found,) = torch.autograd.grad(network.module(pictures[0])[0, 1], pictures[0])
    (expected,) = torch.autograd.grad(by_hand(pictures[1])[0][0, 1], pictures[1])
    torch.testing.assert_close(found, expected)


def test_weights_are_kept_once(tmp_path):
    module = opened(save(tmp_path, model())).module
    kept = sum(tensor.numel() for tensor in (*module.parameters(), *module.buffers()))
    assert kept == sum(array.size for array in weights().values()) + 2  # the constant, and batch norm's counter


def test_an_unknown_size_has_a_default(tmp_path):
    assert opened(save(tmp_path, model(shape=("N", 3, "height", "width")))).input_shape == (3, 224, 224)


def test_weights_beside_the_model(tmp_path):
    made = model()
    onnx.save_model(made, tmp_path / "net.onnx", save_as_external_data=True, location="net.onnx.data", size_threshold=0)
    torch.testing.assert_close(opened(tmp_path / "net.onnx").module(PICTURE), by_hand(PICTURE)[0])


# -------------------------------------------------------------------------------------------------------------- refused


def external(made, location, **place):
    """The model with its first weight in another file."""
    tensor = made.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "weights.bin", **place)
    tensor.external_data[0].value = location
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    return made


@pytest.mark.parametrize("location", ["/etc/passwd", "../secret.bin", "sub/weights.bin", "", "link.bin", "missing.bin"])
def test_weights_elsewhere_are_not_read(tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(bytes(1000))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    made = external(model(), location)
    with pytest.raises(NetworkError, match=r"keeps its weight 'conv\.weight' in .*none outside its folder is read"):
        opened(save(folder, made))


def test_weights_of_an_inner_graph_are_looked_at_too(tmp_path):
    inner = external(model(made_of=nodes()[1:4]), "/etc/passwd").graph
    branch = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    with pytest.raises(NetworkError, match="none outside its folder is read"):
        opened(save(tmp_path, model(made_of=[branch])))


@pytest.mark.parametrize("place", [{"length": 10**12}, {"offset": 10**12}, {"length": -5}, {"length": 100}, {}])
def test_weights_that_are_not_where_they_should_be(tmp_path, place):
    (tmp_path / "weights.bin").write_bytes(bytes(1000))
    with pytest.raises(NetworkError, match=r"weights\.bin has 1,000 bytes, but net\.onnx wants 432 of them from"):
        opened(save(tmp_path, external(model(), "weights.bin", **place)))


def changed_dims(*dims):
    made = model()
    made.graph.initializer[0].dims[:] = dims
    return made


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: changed_dims(10**9, 10**9),
            "weight 'conv.weight' claims 1,000,000,000,000,000,000 values but has 108",
        ),
        (lambda: changed_dims(-1, 3), "weight 'conv.weight' is of a kind that cannot be shown"),
        (lambda: model(inputs=("x", "second")), r"takes 2 inputs \(x, second\), but is given one picture"),
        (lambda: model(shape=(1, 10)), "takes 2 dimensions, no batch of pictures"),
        (lambda: model(shape=(8, 3, 8, 8)), "was saved for batches of 8"),
        (lambda: model(shape=(1, 224, 224, 3)), "takes channels last"),
        (lambda: model(shape=(1, 7, 8, 8)), "takes 7 channels: pictures have 3, or 1"),
        (
            lambda: model(made_of=[helper.make_node("Unheard", ["x"], ["y"])]),
            "an operator that onnx2pytorch cannot convert",
        ),
        (lambda: model(made_of=[helper.make_node("Conv", ["x", "nowhere"], ["y"])]), "cannot be converted to torch"),
    ],
)
def test_models_that_cannot_be(tmp_path, make, words):
    with pytest.raises(NetworkError, match=words):
        opened(save(tmp_path, make()))


def test_a_huge_result_is_refused_before_it_is_made(tmp_path):
    sides = numpy_helper.from_array(np.array([1, 1, 100_000, 100_000], np.int64), "repeats")
    made = model(made_of=[helper.make_node("Tile", ["x", "repeats"], ["y"])])
    made.graph.initializer.append(sides)
    with pytest.raises(NetworkError, match=r"net\.onnx was not opened\. Its operation \w+ would make .* GiB"):
        opened(save(tmp_path, made))


@pytest.mark.parametrize("data", [b"", b"\x08\x08\x12\x04", b"not at all", bytes(1000)])
def test_damaged_files(tmp_path, data):
    (tmp_path / "bad.onnx").write_bytes(data)
    with pytest.raises(
        NetworkError, match=r"bad\.onnx (cannot be read as an ONNX model|is an ONNX model without nodes)"
    ):
        opened(tmp_path / "bad.onnx")


def test_a_cut_file(tmp_path):
    path = save(tmp_path, model())
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(NetworkError, match=r"net\.onnx (cannot be read as an ONNX model|was not opened)"):
        opened(path)


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(onnx_file.importlib, "import_module", missing)
    with pytest.raises(NetworkError, match=r'install the onnx extra: pip install "cnnviz\[onnx\]"'):
        opened(save(tmp_path, model()))
