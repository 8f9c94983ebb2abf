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
