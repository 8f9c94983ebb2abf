"""Events with large arrays, packed for shared memory: a small pickle goes through the pipe, the arrays beside it.

Both ends are this program's own processes, so pickle is safe here; files never come this way.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory

_ALIGNMENT = 64  # bytes: any array type may start there


@dataclass(frozen=True)
class Packed:
    """An event without its arrays. ``places``: (offset, length) of each array in the shared memory."""

    pickled: bytes
    places: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Bytes of shared memory the arrays take."""
        return sum(self.places[-1]) if self.places else 0


def split(event: object) -> tuple[Packed, list[memoryview]]:
    """``event`` apart: its small pickle, and its contiguous arrays as flat views (nothing is copied)."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(event, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    places = []
    offset = 0
    for view in views:
        places.append((offset, view.nbytes))
        offset += -(-view.nbytes // _ALIGNMENT) * _ALIGNMENT
    return Packed(pickled, tuple(places)), views


def write(packed: Packed, views: Sequence[memoryview], memory: memoryview) -> None:
    """Copies the arrays to their places; ``memory`` must hold ``packed.size`` bytes."""
    for (offset, length), view in zip(packed.places, views, strict=True):
        memory[offset : offset + length] = view


def bytes_of(memory: SharedMemory) -> memoryview:
    """Its bytes. Raises ValueError if it is closed."""
    if memory.buf is None:
        raise ValueError(f"the shared memory {memory.name} is closed")
    return memory.buf


def read(packed: Packed, memory: memoryview) -> object:
    """The event again, its arrays read-only and independent of ``memory`` (one copy)."""
    copy = memoryview(bytes(memory[: packed.size]))
    return pickle.loads(  # noqa: S301 - written by our own engine process
        packed.pickled, buffers=[copy[offset : offset + length] for offset, length in packed.places]
    )
