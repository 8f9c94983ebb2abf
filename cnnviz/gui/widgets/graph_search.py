"""The search over the graph: shows the first match while typing; Enter chooses it, and the next one after it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from cnnviz.gui.widgets.icons import set_icon


class GraphSearch(QWidget):
    """``text_changed``: the user typed; ``set_matches`` answers. ``match_shown``: the match to point at, empty for
    none. ``match_chosen``: by Enter.
    """

    text_changed = Signal(str)
    match_shown = Signal(str)
    match_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matches: tuple[str, ...] = ()
        self._place = 0
        self._chosen = False
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(self.tr("Find a layer by name or type"))
        self.field.setToolTip(self.tr("Enter: choose it, then the next one; Shift+Enter: the one before"))
        self.field.setClearButtonEnabled(True)
        self._icon = QAction(self)
        set_icon(self._icon, "search")
        self.field.addAction(self._icon, QLineEdit.ActionPosition.LeadingPosition)
        self.count_label = QLabel(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.count_label)
        self.field.textChanged.connect(self.text_changed)

    @property
    def matches(self) -> tuple[str, ...]:
        return self._matches

    def set_matches(self, matches: tuple[str, ...]) -> None:
        """In the order they run; the first is shown."""
        self._matches, self._place, self._chosen = matches, 0, False
        self._show_count()
        self.match_shown.emit(matches[0] if matches else "")

    def clear(self) -> None:
        """Without telling: another network came."""
        self.field.blockSignals(True)  # noqa: FBT003 -- Qt's name
        self.field.clear()
        self.field.blockSignals(False)  # noqa: FBT003
        self._matches = ()
        self._show_count()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.field.clear()
        else:
            super().keyPressEvent(event)

    def _choose(self, step: int) -> None:
        """The match on show; the next one if that has been chosen."""
        if not self._matches:
            return
        if self._chosen:
            self._place = (self._place + step) % len(self._matches)
        self._chosen = True
        self._show_count()
        self.match_chosen.emit(self._matches[self._place])

    def _show_count(self) -> None:
        if not self.field.text():
            self.count_label.clear()
        elif not self._matches:
            self.count_label.setText(self.tr("none"))
        else:
            words = self.tr("%1 of %2").replace("%1", str(self._place + 1))
            self.count_label.setText(words.replace("%2", str(len(self._matches))))
