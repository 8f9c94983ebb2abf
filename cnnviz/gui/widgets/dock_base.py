"""What every dock has: a name workspaces remember, a sentence, the idea behind a "?", and whether it is looked at."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QApplication, QDockWidget, QFrame, QLabel, QVBoxLayout, QWidget

from cnnviz.gui.widgets.dock_title import DockTitle

HELP_WIDTH = 340


class HelpPopup(QFrame):
    """The idea in the course's words; a click elsewhere or Escape closes it."""

    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("help-popup")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setBackgroundRole(QPalette.ColorRole.Button)
        self.setAutoFillBackground(True)
        label = QLabel(f"<h4>{title}</h4>{text}", self)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        label.setFixedWidth(HELP_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 12)
        layout.addWidget(label)

    def show_below(self, anchor: QWidget) -> None:
        """Opens under ``anchor``, moved so that all of it is on the screen."""
        self.adjustSize()
        room = anchor.screen().availableGeometry()
        corner = anchor.mapToGlobal(QPoint(anchor.width() - self.width(), anchor.height() + 2))
        corner.setX(max(room.left(), min(corner.x(), room.right() - self.width())))
        corner.setY(max(room.top(), min(corner.y(), room.bottom() - self.height())))
        self.move(corner)
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


class Dock(QDockWidget):
    """``shown_changed``: it became really visible or hidden; behind another tab is hidden. Emitted on changes only."""

    shown_changed = Signal(bool)

    def __init__(
        self, object_name: str, title: str, *, sentence: str, help_text: str, parent: QWidget | None = None
    ) -> None:
        """``object_name`` is what saved workspaces know the dock by; ``help_text`` is rich text."""
        super().__init__(title, parent)
        self.setObjectName(object_name)
        self._help_text = help_text
        self._shown = False
        self.title_bar = DockTitle(title, sentence, self)
        self.title_bar.help_button.clicked.connect(self.show_help)
        self.title_bar.float_button.clicked.connect(lambda: self.setFloating(not self.isFloating()))
        self.title_bar.close_button.clicked.connect(self.close)
        self.setTitleBarWidget(self.title_bar)
        self.windowTitleChanged.connect(self.title_bar.name.setText)
        self.visibilityChanged.connect(self._note_visibility)

    @property
    def is_shown(self) -> bool:
        """On screen and in front: only then is anything computed for it."""
        return self._shown

    @property
    def help_text(self) -> str:
        """The idea behind the dock, as rich text."""
        return self._help_text

    @property
    def has_focus(self) -> bool:
        """The keyboard goes to it."""
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def set_content(self, widget: QWidget) -> None:
        """``widget`` fills the dock below its title; an earlier content is deleted."""
        if self.widget() is not None:
            self.widget().deleteLater()
        self.setWidget(widget)

    def show_help(self) -> HelpPopup:
        """Opens the idea behind the dock below its "?" button."""
        popup = HelpPopup(self.windowTitle(), self._help_text, self)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.show_below(self.title_bar.help_button)
        return popup

    def _note_visibility(self, visible: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        if visible != self._shown:
            self._shown = visible
            self.shown_changed.emit(visible)
