"""What ships: the trained networks are what their JSON says, and read the sample pictures rightly."""

import gzip
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.preprocessing import prepare

RESOURCES = Path(__file__).parents[1] / "resources"
BUILDERS = {"convnet-mnist": convnet_mnist, "cifar10-small": cifar10_small}
NAMES = sorted(BUILDERS)
SCENES = ("ship", "airplane", "automobile", "cat", "frog")
DIGITS = (2, 3, 5, 7)


def facts_of(name):
    return json.loads((RESOURCES / "networks" / f"{name}.json").read_text(encoding="utf-8"))


def network_of(name):
    module = BUILDERS[name]()
    module.load_state_dict(load_file(RESOURCES / "networks" / f"{name}.safetensors"), strict=True)
    return module.eval()


def preprocessing_of(name):
    fields = facts_of(name)["preprocessing"]
    tuples = {key: tuple(fields[key]) for key in ("input_size", "mean", "std")}
    return Preprocessing(**{**fields, **tuples})


@torch.inference_mode()
def probabilities(name, path):
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return network_of(name)(prepare(pixels, preprocessing_of(name)))[0].softmax(0)


@torch.inference_mode()
def percent_right(name, pixels, labels):
    """The whole test set by plain numpy arithmetic: ``pixels`` N×C×H×W in bytes."""
    facts = facts_of(name)["preprocessing"]
    mean, std = (np.float32(facts[key]).reshape(1, -1, 1, 1) for key in ("mean", "std"))
    inputs = torch.from_numpy((pixels.astype(np.float32) / 255 - mean) / std)
    module = network_of(name)
    answers = torch.cat([module(part).argmax(1) for part in inputs.split(500)]).numpy()
    return 100 * float(np.mean(answers == labels))


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_is_float32_and_finite(name):
    state = network_of(name).state_dict()
    numbers = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    assert {value.dtype for value in numbers.values()} == {torch.float32}
    assert all(bool(value.isfinite().all()) for value in numbers.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_json_states_the_networks_parameters_and_classes(name):
    facts, module = facts_of(name), network_of(name)
    assert facts["parameters"] == sum(parameter.numel() for parameter in module.parameters())
    assert len(facts["class_names"]) == module.linear.out_features == 10
    assert {"title", "accuracy", "data", "preprocessing", "training"} <= facts.keys()
    assert {"seed", "epochs", "batch", "seconds"} <= facts["training"].keys()


def test_convnet_mnist_has_the_lectures_parameters():
    module = convnet_mnist()
    counts = [sum(parameter.numel() for parameter in layer.parameters()) for layer in module]
    assert [count for count in counts if count] == [320, 18_496, 73_856, 11_530]
    assert sum(counts) == 104_202


def test_both_networks_together_take_at_most_three_megabytes():
    files = list((RESOURCES / "networks").iterdir())
    assert {file.stem for file in files} == set(NAMES)
    assert sum(file.stat().st_size for file in files) <= 3_000_000


def test_the_lectures_accuracy_is_reached():
    assert facts_of("convnet-mnist")["accuracy"] >= 99.0


@pytest.mark.parametrize(("name", "file"), [("cifar10-small", "cifar10.txt"), ("convnet-mnist", "mnist.txt")])
def test_class_name_files_say_the_same_as_the_networks(name, file):
    lines = (RESOURCES / "classes" / file).read_text(encoding="utf-8").splitlines()
    assert lines == facts_of(name)["class_names"]


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_read_rightly(scene):
    answer = probabilities("cifar10-small", RESOURCES / "pictures" / f"{scene}.png")
    best = int(answer.argmax())
    assert facts_of("cifar10-small")["class_names"][best] == scene
    assert answer[best] > 0.5


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_is_read_rightly(digit):
    answer = probabilities("convnet-mnist", RESOURCES / "pictures" / f"digit-{digit}.png")
    assert int(answer.argmax()) == digit
    assert answer[digit] > 0.9


def test_the_pictures_are_these_and_small():
    files = list((RESOURCES / "pictures").iterdir())
    expected = {f"{name}.png" for name in (*SCENES, "patterns", *(f"digit-{digit}" for digit in DIGITS))}
    assert {file.name for file in files} == expected
    assert sum(file.stat().st_size for file in files) <= 600_000


@pytest.mark.parametrize("scene", [*SCENES, "patterns"])
def test_scenes_have_one_size(scene):
    assert cv2.imread(str(RESOURCES / "pictures" / f"{scene}.png")).shape == (360, 480, 3)


def test_icons_take_the_colour_of_the_text():
    icons = [path for path in (RESOURCES / "icons").glob("*.svg") if path.stem != "cnnviz"]
    assert icons
    for path in icons:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 -- our own files
        assert root.get("viewBox") == "0 0 24 24", path.name
        assert {root.get("stroke"), root.get("fill")} <= {"currentColor", "none"}, path.name


def test_the_programs_mark_is_transparent_at_its_corners():
    mark = cv2.imread(str(RESOURCES / "icons" / "cnnviz.png"), cv2.IMREAD_UNCHANGED)
    assert mark.shape == (256, 256, 4)
    assert mark[0, 0, 3] == 0
    assert mark[128, 128, 3] == 255


def read_bytes(path, count, skipped):
    with gzip.open(path) as file:
        content = file.read(skipped + count)
    return np.frombuffer(content, np.uint8, offset=skipped)


@pytest.mark.slow
def test_mnist_accuracy_is_what_the_json_states(shared_data):
    folder = shared_data / "MNIST" / "raw"
    pixels = read_bytes(folder / "t10k-images-idx3-ubyte.gz", 10_000 * 784, 16).reshape(10_000, 1, 28, 28)
    labels = read_bytes(folder / "t10k-labels-idx1-ubyte.gz", 10_000, 8)
    facts = facts_of("convnet-mnist")
    assert facts["test_images"] == len(labels)
    assert percent_right("convnet-mnist", pixels, labels) == pytest.approx(facts["accuracy"], abs=0.005)


@pytest.mark.slow
def test_cifar_accuracy_is_what_the_json_states(shared_data):
    facts = facts_of("cifar10-small")
    folders = [shared_data / "cifar10_subset" / "test" / name for name in facts["class_names"]]
    files = [(path, label) for label, folder in enumerate(folders) for path in sorted(folder.iterdir())]
    pixels = np.stack([cv2.imread(str(path))[..., ::-1].transpose(2, 0, 1) for path, _ in files])
    assert facts["test_images"] == len(files)
    measured = percent_right("cifar10-small", pixels, np.array([label for _, label in files]))
    assert measured == pytest.approx(facts["accuracy"], abs=0.005)
