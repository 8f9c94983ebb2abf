"""The curves by pixel: lines where their values are, raw behind smooth, zoom, cursor, heat, files."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest

from cnnviz.core.training.run_reader import LayerSeries, RunSeries
from cnnviz.core.training.values import MetricsLine
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.curves_scene import CurvesChoices
from cnnviz.gui.widgets.curves_series import RunCurves
from cnnviz.gui.widgets.curves_view import CSV_HEADER, CurvesView

BLUE, RED = (68, 119, 170), (238, 102, 119)
LOSS_ONLY = CurvesChoices(panels=("loss",), across="steps", smoothing=0.0)


def series(steps, loss, **columns):
    steps = np.asarray(steps, np.int64)
    full = {name: np.full(len(steps), value) for name, value in
            (("accuracy", 0.5), ("learning_rate", 1e-3), ("images_per_second", 100.0))}  # fmt: skip
    full |= {"epoch": steps / 100, "seconds": steps / 10, "time": steps + 1e9, **columns}
    return RunSeries(steps, loss=np.asarray(loss, float), **full)


def curves(color=BLUE, name="run", smoothing=0.0, layers=None, events=(), **splits):
    run = RunCurves(Path(name), name, color)
    run.show(RunView(Path(name), series=splits, layers=layers, events=events, version=1, generation=1), smoothing)
    return run


@pytest.fixture
def view(qtbot):
    made = CurvesView()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_choices(LOSS_ONLY)
    made.show()
    return made


def show(view, *runs):
    view.set_runs(runs, runs[0] if runs else None)


def heights(view, color, across, panel="loss", reach=0):
    """Values at which this colour is drawn at a place of the x-axis, or so many pixels beside; edges are blended."""
    area, scene = view.areas()[panel], view.scene
    x = round(area.left() + scene.across_axis().fraction(across) * area.width())
    shot, upwards = view.grab().toImage(), scene.upwards_axis(panel)
    rows = range(int(area.top()) + 1, int(area.bottom()))
    columns = [min(max(x + beside, 0), shot.width() - 1) for beside in range(-reach, reach + 1)]
    hits = [y for y in rows if any(_near(shot.pixelColor(column, y), color) for column in columns)]
    return [upwards.value((area.bottom() - y) / area.height()) for y in hits]


def _near(drawn, color):
    hue = QColor(*color).hue()
    return drawn.saturation() > 35 and abs(drawn.hue() - hue) < 15


def test_a_line_runs_through_its_values(view):
    show(view, curves(train=series(np.arange(101), np.linspace(0, 4, 101))))
    for step in (25, 50, 75):
        assert np.mean(heights(view, BLUE, step)) == pytest.approx(step / 25, abs=0.08)


def test_two_runs_have_their_own_colours(view):
    steps = np.arange(101)
    show(view, curves(BLUE, "a", train=series(steps, np.full(101, 1.0))),
         curves(RED, "b", train=series(steps, np.full(101, 3.0))))  # fmt: skip
    assert np.mean(heights(view, BLUE, 50)) == pytest.approx(1.0, abs=0.08)
    assert np.mean(heights(view, RED, 50)) == pytest.approx(3.0, abs=0.08)


def test_raw_stays_on_view_behind_the_average(view):
    loss = np.where(np.arange(20_000) % 2, 1.0, 3.0)
    show(view, curves(smoothing=0.99, train=series(np.arange(20_000), loss)))
    covered = heights(view, BLUE, 15_000)
    assert min(covered) == pytest.approx(1.0, abs=0.1)
    assert max(covered) == pytest.approx(3.0, abs=0.1)
    strong = [value for value in covered if abs(value - 2) < 0.05]
    assert strong


def test_a_peak_among_a_million_values_is_drawn(view):
    loss = np.ones(1_000_000)
    loss[250_000] = 9.0
    show(view, curves(smoothing=0.9, train=series(np.arange(1_000_000), loss)))
    assert max(heights(view, BLUE, 250_000, reach=1)) == pytest.approx(9.0, abs=0.2)
    assert max(heights(view, BLUE, 700_000)) == pytest.approx(1.0, abs=0.2)


def test_validation_is_dashed_with_dots_and_its_best_is_ringed(view):
    points = series([0, 50, 100], [3.0, 1.0, 2.0])
    show(view, curves(train=series(np.arange(101), np.full(101, 4.0)), validation=points))
    assert np.mean(heights(view, BLUE, 50)[-9:]) == pytest.approx(1.0, abs=0.25)
    best = view.scene.runs[0].best("loss")
    assert (best.index, best.value) == (1, 1.0)
    assert view.scene.runs[0].best("accuracy").index == 0
    assert view.scene.runs[0].best("learning_rate") is None


def test_more_lines_extend_the_curve_and_a_restart_begins_anew():
    run = curves(smoothing=0.9, train=series(np.arange(50), np.arange(50.0)))
    run.curve("loss", "train")
    longer = replace(run.view, series={"train": series(np.arange(80), np.arange(80.0))}, version=2)
    run.show(longer, 0.9)
    whole = curves(smoothing=0.9, train=series(np.arange(80), np.arange(80.0)))
    assert run.curve("loss", "train").smooth.values == pytest.approx(whole.curve("loss", "train").smooth.values)
    run.show(replace(longer, series={"train": series([0, 1], [5.0, 5.0])}, generation=2), 0.9)
    assert run.curve("loss", "train").raw.values.tolist() == [5.0, 5.0]


def test_the_wheel_zooms_the_steps_and_with_ctrl_the_values_and_a_double_click_shows_all(view, qtbot):
    show(view, curves(train=series(np.arange(101), np.linspace(0, 4, 101))))
    whole = view.scene.across_axis()
    area = view.areas()["loss"]
    view.zoom(2, area.center())
    assert (view.scene.across_axis().low, view.scene.across_axis().high) == pytest.approx((25, 75), abs=0.5)
    assert view.scene.upwards_axis("loss").high < 3.5
    middle, control = area.center(), Qt.KeyboardModifier.ControlModifier
    wheel = QWheelEvent(middle, view.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, control,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    before = view.scene.upwards_axis("loss")
    view.wheelEvent(wheel)
    after = view.scene.upwards_axis("loss")
    assert after.high - after.low == pytest.approx((before.high - before.low) / 1.25)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    assert view.scene.across_axis() == whole
    assert view.scene.upwards == {}


def test_dragging_moves_the_steps_but_not_beyond_the_ends(view, qtbot):
    show(view, curves(train=series(np.arange(101), np.linspace(0, 4, 101))))
    area = view.areas()["loss"]
    view.zoom(4, area.center())
    start = area.center().toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(round(area.width() / 2), 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)
    axis = view.scene.across_axis()
    assert axis.high - axis.low == pytest.approx(25, abs=0.5)
    assert axis.low < 37.5
    view._show(view.scene.moved(-100))
    assert view.scene.across_axis().low == pytest.approx(0, abs=1e-9)


def test_the_mouse_draws_a_cursor_and_tells_the_place(view, qtbot):
    show(view, curves(train=series(np.arange(101), np.linspace(0, 4, 101))))
    before = view.grab().toImage()
    with qtbot.waitSignal(view.place_hovered) as hovered:
        qtbot.mouseMove(view, view.areas()["loss"].center().toPoint())
    assert hovered.args[0] == pytest.approx(50, abs=1)
    assert view.grab().toImage() != before
    with qtbot.waitSignal(view.hover_left):
        qtbot.mouseMove(view, QPoint(1, 1))
    assert view.grab().toImage() == before


def test_events_are_marked_at_their_steps(view):
    run = train = series(np.arange(101), np.full(101, 4.0))
    plain = curves(train=train)
    show(view, plain)
    assert heights(view, BLUE, 30) == pytest.approx([4.0] * len(heights(view, BLUE, 30)), abs=0.15)
    run = curves(train=train, events=(MetricsLine(30, 0.3, event="learning rate 0.1 → 0.01, by hand"),))
    show(view, run)
    assert min(heights(view, BLUE, 30)) < min(heights(view, BLUE, 70)) - 0.1
    assert run.events("steps") == [(30.0, "learning rate 0.1 → 0.01, by hand")]


@pytest.mark.parametrize(("across", "end"), [("steps", 100), ("epoch", 1.0), ("seconds", 10.0)])
def test_the_axis_is_by_step_epoch_or_time(view, across, end):
    show(view, curves(train=series(np.arange(101), np.ones(101))))
    view.set_choices(replace(LOSS_ONLY, across=across))
    assert view.scene.across_axis().high == pytest.approx(end)


def test_logarithmic_axes_leave_out_what_has_no_place(view):
    show(view, curves(train=series(np.arange(1001), np.concatenate([[0.0], np.geomspace(10, 1e-3, 1000)]))))
    view.set_choices(replace(LOSS_ONLY, log_across=True, log_values=True))
    assert view.scene.across_axis().low == pytest.approx(1)
    axis = view.scene.upwards_axis("loss")
    assert axis.log
    assert 0 < axis.low < 1e-3
    assert np.median(heights(view, BLUE, 501)) == pytest.approx(0.1, rel=0.2)


def test_values_that_are_not_finite_leave_a_gap_and_no_error(view):
    loss = np.ones(200)
    loss[100:] = np.nan
    show(view, curves(smoothing=0.5, train=series(np.arange(200), loss)))
    assert heights(view, BLUE, 50)
    assert heights(view, BLUE, 195) == pytest.approx([1.0] * len(heights(view, BLUE, 195)), abs=0.2)


def test_layers_are_rows_and_the_mouse_tells_one(view, qtbot):
    layers = LayerSeries(("first", "last"), np.array([0, 50, 100]), np.array([[1e-4, 1.0]] * 3), np.ones((3, 2)),
                         np.array([[0.0, 0.25]] * 3))  # fmt: skip
    view.set_choices(replace(LOSS_ONLY, panels=("layers",)))
    show(view, curves(train=series(np.arange(101), np.ones(101)), layers=layers))
    area, shot = view.areas()["layers"], view.grab().toImage()
    places = (QPointF(area.center().x(), area.top() + part * area.height()).toPoint() for part in (0.25, 0.75))
    dark, bright = (shot.pixelColor(place) for place in places)
    assert dark.lightness() < 80 < bright.lightness()
    with qtbot.waitSignal(view.layer_hovered) as hovered:
        qtbot.mouseMove(view, QPointF(area.center().x(), area.top() + 0.75 * area.height()).toPoint())
    assert hovered.args == ["last", 1.0]
    view.set_choices(replace(view.scene.choices, measure="silent"))
    assert view._heat.scale.high == 1.0
    assert view._heat.values[0].tolist() == [0.0, 0.25]


def test_without_a_run_there_is_a_sentence(view):
    empty = view.grab().toImage()
    show(view)
    assert view.grab().toImage() == empty
    assert view.panel_at(QPointF(250, 150)) == "loss"


def test_what_is_drawn_can_be_saved(view, tmp_path):
    show(view, curves(train=series([1, 2], [0.5, 0.25]), validation=series([2], [0.75])))
    view.save_png(tmp_path / "curves.png")
    view.save_svg(tmp_path / "curves.svg")
    view.save_csv(tmp_path / "curves.csv")
    assert QImage(str(tmp_path / "curves.png")).size() == view.size()
    assert "<polyline" in (tmp_path / "curves.svg").read_text(encoding="utf-8")
    with (tmp_path / "curves.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(CSV_HEADER)
    assert rows[1][:6] == ["run", "train", "1", "0.01", "0.1", "0.5"]
    assert [row[1] for row in rows[1:]] == ["train", "train", "validation"]


def test_a_folder_that_cannot_be_written_is_a_sentence(view, qtbot, tmp_path):
    show(view, curves(train=series([1, 2], [0.5, 0.25])))
    with qtbot.waitSignal(view.problem_met) as problem:
        view.save_csv(tmp_path / "none" / "curves.csv")
    assert "could not be written" in problem.args[0]
