"""Files of a folder that came from elsewhere: what stands under a name there may be no file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_ordinary(file: Path) -> BinaryIO:
    """For reading. Raises OSError: there is none, or it is a pipe or a device, which one may wait for without end."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no ordinary file", str(file))
    return os.fdopen(descriptor, "rb")


def read_ordinary(file: Path, most: int) -> bytes:
    """All of it. Raises OSError: as ``open_ordinary``, or it holds more than ``most`` bytes (whole MiB)."""
    with open_ordinary(file) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MiB", str(file))
    return content
