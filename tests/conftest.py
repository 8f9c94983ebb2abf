"""Fixtures every test may use."""

import io
import os
import pickle
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is there: every core has a worker of its own already

import cnnviz.core.sources.opencv  # noqa: F401 - before a test imports cv2 itself: OpenCV reads its settings once

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")  # how fast a busy machine is says nothing about the program

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The developers' real data; a fresh machine has none of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the developers' data folder ../shared/data, which this machine does not have")
    return SHARED_DATA


@pytest.fixture(scope="session")
def bad_files(request: pytest.FixtureRequest) -> Path:
    """A folder of files that are no pictures, videos or weights, or unusual, huge, damaged, or meant to run code."""
    real = SHARED_DATA / "bad"
    return real if real.is_dir() else request.getfixturevalue("made_bad_files")


@pytest.fixture(scope="session")
def made_bad_files(tmp_path_factory) -> Path:
    """Files of the same names and the same troubles as the developers' real ones."""
    folder = tmp_path_factory.mktemp("bad")
    _make_unusual_pictures(folder)
    _make_damaged_pictures(folder)
    _make_videos(folder)
    _make_weights(folder)
    _make_picture_folder(folder / "imagefolder_mixed")
    return folder


class RunsCode:
    """Unpickled without care it creates an empty file in the current directory."""

    def __reduce__(self):
        return open, ("PWNED", "w")


def _picture(mode="RGB", size=(160, 120)):
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(size[0]).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


def _make_unusual_pictures(folder):
    import numpy as np
    from PIL import Image

    turned = Image.Exif()
    turned[0x0112] = 6
    for mode, name in (("RGBA", "rgba.png"), ("CMYK", "cmyk.jpg")):
        _picture(mode).save(folder / name)
    for size, name in (((1, 1), "one_by_one"), ((20000, 3), "wide_20000x3"), ((3, 20000), "tall_3x20000")):
        _picture(size=size).save(folder / f"{name}.png")
    _picture().save(folder / "exif_rotated_6.jpg", exif=turned)
    _picture("P").save(folder / "palette_transparent.png", transparency=0)
    _picture().save(folder / "animated.gif", save_all=True, append_images=[_picture(size=(100, 80))])
    Image.fromarray(np.arange(65536, dtype=np.uint16).reshape(256, 256)).save(folder / "gray16.png")


def _make_damaged_pictures(folder):
    (folder / "truncated.jpg").write_bytes(_cut(_jpeg(), 0.4))
    (folder / "zero_byte.png").write_bytes(b"")
    (folder / "bomb_header_60000x60000.png").write_bytes(_png(60000, rows=0))
    (folder / "bomb_valid_60000x60000_1bit.png").write_bytes(_png(60000, rows=60000, bits=1, colour=0))
    (folder / "bomb_quiet_13000x13000_1bit.png").write_bytes(_png(13000, rows=13000, bits=1, colour=0))
    for suffix in ("jpg", "mp4"):
        (folder / f"text_renamed.{suffix}").write_text("Not what the name says.\n" * 10, encoding="utf-8")


def _make_videos(folder):
    import numpy as np

    from cnnviz.core.sources.opencv import cv2

    for suffix, codec, kept in (("mp4", "mp4v", 0.4), ("mkv", "MJPG", 0.5)):
        path = folder / f"truncated_video.{suffix}"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (160, 120))
        for _ in range(30):
            writer.write(np.asarray(_picture()))
        writer.release()
        path.write_bytes(_cut(path.read_bytes(), kept))


def _make_weights(folder):
    import torch
    from torchvision.models import squeezenet1_1

    whole = squeezenet1_1().state_dict()
    wrong = {**whole, "classifier.1.weight": torch.zeros(10, 512, 1, 1), "classifier.1.bias": torch.zeros(10)}
    torch.save(wrong | {"features.0.weight": torch.zeros(32, 3, 3, 3)}, folder / "ckpt_wrong_shapes.pth")
    missing = {key: value for key, value in whole.items() if not key.startswith(("features.12.", "classifier."))}
    torch.save(missing, folder / "ckpt_missing_keys.pth")
    saved = io.BytesIO()
    torch.save(whole, saved)
    (folder / "truncated.pth").write_bytes(saved.getvalue()[:200_000])
    torch.save(RunsCode(), folder / "ckpt_runs_code_zip.pth")
    (folder / "ckpt_runs_code_pickle.pth").write_bytes(pickle.dumps(RunsCode()))
    (folder / "onnx_renamed.pth").write_bytes(b"\x08\x08\x12\x04made:\x1f\x0a\x0c\x0a\x01x\x12\x01y\x22\x04Relu")
    (folder / "huge_header.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{}")
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b\x08\0" + zlib.compress(bytes(1000)))


def _make_picture_folder(folder):
    names = ("good/a.jpg", "good/b.jpg", "broken/a.jpg", "broken/b.jpg", "broken/notes.txt", "empty_class/.gitkeep")
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".jpg":
            path.write_bytes(_cut(_jpeg(), 0.2) if name == "broken/b.jpg" else _jpeg())
        else:
            path.write_text("not an image\n" if path.suffix else "", encoding="utf-8")


def _jpeg() -> bytes:
    data = io.BytesIO()
    _picture().save(data, "JPEG")
    return data.getvalue()


def _png(side: int, *, rows: int, bits: int = 8, colour: int = 2) -> bytes:
    """A square black PNG that has only so many ``rows`` of what its header promises, packed row by row."""
    packer = zlib.compressobj(9)
    row = bytes(1 + -(-side * bits // 8))
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _cut(data: bytes, kept: float) -> bytes:
    return data[: round(len(data) * kept)]
