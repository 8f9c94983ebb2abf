"""What becomes of memory that was freed: kept for what comes next, or given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGEST_KEPT, _MOST_KEPT = 256 << 20, 512 << 20


def keep_freed_memory() -> bool:
    """Keeps freed memory for what is allocated next, blocks up to 256 MiB and 512 MiB at once; returns whether it does.

    A training step allocates and frees the same large tensors again and again. By itself glibc gives much of that back
    to the system each time, how much depends on chance, and the system hands it out anew page by page: thousands of
    page faults a step, a fifth to a third of the time of the lecture's networks. Without glibc nothing changes.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT))


def give_back_freed_memory() -> None:
    """Ends what only refers to itself, and gives free memory back to the system, where glibc manages it.

    For when something large was let go of: by itself Python would look for such circles some networks later, and glibc
    would keep holes in each thread's heap. Takes some milliseconds, and a tenth of a second where there are hundreds of
    thousands of objects that were not frozen (``gc.freeze``).
    """
    gc.collect()
    malloc_trim = _of_glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _of_glibc(function: str) -> Any:  # noqa: ANN401 - ctypes' functions have no type of their own
    """None elsewhere, as with musl."""
    return getattr(ctypes.CDLL(None), function, None) if sys.platform.startswith("linux") else None
