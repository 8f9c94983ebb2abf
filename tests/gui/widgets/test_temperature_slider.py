"""The temperature slider: logarithmic, with its two limits, silent when set."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from cnnviz.gui.widgets.temperature_slider import STEPS, TemperatureSlider, step_of, temperature_of


@pytest.fixture
def slider(qtbot):
    made = TemperatureSlider()
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_middle_is_one_and_the_ends_are_the_limits():
    assert temperature_of(STEPS // 2) == 1
    assert temperature_of(0) == 0
    assert temperature_of(STEPS) == math.inf
    assert temperature_of(STEPS * 3 // 4) == pytest.approx(10)


@given(st.integers(0, STEPS))
def test_every_step_is_found_again(step):
    assert step_of(temperature_of(step)) == step


@given(st.floats(0.011, 95))
def test_any_temperature_is_met_within_a_step(temperature):
    assert temperature_of(step_of(temperature)) == pytest.approx(temperature, rel=0.012)


def test_a_temperature_beyond_the_slider_is_its_last_finite_one():
    assert 0 < temperature_of(step_of(1e-9)) < 0.011
    assert 90 < temperature_of(step_of(1e9)) < math.inf


def test_the_hand_is_heard_and_the_setter_is_silent(slider, qtbot):
    with qtbot.assertNotEmitted(slider.temperature_changed):
        slider.set_temperature(10.0)
    assert slider.temperature == pytest.approx(10)
    assert slider.value_readout.text() == "T = 10"
    with qtbot.waitSignal(slider.temperature_changed) as changed:
        qtbot.keyClick(slider.slider, Qt.Key.Key_Home)
    assert changed.args == [0.0]
    assert slider.value_readout.text() == "T → 0"


def test_the_way_back_to_one(slider, qtbot):
    assert not slider.reset_button.isEnabled()
    slider.set_temperature(math.inf)
    assert slider.value_readout.text() == "T → ∞"
    with qtbot.waitSignal(slider.temperature_changed) as changed:
        qtbot.mouseClick(slider.reset_button, Qt.MouseButton.LeftButton)
    assert changed.args == [1.0]
    assert not slider.reset_button.isEnabled()
