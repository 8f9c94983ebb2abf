"""The list of colour maps: their shades are drawn when seen, and choices are told."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from cnnviz.core.rendering.colormaps import DIVERGING, SEQUENTIAL, palette
from cnnviz.gui.widgets.color_map_combo import SWATCH, ColorMapCombo


@pytest.fixture
def combo(qtbot):
    made = ColorMapCombo()
    qtbot.addWidget(made)
    made.show()
    made.set_color_maps(SEQUENTIAL, "magma")
    return made


def drawn(combo):
    return [combo.itemText(row) for row in range(combo.count()) if not combo.itemIcon(row).isNull()]


def test_only_the_shades_in_sight_are_drawn(combo):
    assert drawn(combo) == ["magma"]
    combo.showPopup()
    assert drawn(combo) == list(SEQUENTIAL)
    combo.hidePopup()


def test_a_swatch_goes_through_the_shades(combo):
    image = combo.itemIcon(combo.currentIndex()).pixmap(SWATCH).toImage()
    colors = palette("magma", gap=(0, 0, 0), dead=(0, 0, 0))
    for x, shade in ((0, 0), (SWATCH.width() - 1, 249)):
        assert image.pixelColor(x, 5).getRgb()[:3] == pytest.approx(colors[shade].tolist(), abs=2)
    assert np.ptp([image.pixelColor(x, 5).lightness() for x in range(SWATCH.width())]) > 150


def test_the_hand_is_heard_and_the_setter_is_silent(combo, qtbot):
    with qtbot.assertNotEmitted(combo.color_map_chosen):
        combo.set_color_maps(DIVERGING, DIVERGING[1])
    assert combo.currentText() == DIVERGING[1]
    with qtbot.waitSignal(combo.color_map_chosen) as chosen:
        qtbot.keyClick(combo, Qt.Key.Key_Home)
    assert chosen.args == [DIVERGING[0]]
    assert set(drawn(combo)) == set(DIVERGING[:2])
