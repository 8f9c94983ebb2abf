"""The buttons press the menu's actions and show which one is on."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup

from cnnviz.gui.widgets.workspace_switch import WorkspaceSwitch


def test_a_button_is_its_action(qtbot):
    group = QActionGroup(None)
    actions = [QAction(words, group, checkable=True) for words in ("Explore: look", "Build: make")]
    actions[0].setChecked(True)
    switch = WorkspaceSwitch(actions, None)
    qtbot.addWidget(switch)
    explore, build = switch._group.buttons()
    assert (explore.text(), build.text()) == ("Explore", "Build")
    assert (explore.isChecked(), build.isChecked()) == (True, False)
    with qtbot.waitSignal(actions[1].triggered):
        qtbot.mouseClick(build, Qt.MouseButton.LeftButton)
    assert actions[1].isChecked()
    actions[0].setChecked(True)
    assert explore.isChecked()
