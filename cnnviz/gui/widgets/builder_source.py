"""A network as PyTorch source, to read, copy and save; it stays open while the network is edited."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from cnnviz.gui.widgets.exporting import ask_where

_SIZE = (680, 620)


class SourceWindow(QDialog):
    """``save_failed``: the sentence that says why."""

    save_failed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("PyTorch source"))
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.copy_button = QPushButton(self.tr("Copy"), self)
        self.copy_button.clicked.connect(self.copy)
        self.save_button = QPushButton(self.tr("Save…"), self)
        self.save_button.clicked.connect(self.ask_where)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addLayout(row)
        self.resize(*_SIZE)

    def show_source(self, source: str) -> None:
        """The scroll position stays where only a part has changed."""
        if source != self.text.toPlainText():
            place = self.text.verticalScrollBar().value()
            self.text.setPlainText(source)
            self.text.verticalScrollBar().setValue(place)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    def ask_where(self) -> QFileDialog:
        return ask_where(self, self.tr("Save source"), self.tr("Python"), "py", self.save)

    def save(self, path: Path) -> None:
        try:
            path.write_text(self.text.toPlainText(), encoding="utf-8")
        except OSError as error:
            words = self.tr("%1 could not be written (%2): choose another folder or free some space.")
            self.save_failed.emit(words.replace("%1", str(path)).replace("%2", str(error.strerror)))
