"""A dock's title bar: its name, one sentence that gives way where there is no room, and the buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.icons import set_icon

BUTTON_ICON = QSize(14, 14)


class DockTitle(QWidget):
    """One line. Dragging it moves the dock: Qt does that with the events a title bar leaves alone."""

    def __init__(self, title: str, sentence: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = QLabel(title, self)
        self.name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        font = self.name.font()
        font.setBold(True)
        self.name.setFont(font)
        self.sentence = ElidedLabel(sentence, self, muted=True)
        self.help_button = self._button(self.tr("The idea behind this"))
        self.help_button.setText("?")
        self.float_button = self._button(self.tr("Take out of the window, or put back"), "float")
        self.close_button = self._button(self.tr("Close; the View menu brings it back"), "close")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 2, 2)
        layout.setSpacing(2)
        layout.addWidget(self.name)
        layout.addSpacing(8)
        layout.addWidget(self.sentence, 1)
        for button in (self.help_button, self.float_button, self.close_button):
            layout.addWidget(button)

    def minimumSizeHint(self) -> QSize:
        # The name must be readable; the sentence may vanish.
        return QSize(self.name.sizeHint().width() + 100, super().minimumSizeHint().height())

    def _button(self, tip: str, icon: str = "") -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(BUTTON_ICON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if icon:
            set_icon(button, icon)
        return button
