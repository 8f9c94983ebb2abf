"""Icons: every one the window uses ships, in the palette's colour, greyed when disabled."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QColor, QIcon, QPalette

import cnnviz.gui
from cnnviz.core.errors import CnnvizError
from cnnviz.core.resources import resource_path
from cnnviz.gui.widgets.icons import icon, refresh_icons, set_icon

NAMED = re.compile(r"""(?:set_icon\([\w.]+,|tool_button\(|menu_button\(|_button\([^"\n]*)\s*"([a-z-]+)\"""")
SOURCES = sorted(Path(cnnviz.gui.__file__).parent.rglob("*.py"))
USED = sorted({name for path in SOURCES for name in NAMED.findall(path.read_text(encoding="utf-8"))})


def ink(drawn, mode=QIcon.Mode.Normal):
    image = drawn.pixmap(40, 40, mode).toImage()
    return {
        image.pixelColor(x, y).name() for x in range(40) for y in range(40) if image.pixelColor(x, y).alpha() == 255
    }


def test_the_search_for_used_names_finds_them():
    assert {"open", "freeze", "close", "search", "loop"} <= set(USED)


@pytest.mark.parametrize("name", USED)
def test_every_icon_the_window_uses_ships_in_one_colour_that_follows_the_theme(name, qapp):
    assert "currentColor" in resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")
    assert ink(icon(name)) == {qapp.palette().color(QPalette.ColorRole.ButtonText).name()}


def test_a_disabled_icon_is_greyed(qapp):
    grey = qapp.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText).name()
    assert ink(icon("close"), QIcon.Mode.Disabled) == {grey}


def test_an_unknown_icon_is_named():
    with pytest.raises(CnnvizError, match=r"icons/no-such\.svg is missing"):
        icon("no-such")


def test_actions_follow_another_palette_too(qapp, qtbot):
    from PySide6.QtWidgets import QWidget

    owner = QWidget()
    qtbot.addWidget(owner)
    action = QAction(owner)
    set_icon(action, "close")
    before, palette = qapp.palette(), qapp.palette()
    palette.setColor(QPalette.ColorRole.ButtonText, QColor("#123456"))
    try:
        qapp.setPalette(palette)
        refresh_icons()
        assert ink(action.icon()) == {"#123456"}
    finally:
        qapp.setPalette(before)
