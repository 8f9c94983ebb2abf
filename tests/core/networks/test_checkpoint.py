"""State dicts against networks."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from cnnviz.core.errors import CheckpointError, HeadMismatchError
from cnnviz.core.networks.checkpoint import Checkpoint, load_checkpoint, read_checkpoint
from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist


def saved(folder, content, name="weights.pth"):
    path = folder / name
    torch.save(content, path)
    return path


def filled(module):
    """Its state dict with numbers that tell every tensor apart."""
    return {
        name: torch.full_like(tensor, index + 1) for index, (name, tensor) in enumerate(module.state_dict().items())
    }


def loaded(module, path, **options):
    return load_checkpoint(module, read_checkpoint(path), network="the network", **options)


def assert_holds(module, state):
    for name, tensor in module.state_dict().items():
        torch.testing.assert_close(tensor, state[name], check_dtype=False)


# ------------------------------------------------------------------------------------------------------------ reading


def test_a_plain_state_dict_has_nothing_to_be_said_about_it(tmp_path):
    state = filled(convnet_mnist())
    module = convnet_mnist()
    assert loaded(module, saved(tmp_path, state)) == ()
    assert_holds(module, state)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_wrapped_state_dicts(tmp_path, key):
    state, module = filled(cifar10_small()), cifar10_small()
    notes = loaded(module, saved(tmp_path, {"epoch": 3, key: state, "optimizer": {"state": {}}}))
    assert notes == (f'took the part "{key}"',)
    assert_holds(module, state)


def test_wrapped_twice_and_with_two_prefixes(tmp_path):
    state, module = filled(convnet_mnist()), convnet_mnist()
    wrapped = {"model": {"state_dict": {f"module._orig_mod.{name}": tensor for name, tensor in state.items()}}}
    assert loaded(module, saved(tmp_path, wrapped)) == (
        'took the part "model"',
        'took the part "state_dict"',
        'took the prefix "module._orig_mod." off the names',
    )
    assert_holds(module, state)


def test_what_is_no_tensor_is_left_out_and_named(tmp_path):
    state = {**filled(convnet_mnist()), "epoch": 3, "arch": "convnet"}
    assert loaded(convnet_mnist(), saved(tmp_path, state)) == ("left out what is no tensor (epoch, arch)",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"epoch": 3, "loss": 0.1}, r"a mapping without tensors \(epoch, loss\)"),
        ({}, r"a mapping without tensors \(\)"),
        ([torch.ones(2)], "a list"),
        (torch.ones(2), "a Tensor"),
        (3, "a int"),
    ],
)
def test_what_is_no_state_dict(tmp_path, content, words):
    with pytest.raises(CheckpointError, match=rf"weights\.pth holds {words}, not a state dict"):
        read_checkpoint(saved(tmp_path, content))


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.ones(1).expand(10**12), "larger than its values in the file"),
        (torch.ones(3, 3).to_sparse(), "sparse"),
        (torch.ones(2, dtype=torch.complex64), "complex"),
        (torch.ones(2, device="meta"), "without values"),
    ],
)
@pytest.mark.filterwarnings("ignore:Validating sparse tensor invariants", "ignore:Sparse invariant checks")
def test_tensors_that_are_no_plain_weights(tmp_path, tensor, words):
    path = saved(tmp_path, {"fine": torch.ones(1), "odd": tensor})
    with pytest.raises(CheckpointError, match=rf"1 tensors that are no plain weights, such as odd, which is {words}"):
        read_checkpoint(path)


def test_half_precision_is_cast(tmp_path):
    state = {name: tensor.half() for name, tensor in filled(convnet_mnist()).items()}
    path, module = tmp_path / "half.safetensors", convnet_mnist()
    save_file(state, path)
    loaded(module, path)
    assert module.conv1.weight.dtype == torch.float32
    assert_holds(module, state)


def test_nan_is_named_but_loaded(tmp_path):
    state = filled(convnet_mnist())
    state["conv2.bias"][3], state["linear.weight"][0, 0] = torch.nan, torch.inf
    (note,) = loaded(convnet_mnist(), saved(tmp_path, state))
    assert note == "NaN or infinite values in 2 tensors (conv2.bias, linear.weight)"


def test_counters_of_batch_norm_may_be_missing(tmp_path):
    state = {key: tensor for key, tensor in filled(cifar10_small()).items() if "num_batches" not in key}
    module = cifar10_small()
    assert loaded(module, saved(tmp_path, state)) == ()
    assert torch.equal(module.block1.norm1.running_mean, state["block1.norm1.running_mean"])


# --------------------------------------------------------------------------------------------------------- mismatches


def test_every_mismatch_is_counted_and_listed(tmp_path):
    state = filled(convnet_mnist())
    del state["conv1.weight"], state["conv1.bias"]
    state |= {"extra.weight": torch.ones(1), "conv2.weight": torch.ones(64, 32, 5, 5)}
    with pytest.raises(CheckpointError) as caught:
        loaded(convnet_mnist(), saved(tmp_path, state))
    assert caught.value.message == (
        "weights.pth does not fit the network: 2 tensors are missing (conv1.weight, conv1.bias), 1 tensor is "
        "unexpected (extra.weight), 1 tensor is different (conv2.weight: 64×32×5×5 in the file, 64×32×3×3 in "
        "the network); "
        "choose the network it was saved from."
    )
    assert caught.value.details.splitlines() == [
        "missing: conv1.weight",
        "missing: conv1.bias",
        "unexpected: extra.weight",
        "differs: conv2.weight: 64×32×5×5 in the file, 64×32×3×3 in the network",
    ]


def test_long_lists_are_cut_in_the_sentence_only(tmp_path):
    path = saved(tmp_path, {"x" * 5000: torch.ones(1)})
    with pytest.raises(CheckpointError) as caught:
        loaded(cifar10_small(), path)
    assert len(caught.value.message) < 500
    assert "x" * 5000 in caught.value.details


def test_integers_are_no_weights(tmp_path):
    state = filled(convnet_mnist()) | {"conv1.bias": torch.ones(32, dtype=torch.int8)}
    with pytest.raises(CheckpointError, match=r"conv1\.bias: torch\.int8 in the file, torch\.float32 in the network"):
        loaded(convnet_mnist(), saved(tmp_path, state))


def test_versions_of_any_form_do_no_harm(tmp_path):
    module = convnet_mnist()
    state = module.state_dict()
    state._metadata = {"": 3, 5: {"version": 1}, "conv1": {"version": "two"}, "conv2": {"version": 1}}
    checkpoint = read_checkpoint(saved(tmp_path, state))
    assert checkpoint.versions == {"conv2": {"version": 1}}
    assert load_checkpoint(convnet_mnist(), checkpoint, network="the network") == ()


# --------------------------------------------------------------------------------------------------------------- head


def other_head(classes):
    module = convnet_mnist()
    module.linear = nn.Linear(1152, classes)
    return filled(module)


def test_another_class_count_alone_is_told_apart(tmp_path):
    with pytest.raises(
        HeadMismatchError, match="fits the network but for its last layer, which has 7 classes"
    ) as found:
        loaded(convnet_mnist(), saved(tmp_path, other_head(7)))
    assert (found.value.found_classes, found.value.network_classes) == (7, 10)


def test_the_head_is_replaced_on_request(tmp_path):
    state, module = other_head(7), convnet_mnist()
    notes = loaded(module, saved(tmp_path, state), replace_head_to_fit=True)
    assert notes == ("replaced the last layer: 7 classes instead of 10",)
    assert_holds(module, state)
    assert module(torch.zeros(1, 1, 28, 28)).shape == (1, 7)


def test_a_fitting_head_is_not_replaced(tmp_path):
    module = convnet_mnist()
    head = module.linear
    assert loaded(module, saved(tmp_path, filled(module)), replace_head_to_fit=True) == ()
    assert module.linear is head


def test_other_mismatches_beside_the_head_are_told_in_full(tmp_path):
    state = other_head(7)
    del state["conv1.bias"]
    path = saved(tmp_path, state)
    for replace_head in (False, True):
        with pytest.raises(CheckpointError, match=r"1 tensor is missing \(conv1\.bias\)") as caught:
            loaded(convnet_mnist(), path, replace_head_to_fit=replace_head)
        assert not isinstance(caught.value, HeadMismatchError)


def test_a_head_without_classes_is_a_mismatch(tmp_path):
    state = filled(convnet_mnist()) | {"linear.weight": torch.ones(0, 1152), "linear.bias": torch.ones(0)}
    with pytest.raises(CheckpointError, match=r"linear\.weight: 0×1152 in the file"):
        loaded(convnet_mnist(), saved(tmp_path, state), replace_head_to_fit=True)


def test_a_checkpoint_can_be_made_by_hand():
    module = convnet_mnist()
    state = filled(module)
    assert load_checkpoint(module, Checkpoint("made", state), network="the network") == ()
    assert_holds(module, state)


# ---------------------------------------------------------------------------------------------------- real data's part


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ckpt_runs_code_pickle.pth", "is a plain pickle"),
        ("ckpt_runs_code_zip.pth", "holds more than tensors"),
        ("huge_header.safetensors", "claims a header of"),
        ("onnx_renamed.pth", "looks like an ONNX model"),
        ("truncated.pth", "is damaged or cut off"),
        ("zero_byte.png", "is empty"),
        ("rgba.png", "is a picture"),
    ],
)
def test_the_bad_files(shared_data, tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=words):
        read_checkpoint(shared_data / "bad" / name)
    assert list(tmp_path.iterdir()) == []  # the hostile ones would leave a file here
