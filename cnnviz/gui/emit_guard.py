"""Keeps Python alive through a reference-counting defect of PySide6.

``Signal.emit`` of PySide6 6.12.0 returns True without taking a reference to it. From Python 3.12 on True is immortal;
before, its count falls by one with every emitted signal, and after some hundred of them Python aborts with
"bool_dealloc: deallocating True or False".
"""

from __future__ import annotations

import ctypes
import sys

from PySide6.QtCore import QObject, Signal

TRIALS = 16
SPARE_REFERENCES = 1 << 40
"""More signals than a window emits in years."""

_TRUE = True


class _Trial(QObject):
    emitted = Signal()


def emitting_loses_true() -> bool:
    """Whether this PySide6 on this Python has the defect; found by trying."""
    trial = _Trial()
    before = _references()
    for _ in range(TRIALS):
        trial.emitted.emit()
    return before - _references() >= TRIALS


def _references() -> int:
    return sys.getrefcount(_TRUE)


def guard_emit() -> None:
    """Where the defect is met, gives True references to lose. To be called once, before the first window."""
    if sys.version_info < (3, 12) and emitting_loses_true():
        # An object begins with its reference count; Py_IncRef would have to be called once for each.
        ctypes.c_ssize_t.from_address(id(_TRUE)).value += SPARE_REFERENCES
