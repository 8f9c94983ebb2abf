"""What a running process holds, as its system tells."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from cnnviz.core.errors import CnnvizError

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux lists it, not a file of ours
_PROC = Path("/proc/self")


@dataclass(frozen=True)
class ProcessState:
    """``resident_mb``: megabytes of physical memory, those shared with others included."""

    resident_mb: float
    threads: int


def process_state(process_id: int) -> ProcessState:
    """As of now. Raises CnnvizError if there is no such process (any more), or no way to measure it."""
    return _from_proc(process_id) if _PROC.is_dir() else _from_psutil(process_id)


def _from_psutil(process_id: int) -> ProcessState:
    try:
        psutil = importlib.import_module("psutil")
    except ImportError as error:
        raise CnnvizError(
            "This system shows the memory of a process only through psutil: `pip install psutil` and measure again."
        ) from error
    try:
        process = psutil.Process(process_id)
        return ProcessState(process.memory_info().rss / 1e6, process.num_threads())
    except psutil.NoSuchProcess as error:
        raise _ended(process_id) from error


def _from_proc(process_id: int) -> ProcessState:
    try:
        lines = (_PROC.parent / str(process_id) / "status").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise _ended(process_id) from error
    values = dict(line.split(":", 1) for line in lines)
    if "VmRSS" not in values:  # dead, but not yet waited for
        raise _ended(process_id)
    return ProcessState(int(values["VmRSS"].split()[0]) * 1024 / 1e6, int(values["Threads"]))


def _ended(process_id: int) -> CnnvizError:
    return CnnvizError(f"The process {process_id} has ended, so it cannot be measured any more: start the bench again.")


def shared_memory_count(prefix: str) -> int | None:
    """Pieces of shared memory whose names begin so; None where the system does not list them."""
    return len(list(SHARED_MEMORY.glob(f"{prefix}*"))) if SHARED_MEMORY.is_dir() else None
