"""The curves dock with several runs: colours that stay, choices, values below the mouse, what differs."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt

from cnnviz.core.training.values import LayerMeasures, MetricsLine, OptimizerChoice, RunStatus
from cnnviz.gui.docks.curves import CurvesDock
from cnnviz.gui.run_view import RunFollower
from cnnviz.gui.widgets.curves_scene import CurvesChoices
from cnnviz.gui.widgets.curves_table import (
    LOSS,
    NAME,
    RATE,
    STATE,
    STEP,
    VALIDATION_ACCURACY,
    VALIDATION_LOSS,
    _loss_text,
)


def lines(loss, count=40):
    for step in range(1, count + 1):
        yield MetricsLine(step, step / 10, "train", loss, 0.5, 1e-3, 100.0, step * 0.1, 1e9 + step)
        if step % 10 == 0:
            yield MetricsLine(step, step / 10, "validation", loss + step / 100, 0.8 - step / 100, time=1e9)
            yield MetricsLine(step, step / 10, layers={"conv": LayerMeasures(0.5, 1e-3), "fc": LayerMeasures(2, 1e-2)})
    yield MetricsLine(20, 2.0, event="learning rate 0.001 → 0.0005, by hand")


@pytest.fixture
def views(make_run):
    done = RunStatus("finished", step=40, total_steps=40)
    sgd, adam = OptimizerChoice("sgd", 0.05), OptimizerChoice("adam")
    paths = make_run("one", lines(1.0), done, optimizer=sgd), make_run("two", lines(2.0), done, optimizer=adam)
    return [RunFollower(path).look(layers=True) for path in paths]


@pytest.fixture
def dock(qtbot, views):
    made = CurvesDock()
    qtbot.addWidget(made)
    made.resize(760, 700)
    made.show_choices(replace(made.choices, across="steps"))
    for view in views:
        made.show_run(view)
    made.show()
    return made


def cell(dock, row, column):
    return dock.table.topLevelItem(row).text(column)


def test_every_run_has_a_row_with_its_newest_values(dock):
    assert [cell(dock, row, NAME) for row in (0, 1)] == ["one", "two"]
    assert cell(dock, 0, STATE) == "Finished"
    assert cell(dock, 0, STEP) == "40"
    assert cell(dock, 1, LOSS) == "2"
    assert cell(dock, 0, VALIDATION_LOSS) == "1.4"
    assert cell(dock, 0, VALIDATION_ACCURACY) == "40.0 %"


def test_a_narrow_dock_spares_the_columns_that_matter_least(dock, qtbot):
    assert not any(dock.table.isColumnHidden(column) for column in range(8))
    dock.resize(420, 700)
    qtbot.waitUntil(lambda: dock.table.isColumnHidden(RATE))
    assert not dock.table.isColumnHidden(VALIDATION_ACCURACY)
    assert dock.table.columnWidth(NAME) > dock.table.columnWidth(VALIDATION_ACCURACY)


def test_colours_differ_and_stay_when_another_run_goes(dock, views):
    first, second = (run.color for run in dock.runs)
    assert first != second
    dock.remove_run(views[0].path)
    assert [run.color for run in dock.runs] == [second]
    dock.show_run(views[0])
    assert [run.color for run in dock.runs] == [second, first]


def test_a_run_can_be_hidden_and_keeps_its_row(dock, qtbot, views):
    with qtbot.waitSignal(dock.table.run_switched) as switched:
        dock.table.topLevelItem(0).setCheckState(NAME, Qt.CheckState.Unchecked)
    assert switched.args == [views[0].path, False]
    assert [run.path for run in dock.view.scene.runs] == [views[1].path]
    assert dock.table.topLevelItemCount() == 2


def test_choosing_a_row_shows_its_layers_and_is_told(dock, qtbot, views):
    assert dock.view.scene.chosen.path == views[0].path
    with qtbot.waitSignal(dock.run_chosen) as chosen:
        dock.table.setCurrentItem(dock.table.topLevelItem(1))
    assert chosen.args == [views[1].path]
    assert dock.view.scene.chosen.path == views[1].path


def test_setters_emit_nothing(dock, qtbot, views):
    with qtbot.assertNotEmitted(dock.run_chosen), qtbot.assertNotEmitted(dock.toolbar.changed):
        dock.choose_run(views[1])
        dock.show_run(views[0])
        dock.show_choices(CurvesChoices(smoothing=0.5))
        dock.remove_run(views[0].path)
    assert dock.toolbar.choices.smoothing == 0.5


def test_the_mouse_shows_the_values_of_its_step_and_leaving_the_newest(dock, qtbot):
    area = dock.view.areas()["loss"]
    x = area.left() + dock.view.scene.across_axis().fraction(19) * area.width()
    qtbot.mouseMove(dock.view, QPointF(x, area.center().y()).toPoint())
    assert cell(dock, 0, STEP) == "19"
    assert cell(dock, 0, VALIDATION_LOSS) == "1.2"
    x = area.left() + dock.view.scene.across_axis().fraction(20) * area.width()
    qtbot.mouseMove(dock.view, QPointF(x, area.center().y()).toPoint())
    assert dock.told_label.text() == "one: learning rate 0.001 → 0.0005, by hand"
    qtbot.mouseMove(dock.view, QPointF(1, 1).toPoint())
    assert cell(dock, 0, STEP) == "40"
    assert dock.told_label.text() == ""


def test_the_mouse_on_a_layer_says_its_number(dock, qtbot):
    area = dock.view.areas()["layers"]
    qtbot.mouseMove(dock.view, QPointF(area.center().x(), area.bottom() - 4).toPoint())
    assert dock.told_label.text() == "fc: gradient norm 2"


def test_what_differs_is_a_table_in_the_window_s_words(dock, qtbot):
    qtbot.mouseClick(dock.differences_button, Qt.MouseButton.LeftButton)
    table = dock.differences.table
    rows = [[table.topLevelItem(row).text(column) for column in range(3)] for row in range(table.topLevelItemCount())]
    assert rows == [["Optimiser", "sgd", "adam"], ["Learning rate", "0.05", "0.001"]]
    dock.table.topLevelItem(0).setCheckState(NAME, Qt.CheckState.Unchecked)
    assert "two runs or more" in dock.differences.words_label.text()


def test_panels_are_switched_but_never_all_off(dock, qtbot):
    for name in ("accuracy", "layers"):
        qtbot.mouseClick(dock.toolbar.panel_buttons[name], Qt.MouseButton.LeftButton)
    assert dock.choices.panels == ("loss",)
    assert list(dock.view.areas()) == ["loss"]
    qtbot.mouseClick(dock.toolbar.panel_buttons["loss"], Qt.MouseButton.LeftButton)
    assert dock.choices.panels == ("loss",)
    assert dock.toolbar.panel_buttons["loss"].isChecked()
    qtbot.mouseClick(dock.toolbar.panel_buttons["learning_rate"], Qt.MouseButton.LeftButton)
    assert dock.choices.panels == ("loss", "learning_rate")


def test_smoothing_follows_the_slider_and_the_raw_values_stay(dock):
    dock.toolbar.smoothing_slider.setValue(0)
    run = dock.runs[0]
    assert len(run.curve("loss", "train").smooth) == 0
    dock.toolbar.smoothing_slider.setValue(20)
    assert dock.choices.smoothing == pytest.approx(0.9)
    assert len(run.curve("loss", "train").smooth) == len(run.curve("loss", "train").raw) == 40


def test_layers_are_wanted_while_they_are_looked_at(dock, qtbot):
    assert dock.wants_layers
    with qtbot.waitSignal(dock.layers_wanted_changed):
        qtbot.mouseClick(dock.toolbar.panel_buttons["layers"], Qt.MouseButton.LeftButton)
    assert not dock.wants_layers


def test_delete_and_the_button_ask_to_take_the_run_away(dock, qtbot, views):
    with qtbot.waitSignal(dock.run_removed) as removed:
        qtbot.keyClick(dock.table, Qt.Key.Key_Delete)
    assert removed.args == [views[0].path]
    with qtbot.waitSignal(dock.run_removed) as removed:
        qtbot.mouseClick(dock.remove_button, Qt.MouseButton.LeftButton)
    assert removed.args == [views[0].path]


def test_a_run_that_is_gone_says_so_and_its_curves_stay(dock, views):
    dock.show_run(replace(views[0], problem="There is no run folder /x: it was moved or removed."))
    assert cell(dock, 0, STATE) == "Gone"
    assert "moved or removed" in dock.table.topLevelItem(0).toolTip(STATE)
    assert len(dock.runs[0].places("train", "steps")) == 40


def test_a_folder_is_asked_for_beside_the_running_window(dock, qtbot, tmp_path):
    dialog = dock.ask_for_run()
    with qtbot.waitSignal(dock.run_wanted) as wanted:
        dialog.fileSelected.emit(str(tmp_path))
    assert wanted.args == [str(tmp_path)]
    dialog.close()


def test_losses_of_an_explosion_fit_their_column():
    assert [_loss_text(value) for value in (0.03134, 173.84, 6.71e7, 3.0349e23)] == [
        "0.03134", "173.8", "6.71e07", "3.03e23",
    ]  # fmt: skip
