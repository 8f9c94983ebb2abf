import io
import os
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.colour import BACKGROUND
from cnnviz.core.sources.opencv import PIXEL_LIMIT, WIDE_PIXEL_LIMIT, cv2
from cnnviz.core.sources.picture import read_picture

RED, BLUE = (200, 10, 20), (20, 10, 200)


def two_colours(mode: str = "RGB") -> Image.Image:
    """2 high, 4 wide: left half red, right half blue."""
    image = Image.new("RGB", (4, 2), RED)
    image.paste(BLUE, (2, 0, 4, 2))
    return image.convert(mode)


def png_header(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    body = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes([bits, colour, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + body + zlib.crc32(body).to_bytes(4)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm", ".gif"])
def test_lossless_formats_give_their_pixels(tmp_path, suffix):
    path = tmp_path / f"picture{suffix}"
    two_colours().save(path)
    pixels = read_picture(path)
    assert pixels.dtype == np.uint8
    assert not pixels.flags.writeable
    assert pixels.tolist() == [[list(RED)] * 2 + [list(BLUE)] * 2] * 2


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".jp2"])
def test_lossy_formats_come_close(tmp_path, suffix):
    path = tmp_path / f"picture{suffix}"
    two_colours().resize((64, 32), Image.Resampling.NEAREST).save(path, quality=95)
    pixels = read_picture(path).astype(int)
    assert abs(pixels[16, 8] - RED).max() < 12
    assert abs(pixels[16, 56] - BLUE).max() < 12


@pytest.mark.parametrize("suffix", [".pfm", ".hdr", ".pam", ".ras"])
def test_formats_that_only_opencv_reads(tmp_path, suffix):
    linear = np.zeros((2, 4, 3), np.float32)
    linear[:, 2:] = (1.0, 0.21586, 0.0)  # blue, green, red
    path = tmp_path / f"picture{suffix}"
    bytes_only = suffix in {".pam", ".ras"}
    assert cv2.imwrite(str(path), (linear * (255, 593, 255)).astype(np.uint8) if bytes_only else linear)
    pixels = read_picture(path).astype(int)
    assert not pixels[:, :2].any()
    assert abs(pixels[0, 3] - (0, 128, 255)).max() <= 2


def test_float_tiff_of_three_channels(tmp_path):
    path = tmp_path / "linear.tiff"
    plain = [cv2.IMWRITE_TIFF_COMPRESSION, 1]  # before OpenCV 5 the default was a lossy one
    assert cv2.imwrite(str(path), np.full((3, 2, 3), (0.0, 0.21586, 1.0), np.float32), plain)
    assert read_picture(path)[1, 1].tolist() == [255, 128, 0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation(tmp_path, orientation):
    upright = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.T, 6: np.rot90(upright), 7: upright[::-1, ::-1].T, 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    assert np.array_equal(read_picture(path)[..., 0], upright)


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.array([[0, 257 * 17, 65535]], np.uint16)).save(path)
    assert read_picture(path)[0, :, 2].tolist() == [0, 17, 255]


@pytest.mark.parametrize(("mode", "transparent"), [("RGBA", None), ("LA", None), ("P", 0)])
def test_transparent_pixels_are_neutral_grey(tmp_path, mode, transparent):
    path = tmp_path / "clear.png"
    image = Image.new(mode, (2, 1), 0)
    image.save(path, **({} if transparent is None else {"transparency": transparent}))
    assert read_picture(path).tolist() == [[[BACKGROUND] * 3] * 2]


def test_cmyk(tmp_path):
    path = tmp_path / "print.tiff"
    Image.new("CMYK", (1, 1), (255, 0, 0, 0)).save(path)
    assert read_picture(path).tolist() == [[[0, 255, 255]]]


def test_the_first_frame_of_an_animation(tmp_path):
    path = tmp_path / "moving.gif"
    Image.new("RGB", (2, 2), RED).save(path, save_all=True, append_images=[Image.new("RGB", (2, 2), BLUE)])
    assert read_picture(path)[0, 0].tolist() == list(RED)


@pytest.mark.parametrize("size", [(1, 1), (20000, 3), (3, 20000)])
def test_extreme_shapes(tmp_path, size):
    path = tmp_path / "extreme.png"
    Image.new("RGB", size, RED).save(path)
    assert read_picture(path).shape == (size[1], size[0], 3)


# ----------------------------------------------------------------------------------------------------------- refusals


def test_missing_folder_empty_and_text(tmp_path):
    with pytest.raises(SourceError, match="there is no file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(SourceError, match="is a folder"):
        read_picture(tmp_path)
    (tmp_path / "empty.png").touch()
    with pytest.raises(SourceError, match=r"empty\.png is empty \(0 bytes\)"):
        read_picture(tmp_path / "empty.png")
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(SourceError, match=r"text\.jpg is not a picture"):
        read_picture(tmp_path / "text.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which this system lacks")
def test_a_pipe_is_refused_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SourceError, match="no ordinary file"):
        read_picture(tmp_path / "pipe.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff", ".gif", ".bmp"])
def test_a_truncated_file_is_refused(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"cut{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 5])
    with pytest.raises(SourceError, match=r"cut off or damaged|not a picture"):
        read_picture(path)


@pytest.mark.parametrize("size", [(60000, 60000), (13000, 13000), (8001, 8000)])
def test_bombs_are_refused_by_their_header(tmp_path, size):
    assert size[0] * size[1] > PIXEL_LIMIT
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(*size) + b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4))
    with pytest.raises(SourceError, match="megapixels can be opened"):
        read_picture(path)


def test_bombs_of_formats_that_only_opencv_reads(tmp_path):
    path = tmp_path / "bomb.pfm"
    side = int(WIDE_PIXEL_LIMIT**0.5) + 1
    path.write_bytes(b"PF\n%d %d\n-1.0\n" % (side, side))
    with pytest.raises(SourceError, match="16 megapixels"):
        read_picture(path)


def _seeds() -> list[bytes]:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (12, 9, 3), np.uint8))
    seeds = []
    for file_format in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        buffer = io.BytesIO()
        noise.save(buffer, file_format)
        seeds.append(buffer.getvalue())
    return seeds


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(_seeds()), st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), min_size=1, max_size=8)
)
def test_damaged_files_give_a_picture_or_a_sentence(tmp_path, data, changes):
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    path = tmp_path / "damaged.bin"
    path.write_bytes(damaged)
    try:
        pixels = read_picture(path)
    except SourceError as error:
        said = error.message
    else:
        said = f"{path.name} is shown" if pixels.shape[2] == 3 else "no picture"
    assert said.startswith("damaged.bin ")


# ------------------------------------------------------------------------------------------------- the developers' data


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("animated.gif", (120, 160)), ("cmyk.jpg", (281, 500)), ("exif_rotated_6.jpg", (300, 451)),
        ("gray16.png", (256, 256)), ("one_by_one.png", (1, 1)), ("palette_transparent.png", (140, 250)),
        ("rgba.png", (200, 300)), ("tall_3x20000.png", (20000, 3)), ("wide_20000x3.png", (3, 20000)),
    ],
)  # fmt: skip
def test_odd_files_are_shown(shared_data, name, shape):
    assert read_picture(shared_data / "bad" / name).shape == (*shape, 3)


def test_odd_files_show_what_they_were_made_from(shared_data):
    car = read_picture(shared_data / "photos" / "car_blue.jpg").astype(int)
    assert abs(read_picture(shared_data / "bad" / "cmyk.jpg").astype(int) - car).mean() < 6
    cat = read_picture(shared_data / "photos" / "cat_chelsea.png").astype(int)
    assert abs(read_picture(shared_data / "bad" / "exif_rotated_6.jpg").astype(int) - cat).mean() < 6


@pytest.mark.parametrize(
    "name",
    [
        "bomb_header_60000x60000.png", "bomb_quiet_13000x13000_1bit.png", "bomb_valid_60000x60000_1bit.png",
        "text_renamed.jpg", "truncated.jpg", "zero_byte.png", "ckpt_runs_code_pickle.pth", "huge_header.safetensors",
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_one_sentence(shared_data, name):
    with pytest.raises(SourceError) as caught:
        read_picture(shared_data / "bad" / name)
    assert caught.value.message.startswith(name)
    assert "\n" not in caught.value.message
