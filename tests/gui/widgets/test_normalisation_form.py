"""The form for mean, standard deviation and interpolation: what is typed overrides what the weights say."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from cnnviz.core.networks.values import Preprocessing
from cnnviz.gui.widgets.normalisation_form import NormalisationForm

DIGITS = Preprocessing(input_size=(28, 28), channels=1, resize=None, mean=(0.1307,), std=(0.3081,))


@pytest.fixture
def form(qtbot):
    made = NormalisationForm()
    qtbot.addWidget(made)
    made.show()
    return made


def typed(qtbot, field, text):
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_the_preprocessing_in_force_is_shown(form, qtbot):
    with qtbot.assertNotEmitted(form.changed):
        form.show_preprocessing(Preprocessing())
    assert form.range_box.currentText() == "as for ImageNet"
    assert form.mean_field.text() == "0.485, 0.456, 0.406"
    assert form.std_field.text() == "0.229, 0.224, 0.225"
    form.show_preprocessing(DIGITS)
    assert form.range_box.currentText() == "these numbers"
    assert form.mean_field.text() == "0.1307"
    form.show_preprocessing(replace(DIGITS, mean=(0.5,), std=(0.5,), interpolation="bicubic"))
    assert form.range_box.currentText() == "from −1 to 1"
    assert form.interpolation_box.currentText() == "bicubic"


def test_typed_numbers_count_once_there_is_one_a_channel(form, qtbot):
    form.show_preprocessing(Preprocessing())
    with qtbot.assertNotEmitted(form.changed):
        typed(qtbot, form.mean_field, "0.5, 0.5")
    assert not form.mean_field.is_allowed
    changes = []
    form.changed.connect(changes.append)
    typed(qtbot, form.mean_field, "0.5, 0.5, 0.4")
    assert changes[-1] == Preprocessing(mean=(0.5, 0.5, 0.4))


def test_a_standard_deviation_of_zero_is_not_taken(form, qtbot):
    form.show_preprocessing(DIGITS)
    with qtbot.assertNotEmitted(form.changed):
        typed(qtbot, form.std_field, "0")
    assert not form.std_field.is_allowed


@pytest.mark.parametrize(("steps", "mean", "std"), [(1, 0.0, 1.0), (2, 0.5, 0.5)])
def test_a_range_stands_for_its_numbers(form, qtbot, steps, mean, std):
    form.show_preprocessing(Preprocessing())
    form.range_box.setCurrentIndex(steps - 1)
    with qtbot.waitSignal(form.changed) as changed:
        qtbot.keyClick(form.range_box, Qt.Key.Key_Down)
    assert changed.args == [Preprocessing(mean=(mean,) * 3, std=(std,) * 3)]


def test_a_grey_network_has_no_range_of_imagenet(form, qtbot):
    form.show_preprocessing(replace(DIGITS, mean=(0.0,), std=(1.0,)))
    with qtbot.assertNotEmitted(form.changed):
        qtbot.keyClick(form.range_box, Qt.Key.Key_Up)
    assert form.range_box.currentText() == "from 0 to 1"


def test_the_way_of_resizing(form, qtbot):
    form.show_preprocessing(Preprocessing())
    with qtbot.waitSignal(form.changed) as changed:
        qtbot.keyClick(form.interpolation_box, Qt.Key.Key_Up)
    assert changed.args == [Preprocessing(interpolation="nearest")]
