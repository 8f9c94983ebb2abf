"""The help page: every key, and the idea behind every dock, in a window that stays open beside the work."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from cnnviz.gui.widgets.dock_base import Dock

SIZE = (560, 640)
Rows = Sequence[tuple[str, str]]
"""A key and what it does."""

_translate = QCoreApplication.translate
PICTURE_KEYS: Rows = (
    (_translate("HelpWindow", "Wheel, + and −"), _translate("HelpWindow", "Zoom")),
    (_translate("HelpWindow", "Drag"), _translate("HelpWindow", "Move what is zoomed")),
    (_translate("HelpWindow", "0, double click"), _translate("HelpWindow", "Whole picture again")),
    (_translate("HelpWindow", "Right click"), _translate("HelpWindow", "Copy, save, reset")),
)
MAPS_KEYS: Rows = (
    (_translate("HelpWindow", "Click"), _translate("HelpWindow", "Select a channel, in every dock")),
    ("← → ↑ ↓", _translate("HelpWindow", "Other channels")),
    (_translate("HelpWindow", "Enter, double click"), _translate("HelpWindow", "One channel large")),
    ("O", _translate("HelpWindow", "The channel over the picture")),
    ("Esc", _translate("HelpWindow", "Back to all channels")),
)


def key_rows(actions: Sequence[QAction]) -> Rows:
    """The shortcut and the text of every action that has one."""
    named = [(action.shortcut(), action.text()) for action in actions if not action.shortcut().isEmpty()]
    return [(keys.toString(QKeySequence.SequenceFormat.NativeText), text.replace("&", "")) for keys, text in named]


class HelpWindow(QWidget):
    """Not modal; Escape closes it."""

    def __init__(self, keys: Rows, docks: Sequence[Dock], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Keys and ideas"))
        self.page = QTextBrowser(self)
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.page.setHtml(self._html(keys, docks))
        close = QAction(self)
        close.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        close.triggered.connect(self.close)
        self.addAction(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.page)
        self.resize(*SIZE)

    def _html(self, keys: Rows, docks: Sequence[Dock]) -> str:
        parts = [
            _section(self.tr("Keys"), _table(keys)),
            _section(self.tr("In every picture and plot"), _table(PICTURE_KEYS)),
            _section(self.tr("In the feature maps"), _table(MAPS_KEYS)),
            *(_section(escape(dock.title_bar.name.text()), dock.help_text) for dock in docks),
        ]
        return "".join(parts)


def _section(title: str, content: str) -> str:
    return f"<h3>{title}</h3>{content}"


def _table(rows: Rows) -> str:
    lines = (f"<tr><td><b>{escape(key)}</b></td><td width=16></td><td>{escape(text)}</td></tr>" for key, text in rows)
    return f"<table cellpadding=2>{''.join(lines)}</table>"
