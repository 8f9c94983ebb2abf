"""What a path, a URL or a word stands for: a source of pictures, weights or a network. Names decide, as a rule."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cnnviz.core.sources.values import SourceKind, SourceSpec

PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".dib", ".gif", ".hdr", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pam", ".pbm", ".pfm"}
    | {".pgm", ".pic", ".png", ".pnm", ".ppm", ".pxm", ".ras", ".sr", ".tif", ".tiff", ".webp"}
)
VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm"}
    | {".wmv", ".mjpeg", ".mjpg"}
)
_SEEKABLE_SUFFIXES = VIDEO_SUFFIXES - {".mjpeg", ".mjpg"}  # by HTTP these two are endless
WEIGHTS_SUFFIXES = frozenset({".pt", ".pth", ".safetensors"})
NETWORK_SUFFIXES = frozenset({".json", ".pt", ".pth", ".pt2", ".onnx", ".py"})
"""Of files that hold a whole network; ``.pt`` and ``.pth`` may be either: see ``is_network_file``."""
STREAM_SCHEMES = frozenset({"http", "https", "rtsp", "rtsps"})
TEST_CARD: Final = "test-card"

_CAMERA = re.compile(r"camera:(\d{1,3})")


def source_kind_of(text: str) -> SourceSpec | None:
    """The source that ``text`` names: a folder that exists, a file by its suffix (it need not exist), a
    ``file:``, ``http(s):`` or ``rtsp(s):`` URL, ``camera:0``, or ``test-card``. None: nothing known.
    """
    text = text.strip()
    if text == TEST_CARD:
        return SourceSpec(TEST_CARD)
    if camera := _CAMERA.fullmatch(text):
        return SourceSpec("camera", str(int(camera[1])))
    if "://" in text:
        return _of_url(text)
    return _of_path(text)


def is_weights_file(text: str) -> bool:
    """Whether the name ends as a weights file's does."""
    return Path(text).suffix.lower() in WEIGHTS_SUFFIXES


def is_network_file(text: str) -> bool:
    """Whether a file holds a whole network: by its name, or where that may be weights too, by a look at its end."""
    path = Path(text)
    suffix = path.suffix.lower()
    if suffix not in NETWORK_SUFFIXES & WEIGHTS_SUFFIXES:
        return suffix in NETWORK_SUFFIXES
    from cnnviz.core.networks.archives import mentions_record

    with suppress(OSError, ValueError):  # not there, no file, or a name that none can have
        return mentions_record(path, "constants.pkl") or mentions_record(path, "models/model.json")
    return False


def is_url(text: str) -> bool:
    """Whether ``text`` is a network address a stream can be read from."""
    return "://" in text and _scheme(text) in STREAM_SCHEMES


def without_password(url: str) -> str:
    """The URL as it may be shown: user name, password and query (often a token) left out."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _of_url(text: str) -> SourceSpec | None:
    scheme = _scheme(text)
    if scheme == "file":
        from urllib.request import url2pathname  # it brings all of HTTP along, which would delay the window

        return _of_path(url2pathname(urlsplit(text).path))
    if scheme not in STREAM_SCHEMES:
        return None
    seekable = scheme.startswith("http") and Path(urlsplit(text).path).suffix.lower() in _SEEKABLE_SUFFIXES
    return SourceSpec("video" if seekable else "stream", text)


def _scheme(text: str) -> str:
    try:
        return urlsplit(text).scheme.lower()
    except ValueError:  # "http://[": not an address at all
        return ""


def _of_path(text: str) -> SourceSpec | None:
    if not text or "\0" in text:
        return None
    path = Path(text)
    with suppress(RuntimeError):  # "~nobody": a name like any other
        path = path.expanduser()
    with suppress(OSError):  # a name too long to be one
        if path.is_dir():
            return SourceSpec("folder", str(path))
    kind = _kind_of_suffix(path.suffix.lower())
    return SourceSpec(kind, str(path)) if kind else None


def _kind_of_suffix(suffix: str) -> SourceKind | None:
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "video" if suffix in VIDEO_SUFFIXES else None
