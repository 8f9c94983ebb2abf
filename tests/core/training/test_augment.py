"""What augmentations make of pictures, pixel by pixel, and that they are the same however a batch is divided."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.training.augment import Augmenter, Normaliser, Rows, preview
from cnnviz.core.training.values import Augmentations


def numbered(count=64, channels=1, height=5, width=7):
    """Every pixel of every picture its own number, as far as a byte can."""
    return (torch.arange(count * channels * height * width) % 251).view(count, channels, height, width).to(torch.uint8)


def changed(pictures, augmentations, seed=0, rows=None):
    rows = rows or Rows(0, len(pictures), len(pictures))
    return Augmenter(augmentations, torch.Generator().manual_seed(seed)).changed(pictures, rows)


class AtTheLimit(Augmenter):
    """Draws the largest number for everything."""

    def _uniform(self, _rows, device, *columns):
        return tuple(torch.full((1,), column, device=device) for column in columns)


EVERYTHING = Augmentations(
    horizontal_flip=True,
    vertical_flip=True,
    crop_padding=2,
    rotation=20,
    translation=0.1,
    scale=0.2,
    shear=10,
    brightness=0.3,
    contrast=0.3,
    saturation=0.3,
    hue=0.2,
    erase=0.5,
)


def test_without_augmentations_nothing_changes():
    pictures = numbered()
    assert torch.equal(changed(pictures, Augmentations()), pictures.float())


def test_a_flip_mirrors_half_of_the_pictures_whole():
    pictures = numbered()
    found = changed(pictures, Augmentations(horizontal_flip=True)).to(torch.uint8)
    mirrored = [torch.equal(one, other.flip(2)) for one, other in zip(found, pictures, strict=True)]
    same = [torch.equal(one, other) for one, other in zip(found, pictures, strict=True)]
    assert all(one != other for one, other in zip(mirrored, same, strict=True))
    assert 20 < sum(mirrored) < 44


def test_a_vertical_flip_is_upside_down():
    pictures = numbered(1)
    found = {tuple(changed(pictures, Augmentations(vertical_flip=True), seed).flatten().tolist()) for seed in range(9)}
    assert found == {tuple(pictures.float().flatten().tolist()), tuple(pictures.flip(2).float().flatten().tolist())}


def test_a_crop_moves_by_whole_pixels_and_lets_black_in():
    picture = numbered(1) + 1
    padded = torch.nn.functional.pad(picture, (2, 2, 2, 2))
    allowed = {tuple(padded[0, 0, y : y + 5, x : x + 7].flatten().tolist()) for y in range(5) for x in range(5)}
    found = {
        tuple(changed(picture, Augmentations(crop_padding=2), seed).flatten().int().tolist()) for seed in range(300)
    }
    assert found == allowed


def test_every_picture_of_a_batch_moves_on_its_own():
    pictures = numbered(1).expand(16, -1, -1, -1)
    found = changed(pictures, Augmentations(crop_padding=2))
    assert len({tuple(one.flatten().tolist()) for one in found}) > 8


def test_a_half_turn_is_exact():
    """At ±180° the grid hits the pixels' centres."""
    pictures = numbered(1, height=6, width=6)

    found = AtTheLimit(Augmentations(rotation=180), torch.Generator()).changed(pictures, Rows(0, 1, 1))
    torch.testing.assert_close(found, pictures.flip(2).flip(3).float(), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("size", "point", "moved_to"),
    [((9, 9), (4, 8), (8, 4)), ((9, 15), (4, 11), (8, 7)), ((15, 9), (11, 4), (7, 0))],
)
def test_a_quarter_turn_keeps_distances_on_pictures_that_are_not_square(size, point, moved_to):
    """Counted in pixels, not in fractions of a side: clockwise, four right of the middle becomes four below it."""
    picture = torch.zeros(1, 1, *size, dtype=torch.uint8)
    picture[0, 0, point[0], point[1]] = 200

    found = AtTheLimit(Augmentations(rotation=90), torch.Generator()).changed(picture, Rows(0, 1, 1))[0, 0]
    expected = torch.zeros(size)
    expected[moved_to] = 200
    torch.testing.assert_close(found, expected, atol=0.1, rtol=0)


def test_colours_stay_bytes_and_grey_stays_grey_when_the_hue_turns():
    grey = torch.arange(0, 240, 15, dtype=torch.uint8).view(16, 1, 1, 1).expand(-1, 3, 4, 4)
    found = changed(grey, Augmentations(hue=0.5, saturation=0.9))
    torch.testing.assert_close(found, grey.float(), atol=1e-3, rtol=0)
    wild = changed(numbered(channels=3), Augmentations(brightness=1.0, contrast=1.0, saturation=1.0, hue=0.5))
    assert 0 <= float(wild.min()) <= float(wild.max()) <= 255


def test_a_third_of_the_hue_turns_red_into_green():
    red = torch.tensor([200, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1)

    found = AtTheLimit(Augmentations(hue=1 / 3), torch.Generator()).changed(red, Rows(0, 1, 1)).flatten()
    torch.testing.assert_close(found, torch.tensor([0.0, 200.0, 0.0]), atol=1e-2, rtol=0)


def test_brightness_is_a_factor_of_the_whole_picture():
    pictures = torch.full((32, 1, 3, 3), 100, dtype=torch.uint8)
    found = changed(pictures, Augmentations(brightness=0.2))
    assert torch.equal(found.amin((1, 2, 3)), found.amax((1, 2, 3)))
    assert 80 <= float(found.min()) < 85
    assert 115 < float(found.max()) <= 120


def test_erasing_blanks_one_square_in_that_many_pictures():
    pictures = torch.zeros((400, 1, 16, 16), dtype=torch.uint8)
    found = changed(pictures, Augmentations(erase=0.25))
    counts = (found == 127.5).sum((1, 2, 3))
    assert 70 < int((counts > 0).sum()) < 130
    assert int(counts.max()) <= 8 * 8
    assert set(found.unique().tolist()) == {0.0, 127.5}


@given(st.integers(1, 9), st.integers(0, 99))
def test_two_processes_see_together_what_one_sees(split, seed):
    pictures = numbered(10, channels=3)
    whole = changed(pictures, EVERYTHING, seed)
    parts = [
        changed(pictures[:split], EVERYTHING, seed, Rows(0, split, 10)),
        changed(pictures[split:], EVERYTHING, seed, Rows(split, 10 - split, 10)),
    ]
    torch.testing.assert_close(torch.cat(parts), whole, atol=1e-3, rtol=0)


def test_a_picture_that_cannot_be_read_changes_nothing_for_the_others():
    pictures, kept = numbered(10, channels=3), torch.tensor([0, 1, 2, 4, 5, 9])
    whole = changed(pictures, EVERYTHING)
    some = changed(pictures[kept], EVERYTHING, rows=Rows(0, 10, 10, kept))
    torch.testing.assert_close(some, whole[kept], atol=1e-3, rtol=0)


def test_normalisation_by_hand():
    normalise = Normaliser((0.5, 0.25, 0.0), (0.5, 0.25, 1.0), torch.channels_last)
    found = normalise(torch.tensor([255, 0, 51], dtype=torch.uint8).view(1, 3, 1, 1).expand(2, 3, 4, 4))
    torch.testing.assert_close(found[0, :, 0, 0], torch.tensor([1.0, -1.0, 0.2]))
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_the_preview_shows_bytes():
    pictures = numbered(channels=3)
    found = preview(pictures, EVERYTHING, seed=3)
    assert (found.dtype, found.shape) == (torch.uint8, pictures.shape)
    assert torch.equal(found, preview(pictures, EVERYTHING, seed=3))
    assert not torch.equal(found, preview(pictures, EVERYTHING, seed=4))
    assert math.isclose(float(preview(pictures, Augmentations(), 0).float().mean()), float(pictures.float().mean()))
