"""A picture file → pixels, or one sentence why not. Files are untrusted: no size is believed before it is checked."""

import functools
import struct
import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnviz.core.arrays import Bytes, Size
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.colour import Pixels, to_rgb
from cnnviz.core.sources.files import check_file
from cnnviz.core.sources.opencv import PIXEL_LIMIT, WIDE_PIXEL_LIMIT, cv2

# Decoded by Pillow, as the published accuracies of torchvision's weights were measured: it applies EXIF rotation, knows
# CMYK, palettes and transparency, and tells a truncated file from a whole one (OpenCV pads it with grey and says
# nothing).
_PILLOW_FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
# Left to OpenCV: Radiance, portable float and arbitrary maps, Sun raster, and TIFF of types that Pillow does not know.
# Nothing else: its PNG reader believes a length in a damaged file and takes gigabytes.
_OPENCV_SIGNATURES = (b"#?", b"PF", b"Pf", b"P7", b"\x59\xa6\x6a\x95", b"II*\0", b"MM\0*")
# What Pillow was seen to raise on damaged files: its parsers check little by themselves.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    ArithmeticError,
    LookupError,
    TypeError,
    RuntimeError,
)
_WIDE_MODES = ("I", "F")  # also "I;16", "I;16B" …: more than 8 bits a value, which Pillow's own conversion clips

_LIMIT_IN_WORDS = f"pictures of up to {PIXEL_LIMIT // 1_000_000} megapixels can be opened, so make it smaller first"

# Pillow speaks through warnings, whose filters belong to the whole process: one picture is decoded at a time.
_decoding = threading.Lock()


def read_picture(path: str | Path) -> Bytes:
    """H×W×3 uint8 RGB, read-only, upright by its EXIF tag, over a grey background where transparent; of an animation
    the first frame.

    Raises SourceError: missing, empty, no picture, truncated or damaged, or over ``PIXEL_LIMIT``.
    """
    path = Path(path)
    check_file(path, "picture")
    try:
        pixels = _read_by_pillow(path)
        return to_rgb(_read_by_opencv(path), "bgr") if pixels is None else pixels
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SourceError(f"{path.name} is too large: {_LIMIT_IN_WORDS}", details=str(error)) from error
    except MemoryError as error:
        raise SourceError(f"{path.name} needs more memory than there is: use a smaller picture") from error


def _check_size(path: Path, size: Size) -> None:
    height, width = size
    if height * width > PIXEL_LIMIT:
        megapixels = height * width / 1e6
        raise SourceError(
            f"{path.name} says it has {width}×{height} pixels ({megapixels:.0f} megapixels): {_LIMIT_IN_WORDS}"
        )


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those that this build of Pillow has; it raises KeyError for the others."""
    Image.init()
    return tuple(name for name in _PILLOW_FORMATS if name in Image.OPEN)


def _read_by_pillow(path: Path) -> Bytes | None:
    """None: not one of its formats."""
    with _decoding, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=_formats()) as image:
                _check_size(path, (image.height, image.width))
                image.load()
                return _pixels_of(ImageOps.exif_transpose(image))
        except UnidentifiedImageError:
            return None
        except _DAMAGE as error:
            if isinstance(error, PermissionError):
                raise SourceError(f"{path.name} may not be read: change its permissions") from error
            sentence = (
                f"{path.name} is cut off or damaged: the picture in it cannot be read to its end, so get a whole copy"
            )
            raise SourceError(sentence, details=str(error)) from error


def _pixels_of(image: Image.Image) -> Bytes:
    if image.mode.startswith(_WIDE_MODES):
        return to_rgb(_wide_values(image), "rgb")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return to_rgb(np.asarray(image if image.mode == mode else image.convert(mode)), "rgb")


def _wide_values(image: Image.Image) -> Pixels:
    values = np.asarray(image)
    if values.dtype == np.int32 and values.min() >= 0 and values.max() <= np.iinfo(np.uint16).max:
        return values.astype(np.uint16)  # how Pillow holds 16 bits in some formats
    return values


def _read_by_opencv(path: Path) -> Pixels:
    try:
        data = np.memmap(path, np.uint8, mode="r")  # imread cannot open every file name on Windows
        known = bytes(data[:4]).startswith(_OPENCV_SIGNATURES)
        pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if known else None
    except cv2.error as error:
        limit = WIDE_PIXEL_LIMIT // 1_000_000
        sentence = f"{path.name} is damaged or has more than {limit} megapixels, the most that is opened of its kind"
        raise SourceError(sentence, details=str(error)) from error
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: check its permissions", details=str(error)) from error
    if pixels is None:
        raise SourceError(
            f"{path.name} is not a picture, whatever its name says: open a JPEG, PNG or another picture file"
        )
    return pixels
