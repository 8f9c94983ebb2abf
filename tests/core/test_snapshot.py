"""Snapshots: files on disk, checked against the network run by hand."""

import json
import os

import cv2
import numpy as np
import pytest
import torch

from cnnviz.core.errors import CheckpointError, CnnvizError, DeviceError, LayerError, NetworkError, SourceError
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.rendering.colormaps import palette, shade
from cnnviz.core.rendering.layout import cell_of_pixel, mosaic_layout
from cnnviz.core.snapshot import take_snapshot
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.preprocessing import prepare

RANDOM = NetworkChoice("squeezenet1_1", weights="none")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    return path


def decoded(path):
    return cv2.imread(str(path))[..., ::-1]


def test_what_is_written_is_what_is_returned(picture, tmp_path):
    result = take_snapshot(RANDOM, picture, [], "cpu", tmp_path / "a" / "b")
    assert json.loads((tmp_path / "a" / "b" / "snapshot.json").read_text(encoding="utf-8")) == result
    assert (result["network"], result["device"], result["input"]) == ("squeezenet1_1", "cpu", str(picture))
    assert result["weights"].startswith("random, seed 0")
    assert set(result["timings"]) == {"read", "load", "prepare", "forward", "draw"}
    assert all(milliseconds > 0 for milliseconds in result["timings"].values())


def test_a_handful_of_layers_unless_told_otherwise(picture, tmp_path):
    layers = take_snapshot(RANDOM, picture, [], "cpu", tmp_path / "out")["layers"]
    assert [layer["name"] for layer in layers] == [
        "features.0",
        "features.6.expand1x1",
        "features.10.squeeze",
        "classifier.1",
    ]
    assert layers[0]["shape"] == [64, 111, 111]
    for layer in layers:
        assert decoded(tmp_path / "out" / layer["file"]).shape == (1024, 1024, 3)


def test_the_chosen_layers_in_the_order_they_run(picture, tmp_path):
    layers = take_snapshot(RANDOM, picture, ["classifier.1", "features.0", "features.0"], "cpu", tmp_path)["layers"]
    assert [(layer["name"], layer["file"]) for layer in layers] == [
        ("features.0", "002-features.0.png"),
        ("classifier.1", "073-classifier.1.png"),
    ]


def test_a_second_call_has_a_file_of_its_own(picture, tmp_path):
    choice = NetworkChoice("resnet18", weights="none")
    layers = take_snapshot(choice, picture, ["layer1.0.relu", "layer1.0.relu#2"], "cpu", tmp_path)["layers"]
    files = [tmp_path / layer["file"] for layer in layers]
    assert files[1].name.endswith("-layer1.0.relu_2.png")
    assert files[0].read_bytes() != files[1].read_bytes()


@pytest.mark.slow
def test_every_layer_and_the_honest_ones_without_a_picture(tmp_path, picture):
    result = take_snapshot(NetworkChoice("swin_v2_t", weights="none"), picture, ["all"], "cpu", tmp_path)
    assert len(result["layers"]) > 150
    undrawn = [layer for layer in result["layers"] if layer["file"] is None]
    assert undrawn
    assert all("so no maps" in layer["note"] and layer["axes"] == "" for layer in undrawn)
    assert all((tmp_path / layer["file"]).is_file() for layer in result["layers"] if layer["file"])


def test_the_pixels_are_those_of_the_activation(picture, tmp_path):
    """Channel 0 of the first layer, drawn by hand: the first tile, scaled to its own minimum and maximum."""
    (layer,) = take_snapshot(RANDOM, picture, ["features.0"], "cpu", tmp_path)["layers"]
    drawn = decoded(tmp_path / layer["file"])
    network = load_network(RANDOM, device="cpu")
    with torch.inference_mode():
        first = network.module.features[0](prepare(read_picture(picture), network.preprocessing))[0, 0].numpy()
    layout = mosaic_layout(range(64), first.shape, drawn.shape[:2])
    top, left, bottom, right = layout.tile_rect(0)
    rows, columns = (
        np.array([cell_of_pixel(pixel, 111, side) for pixel in range(side)]) for side in (bottom - top, right - left)
    )
    expected = palette("viridis", gap=(0, 0, 0), dead=(0, 0, 0))[shade(first, first.min(), first.max())]
    difference = drawn[top:bottom, left:right].astype(int) - expected[rows][:, columns]
    assert np.abs(difference).max() <= 3  # one shade, where the sums of two convolutions round differently


def test_silent_channels_are_marked(tmp_path):
    """The maps of a flat picture have one value each."""
    path = tmp_path / "black.png"
    cv2.imwrite(str(path), np.zeros((64, 64, 3), np.uint8))
    (layer,) = take_snapshot(RANDOM, path, ["features.1"], "cpu", tmp_path)["layers"]
    colours = {tuple(colour) for colour in decoded(tmp_path / layer["file"]).reshape(-1, 3).tolist()}
    assert colours == {(32, 32, 32), (72, 72, 72)}


def test_a_video_gives_its_first_frame(tmp_path):
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 64))
    for blue in (255, 0, 0):
        writer.write(np.full((64, 64, 3), blue, np.uint8))
    writer.release()
    white = tmp_path / "white.png"
    cv2.imwrite(str(white), np.full((64, 64, 3), 255, np.uint8))
    top5 = [take_snapshot(RANDOM, source, [], "cpu", tmp_path / "out")["top5"] for source in (path, white)]
    assert [entry["index"] for entry in top5[0]] == [entry["index"] for entry in top5[1]]


def test_a_network_of_nan_has_no_top5(picture, tmp_path):
    module = load_network(RANDOM, device="cpu").module
    torch.nn.init.constant_(module.classifier[1].bias, torch.nan)
    torch.save(module.state_dict(), tmp_path / "nan.pth")
    choice = NetworkChoice("squeezenet1_1", weights_file=str(tmp_path / "nan.pth"))
    result = take_snapshot(choice, picture, ["classifier.1"], "cpu", tmp_path / "out")
    assert result["top5"] == []
    assert "NaN or infinite values in 1 tensors (classifier.1.bias)" in result["weights"]
    assert result["layers"][0]["file"]


# ------------------------------------------------------------------------------------------------------------ refusals


def test_refusals_are_sentences(picture, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(LayerError, match=r"no layer 'features\.0\.conv': did you mean features\.0"):
        take_snapshot(RANDOM, picture, ["features.0.conv"], "cpu", out)
    with pytest.raises(SourceError, match="is a folder: a snapshot takes one picture or video"):
        take_snapshot(RANDOM, tmp_path, [], "cpu", out)
    with pytest.raises(SourceError, match=r"none\.png"):
        take_snapshot(RANDOM, tmp_path / "none.png", [], "cpu", out)
    with pytest.raises(NetworkError, match="no network 'nope'"):
        take_snapshot(NetworkChoice("nope"), picture, [], "cpu", out)
    with pytest.raises(DeviceError, match="no device 'tpu'"):
        take_snapshot(RANDOM, picture, [], "tpu", out)


def test_a_file_where_the_folder_should_be(picture):
    with pytest.raises(CnnvizError, match=r"cannot be written .*: give another folder"):
        take_snapshot(RANDOM, picture, [], "cpu", picture)


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="needs a user whom permissions bind")
def test_a_folder_without_permission(picture, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(CnnvizError, match="cannot be written"):
        take_snapshot(RANDOM, picture, [], "cpu", tmp_path / "locked")


def test_a_picture_that_cannot_be_written_ends_in_one_sentence(picture, tmp_path):
    (tmp_path / "002-features.0.png").mkdir()
    with pytest.raises(CnnvizError, match=r"002-features\.0\.png cannot be written"):
        take_snapshot(RANDOM, picture, ["features.0"], "cpu", tmp_path)


# ---------------------------------------------------------------------------------------------------------- real data


WEIGHTS = {
    "squeezenet1_1": ("squeezenet1_1_imagenet.pth", "squeezenet1_1_imagenet_fp16.safetensors"),
    "mobilenet_v2": ("mobilenet_v2_imagenet.pth",),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "file"), [(name, file) for name, files in WEIGHTS.items() for file in files])
def test_every_photo_gives_the_classes_measured_by_another_library(shared_data, tmp_path, name, file):
    choice = NetworkChoice(name, weights_file=str(shared_data / "weights" / file))
    expected = json.loads((shared_data / "photos" / "expected_top5.json").read_text(encoding="utf-8"))["photos"]
    for photo, answers in expected.items():
        result = take_snapshot(choice, shared_data / "photos" / photo, ["network"], "cpu", tmp_path)
        found = {entry["label"]: entry["probability"] for entry in result["top5"]}
        for label, probability in answers[name]:
            assert found.get(label, 0.0) == pytest.approx(probability, abs=0.05), (photo, label)
        if answers[name][0][1] > answers[name][1][1] + 0.1:
            assert result["top5"][0]["label"] == answers[name][0][0], photo


@pytest.mark.slow
def test_every_bad_file_is_shown_or_refused_in_one_sentence(shared_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = set()
    for path in sorted((shared_data / "bad").iterdir()):
        try:
            take_snapshot(RANDOM, path, [], "cpu", tmp_path / "out")
            shown.add(path.name)
        except SourceError as error:
            assert "\n" not in error.message  # noqa: PT017 - both ends are right
    assert {"rgba.png", "gray16.png", "cmyk.jpg", "exif_rotated_6.jpg", "animated.gif", "one_by_one.png"} <= shown
    assert not {name for name in shown if name.startswith(("text", "zero", "bomb_header", "bomb_valid", "ckpt"))}


@pytest.mark.parametrize("name", ["truncated.pth", "ckpt_runs_code_zip.pth", "ckpt_runs_code_pickle.pth"])
def test_bad_weights(shared_data, tmp_path, monkeypatch, picture, name):
    monkeypatch.chdir(tmp_path)
    choice = NetworkChoice("squeezenet1_1", weights_file=str(shared_data / "bad" / name))
    with pytest.raises(CheckpointError, match=name):
        take_snapshot(choice, picture, [], "cpu", tmp_path / "out")
    assert not (tmp_path / "PWNED").exists()
