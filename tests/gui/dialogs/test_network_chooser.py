"""The network chooser: finds, sorts and asks for a network with its weights; shows progress and why one was refused."""

import pytest
from PySide6.QtCore import Qt

from cnnviz.core.values import NetworkChoice, NetworkEntry, Problem, Progress, WeightsInfo
from cnnviz.gui.dialogs.network_chooser import NetworkChooser
from cnnviz.gui.widgets.entry_table import ACCURACY, NAME, PARAMETERS, SIZE, millions

ENTRIES = (
    NetworkEntry("convnet-mnist", "Convnet MNIST", "cnnviz", 104_202, (28, 28), 1,
                 (WeightsInfo("trained", 0.4, cached=True, accuracy=99.1, data="MNIST"),)),
    NetworkEntry("resnet152", "ResNet-152", "torchvision", 60_192_808, weights=(
        WeightsInfo("IMAGENET1K_V2", 230.5, cached=False, accuracy=82.3, data="ImageNet-1K"),
        WeightsInfo("IMAGENET1K_V1", 230.4, cached=True, accuracy=78.3))),
    NetworkEntry("resnet18", "ResNet-18", "torchvision", 11_689_512, weights=(
        WeightsInfo("IMAGENET1K_V1", 44.7, cached=False, accuracy=69.8),)),
    NetworkEntry("bare", "Bare", "torchvision"),
)  # fmt: skip


@pytest.fixture
def chooser(qtbot):
    made = NetworkChooser()
    qtbot.addWidget(made)
    made.show_entries(ENTRIES)
    made.show()
    return made


def rows(chooser, column=NAME):
    model = chooser.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def press_open(chooser, qtbot):
    qtbot.mouseClick(chooser.open_button, Qt.MouseButton.LeftButton)


def test_the_registry_is_asked_for_when_there_is_none(qtbot):
    chooser = NetworkChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitSignal(chooser.entries_requested):
        chooser.show()
    assert chooser.count_label.text() == "Reading the list of networks…"
    assert not chooser.open_button.isEnabled()
    chooser.show_entries(ENTRIES)
    assert chooser.count_label.text() == "4 networks"
    assert chooser.open_button.isEnabled()


def test_the_table_says_size_accuracy_and_what_is_here(chooser):
    assert rows(chooser) == ["Convnet MNIST", "Bare", "ResNet-18", "ResNet-152"]
    assert rows(chooser, PARAMETERS) == ["104 k", "", "11.7 M", "60.2 M"]
    assert rows(chooser, ACCURACY) == ["99.1 %", "", "69.8 %", "82.3 %"]
    assert rows(chooser, SIZE) == ["on this machine", "", "45 MB", "on this machine"]


@pytest.mark.parametrize(("count", "text"), [(None, ""), (61_706, "62 k"), (999_999, "1,000 k"), (1_000_000, "1.0 M")])
def test_millions(count, text):
    assert millions(count) == text


def test_sorting_knows_numbers(chooser):
    chooser.table.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
    assert rows(chooser) == ["Bare", "Convnet MNIST", "ResNet-18", "ResNet-152"]
    chooser.table.sortByColumn(PARAMETERS, Qt.SortOrder.DescendingOrder)
    assert rows(chooser) == ["ResNet-152", "ResNet-18", "Convnet MNIST", "Bare"]


def test_the_search_marks_what_it_finds(chooser, qtbot):
    qtbot.keyClicks(chooser.search_field, "resnet18")
    assert rows(chooser) == ["ResNet-18"]
    with qtbot.waitSignal(chooser.network_requested) as asked:
        qtbot.keyClick(chooser.search_field, Qt.Key.Key_Return)
    assert asked.args == [NetworkChoice("resnet18", weights="IMAGENET1K_V1")]


def test_a_search_without_an_answer_opens_nothing(chooser, qtbot):
    qtbot.keyClicks(chooser.search_field, "no such")
    with qtbot.assertNotEmitted(chooser.network_requested):
        qtbot.keyClick(chooser.search_field, Qt.Key.Key_Return)


def test_published_weights_say_size_and_accuracy(chooser):
    chooser.table.mark("resnet152")
    box = chooser.form.weights_box
    assert [box.itemText(place) for place in range(box.count())] == [
        "IMAGENET1K_V2, ImageNet-1K, 82.3 %, download 230.5 MB",
        "IMAGENET1K_V1, 78.3 %, on this machine",
        "Initial weights, not trained",
        "A file",
    ]


def test_a_chosen_set_is_asked_for(chooser, qtbot):
    chooser.table.mark("resnet152")
    chooser.form.weights_box.setCurrentIndex(1)
    with qtbot.waitSignal(chooser.network_requested) as asked:
        press_open(chooser, qtbot)
    assert asked.args == [NetworkChoice("resnet152", weights="IMAGENET1K_V1")]


def test_initial_weights_have_a_seed(chooser, qtbot):
    chooser.table.mark("resnet18")
    assert not chooser.form.seed_box.isVisible()
    chooser.form.weights_box.setCurrentIndex(1)
    assert chooser.form.seed_box.isVisible()
    chooser.form.seed_box.setValue(7)
    with qtbot.waitSignal(chooser.network_requested) as asked:
        press_open(chooser, qtbot)
    assert asked.args == [NetworkChoice("resnet18", weights="none", seed=7)]


def test_a_file_is_asked_for_once_it_is_named(chooser, qtbot, tmp_path):
    chooser.table.mark("resnet18")
    chooser.form.weights_box.setCurrentIndex(2)
    assert chooser.form.file_field.isVisible()
    assert not chooser.open_button.isEnabled()
    file = tmp_path / "mine.pth"
    file.write_bytes(b"")
    dialog = chooser.form.file_field.ask()
    dialog.selectFile(str(file))
    dialog.accept()
    chooser.form.names_field.set_path("names.txt")
    with qtbot.waitSignal(chooser.network_requested) as asked:
        press_open(chooser, qtbot)
    assert asked.args == [
        NetworkChoice("resnet18", weights="none", weights_file=str(file), class_names_file="names.txt")
    ]


def test_a_double_click_opens(chooser, qtbot):
    place = chooser.table.visualRect(chooser.table.model().index(2, NAME)).center()
    qtbot.mouseClick(chooser.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(chooser.network_requested) as asked:
        qtbot.mouseDClick(chooser.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args[0].name == "resnet18"


def test_one_request_at_a_time_until_it_is_open(chooser, qtbot):
    press_open(chooser, qtbot)
    assert chooser.waiting
    assert not chooser.open_button.isEnabled()
    chooser.show_choice(NetworkChoice("convnet-mnist", "trained"))
    assert not chooser.waiting
    assert not chooser.isVisible()


def test_a_refused_network_can_be_tried_again(chooser, qtbot):
    press_open(chooser, qtbot)
    chooser.show_problem(Problem("It does not fit."))
    assert chooser.message_line.isVisible()
    assert chooser.isVisible()
    with qtbot.waitSignal(chooser.network_requested):
        press_open(chooser, qtbot)
    assert not chooser.message_line.isVisible()


def test_the_head_can_be_replaced_from_here(chooser, qtbot):
    press_open(chooser, qtbot)
    better = NetworkChoice("resnet18", weights_file="a.pth", replace_head=True)
    chooser.show_problem(Problem("10 classes, not 1000.", way_out=better))
    with qtbot.waitSignal(chooser.network_requested) as asked:
        chooser.message_line.problem_line.action_button.click()
    assert asked.args == [better]


def test_progress_and_cancel(chooser, qtbot):
    press_open(chooser, qtbot)
    chooser.show_progress(Progress("network", "Downloading", 0.5, cancellable=True))
    with qtbot.waitSignal(chooser.cancel_requested) as cancelled:
        chooser.message_line.progress_line.cancel_button.click()
    assert cancelled.args == ["network"]
    chooser.show_progress(Progress("network", "", done=True))
    assert not chooser.message_line.isVisible()


def test_setters_ask_for_nothing(chooser, qtbot):
    with qtbot.assertNotEmitted(chooser.network_requested), qtbot.assertNotEmitted(chooser.entries_requested):
        chooser.show_choice(NetworkChoice("resnet18", "none", seed=3))
        chooser.show_entries(ENTRIES)
        chooser.show_progress(Progress("a", "b"))
        chooser.show_problem(Problem("c"))
    assert chooser.isVisible()
    assert chooser.table.current_entry().name == "resnet18"
    assert chooser.form.choice() == NetworkChoice("resnet18", "none", seed=3)


def test_the_number_found_is_told(chooser, qtbot):
    qtbot.keyClicks(chooser.search_field, "resnet")
    assert chooser.count_label.text() == "2 of 4 networks"
    assert chooser.table.current_entry().name == "resnet18"


def test_a_file_and_class_names_stay_with_their_network(chooser):
    chooser.table.mark("resnet18")
    chooser.form.weights_box.setCurrentIndex(2)
    chooser.form.file_field.set_path("mine.pth")
    chooser.form.names_field.set_path("names.txt")
    chooser.table.mark("resnet152")
    assert chooser.form.choice() == NetworkChoice("resnet152", weights="IMAGENET1K_V2")
