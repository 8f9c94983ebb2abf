"""The network chooser: finds, sorts and asks for a network with its weights; shows progress and why one was refused."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from cnnviz.core.networks.values import NetworkChoice, NetworkEntry, WeightsInfo
from cnnviz.core.reports import Problem, Progress
from cnnviz.gui.dialogs.network_chooser import NetworkChooser
from cnnviz.gui.widgets.entry_model import ACCURACY, DEPTH, MACS, NAME, ORIGIN, PARAMETERS, SIZE, YEAR, millions

ENTRIES = (
    NetworkEntry("convnet-mnist", "Convnet MNIST", "cnnviz", 104_202, (28, 28), 1,
                 (WeightsInfo("trained", 0.4, cached=True, accuracy=99.1, data="MNIST"),)),
    NetworkEntry("resnet152", "ResNet-152", "torchvision", 60_192_808, weights=(
        WeightsInfo("IMAGENET1K_V2", 230.5, cached=False, accuracy=82.3, data="ImageNet-1K"),
        WeightsInfo("IMAGENET1K_V1", 230.4, cached=True, accuracy=78.3))),
    NetworkEntry("resnet18", "ResNet-18", "torchvision", 11_689_512, weights=(
        WeightsInfo("IMAGENET1K_V1", 44.7, cached=False, accuracy=69.8),), year=2015, depth=18, macs=1_814_000_000),
    NetworkEntry("lenet5", "LeNet-5", "course", 61_706, (32, 32), 1, year=1998, depth=5, macs=416_520, accuracy=99.05,
                 note="As taught today."),
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
    assert chooser.count_label.text() == "5 networks"
    assert chooser.open_button.isEnabled()


def test_opened_again_it_knows_the_weights_downloaded_meanwhile(chooser, qtbot):
    chooser.show_choice(NetworkChoice("resnet18"))
    assert "download 44.7 MB" in chooser.form.weights_box.currentText()
    chooser.close()
    with qtbot.waitSignal(chooser.entries_requested):
        chooser.show()
    (weights,) = ENTRIES[2].weights
    here = replace(ENTRIES[2], weights=(replace(weights, cached=True),))
    chooser.show_entries([*ENTRIES[:2], here, *ENTRIES[3:]])
    assert chooser.table.current_entry() == here
    assert "on this machine" in chooser.form.weights_box.currentText()


def test_no_button_bears_an_icon_of_the_style_which_would_be_black_in_the_dark(chooser):
    assert all(button.icon().isNull() for button in chooser.buttons.buttons())


def test_the_table_says_what_is_known_of_each_network(chooser):
    assert rows(chooser) == ["Convnet MNIST", "LeNet-5", "Bare", "ResNet-18", "ResNet-152"]
    assert rows(chooser, ORIGIN) == ["ships with cnnviz", "the course", "torchvision", "torchvision", "torchvision"]
    assert rows(chooser, YEAR) == ["", "1998", "", "2015", ""]
    assert rows(chooser, DEPTH) == ["", "5", "", "18", ""]
    assert rows(chooser, PARAMETERS) == ["104 k", "62 k", "", "11.7 M", "60.2 M"]
    assert rows(chooser, MACS) == ["", "417 k", "", "1.8 G", ""]
    assert rows(chooser, ACCURACY) == ["99.1 %", "99.0 %", "", "69.8 %", "82.3 %"]
    assert rows(chooser, SIZE) == ["✓ 0.4 MB", "", "", "45 MB", "✓ 230 MB"]


@pytest.mark.parametrize(("count", "text"), [(None, ""), (61_706, "62 k"), (999_999, "1,000 k"), (1_000_000, "1.0 M")])
def test_millions(count, text):
    assert millions(count) == text


def test_sorting_knows_numbers(chooser):
    chooser.table.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
    assert rows(chooser) == ["Bare", "Convnet MNIST", "LeNet-5", "ResNet-18", "ResNet-152"]


@pytest.mark.parametrize(
    ("column", "ascending"),
    [
        (PARAMETERS, ["LeNet-5", "Convnet MNIST", "ResNet-18", "ResNet-152"]),
        (YEAR, ["LeNet-5", "ResNet-18"]),
        (DEPTH, ["LeNet-5", "ResNet-18"]),
        (MACS, ["LeNet-5", "ResNet-18"]),
        (ACCURACY, ["ResNet-18", "ResNet-152", "LeNet-5", "Convnet MNIST"]),
        (SIZE, ["Convnet MNIST", "ResNet-18", "ResNet-152"]),
    ],
)
def test_what_is_not_known_comes_last_whichever_way_is_sorted(chooser, column, ascending):
    chooser.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert rows(chooser)[: len(ascending)] == ascending
    chooser.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    assert rows(chooser)[: len(ascending)] == ascending[::-1]


def test_networks_of_one_origin(chooser):
    box = chooser.origin_box
    assert [box.itemText(place) for place in range(box.count())] == [
        "All origins", "ships with cnnviz", "the course", "torchvision",
    ]  # fmt: skip
    box.setCurrentIndex(3)
    assert rows(chooser) == ["Bare", "ResNet-18", "ResNet-152"]
    chooser.search_field.setText("2015")
    assert rows(chooser) == ["ResNet-18"]
    assert chooser.count_label.text() == "1 of 5 networks"
    box.setCurrentIndex(0)
    chooser.search_field.setText("18 resnet")
    assert rows(chooser) == ["ResNet-18"]


def test_the_timeline_is_another_view_of_the_same_choice(chooser, qtbot):
    chooser.table.mark("resnet18")
    qtbot.mouseClick(chooser.view_buttons.button(1), Qt.MouseButton.LeftButton)
    assert chooser.timeline.isVisible()
    assert chooser.timeline.current_name() == "resnet18"
    assert not chooser.search_field.isEnabled()
    place = chooser.timeline.visualRect(chooser.timeline.model().index(2, 1)).center()
    qtbot.mouseClick(chooser.timeline.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chooser.form.choice() == NetworkChoice("lenet5", weights="none")
    assert chooser.note_label.text() == "As taught today."
    with qtbot.waitSignal(chooser.network_requested) as asked:
        press_open(chooser, qtbot)
    assert asked.args == [NetworkChoice("lenet5", weights="none")]
    qtbot.mouseClick(chooser.view_buttons.button(0), Qt.MouseButton.LeftButton)
    assert chooser.table.current_entry().name == "lenet5"


def test_a_file_is_opened_at_once(chooser, qtbot, tmp_path):
    file = tmp_path / "mine.onnx"
    file.write_bytes(b"")
    dialog = chooser.ask_for_file()
    dialog.selectFile(str(file))
    with qtbot.waitSignal(chooser.network_requested) as asked:
        dialog.accept()
    assert asked.args == [NetworkChoice("mine.onnx", file=str(file))]
    assert chooser.waiting
    assert chooser.table.current_entry() is None
    assert chooser.form.network_label.text() == str(file)


def test_python_code_is_asked_about_inside_the_dialog(chooser, qtbot):
    chooser.open_file("/nets/mine.py")
    allowed = NetworkChoice("mine.py", file="/nets/mine.py", confirmed_code=True)
    chooser.show_problem(Problem("mine.py is Python code.", way_out=allowed))
    button = chooser.message_line.problem_line.action_button
    assert button.isVisible()
    assert button.text() == "Run its code"
    assert chooser.form.seed_box.isVisible()
    with qtbot.waitSignal(chooser.network_requested) as asked:
        button.click()
    assert asked.args == [allowed]


def test_a_file_with_other_weights_and_class_names(chooser):
    chooser.open_file("/nets/mine.pt2")
    box = chooser.form.weights_box
    assert [box.itemText(place) for place in range(box.count())] == ["Those in the file", "A file"]
    assert not chooser.form.seed_box.isVisible()
    box.setCurrentIndex(1)
    chooser.form.file_field.set_path("other.pth")
    chooser.form.names_field.set_path("names.txt")
    assert chooser.form.choice() == NetworkChoice(
        "mine.pt2", file="/nets/mine.pt2", weights="none", weights_file="other.pth", class_names_file="names.txt"
    )


@pytest.mark.parametrize(
    "choice",
    [
        NetworkChoice("mine.py", file="/nets/mine.py", confirmed_code=True, seed=5),
        NetworkChoice("my network", spec="{}", seed=3),
        NetworkChoice("a.onnx", file="/a.onnx", class_names_file="names.txt"),
    ],
)
def test_a_network_that_is_none_of_the_registry_is_shown(chooser, choice):
    chooser.show_choice(choice)
    assert chooser.table.current_entry() is None
    assert chooser.form.choice() == choice
    chooser.table.mark("resnet18")
    assert chooser.form.choice().file == chooser.form.choice().spec == ""


def test_the_search_marks_what_it_finds(chooser, qtbot):
    qtbot.keyClicks(chooser.search_field, "resnet18")
    assert rows(chooser) == ["ResNet-18"]
    with qtbot.waitSignal(chooser.network_requested) as asked:
        qtbot.keyClick(chooser.search_field, Qt.Key.Key_Return)
    assert asked.args == [NetworkChoice("resnet18", weights="IMAGENET1K_V1")]


def test_what_was_searched_for_before_the_list_came_is_marked_when_it_comes(qtbot):
    chooser = NetworkChooser()
    qtbot.addWidget(chooser)
    chooser.show_choice(NetworkChoice("convnet-mnist"))
    chooser.show()
    qtbot.keyClicks(chooser.search_field, "resnet")
    chooser.show_entries(ENTRIES)
    assert chooser.table.current_entry().name == "resnet18"
    with qtbot.waitSignal(chooser.network_requested) as asked:
        qtbot.keyClick(chooser.search_field, Qt.Key.Key_Return)
    assert asked.args == [NetworkChoice("resnet18", weights="IMAGENET1K_V1")]


def test_the_arrow_keys_move_the_mark_while_one_types(chooser, qtbot):
    qtbot.keyClicks(chooser.search_field, "resnet")
    qtbot.keyClick(chooser.search_field, Qt.Key.Key_Down)
    assert chooser.table.current_entry().name == "resnet152"
    assert chooser.form.choice().name == "resnet152"
    qtbot.keyClick(chooser.search_field, Qt.Key.Key_Up)
    qtbot.keyClicks(chooser.search_field, "18")
    assert (chooser.search_field.text(), chooser.table.current_entry().name) == ("resnet18", "resnet18")


def test_a_search_without_an_answer_opens_nothing(chooser, qtbot):
    qtbot.keyClicks(chooser.search_field, "no such")
    with qtbot.assertNotEmitted(chooser.network_requested):
        qtbot.keyClick(chooser.search_field, Qt.Key.Key_Return)
    assert chooser.isVisible()


def test_published_weights_say_size_and_accuracy(chooser):
    chooser.table.mark("resnet152")
    box = chooser.form.weights_box
    assert [box.itemText(place) for place in range(box.count())] == [
        "IMAGENET1K_V2, ImageNet-1K, 82.3 %, download 230.5 MB",
        "IMAGENET1K_V1, 78.3 %, on this machine",
        "Initial weights, not trained",
        "A file",
    ]


def test_weights_that_are_here_come_before_those_to_be_downloaded(chooser, qtbot):
    chooser.table.mark("resnet152")
    with qtbot.waitSignal(chooser.network_requested) as asked:
        press_open(chooser, qtbot)
    assert asked.args == [NetworkChoice("resnet152", weights="IMAGENET1K_V1")]


def test_a_chosen_set_is_asked_for(chooser, qtbot):
    chooser.table.mark("resnet152")
    chooser.form.weights_box.setCurrentIndex(0)
    with qtbot.waitSignal(chooser.network_requested) as asked:
        press_open(chooser, qtbot)
    assert asked.args == [NetworkChoice("resnet152", weights="IMAGENET1K_V2")]


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
    place = chooser.table.visualRect(chooser.table.model().index(3, NAME)).center()
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
    assert chooser.count_label.text() == "2 of 5 networks"
    assert chooser.table.current_entry().name == "resnet18"


def test_a_file_and_class_names_stay_with_their_network(chooser):
    chooser.table.mark("resnet18")
    chooser.form.weights_box.setCurrentIndex(2)
    chooser.form.file_field.set_path("mine.pth")
    chooser.form.names_field.set_path("names.txt")
    chooser.table.mark("resnet152")
    assert chooser.form.choice() == NetworkChoice("resnet152", weights="IMAGENET1K_V1")
