"""The message line: a problem and its way out, a task and its cancel, and nothing when there is nothing to say."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.reports import Problem, Progress
from cnnviz.gui.widgets.message_line import MessageLine


@pytest.fixture
def line(qtbot):
    made = MessageLine()
    qtbot.addWidget(made)
    made.told = []
    made.shown_changed.connect(made.told.append)
    made.show()
    return made


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_problem_is_a_sentence_until_it_is_dismissed(line, qtbot):
    line.show_problem(Problem("It is broken."))
    assert line.told == [True]
    assert line.problem_line.isVisible()
    assert line.problem_line.sentence.text() == "It is broken."
    assert not line.problem_line.action_button.isVisible()
    click(qtbot, line.problem_line.dismiss_button)
    assert line.told == [True, False]


def test_details_are_behind_a_button(line, qtbot):
    line.show_problem(Problem("It is broken.", "missing: conv1"))
    problem = line.problem_line
    assert not problem.details.isVisible()
    click(qtbot, problem.details_button)
    assert problem.details.isVisible()
    assert problem.details.toPlainText() == "It is broken.\n\nmissing: conv1"
    line.show_problem(Problem("Another."))
    assert not problem.details.isVisible()
    assert problem.details.toPlainText() == "Another."


def test_copy_takes_the_sentence_and_the_details(line, qtbot):
    line.show_problem(Problem("It is broken.", "missing: conv1"))
    click(qtbot, line.problem_line.copy_button)
    assert QGuiApplication.clipboard().text() == "It is broken.\n\nmissing: conv1"


def test_the_way_out_is_offered_and_taken(line, qtbot):
    choice = NetworkChoice("resnet18", weights_file="a.pth", replace_head=True)
    line.show_problem(Problem("10 classes, not 1000.", way_out=choice))
    with qtbot.waitSignal(line.way_out_taken) as asked:
        click(qtbot, line.problem_line.action_button)
    assert asked.args == [choice]
    assert line.told == [True, False]


@pytest.mark.parametrize(("allowed", "words"), [(False, "Replace the head"), (True, "Run its code")])
def test_the_way_out_says_what_it_does(line, allowed, words):
    choice = NetworkChoice("own", file="own.py", confirmed_code=allowed)
    line.show_problem(Problem("It is code.", way_out=choice))
    assert line.problem_line.action_button.text() == words


def test_progress_known_and_unknown(line):
    line.show_progress(Progress("load", "Loading", 0.25))
    bar = line.progress_line.bar
    assert (bar.value(), bar.maximum()) == (250, 1000)
    assert not line.progress_line.cancel_button.isVisible()
    line.show_progress(Progress("load", "Loading", None, cancellable=True))
    assert bar.maximum() == 0
    assert line.progress_line.cancel_button.isVisible()


def test_cancel_names_the_task_on_view(line, qtbot):
    line.show_progress(Progress("load", "Loading", 0.1, cancellable=True))
    line.show_progress(Progress("download", "Downloading", 0.1, cancellable=True))
    with qtbot.waitSignal(line.cancel_requested) as cancelled:
        click(qtbot, line.progress_line.cancel_button)
    assert cancelled.args == ["download"]


def test_a_finished_task_makes_room_for_the_one_before(line):
    line.show_progress(Progress("load", "Loading", 0.1))
    line.show_progress(Progress("download", "Downloading", 0.1))
    line.show_progress(Progress("download", "Downloading", 1.0, done=True))
    assert line.progress_line.text.text() == "Loading"
    line.show_progress(Progress("load", "Loading", 1.0, done=True))
    assert line.told == [True, False]
    assert not line.progress_line.isVisibleTo(line)


def test_the_end_of_a_task_never_begun_shows_nothing(line):
    line.show_progress(Progress("load", "", done=True))
    assert line.told == []


def test_a_stopped_engine_leaves_no_task_on_view(line):
    line.show_progress(Progress("load", "Loading", 0.1))
    line.clear_progress()
    assert line.told == [True, False]


def test_setters_ask_for_nothing(line, qtbot):
    with qtbot.assertNotEmitted(line.cancel_requested), qtbot.assertNotEmitted(line.way_out_taken):
        line.show_problem(Problem("a", "b", NetworkChoice("x")))
        line.show_progress(Progress("t", "u", 0.5, cancellable=True))
        line.clear_problem()
        line.clear_progress()
    assert line.told[-1] is False
