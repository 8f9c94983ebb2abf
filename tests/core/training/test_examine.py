"""A data set looked at before training: its pictures class by class, as the network gets them, and augmented."""

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.core.errors import CancelledError
from cnnviz.core.training.data.examine import augmented_tiles, examine, own_shape
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.values import Augmentations, DataChoice


@pytest.fixture
def animals(tmp_path):
    """Cats are dark, dogs light; one dog is broken."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for number in range(6):
            pixels = np.full((100, 200, 3), 40 + 150 * label, np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    (tmp_path / "dog" / "9.png").write_bytes(b"no picture")
    return DataChoice("folder", str(tmp_path))


def test_samples_are_pictures_of_their_classes_in_the_network_s_form(animals):
    found = examine(animals, (3, 32, 48))
    assert found.summary.classes == ("cat", "dog")
    assert found.summary.broken_count == 1
    assert found.pictures.shape[1:] == (3, 32, 48)
    labels = np.array(found.samples.labels)
    assert set(labels) == {0, 1}
    assert (np.diff(labels) >= 0).all()
    shades = found.samples.pictures.reshape(len(labels), -1).mean(1)
    assert shades == pytest.approx(np.where(labels == 1, 190, 40), abs=1)


def test_large_pictures_are_reduced_to_look_at_and_grey_ones_get_three_equal_channels(animals):
    found = examine(animals, (1, 128, 256))
    assert found.pictures.shape[1:] == (1, 128, 256)
    assert found.samples.pictures.shape[1:] == (32, 64, 3)
    assert (found.samples.pictures[..., :1] == found.samples.pictures).all()


def test_without_a_network_the_data_s_own_size_counts():
    assert own_shape(DataChoice("mnist")) == (1, 28, 28)
    assert own_shape(DataChoice("cifar10")) == (3, 32, 32)
    assert own_shape(DataChoice("flowers102")) == own_shape(DataChoice("folder", "/x")) == (3, 64, 64)


def test_tiles_are_the_pictures_and_versions_that_the_seed_repeats():
    pictures = torch.zeros((3, 1, 16, 16), dtype=torch.uint8)
    pictures[:, :, :, :8] = 200
    tiles = augmented_tiles(pictures, Augmentations(crop_padding=4), 2, seed=5)
    assert tiles.shape == (3, 3, 16, 16, 3)
    assert (tiles[0] == pictures.permute(0, 2, 3, 1).numpy()).all()
    assert (tiles[1] != tiles[0]).any()
    assert (tiles[1] != tiles[2]).any()
    assert (tiles == augmented_tiles(pictures, Augmentations(crop_padding=4), 2, seed=5)).all()
    unchanged = augmented_tiles(pictures, Augmentations(), 2, seed=5)
    assert (unchanged == unchanged[:1]).all()


def test_it_can_be_cancelled_and_missing_data_is_a_sentence(animals, tmp_path):
    with pytest.raises(CancelledError, match="cancelled"):
        examine(animals, None, cancelled=lambda: True)
    with pytest.raises(DataError, match="MNIST is not in"):
        examine(DataChoice("mnist", str(tmp_path)), None)
