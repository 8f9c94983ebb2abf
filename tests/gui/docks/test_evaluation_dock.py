"""The evaluation dock with a real evaluation: from the matrix to pictures to corrections, and what it asks for."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnviz.core.training.evaluation_values import (
    Answers,
    RunEvaluation,
    calibration_error,
    cell,
    class_scores,
    confusion_matrix,
    mistakes,
    reliability,
)
from cnnviz.core.training.sample_edits import SampleEdits
from cnnviz.core.training.values import CheckpointInfo, DataSummary, RunStatus, SplitSummary
from cnnviz.gui.docks.evaluation import EvaluationDock
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.evaluation_words import summary_text

CLASSES = ("cat", "dog", "cow")
LABELS, PREDICTED = np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 1, 0, 2])
PROBABILITY = np.array([0.9, 0.6, 0.95, 0.8, 0.7, 0.99, 0.5])


def evaluation() -> RunEvaluation:
    confusion = confusion_matrix(LABELS, PREDICTED, 3)
    bins = tuple(reliability(PROBABILITY, LABELS == PREDICTED))
    keys = tuple(f"{CLASSES[label]}/{number}.png" for number, label in enumerate(LABELS))
    columns = (tuple(range(7)), keys, tuple(LABELS.tolist()), tuple(PREDICTED.tolist()), tuple(PROBABILITY.tolist()))
    answers = Answers(*columns)
    rows, scores = tuple(map(tuple, confusion.tolist())), class_scores(confusion, CLASSES)
    ece, wrong = calibration_error(bins), mistakes(answers)
    return RunEvaluation(20, "validation", CLASSES, 0.7, 4 / 7, None, rows, scores, bins, ece, wrong, answers)


@pytest.fixture
def view(tmp_path):
    checkpoints = tuple(CheckpointInfo(step, "", f"{step}.safetensors") for step in (0, 10, 20))
    splits = (SplitSummary("train", (9, 9, 9)), SplitSummary("validation", (3, 2, 2)))
    data = DataSummary("folder", "Pets", CLASSES, splits, 3, (8, 8))
    status = RunStatus("stopped", step=20, total_steps=40, best_step=10)
    return RunView(tmp_path / "run", status, data=data, checkpoints=checkpoints)


@pytest.fixture
def dock(qtbot, view):
    made = EvaluationDock()
    qtbot.addWidget(made)
    made.resize(600, 800)
    made.asked = []
    for name in ("evaluate_requested", "samples_wanted", "sample_chosen", "relabelled", "excluded", "restored",
                 "resume_requested", "kept_wanted"):  # fmt: skip
        getattr(made, name).connect(lambda *given, name=name: made.asked.append((name, *given)))
    made.show_run(view)
    made.choose_run(view)
    made.show_evaluation(view.path, evaluation())
    made.show()
    return made


def asked(dock, name):
    return [given for found, *given in dock.asked if found == name]


def texts(dock):
    return [dock.gallery.item(number).text() for number in range(dock.gallery.count())]


def test_a_chosen_run_is_asked_for_what_was_kept_and_evaluated_by_the_button(dock, view):
    assert asked(dock, "kept_wanted") == [[view.path]]
    dock.evaluate_button.click()
    assert asked(dock, "evaluate_requested") == [[view.path, "latest", "validation"]]
    assert not dock.evaluate_button.isEnabled()
    dock.show_evaluation(view.path, evaluation())
    assert dock.evaluate_button.isEnabled()


def test_any_checkpoint_and_split_can_be_evaluated_and_the_best_is_named(dock):
    box = dock.checkpoint_box
    assert [box.itemData(place) for place in range(box.count())] == ["latest", 20, 10, 0]
    assert box.itemText(2) == "Step 10 (best)"
    assert [dock.split_box.itemData(place) for place in range(2)] == ["validation", "train"]
    box.setCurrentIndex(2)
    dock.evaluate()
    assert asked(dock, "evaluate_requested")[0][1:] == [10, "validation"]


def test_the_first_pictures_are_the_most_confident_mistakes(dock):
    assert texts(dock) == ["cow → cat\n99 %", "cat → dog\n95 %", "cat → dog\n60 %"]
    assert asked(dock, "samples_wanted")[-1][1] == ("cow/5.png", "cat/2.png", "cat/1.png")
    assert dock.summary_label.text().startswith("step 20 · 7 validation pictures · accuracy 57.1 %")


def test_a_cell_shows_its_pictures_and_says_what_it_means(dock):
    dock.confusion.set_chosen((0, 1))
    dock.confusion.cell_chosen.emit(0, 1)
    assert [answer.key for answer in cell(evaluation().answers, 0, 1)] == list(dock.gallery.keys)
    assert dock.gallery_label.text() == "cat taken for dog: 2 of 3 (66.7 %)"
    dock.mistakes_button.click()
    assert dock.gallery.count() == 3


def test_a_picture_is_chosen_by_click_or_key_and_goes_to_the_network(dock, view):
    dock.gallery.setCurrentRow(0)
    QTest.keyClick(dock.gallery, Qt.Key.Key_Right)
    assert [given[1].key for given in asked(dock, "sample_chosen")] == ["cow/5.png", "cat/2.png"]
    place = dock.gallery.visualItemRect(dock.gallery.item(2)).center()
    QTest.mouseClick(dock.gallery.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [given[1].key for given in asked(dock, "sample_chosen")][2:] == ["cat/1.png"]
    assert asked(dock, "sample_chosen")[0][0] == view.path


def test_relabel_exclude_and_undo_name_the_chosen_picture(dock, view):
    bar = dock.edits_bar
    assert not bar.relabel_button.isEnabled()
    dock.gallery.setCurrentRow(0)
    bar.class_box.setCurrentText("dog")
    bar.relabel_button.click()
    bar.exclude_button.click()
    dock.show_edits(view.path, SampleEdits(excluded=("cow/5.png",)))
    bar.restore_button.click()
    assert asked(dock, "relabelled") == [[view.path, "cow/5.png", "dog"]]
    assert asked(dock, "excluded") == asked(dock, "restored") == [[view.path, "cow/5.png"]]


def test_corrections_are_told_on_the_pictures_and_counted(dock, view):
    dock.show_edits(view.path, SampleEdits({"cat/2.png": "dog"}, ("cow/5.png",)))
    assert texts(dock)[:2] == ["cow → cat\nexcluded", "cat → dog\nnow dog"]
    assert dock.edits_bar.edits_label.text() == "1 relabelled · 1 excluded"
    dock.show_edits(view.path, SampleEdits(), "It is in no folder.")
    assert dock.edits_bar.edits_label.text() == "It is in no folder."


@pytest.mark.parametrize(
    ("state", "enabled", "text"),
    [("stopped", True, "Resume training"), ("running", False, "Resume training"), ("finished", True, "Train on")],
)
def test_going_on_means_what_the_run_allows(dock, view, state, enabled, text):
    dock.show_run(replace(view, status=replace(view.status, state=state)))
    button = dock.edits_bar.resume_button
    assert (button.isEnabled(), button.text()) == (enabled, text)
    button.click()
    assert len(asked(dock, "resume_requested")) == enabled


def test_small_pictures_land_on_their_items_by_pixel(dock, view):
    pictures = np.zeros((2, 56, 56, 3), np.uint8)
    pictures[0], pictures[1] = (200, 10, 10), (10, 200, 10)
    dock.show_samples(view.path, ("cat/2.png", "not/there.png"), pictures)
    icon = dock.gallery.item(1).icon().pixmap(56, 56).toImage()
    assert icon.pixelColor(28, 28).getRgb()[:3] == (200, 10, 10)


def test_late_answers_about_another_run_are_dropped(dock, view):
    dock.show_evaluation(view.path.with_name("other"), replace(evaluation(), step=999))
    assert dock.evaluation.step == 20


def test_another_run_forgets_what_was_shown(dock, view):
    other = replace(view, path=view.path.with_name("other"))
    dock.show_run(other)
    dock.choose_run(other)
    assert (dock.evaluation, dock.gallery.count(), dock.summary_label.text()) == (None, 0, "")
    dock.remove_run(other.path)
    assert dock.run == view.path


def test_a_class_in_the_table_opens_its_row_of_the_matrix(dock):
    dock.classes.row_chosen.emit(evaluation().scores[1])
    assert dock.confusion.chosen == (1, 1)
    assert dock.gallery_label.text() == "dog recognised: 2 of 2 (100.0 %)"


def test_a_bin_of_the_calibration_is_told_in_words(dock):
    told = []
    dock.calibration.told.connect(told.append)
    dock.calibration.hovered.emit(14)
    right, count = 0, 2  # 0.95 and 0.99 are both wrong
    assert told == [f"93.3 % – 100.0 %: {count} answers, 97.0 % confident on average, {right}.0 % right"]


def test_what_is_missing_is_said_in_place_of_the_matrix(dock, view):
    def words():
        return dock.confusion._words

    other = replace(view, path=view.path.with_name("other"), checkpoints=())
    dock.choose_run(other)
    assert words().startswith("This run has no weights yet")
    dock.show_run(replace(other, checkpoints=view.checkpoints))
    assert words().startswith("Press Evaluate")
    dock.evaluate_button.click()
    assert words() == "The network answers for every picture of the split…"


def test_a_run_that_goes_on_does_not_end_an_evaluation(dock, view):
    dock.evaluate_button.click()
    dock.show_run(replace(view, status=replace(view.status, state="running")))
    assert not dock.evaluate_button.isEnabled()
    dock.show_busy(busy=False)
    assert dock.evaluate_button.isEnabled()


def test_top_five_is_told_only_of_many_classes():
    few = replace(evaluation(), top5=0.9)
    many = replace(few, classes=tuple(map(str, range(20))))
    assert "top-5" not in summary_text(few)
    assert "top-5 90.0 %" in summary_text(many)


def test_ordering_is_offered_where_there_is_a_matrix(dock):
    assert dock.order_button.isVisible()
    dock.pages.setCurrentIndex(1)
    assert not dock.order_button.isVisible()


def test_the_table_of_classes_gives_spare_room_to_the_names(dock):
    dock.pages.setCurrentIndex(1)
    widths = [dock.classes.columnWidth(column) for column in range(6)]
    assert widths[0] == max(widths)
    assert sum(widths) <= dock.classes.viewport().width() + 1
