"""What untrusted files and extreme shapes cost, measured in a process of their own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux's /proc to measure peak memory"),
]

CODE = """
import sys
import numpy as np
from PIL import Image
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.core.networks.values import Preprocessing

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

prepare(np.zeros((8, 8, 3), np.uint8), Preprocessing())
Image.init()
before = peak()
for name in sys.argv[1:]:
    try:
        prepare(read_picture(name), Preprocessing())
    except SourceError as error:
        print(error.message)
print((peak() - before) // 1024)
"""


def megabytes_for(*paths: Path) -> int:
    done = subprocess.run([sys.executable, "-c", CODE, *map(str, paths)], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1])


def test_bombs_cost_nothing(shared_data):
    assert megabytes_for(*(shared_data / "bad").glob("bomb*.png")) < 20


@pytest.mark.parametrize("size", [(20000, 3), (3, 20000)])
def test_long_pictures_cost_little(tmp_path, size):
    path = tmp_path / "long.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)).save(path)
    assert megabytes_for(path) < 100


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "F"])
def test_the_largest_allowed_picture_stays_below_the_limit(tmp_path, mode):
    path = tmp_path / "large.tiff"
    Image.new(mode, (8000, 7990)).save(path, compression="tiff_deflate")
    assert path.stat().st_size < 2_000_000  # itself nearly a bomb
    assert megabytes_for(path) < 1300


def test_a_damaged_png_does_not_get_the_length_it_asks_for(tmp_path):
    """OpenCV 5 takes gigabytes for a chunk that claims them."""
    path = tmp_path / "damaged.png"
    Image.new("RGB", (1, 1)).save(path)
    data = bytearray(path.read_bytes())
    data[24] ^= 0xFF  # the header's checksum no longer fits
    data[33] = 0x7F  # the next chunk's length
    path.write_bytes(data)
    assert megabytes_for(path) < 20
