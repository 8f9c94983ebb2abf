"""The timeline: a row a milestone, bars as long as their numbers say, read from the pixels."""

import pytest
from PySide6.QtCore import Qt

from cnnviz.gui.widgets.series_colors import SERIES
from cnnviz.gui.widgets.timeline_view import DEPTH, NAME, PARAMETERS, TOP1, YEAR, TimelineView


@pytest.fixture
def view(qtbot):
    made = TimelineView()
    qtbot.addWidget(made)
    made.resize(900, 460)
    made.show()
    return made


def row_of(view, name):
    return next(row for row, each in enumerate(view.model().milestones) if each.name == name)


def texts(view, column):
    model = view.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def bar_length(view, name, column, color):
    """Pixels of the bar's colour along the middle of a cell."""
    cell = view.visualRect(view.model().index(row_of(view, name), column))
    picture = view.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    y = int(cell.center().y() * ratio)
    xs = range(int(cell.left() * ratio), int(cell.right() * ratio))
    return sum(picture.pixelColor(x, y).getRgb()[:3] == color for x in xs)


def test_the_course_from_1979_to_2016(view):
    assert texts(view, YEAR)[0] == "1979"
    assert texts(view, YEAR)[-1] == "2016"
    assert texts(view, NAME)[:4] == ["Neocognitron", "LeNet-1", "LeNet-5", "AlexNet (2012)"]
    assert texts(view, PARAMETERS)[row_of(view, "vgg16")] == "138.4 M"
    assert texts(view, TOP1)[row_of(view, "resnet152")] == "77.8 %"
    assert texts(view, TOP1)[row_of(view, "lenet5")] == ""


def test_bars_compare(view):
    deep, half = (bar_length(view, name, DEPTH, SERIES[0]) for name in ("resnet152", "resnet50"))
    assert half / deep == pytest.approx(50 / 152, abs=0.02)
    best, first = (bar_length(view, name, TOP1, SERIES[5]) for name in ("resnet152", "alexnet-2012"))
    assert first / best == pytest.approx(57.1 / 77.8, abs=0.02)
    assert bar_length(view, "lenet5", TOP1, SERIES[5]) == 0
    assert bar_length(view, "lenet5", PARAMETERS, SERIES[2]) > 5


def test_a_click_chooses_and_a_double_click_activates(view, qtbot):
    place = view.visualRect(view.model().index(row_of(view, "vgg19"), NAME)).center()
    with qtbot.waitSignal(view.milestone_chosen) as chosen:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["vgg19"]
    with qtbot.waitSignal(view.milestone_activated) as activated:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert activated.args == ["vgg19"]


def test_the_keyboard_moves_through_time(view, qtbot):
    view.mark("lenet5")
    with qtbot.waitSignal(view.milestone_chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert chosen.args == ["alexnet-2012"]


def test_the_setter_emits_nothing(view, qtbot):
    with qtbot.assertNotEmitted(view.milestone_chosen):
        view.mark("googlenet")
        assert view.current_name() == "googlenet"
        view.mark("squeezenet1_1")
    assert view.current_name() == ""
