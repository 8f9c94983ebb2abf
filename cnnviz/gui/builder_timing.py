"""How long the builder takes from an edit to the painted rows: what ``cnnviz bench structure`` reports of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtWidgets import QWidget

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec, Row
from cnnviz.gui.docks.builder import BuilderDock

SIZE = QSize(900, 800)
_PART = ("conv", "batch_norm", "relu")


@dataclass(frozen=True)
class EditTime:
    """Milliseconds of one kind of edit, over all times it was made: from the edit to every row painted."""

    edit: str
    median_ms: float
    worst_ms: float


def long_network(rows: int, first_filters: int = 16) -> NetworkSpec:
    """Convolutions that keep the size, batch norm and ReLU in turn."""
    made: list[Row] = []
    for place in range(rows):
        kind = _PART[place % len(_PART)]
        options = {"filters": first_filters if place == 0 else 16, "padding": 1} if kind == "conv" else {}
        made.append(layer(kind, **options))
    return NetworkSpec(f"{rows} rows", (3, 224, 224), named(made))


def edit_times(rows: int = 200, edits: int = 30, parent: QWidget | None = None) -> list[EditTime]:
    """Edits at the top of a network of so many rows, where all rows below may change. Needs a QApplication."""
    dock = BuilderDock(parent)
    dock.resize(SIZE)
    dock.show()
    dock.show_spec(long_network(rows))
    _paint(dock)
    editor = dock.editor
    kinds: dict[str, Callable[[int], object]] = {
        "one option of the first row": lambda turn: editor.change_options(((0,),), {"filters": 17 + turn}),
        "the input's size": lambda turn: editor.change_input((3, 225 + turn, 225 + turn)),
        "a row added at the top": lambda _: editor.insert_kind("relu", (1,)),
        "the first row deleted": lambda _: (editor.choose(((1,),)), editor.delete()),
        "undo": lambda _: editor.undo(),
    }
    times = [_timed(dock, words, edit, edits) for words, edit in kinds.items()]
    dock.close()
    dock.deleteLater()
    return times


def _timed(dock: BuilderDock, words: str, edit: Callable[[int], object], edits: int) -> EditTime:
    taken = []
    for turn in range(edits):
        began = time.perf_counter()
        edit(turn)
        _paint(dock)
        taken.append(1000 * (time.perf_counter() - began))
    return EditTime(words, median(taken), max(taken))


def _paint(dock: BuilderDock) -> None:
    """Everything that waits: layouts, and the rows on view."""
    dock.tree.viewport().update()
    QCoreApplication.sendPostedEvents()
    QCoreApplication.processEvents()
