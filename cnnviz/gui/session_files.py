"""Sessions in files: what is set up for a lesson, opened again by one click, a drop, or ``--session``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from cnnviz.core.errors import CnnvizError
from cnnviz.core.reports import Problem
from cnnviz.gui.controller import Controller
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import SUFFIX, Session, read_session_file, save_session


class SessionFiles(QObject):
    """Joins the window's actions for session files to the controller."""

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._present: Path | None = None

    def open(self, path: Path) -> None:
        """In place of what is shown; what cannot be read is a sentence, and nothing changes."""
        try:
            session = read_session_file(path)
        except CnnvizError as error:
            self._controller.problem(Problem(error.message, error.details))
            return
        self._present = path
        self._controller.resume(for_this_desk(session, self._window.session()))

    def save(self, path: Path) -> None:
        """The file named ``path``, with the ending of session files."""
        typed, path = path, path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        if path != typed and path.exists():  # the dialog asked about another name
            words = self.tr("{path} is there already: save with its whole name to replace it, or choose another name.")
            self._controller.problem(Problem(words.format(path=path)))
            return
        try:
            save_session(self._controller.session(), path)
        except OSError as error:
            words = self.tr("The session was not saved in {path} ({reason}): choose another folder.")
            self._controller.problem(Problem(words.format(path=path, reason=error.strerror or error)))
            return
        self._present = path
        self._window.log.show_text(self.tr("Session saved: %1").replace("%1", str(path)))

    def ask_open(self) -> None:
        """By the system's own dialog."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open session"), self._folder(), self._filter())
        if path:
            self.open(Path(path))

    def ask_save(self) -> None:
        """By the system's own dialog, which asks before a file is replaced."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save session"), str(self._present or f"session{SUFFIX}"), self._filter()
        )
        if path:
            self.save(Path(path))

    def _folder(self) -> str:
        return str(self._present.parent) if self._present else ""

    def _filter(self) -> str:
        return self.tr("Sessions of cnnviz") + f" (*{SUFFIX})"


def for_this_desk(session: Session, present: Session) -> Session:
    """Somebody else's session with the colours, the size of text and the window of who looks at it here."""
    return replace(session, theme=present.theme, larger_text=present.larger_text, geometry="")
