"""What every picture and plot offers: to the clipboard, into a file. Asking where never stops the event loop."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QBuffer, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QImage, QKeySequence, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QWidget

Paint = Callable[[QPainter], None]


def add_action(
    widget: QWidget,
    text: str,
    slot: Callable[[], object],
    shortcut: QKeySequence | QKeySequence.StandardKey | None = None,
) -> QAction:
    """An action in ``widget``'s context menu; its shortcut works while the widget has the focus."""
    action = QAction(text, widget)
    action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    if shortcut is not None:
        action.setShortcut(QKeySequence(shortcut))
    action.triggered.connect(lambda _checked: slot())
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    widget.addAction(action)
    return action


class Plot(Protocol):
    """A widget that can hand out what it draws."""

    def copy(self) -> None: ...
    def save_png(self, path: Path) -> None: ...
    def save_svg(self, path: Path) -> None: ...
    def save_csv(self, path: Path) -> None: ...
    def reset_zoom(self) -> None: ...


def add_plot_actions(plot: Plot) -> None:
    """Copy, the three kinds of file and the zoom's reset, in the context menu."""
    add_action(plot, plot.tr("Copy picture"), plot.copy, QKeySequence.StandardKey.Copy)
    for kind, suffix, save in (
        (plot.tr("Pictures"), "png", plot.save_png),
        (plot.tr("Drawings"), "svg", plot.save_svg),
        (plot.tr("Tables"), "csv", plot.save_csv),
    ):
        title = plot.tr("Save as {}…").format(suffix.upper())
        add_action(plot, title, partial(ask_where, plot, title, kind, suffix, save))
    add_action(plot, plot.tr("Reset zoom"), plot.reset_zoom)


def ask_where(parent: QWidget, title: str, kind: str, suffix: str, save: Callable[[Path], object]) -> QFileDialog:
    """Opens a dialog for a file of this suffix and calls ``save`` with the answer, if there is one."""
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{kind} (*.{suffix})")
    dialog.setDefaultSuffix(suffix)
    dialog.fileSelected.connect(lambda name: save(Path(name)))
    dialog.open()
    return dialog


def save_png(path: Path, image: QImage) -> str:
    """Writes ``image``; the sentence to show where that failed, else nothing."""
    buffer = QBuffer()
    image.save(buffer, "PNG")
    return _write(path, bytes(buffer.data().data()))


def save_svg(path: Path, size: QSize, paint: Paint) -> str:
    """Writes what ``paint`` draws; the sentence to show where that failed, else nothing."""
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(0, 0), size))
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    return _write(path, bytes(buffer.data().data()))


def save_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Writes a table; the sentence to show where that failed, else nothing."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return _write(path, text.getvalue().encode())


def _write(path: Path, data: bytes) -> str:
    try:
        path.write_bytes(data)
    except OSError as error:
        return f"{path} could not be written ({error.strerror}): choose another folder or free some space."
    return ""
