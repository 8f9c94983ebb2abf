"""The input dock: where pictures come from, the picture itself, and what the network receives of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.values import CameraInfo, SourceState
from cnnviz.core.views import InputPicture, InputView
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.heat_picture import heat_picture
from cnnviz.gui.widgets.images import rgb_image, rgba_image
from cnnviz.gui.widgets.input_options import InputOptions
from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.picture_view import Outline, Overlay, PictureView
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.seen_field import InputPlace, SeenField, field_words, kept_inside
from cnnviz.gui.widgets.source_bar import SourceBar
from cnnviz.gui.widgets.tool_row import tool_button
from cnnviz.gui.widgets.transport_bar import TransportBar, position_text

OUTLINE_WIDTH = 2.0
FIELD_WIDTHS = (2.0, 1.0)
"""Of the selected cell's box and of the hovered one's."""

WHOLE = (0.0, 0.0, 1.0, 1.0)


class InputDock(Dock):
    """``source_requested``: SourceSpec; ``source_command``: SourceCommand; ``pasted``: H×W×3 uint8 RGB;
    ``preprocessing_changed``: Preprocessing or None (the weights' own); ``size_changed``: height and width of the
    picture's room in device pixels; ``not_understood``: a sentence.
    """

    source_requested = Signal(object)
    source_command = Signal(object)
    freeze_toggled = Signal(bool)
    pasted = Signal(object)
    tensor_view_toggled = Signal(bool)
    preprocessing_changed = Signal(object)
    size_changed = Signal(int, int)
    cameras_requested = Signal()
    not_understood = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "input",
            self.tr("Input"),
            sentence=self.tr("The picture the network looks at; the outline is the part it sees."),
            help_text=self.tr(
                "<p>A picture is a tensor: height × width × channels: red, green and blue. A network takes one size "
                "only: the picture is made to fit: its middle is cut out (<b>crop</b>), all is <b>squashed</b>, "
                "or it gets borders (<b>pad</b>).</p>"
                "<p>Then every channel is <b>normalised</b>: (value − mean) / standard deviation, with the numbers of "
                "the data the weights were trained on. They belong to the weights: with others the network sees a "
                "picture too bright or too pale.</p>"
                "<p><b>Network input</b> shows the result pixel by pixel; the numbers under the mouse are what the "
                "first layer really computes with. <b>Space</b> freezes the picture.</p>"
                "<p>The box is the <b>receptive field</b> of a cell: the part of the picture that can change it. Move "
                "the mouse over a feature map to see it grow from layer to layer; a click keeps it. Dashed is the "
                "padding. Heat is the <b>effective</b> field: what the unit really listens to.</p>"
            ),
            parent=parent,
        )
        self._picture: InputPicture | None = None
        self._fields: tuple[SeenField | None, SeenField | None] = (None, None)
        self._heat: Bytes | None = None
        self._heat_image: QImage | None = None  # as it is drawn
        self._mirrored = False
        self._tensor_shown = False
        self._make_widgets()
        self._connect()
        self.set_content(self._arranged())

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_source(self, state: SourceState) -> None:
        """Title, position and notice of the source, and its transport if it has one."""
        size = f"{state.size[1]}×{state.size[0]}" if state.size else ""
        parts = (state.title, size, position_text(state) if state.seekable else "")
        self.title_label.set_text(" · ".join(part for part in parts if part))
        self.notice_label.setText(state.notice)
        self.notice_label.setVisible(bool(state.notice))
        self.transport.show_source(state)

    def show_picture(self, picture: InputPicture) -> None:
        """The next frame, and the tensor made of it where it was asked for."""
        self._picture = picture
        self._draw()

    def show_fields(self, selected: SeenField | None, hovered: SeenField | None) -> None:
        """What the selected cell and the one under the mouse see: boxes on the picture, and words."""
        if (selected, hovered) != self._fields:
            self._fields = (selected, hovered)
            told = hovered or selected
            words = field_words(told) if told else self._no_field
            self.field_readout.set_text(words)
            self.field_readout.setToolTip(words)
            self._draw_outlines()

    def show_heat(self, heat: Floats | None) -> None:
        """An effective receptive field over the picture, H×W of the network's input; None: none."""
        self._heat = None if heat is None else heat_picture(heat)
        self._heat_image = None
        self._draw_heat()

    def show_cameras(self, cameras: tuple[CameraInfo, ...]) -> None:
        self.source_bar.show_cameras(cameras)

    def show_preprocessing(self, preprocessing: Preprocessing, *, overridden: bool = False) -> None:
        """What is in force; ``overridden``: it is not the weights' own, and the way back is offered."""
        self.options.show_preprocessing(preprocessing, overridden=overridden)

    def show_frozen(self, frozen: bool) -> None:  # noqa: FBT001 -- a setter
        self.freeze_button.setChecked(frozen)

    def wish(self) -> InputView:
        """What the dock wants to see now."""
        return InputView(self.view.device_size, tensor=self._tensor_shown)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self) -> None:
        self.source_bar = SourceBar(self)
        self.freeze_button = tool_button("freeze", self.tr("Freeze (Space)"), self.source_bar, checkable=True)
        self.source_bar.add_button(self.freeze_button)
        self.view = PictureView(self, enlarge=True)
        self.view.show_message(self.tr("No picture yet"))
        self.title_label = ElidedLabel("", self)
        self.values_readout = Readout(self)
        self.caption = QStackedWidget(self)  # the title gives way to the values under the mouse
        self.caption.addWidget(self.title_label)
        self.caption.addWidget(self.values_readout)
        self.caption.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._no_field = self.tr("Over a feature map the mouse shows here what its cell sees")
        self.field_readout = Readout(self, muted=True)
        self.field_readout.set_text(self._no_field)
        self.notice_label = QLabel(self)
        self.notice_label.setForegroundRole(QPalette.ColorRole.BrightText)  # the theme's colour for problems
        self.notice_label.setWordWrap(True)
        self.notice_label.hide()
        self.transport = TransportBar(self)
        self.transport.hide()
        self.options = InputOptions(self)

    def _connect(self) -> None:
        self.source_bar.source_requested.connect(self.source_requested)
        self.source_bar.pasted.connect(self.pasted)
        self.source_bar.cameras_requested.connect(self.cameras_requested)
        self.source_bar.not_understood.connect(self.not_understood)
        self.freeze_button.clicked.connect(self.freeze_toggled)
        self.transport.command.connect(self.source_command)
        self.options.preprocessing_changed.connect(self.preprocessing_changed)
        self.options.tensor_view_toggled.connect(self._show_tensor)
        self.options.mirror_toggled.connect(self._mirror)
        self.view.size_changed.connect(self.size_changed)
        self.view.hovered.connect(self._note_hover)
        self.view.hover_left.connect(lambda: self._show_values(""))

    def _arranged(self) -> QWidget:
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 0, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.source_bar)
        layout.addWidget(self.view, 1)
        for widget in (self.caption, self.field_readout, self.notice_label, self.transport, self.options):
            layout.addWidget(widget)
        return content

    # ---------------------------------------------------------------------------------------------------------- drawing

    def _show_tensor(self, shown: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        self._tensor_shown = shown
        self._heat_image = None
        self._draw()
        self.tensor_view_toggled.emit(shown)

    def _mirror(self, mirrored: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        self._mirrored = mirrored
        self._heat_image = None
        self._draw()

    def _draw(self) -> None:
        picture = self._picture
        if picture is None:
            return
        if not self._tensor_shown:
            self.view.set_image(rgb_image(picture.frame[:, ::-1] if self._mirrored else picture.frame))
        elif picture.tensor_picture is None:
            self.view.show_message(self.tr("Preparing the network's input…"))
        else:
            self.view.set_image(rgb_image(picture.tensor_picture))
        self._draw_outlines()
        self._draw_heat()

    def _draw_outlines(self) -> None:
        seen = self._seen_outline(self._picture) if self._picture is not None and not self._tensor_shown else None
        boxes = (
            outline
            for seen_field in zip(self._fields, FIELD_WIDTHS, strict=True)
            for outline in self._boxes(*seen_field)
        )
        self.view.set_outlines((*([seen] if seen else []), *boxes))

    def _draw_heat(self) -> None:
        place = self._place(*self._heat.shape[:2]) if self._heat is not None else None
        if place is None:
            self.view.set_overlay(None)
            return
        if self._heat_image is None:
            self._heat_image = rgba_image(self._heat[:, ::-1] if place.mirrored else self._heat)
        self.view.set_overlay(Overlay(self._heat_image, place.whole))

    def _place(self, *input_size: int) -> InputPlace | None:
        """Where the network's input lies on the picture on view."""
        if self._picture is None or self.view.image.isNull():
            return None
        shown = self.view.image.height(), self.view.image.width()
        if self._tensor_shown:
            return InputPlace(WHOLE, shown, input_size)
        return InputPlace(self._picture.seen, shown, input_size, self._mirrored)

    def _seen_outline(self, picture: InputPicture) -> Outline:
        height, width = picture.frame.shape[:2]
        top, left, bottom, right = picture.seen
        if self._mirrored:
            left, right = 1 - right, 1 - left
        # Drawn inside the region, so that a picture that is seen whole shows it too.
        inset = self._inset(OUTLINE_WIDTH)
        rect = (top * height + inset, left * width + inset, bottom * height - inset, right * width - inset)
        colors = map_colors(self.palette())
        return Outline(rect, colors.seen, colors.selection_edge, OUTLINE_WIDTH)

    def _boxes(self, field: SeenField | None, width: float) -> Iterator[Outline]:
        """What a cell sees; dashed what it would see if the picture went on, where that is more."""
        place = self._place(*field.field.input_size) if field is not None and field.field is not None else None
        if place is None:
            return
        colors, region = map_colors(self.palette()), field.region
        look = colors.field if field is self._fields[0] else colors.hovered_field, colors.selection_edge
        if region.unclipped is not None and region.unclipped != region.clipped:
            yield Outline(place.box(region.unclipped), *look, 1.0, dashed=True)
        if region.clipped is not None:
            rect = kept_inside(place.box(region.clipped), place.picture_size, self._inset(width))
            yield Outline(rect, *look, width)

    def _inset(self, width: float) -> float:
        """In picture pixels: the room that an outline takes."""
        return (width + 1) / self.view.placement.scale if self.view.placement else 0.0

    # ------------------------------------------------------------------------------------------------------------ hover

    def _note_hover(self, y: int, x: int) -> None:
        picture = self._picture
        if picture is None:
            return
        if self._tensor_shown:
            self._show_tensor_values(picture, y, x)
        else:
            self._show_frame_values(picture, y, x)

    def _show_values(self, text: str) -> None:
        self.values_readout.set_text(text)
        self.caption.setCurrentWidget(self.values_readout if text else self.title_label)

    def _show_tensor_values(self, picture: InputPicture, y: int, x: int) -> None:
        if picture.tensor is not None:
            values = "  ".join(value_text(float(value)) for value in picture.tensor[:, y, x])
            self._show_values(self.tr("y {y}, x {x}:  {values}").format(y=y, x=x, values=values))

    def _show_frame_values(self, picture: InputPicture, y: int, x: int) -> None:
        height, width = picture.frame.shape[:2]
        x = width - 1 - x if self._mirrored else x
        values = "  ".join(str(value) for value in np.asarray(picture.frame[y, x]).tolist())
        row, column = (y * picture.frame_size[0] // height, x * picture.frame_size[1] // width)
        self._show_values(self.tr("y {y}, x {x}:  {values}").format(y=row, x=column, values=values))
