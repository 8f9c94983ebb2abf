"""Live text and the colour bar: what they show, and that they leave the layout alone."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject

from cnnviz.core.rendering.colormaps import palette
from cnnviz.gui.widgets.color_bar import ColorBar
from cnnviz.gui.widgets.images import color_table
from cnnviz.gui.widgets.readout import Readout

BLACK = (0, 0, 0)


class LayoutRequests(QObject):
    """Counts how often a widget asks its parent for another layout."""

    def __init__(self, watched):
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802 -- Qt's name
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


@pytest.fixture
def readout(qtbot):
    made = Readout()
    qtbot.addWidget(made)
    made.resize(120, 20)
    made.show()
    return made


def test_text_is_drawn_and_never_asks_for_room(readout, qapp):
    blank = readout.grab().toImage()
    hint, requests = readout.sizeHint(), LayoutRequests(readout)
    readout.set_text("features.3 · channel 17 · y 4, x 9 · 0.8312")
    qapp.processEvents()
    assert readout.grab().toImage() != blank
    assert readout.sizeHint() == hint
    assert requests.count == 0
    assert readout.text().endswith("0.8312")


def test_a_template_is_the_room_a_readout_keeps(readout):
    readout.set_template("0000 of 0000 dead")
    assert readout.sizeHint().width() >= readout.fontMetrics().horizontalAdvance("0000 of 0000 dead")


def test_the_color_bar_shows_its_shades_from_low_to_high(qtbot):
    bar = ColorBar()
    qtbot.addWidget(bar)
    bar.resize(200, 20)
    colors = palette("viridis", gap=BLACK, dead=BLACK)
    bar.set_colors(color_table(colors))
    bar.set_words("", "")
    shot = bar.grab().toImage()
    row = [shot.pixelColor(x, 10).getRgb()[:3] for x in range(200)]
    shades = [np.abs(colors[:250].astype(int) - entry).sum(axis=1).argmin() for entry in row[12:-12]]
    assert shades == sorted(shades)
    assert shades[0] < 15
    assert shades[-1] > 234


def test_the_ends_of_the_color_bar_have_three_digits(qtbot):
    bar = ColorBar()
    qtbot.addWidget(bar)
    bar.set_range(-12.0849, 0.123456)
    assert bar.texts == ("−12.1", "0.123")
    bar.set_words("min", "max")
    assert bar.texts == ("min", "max")
