"""The learning-rate finder's view: its words, its pixels, and what a click or a key takes from the curve."""

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnviz.core.training.rate_values import RateCurve, RatePreparing, RateStep
from cnnviz.core.training.values import OptimizerChoice, RunConfiguration
from cnnviz.gui.widgets.series_colors import SERIES
from cnnviz.gui.widgets.train_rate import RateFinder
from cnnviz.gui.widgets.train_rate_plot import CURVE, SUGGESTED, RatePlot

RATES = [1e-6 * 10 ** (index / 10) for index in range(61)]
LOSSES = [2.0] * 30 + [2.0 - 0.05 * index for index in range(20)] + [1.0 + 0.5 * index for index in range(1, 12)]
STEPS = [
    RateStep(number, 61, rate, loss + 0.02 * (-1) ** number, loss)
    for number, (rate, loss) in enumerate(zip(RATES, LOSSES, strict=True), 1)
]


def curve(suggestion=3e-3, source="before-divergence"):
    losses = tuple(step.loss for step in STEPS)
    return RateCurve(tuple(RATES), tuple(LOSSES), losses, suggestion, source)


@pytest.fixture
def finder(qtbot):
    made = RateFinder()
    qtbot.addWidget(made)
    made.resize(340, 300)
    made.begin()
    return made


@pytest.fixture
def plot(qtbot):
    made = RatePlot()
    qtbot.addWidget(made)
    made.resize(320, 170)
    made.show_steps(STEPS, 3e-3)
    made.show()
    return made


def place_of(plot, rate, up=0.5):
    area = plot.plot()
    x = area.left() + (math.log10(rate) + 6) / 6 * area.width()
    return QPoint(round(x), round(area.bottom() - up * area.height()))


def colors_in_column(plot, x):
    image = plot.grab().toImage()
    return {image.pixelColor(x, y).getRgb()[:3] for y in range(round(plot.plot().top()), round(plot.plot().bottom()))}


# ------------------------------------------------------------------------------------------------------------- words


def test_it_says_how_far_it_is_and_then_what_it_found(finder):
    assert finder.bar.maximum() == 0
    finder.show_news(RatePreparing("Reading the pictures", 0.25))
    assert finder.words_label.text() == "Reading the pictures"
    assert finder.bar.value() == 250
    for step in STEPS:
        finder.show_news(step)
    assert finder.words_label.text() == "Step 61 of at most 61, learning rate 1"
    assert finder.cancel_button.isVisibleTo(finder)
    assert not finder.use_button.isVisibleTo(finder)
    finder.show_news(curve())
    assert finder.words_label.text() == (
        "0.003 is well before the loss rises: a tenth of the rate where it was lowest."
    )
    assert finder.use_button.text() == "Use 0.003"
    assert not finder.cancel_button.isVisibleTo(finder)
    assert not finder.is_busy


@pytest.mark.parametrize(
    ("suggestion", "source", "words"),
    [
        (0.021, "steepest-descent", "At 0.02 the loss falls fastest"),
        (None, "", "The loss did not clearly fall at any rate"),
    ],
)
def test_it_says_where_the_suggestion_comes_from(finder, suggestion, source, words):
    finder.show_news(curve(suggestion, source))
    assert words in finder.words_label.text()
    assert finder.use_button.isVisibleTo(finder) == (suggestion is not None)


def test_use_takes_the_suggestion_and_close_ends_a_search(finder, qtbot):
    finder.show_news(curve(0.0031))
    with qtbot.waitSignal(finder.rate_chosen) as taken:
        finder.use_button.click()
    assert taken.args == [0.003]
    with qtbot.assertNotEmitted(finder.cancelled):
        finder.close_button.click()
    assert finder.isHidden()
    finder.begin()
    with qtbot.waitSignal(finder.cancelled):
        finder.cancel_button.click()
    assert finder.isHidden()


def test_a_problem_is_one_sentence_and_can_be_tried_again(finder, qtbot):
    finder.show_news(STEPS[0])
    finder.show_problem("None of the pictures can be read.")
    assert finder.words_label.text() == "None of the pictures can be read."
    assert not finder.plot.isVisibleTo(finder)
    with qtbot.waitSignal(finder.wanted):
        finder.again_button.click()


def test_a_curve_of_other_settings_says_so(finder):
    finder.show_news(curve())
    finder.show_settings(RunConfiguration(optimizer=OptimizerChoice(learning_rate=0.5), epochs=9))
    assert not finder.age_label.isVisibleTo(finder)
    finder.show_settings(RunConfiguration(batch_size=7))
    assert finder.age_label.isVisibleTo(finder)


# ------------------------------------------------------------------------------------------------------------ pixels


def test_the_suggestion_is_a_line_and_the_curve_is_drawn(plot):
    x = place_of(plot, 3e-3).x()
    reds = [column for column in (x - 1, x, x + 1) if any(_near(c, SUGGESTED) for c in colors_in_column(plot, column))]
    assert reds
    assert any(_near(c, CURVE) for c in colors_in_column(plot, place_of(plot, 1e-4).x()))
    plot.show_steps(STEPS)
    assert not any(_near(c, SUGGESTED) for c in colors_in_column(plot, x))


def test_the_rate_that_is_set_is_marked_on_the_axis(plot):
    foot = place_of(plot, 1e-5, up=0.03)
    before = plot.grab().toImage().pixelColor(foot)
    plot.show_present(1e-5)
    after = plot.grab().toImage().pixelColor(foot)
    assert before != after
    assert after == plot.palette().windowText().color()


def test_the_fall_fills_the_plot_though_the_loss_multiplies(plot):
    axis = plot.upwards()
    assert axis.low < 1.0 < axis.low + 0.2
    assert 2.0 < axis.high < 2.0 + 0.6 * 1.0 + 0.2


def _near(color, other):
    return sum(abs(one - two) for one, two in zip(color, other, strict=True)) < 60


# ------------------------------------------------------------------------------------------------- the user's hand


def test_a_click_takes_the_rate_below_the_mouse(plot, qtbot):
    with qtbot.waitSignal(plot.rate_chosen) as taken:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place_of(plot, 1e-3))
    assert taken.args[0] == pytest.approx(1e-3, rel=0.06)
    assert taken.args[0] == float(f"{taken.args[0]:.1e}")


def test_keys_move_along_the_curve_and_take(plot, qtbot):
    with qtbot.waitSignal(plot.rate_chosen) as taken:
        QTest.keyClick(plot, Qt.Key.Key_Right)
        QTest.keyClick(plot, Qt.Key.Key_Right)
        QTest.keyClick(plot, Qt.Key.Key_Return)
    assert taken.args[0] == pytest.approx(4.0e-3, rel=0.02)  # a tenth of a decade after 3.2e-3


def test_the_wheel_is_the_form_s_but_with_ctrl_it_zooms(plot):
    def turn(modifiers):
        event = QWheelEvent(
            QPointF(160, 80), plot.mapToGlobal(QPointF(160, 80)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            modifiers, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(plot, event)
        return event.isAccepted()

    whole = plot.across()
    assert not turn(Qt.KeyboardModifier.NoModifier)
    assert plot.across() == whole
    assert turn(Qt.KeyboardModifier.ControlModifier)
    assert plot.across().high < whole.high
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(160, 80))
    assert plot.across() == whole


def test_the_table_has_every_step(plot, tmp_path):
    plot.save_csv(tmp_path / "rates.csv")
    rows = (tmp_path / "rates.csv").read_text().splitlines()
    assert rows[0] == "learning rate,loss,smoothed loss"
    assert len(rows) == 62
    assert rows[1].split(",")[0] == "1e-06"
    plot.save_svg(tmp_path / "rates.svg")
    assert "<svg" in (tmp_path / "rates.svg").read_text()


def test_series_colours_stay_apart():
    assert {CURVE, SUGGESTED} <= set(SERIES)
