"""The data dock: counts as bars, pictures in their rows, numbers and warnings in words."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from cnnviz.core.training.samples import DataSamples
from cnnviz.core.training.values import BrokenFile, DataSummary, SplitSummary
from cnnviz.gui.docks.data import DataDock
from cnnviz.gui.widgets.data_bars import COLORS
from cnnviz.gui.widgets.data_words import facts_of, warnings_of

SUMMARY = DataSummary(
    "folder", "Pets", ("cat", "dog"), (SplitSummary("train", (30, 10)), SplitSummary("validation", (10, 10))), 3,
    (32, 48), ((200, 300, 35), (100, 100, 5)), (0.5, 0.4, 0.3), (0.2, 0.2, 0.2), 3.0, ("bird",),
    (BrokenFile("cat/9.jpg", "cut"),), 12, in_memory=False, root="/data/pets", notes=("ten are held out",),
)  # fmt: skip
RED, GREEN = (220, 30, 30), (30, 200, 30)
SAMPLES = DataSamples(np.array([np.full((8, 12, 3), color) for color in (RED, RED, GREEN)], np.uint8), (0, 0, 1))


@pytest.fixture
def dock(qtbot):
    made = DataDock()
    qtbot.addWidget(made)
    made.resize(420, 700)
    made.show()
    return made


def widths(dock, row):
    """Pixels of each split's part in a class's bar."""
    shot, height = dock.bars.grab().toImage(), dock.bars._row_height()
    y = round(8 + (row + 0.5) * height)
    drawn = [shot.pixelColor(x, y).getRgb()[:3] for x in range(shot.width())]
    return {split: drawn.count(color) for split, color in COLORS.items()}


def test_bars_are_as_long_as_their_counts(dock):
    dock.show_data(SUMMARY)
    cat, dog = widths(dock, 0), widths(dock, 1)
    assert cat["train"] == pytest.approx(3 * cat["validation"], abs=3)
    assert dog["train"] == pytest.approx(dog["validation"], abs=2)
    assert cat["train"] == pytest.approx(3 * dog["train"], abs=3)
    assert cat["test"] == 0


def test_each_class_has_its_pictures_in_a_row(dock, qtbot):
    dock.show_data(SUMMARY, SAMPLES)
    shot, places = dock.grid.grab().toImage(), dict(dock.grid._areas())
    assert [shot.pixelColor(places[number].center().toPoint()).getRgb()[:3] for number in (0, 1, 2)] == [
        RED,
        RED,
        GREEN,
    ]
    assert places[0].top() == places[1].top() < places[2].top()
    assert places[0].width() / places[0].height() == pytest.approx(12 / 8)
    with qtbot.waitSignal(dock.picture_chosen) as chosen:
        qtbot.mouseDClick(dock.grid, Qt.MouseButton.LeftButton, pos=places[2].center().toPoint())
    assert chosen.args[1] == "dog"
    assert np.array_equal(chosen.args[0], SAMPLES.pictures[2])
    assert dock.grid.picture_at(QPointF(0, 0)) is None


def test_the_facts_are_all_there(dock):
    facts = dict(facts_of(SUMMARY))
    assert facts["Pictures"] == "40 training + 20 validation"
    assert facts["As found"] == "200×300, 100×100"
    assert facts["To the network"] == "32×48, colour"
    assert facts["Mean"] == "0.5000, 0.4000, 0.3000"
    assert facts["Largest ÷ smallest"] == "3.00"
    assert "on disk" in facts["Kept"]
    dock.show_data(SUMMARY)
    assert "0.5000, 0.4000, 0.3000" in dock.facts_label.text()


def test_what_may_spoil_a_training_is_said(dock):
    imbalance, empty, broken, note = warnings_of(SUMMARY)
    assert "3.0 times" in imbalance
    assert "balance" in imbalance
    assert empty == "Classes without any training picture: bird."
    assert broken == "12 files cannot be read and are left out: cat/9.jpg (cut) and 11 more"
    assert note == "Ten are held out."
    dock.show_data(SUMMARY)
    assert "cat/9.jpg" in dock.message_label.text()


def test_names_of_files_and_classes_are_no_markup(dock):
    nasty = SUMMARY.__class__(**{**SUMMARY.__dict__, "broken": (BrokenFile("<img src=x>", "y"),), "root": "<b>r</b>"})
    dock.show_data(nasty)
    assert "&lt;img" in dock.message_label.text()
    assert "&lt;b&gt;r" in dock.facts_label.text()


def test_data_that_is_not_here_offers_to_fetch_it(dock, qtbot):
    dock.show_nothing("MNIST is not on this computer yet.", "Fetch 11 MB")
    assert dock.message_label.isVisible()
    assert not dock.bars.isVisible()
    with qtbot.waitSignal(dock.fetch_wanted):
        qtbot.mouseClick(dock.fetch_button, Qt.MouseButton.LeftButton)
    dock.show_data(SUMMARY, SAMPLES)
    assert not dock.fetch_button.isVisible()
    assert dock.bars.isVisible()


def test_numbers_without_pictures_keep_those_of_the_same_classes(dock):
    dock.show_data(SUMMARY)
    assert not dock.grid.isVisible()
    dock.show_data(SUMMARY, SAMPLES)
    dock.show_data(SUMMARY)
    assert dock.grid.isVisible()


def test_the_mouse_tells_the_counts_and_a_wide_dock_stands_side_by_side(dock, qtbot):
    dock.show_data(SUMMARY)
    qtbot.mouseMove(dock.bars, QPointF(100, 8 + 1.5 * dock.bars._row_height()).toPoint())
    qtbot.waitUntil(lambda: dock.bars.toolTip() == "dog: train 10, validation 10")
    dock.show_data(SUMMARY, SAMPLES)
    assert dock.grid.y() > dock.bars.y()
    dock.resize(1100, 500)
    dock.widget().layout().activate()
    qtbot.waitUntil(lambda: dock.grid.y() == dock.bars.y())
    assert dock.grid.x() > dock.bars.x()


def test_the_counts_can_be_saved(dock, tmp_path):
    dock.show_data(SUMMARY)
    dock.bars.save_csv(tmp_path / "counts.csv")
    dock.bars.save_svg(tmp_path / "counts.svg")
    with (tmp_path / "counts.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["class", "train", "validation"], ["cat", "30", "10"], ["dog", "10", "10"]]
    assert QColor(*COLORS["train"]).name() in (tmp_path / "counts.svg").read_text(encoding="utf-8")


def test_a_single_broken_file_is_said_as_one():
    (said,) = [words for words in warnings_of(replace(SUMMARY, broken_count=1)) if "cannot be read" in words]
    assert said == "1 file cannot be read and is left out: cat/9.jpg (cut)"
