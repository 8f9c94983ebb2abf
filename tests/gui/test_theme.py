"""The theme: readable in light and dark, followed by what is already on screen, as cheap as it must be at the start."""

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QPushButton, QRadioButton, QToolButton, QTreeWidget

from cnnviz.gui.theme import DARK, LIGHT, Theme, map_colors, palette_of, tones_of
from cnnviz.gui.widgets.icons import set_icon


def luminance(color):
    """Relative luminance as WCAG 2 defines it."""
    parts = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def theme(qapp):
    palette, font, style = qapp.palette(), qapp.font(), qapp.style().objectName()
    made = Theme(qapp)
    yield made
    made.deleteLater()
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["text", "muted", "problem"])
@pytest.mark.parametrize("ground", ["window", "base", "raised"])
def test_text_is_readable_on_every_ground(tones, text, ground):
    assert contrast(getattr(tones, text), getattr(tones, ground)) >= 4.5


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_marked_text_is_readable(tones):
    assert contrast(tones.accent_text, tones.accent) >= 4.5


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_maps_stand_apart_from_gaps_and_dead_tiles(tones):
    maps = tones.maps
    assert QColor(*maps.gap) == QColor(tones.window)
    assert contrast(QColor(*maps.gap), QColor(*maps.dead)) >= 1.2
    assert contrast(QColor(*maps.selection), QColor(*maps.selection_edge)) >= 3


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_tones_are_found_again_by_the_palette(tones):
    assert tones_of(palette_of(tones)) is tones
    assert map_colors(palette_of(tones)) is tones.maps


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [QCheckBox, QRadioButton, QLineEdit, QPushButton, QTreeWidget])
def test_the_outline_of_a_control_stands_out_from_the_window(theme, qtbot, scheme, make):
    theme.set_scheme(scheme)
    control = make()
    qtbot.addWidget(control)
    control.resize(60, 40)
    tones = {"light": LIGHT, "dark": DARK}[scheme]
    image = control.grab().toImage()
    edge = [image.pixelColor(x, image.height() // 2) for x in range(4 * image.width() // 60)]
    assert max(contrast(color, tones.window) for color in edge) >= 2.5


def test_another_scheme_reaches_widgets_and_icons_already_made(theme, qtbot):
    theme.set_scheme("light")
    button = QToolButton()
    qtbot.addWidget(button)
    set_icon(button, "close")
    button.show()

    def ink():
        image = button.icon().pixmap(40, 40).toImage()
        return next(c for c in (image.pixelColor(x, 20) for x in range(40)) if c.alpha() == 255)

    assert ink() == QColor(LIGHT.text)
    with qtbot.waitSignal(theme.changed):
        theme.set_scheme("dark")
    assert theme.is_dark
    qtbot.waitUntil(lambda: button.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window))
    assert ink() == QColor(DARK.text)


def test_the_same_scheme_again_changes_nothing(theme, qtbot):
    theme.set_scheme("dark")
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_scheme("dark")
    assert theme.is_dark


def test_larger_text_is_a_factor_of_the_desktops_size(theme, qtbot):
    before = QApplication.font().pointSizeF()
    button = QToolButton()
    qtbot.addWidget(button)
    theme.set_text_factor(1.4)
    theme.set_text_factor(1.5)
    assert QApplication.font().pointSizeF() == pytest.approx(1.5 * before)
    qtbot.waitUntil(lambda: button.font().pointSizeF() == pytest.approx(1.5 * before))
