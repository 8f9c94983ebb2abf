from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as reference
from torchvision.transforms._presets import ImageClassification

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.preprocessing import prepare, undo_normalisation

IMAGENET = Preprocessing()
GREY = Preprocessing(input_size=(28, 28), channels=1, resize=None, mean=(0.1307,), std=(0.3081,))


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth shapes with edges and noise, read-only."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (7, 9, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    pixels = np.asarray(coarse).astype(int) + rng.integers(-20, 20, (height, width, 3))
    pixels[: height // 3, width // 2 :] = 255 - pixels[: height // 3, width // 2 :]
    pixels = pixels.clip(0, 255).astype(np.uint8)
    pixels.flags.writeable = False
    return pixels


def grey_levels(difference: torch.Tensor, preprocessing: Preprocessing) -> float:
    std = torch.tensor(preprocessing.std).view(1, -1, 1, 1)
    return float((difference * std * 255).abs().max())


@pytest.mark.parametrize("size", [(480, 640), (333, 500), (256, 256), (1080, 1920), (61, 47), (300, 224), (1, 1)])
@pytest.mark.parametrize(("mode", "tolerance"), [("bilinear", 1.01), ("bicubic", 2.01)])
def test_crop_equals_torchvision_on_the_pillow_path(size, mode, tolerance):
    pixels = picture(*size)
    preset = ImageClassification(crop_size=224, resize_size=256, interpolation=reference.InterpolationMode(mode))
    expected = preset(Image.fromarray(pixels))[None]
    prepared = prepare(pixels, replace(IMAGENET, interpolation=mode))
    assert prepared.shape == (1, 3, 224, 224)
    assert grey_levels(prepared - expected, IMAGENET) < tolerance


@pytest.mark.parametrize("size", [(480, 640), (300, 224)])
def test_nearest_takes_the_pixel_under_each_centre(size):
    pixels = picture(*size)
    shown = undo_normalisation(prepare(pixels, replace(IMAGENET, fit="squash", interpolation="nearest")), IMAGENET)
    rows, columns = (np.floor((np.arange(224) + 0.5) * side / 224).astype(int) for side in size)
    assert np.array_equal(shown, pixels[rows][:, columns])


def test_crop_equals_torchvision_on_photos(shared_data):
    preset = ImageClassification(crop_size=224, resize_size=256)
    for path in sorted((shared_data / "photos").glob("*.[jp][pn]g")):
        image = Image.open(path).convert("RGB")
        prepared = prepare(np.asarray(image), IMAGENET)
        assert grey_levels(prepared - preset(image)[None], IMAGENET) < 1.01, path.name


@pytest.mark.parametrize("size", [(100, 300), (300, 100), (20, 31)])
def test_a_resize_below_the_input_pads_with_black_as_torchvision(size):
    small = replace(IMAGENET, resize=64)
    expected = ImageClassification(crop_size=224, resize_size=64)(Image.fromarray(picture(*size)))[None]
    assert grey_levels(prepare(picture(*size), small) - expected, IMAGENET) < 1.01


def test_squash_equals_a_plain_resize():
    pixels = picture(120, 333)
    resized = Image.fromarray(pixels).resize((224, 224), Image.Resampling.BILINEAR)
    shown = undo_normalisation(prepare(pixels, replace(IMAGENET, fit="squash")), IMAGENET)
    assert abs(shown.astype(int) - np.asarray(resized)).max() <= 1


def test_pad_keeps_the_whole_picture_and_fills_with_zero():
    pixels = picture(100, 200)
    prepared = prepare(pixels, replace(IMAGENET, fit="pad"))
    assert prepared.shape == (1, 3, 224, 224)
    assert not prepared[..., :56, :].any()
    assert not prepared[..., 168:, :].any()
    resized = np.asarray(Image.fromarray(pixels).resize((224, 112), Image.Resampling.BILINEAR))
    assert abs(undo_normalisation(prepared, IMAGENET)[56:168].astype(int) - resized).max() <= 1


def test_grey_is_luma():
    pixels = picture(28, 28)
    expected = np.asarray(Image.fromarray(pixels).convert("L")) / 255
    prepared = prepare(pixels, GREY)[0, 0].numpy() * 0.3081 + 0.1307
    assert prepare(pixels, GREY).shape == (1, 1, 28, 28)
    assert abs(prepared - expected).max() * 255 < 0.6
    torchvision_grey = reference.rgb_to_grayscale(torch.from_numpy(pixels.copy()).permute(2, 0, 1))
    assert abs(prepared - torchvision_grey[0].numpy() / 255).max() * 255 < 1.1


def test_invert_turns_light_into_dark_before_normalisation():
    for preprocessing in (IMAGENET, GREY):
        pixels = picture(300, 260)
        inverted = prepare(pixels, replace(preprocessing, invert=True))
        assert grey_levels(inverted - prepare(255 - pixels, preprocessing), preprocessing) < 2.01


def test_numbers_by_hand():
    pixels = np.full((224, 224, 3), (255, 0, 51), np.uint8)
    prepared = prepare(pixels, replace(IMAGENET, resize=224))
    expected = [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]
    assert prepared[0, :, 5, 7].tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
@pytest.mark.parametrize("preprocessing", [IMAGENET, GREY])
def test_memory_format_and_type(fit, preprocessing):
    preprocessing = replace(preprocessing, fit=fit)
    plain = prepare(picture(90, 150), preprocessing)
    last = prepare(picture(90, 150), preprocessing, channels_last=True, dtype=torch.float16)
    assert plain.is_contiguous()
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert (plain.dtype, last.dtype) == (torch.float32, torch.float16)
    assert torch.allclose(plain, last.float(), atol=2e-3)


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
@pytest.mark.parametrize("size", [(3, 20000), (20000, 3), (1, 1), (1, 300_000)])
def test_extreme_shapes(size, fit):
    prepared = prepare(picture(*size), replace(IMAGENET, fit=fit))
    assert prepared.shape == (1, 3, 224, 224)
    assert prepared.isfinite().all()


def test_the_part_of_a_very_long_picture_is_the_one_torchvision_takes():
    """20000×3 becomes 1,706,666×256 in torchvision: 1.3 GB. A shorter one fits both ways."""
    pixels = picture(3, 1000)
    expected = ImageClassification(crop_size=224, resize_size=256)(Image.fromarray(pixels))[None]
    prepared = prepare(pixels, IMAGENET)
    assert pixels.shape[1] * 256 // 3 * 256 > 16_000_000  # above the limit: the part is cut out first
    difference = (prepared - expected).abs().mean() * 0.225 * 255
    assert difference < 4  # less than one network pixel aside: 85 of them are one pixel of the picture


def test_a_flipped_view_is_read_as_it_looks():
    pixels = picture(60, 80)[:, ::-1]
    assert torch.equal(prepare(pixels, IMAGENET), prepare(np.ascontiguousarray(pixels), IMAGENET))


def test_the_picture_is_not_changed_and_outlives_the_call():
    pixels = picture(224, 224)
    before = pixels.copy()
    prepared = prepare(pixels, replace(IMAGENET, resize=224))
    prepared.zero_()
    assert np.array_equal(pixels, before)


def test_undoing_shows_what_the_network_receives():
    pixels = picture(224, 224)
    same = replace(IMAGENET, resize=224)
    assert np.array_equal(undo_normalisation(prepare(pixels, same), same), pixels)
    grey = undo_normalisation(prepare(pixels[:28, :28], GREY)[0], GREY)
    assert grey.shape == (28, 28, 3)
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_made_in_inference_mode_it_can_be_used_outside():
    with torch.inference_mode():
        prepare(picture(50, 50), replace(IMAGENET, mean=(0.1, 0.2, 0.3)))
    again = prepare(picture(50, 50), replace(IMAGENET, mean=(0.1, 0.2, 0.3))).requires_grad_()
    (again * 2).sum().backward()
    assert torch.equal(again.grad, torch.full_like(again, 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean": (0.5, 0.5)}, "mean has 2 numbers"),
        ({"std": (0.2, 0.0, 0.2)}, "must be above zero"),
        ({"channels": 1}, "mean has 3"),
    ],
)
def test_impossible_numbers_are_refused(changes, message):
    with pytest.raises(NetworkError, match=message):
        prepare(picture(8, 8), replace(IMAGENET, **changes))
