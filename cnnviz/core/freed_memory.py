"""What the C library does with memory that was freed."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGEST_KEPT, _MOST_KEPT = 256 << 20, 512 << 20


def keep_freed_memory() -> bool:
    """Keeps freed memory for what is allocated next, blocks up to 256 MiB and 512 MiB at once; returns whether it does.

    A training step allocates and frees the same large tensors again and again. By itself glibc gives much of that back
    to the system each time, how much depends on chance, and the system hands it out anew page by page: thousands of
    page faults a step, a fifth to a third of the time of the lecture's networks. Without glibc nothing changes.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # as with musl
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT))
