"""What the unit sees, enlarged, beside how much of it the unit listens to."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.receptive_field import Region
from cnnviz.core.views import InputPicture
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.heat_picture import heat_colors
from cnnviz.gui.widgets.images import rgb_image
from cnnviz.gui.widgets.picture_view import RGB, PictureView
from cnnviz.gui.widgets.seen_field import InputPlace, SeenField, theory_words
from cnnviz.gui.widgets.unit_patch import cut_out

SIDE = 112
FRAMES = (10, 30, 100)


class UnitField(QWidget):
    """``effective_toggled``; ``average_requested``: so many frames, or 0 and a folder. By hand only."""

    effective_toggled = Signal(bool)
    average_requested = Signal(int, str)
    average_dropped = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: InputPicture | None = None
        self._seen: SeenField | None = None
        self._effective: EffectiveField | None = None
        self.view, self.heat_view = (PictureView(self, enlarge=True) for _ in range(2))
        for view in (self.view, self.heat_view):
            view.setFixedSize(SIDE, SIDE)
            view.problem_met.connect(self.problem_met)
        self.view.setToolTip(self.tr("The part of the picture that the unit sees"))
        self.heat_view.setToolTip(self.tr("How much the unit changes with each of these pixels"))
        self.theory_label, self.effective_label = (self._label() for _ in range(2))
        self._make_controls()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._pictures_row())
        layout.addLayout(self._controls_row())

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_picture(self, picture: InputPicture) -> None:
        """The frame that the patch is cut from."""
        self._picture = picture
        self._draw()

    def show_seen(self, seen: SeenField) -> None:
        """Another unit's theoretical field."""
        self._seen = seen
        self.theory_label.setText(theory_words(seen))
        self._draw()

    def show_effective(self, field: EffectiveField | None, words: str) -> None:
        """What was measured of this unit, or why nothing was."""
        self.effective_label.setText(words)
        if field is not self._effective or field is None:
            self._effective = field
            self._draw_heat()

    @property
    def wants_effective(self) -> bool:
        return self.effective_box.isChecked()

    # ----------------------------------------------------------------------------------------------------------- making

    def _pictures_row(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self.theory_label)
        words.addWidget(self.effective_label)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.view)
        row.addWidget(self.heat_view)
        row.addLayout(words, 1)
        return row

    def _controls_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.effective_box, 1)
        row.addWidget(self.average_button)
        return row

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _make_controls(self) -> None:
        self.effective_box = QCheckBox(self.tr("Effective field"), self)
        tip = self.tr("How much the unit changes with each pixel, as heat over the picture: measured now and then")
        self.effective_box.setToolTip(tip)
        self.effective_box.setChecked(True)
        self.effective_box.clicked.connect(self.effective_toggled)
        self.average_button = QPushButton(self.tr("Average"), self)
        self.average_button.setToolTip(self.tr("The mean effective field over many pictures"))
        menu = QMenu(self.average_button)
        for frames in FRAMES:
            words = self.tr("Over the next %1 frames").replace("%1", str(frames))
            menu.addAction(words, lambda count=frames: self.average_requested.emit(count, ""))
        menu.addAction(self.tr("Over the pictures of a folder…"), self._ask_for_folder)
        menu.addSeparator()
        menu.addAction(self.tr("The present frame only"), self.average_dropped.emit)
        self.average_button.setMenu(menu)

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Average over the pictures of a folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda folder: self.average_requested.emit(0, folder))
        dialog.open()

    # ---------------------------------------------------------------------------------------------------------- drawing

    @property
    def _region(self) -> Region | None:
        """What is enlarged: with the padding, unless that is most of it."""
        region = self._seen.region if self._seen is not None else None
        if region is None or region.clipped is None:
            return None
        return region.clipped if self._seen.field.larger_than_picture else region.unclipped

    def _draw(self) -> None:
        picture, region = self._picture, self._region
        if picture is None or region is None:
            self.view.show_message(self.tr("No patch") if picture is not None else self.tr("No picture yet"))
            return
        place = InputPlace(picture.seen, picture.frame.shape[:2], self._seen.field.input_size)
        self.view.set_image(rgb_image(cut_out(picture.frame, place.box(region), self._outside)))

    def _draw_heat(self) -> None:
        effective, region = self._effective, self._region
        self.heat_view.setVisible(self.wants_effective)
        if effective is None or region is None:
            self.heat_view.show_message("…" if self.wants_effective else "")
            return
        box = (region.top, region.left, region.bottom, region.right)
        self.heat_view.set_image(rgb_image(cut_out(heat_colors(effective.heat), box, self._outside)))

    @property
    def _outside(self) -> RGB:
        return map_colors(self.palette()).dead
