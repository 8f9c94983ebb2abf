"""The interventions dock: what it adds, lists, edits, compares and ranks."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester

from cnnviz.core.inside.channel_effects import ChannelRanking
from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.gui.docks.interventions import InterventionsDock
from cnnviz.gui.theme import LIGHT, palette_of
from cnnviz.gui.widgets.clipboard import rgb_pixels
from cnnviz.gui.widgets.interventions_list import ListedIntervention
from cnnviz.gui.widgets.interventions_model import (
    PROBLEM_ROLE,
    REMOVE,
    SECOND_LINE_ROLE,
    VALUE,
    WHAT,
    InterventionsModel,
)

CONV = LayerInfo("conv", "conv", "Conv2d", 0, 1, True, (16, 4, 4), 0, 0, "chw")
NAMES = tuple(f"class-{letter}" for letter in "abcdefgh")
OFFER = NetworkOffer(NetworkChoice("n"), "N", "", "cpu", False, (3, 8, 8), Preprocessing(), NAMES, (CONV,), 1, 1)
LISTED = (
    ListedIntervention(Intervention("conv", "mute", (3, 7, 8, 9))),
    ListedIntervention(Intervention("conv", "scale", (1,), 2.5), on=False),
    ListedIntervention(Intervention("other", "swap", (1,), other=4)),
)


@pytest.fixture
def dock(qtbot):
    made = InterventionsDock()
    qtbot.addWidget(made)
    made.resize(380, 760)
    made.show_network(OFFER)
    made.show_selection(CONV, 5)
    made.show()
    return made


def choose(dock, kind):
    dock.form.kind_combo.setCurrentIndex(dock.form.kind_combo.findData(kind))


def added(dock, qtbot):
    with qtbot.waitSignal(dock.add_requested) as asked:
        qtbot.mouseClick(dock.form.add_button, Qt.MouseButton.LeftButton)
    return asked.args[0]


def refused(dock, qtbot):
    with qtbot.assertNotEmitted(dock.add_requested):
        qtbot.mouseClick(dock.form.add_button, Qt.MouseButton.LeftButton)
    assert dock.form.problem_label.isVisible()
    return dock.form.problem_label.text()


# ----------------------------------------------------------------------------------------------------------------- add


def test_the_selected_channel_is_what_is_changed(dock, qtbot):
    assert added(dock, qtbot) == Intervention("conv", "mute", (5,))
    choose(dock, "scale")
    dock.form.value_box.setValue(0.25)
    assert added(dock, qtbot) == Intervention("conv", "scale", (5,), 0.25)
    choose(dock, "swap")
    dock.form.other_box.setValue(9)
    assert added(dock, qtbot) == Intervention("conv", "swap", (5,), other=9)


def test_a_set_of_channels_or_the_whole_layer(dock, qtbot):
    choose(dock, "freeze")
    dock.form.channels_field.setText("3, 7, 10-14")
    assert added(dock, qtbot).channels == (3, 7, 10, 11, 12, 13, 14)
    dock.form.channels_field.clear()
    assert added(dock, qtbot) == Intervention("conv", "freeze", None)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("mute", "3-", "is neither a channel nor a range"),
        ("mute", "16", "has no such channel: it has 0 to 15"),
        ("solo", "", "a solo or a swap is of some channels"),
        ("swap", "1, 2", "A swap takes two different channels"),
        ("swap", "0", "A swap takes two different channels"),
    ],
)
def test_what_cannot_be_done_is_said_below_the_field(dock, qtbot, kind, text, words):
    choose(dock, kind)
    dock.form.channels_field.setText(text)
    assert words in refused(dock, qtbot)
    dock.show_selection(CONV, 2)
    assert not dock.form.problem_label.isVisible()


def test_only_the_fields_that_a_kind_needs_are_there(dock):
    visible = []
    for kind in ("mute", "scale", "add", "swap"):
        choose(dock, kind)
        visible.append((dock.form.value_box.isVisible(), dock.form.other_box.isVisible()))
    assert visible == [(False, False), (True, False), (True, False), (False, True)]


# ---------------------------------------------------------------------------------------------------------------- list


def test_the_model_keeps_every_rule_of_qt():
    model = InterventionsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_listed(LISTED, {})
    model.show_listed(LISTED[:1], {})
    assert model.rowCount() == 1
    tester.deleteLater()


def test_a_row_says_what_where_and_how_much(dock):
    dock.show_listed(LISTED, {LISTED[0].intervention: "nothing to change"})
    model = dock.table.interventions
    assert [model.index(row, WHAT).data() for row in range(3)] == ["Mute 3, 7–9", "Scale 1", "Swap 1 ↔ 4"]
    assert [model.index(row, VALUE).data() for row in range(3)] == [None, "× 2.5", None]
    lines = [model.index(row, WHAT).data(SECOND_LINE_ROLE) for row in range(3)]
    assert lines == ["nothing to change", "conv", "other"]
    assert [model.index(row, WHAT).data(PROBLEM_ROLE) for row in range(3)] == [True, False, False]
    assert dock.count_label.text() == "2 of 3 on · 1 with a problem"


def test_a_problem_is_written_in_its_own_colour(dock):
    dock.table.setPalette(palette_of(LIGHT))
    dock.show_listed(LISTED[2:], {})
    assert reddish(dock.table.viewport()) == 0
    dock.show_listed(LISTED[2:], {LISTED[2].intervention: "This network has no such layer."})
    assert reddish(dock.table.viewport()) > 20


def reddish(widget):
    """Pixels in something like the colour of problems, which is red on white."""
    red, green, _ = np.moveaxis(rgb_pixels(widget.grab().toImage()).astype(int), 2, 0)
    return int((red - green > 80).sum())


def test_the_check_box_and_the_value_only_ask(dock, qtbot):
    dock.show_listed(LISTED, {})
    model = dock.table.interventions
    with qtbot.waitSignal(dock.switched) as asked:
        model.setData(model.index(0, WHAT), Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert asked.args == [0, False]
    with qtbot.waitSignal(dock.value_edited) as asked:
        model.setData(model.index(1, VALUE), 4.0)
    assert asked.args == [1, 4.0]
    assert model.listed == LISTED
    assert not model.setData(model.index(2, REMOVE), 1)


def test_the_value_has_an_editor_where_there_is_a_value(dock):
    dock.show_listed(LISTED, {})
    model = dock.table.interventions
    editable = [bool(model.flags(model.index(row, VALUE)) & Qt.ItemFlag.ItemIsEditable) for row in range(3)]
    assert editable == [False, True, False]
    dock.table.edit(model.index(1, VALUE))
    editor = dock.table.indexWidget(model.index(1, VALUE)) or dock.table.viewport().findChild(type(dock.form.value_box))
    assert editor.value() == 2.5


def test_a_row_is_removed_by_its_cross_or_the_delete_key(dock, qtbot):
    dock.show_listed(LISTED, {})
    model = dock.table.interventions
    place = dock.table.visualRect(model.index(1, REMOVE)).center()
    with qtbot.waitSignal(dock.removed) as asked:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [[1]]
    with qtbot.waitSignal(dock.removed) as asked:
        qtbot.keyClick(dock.table, Qt.Key.Key_Delete)
    assert asked.args == [[1]]


def test_a_click_on_a_row_leads_to_what_it_changes(dock, qtbot):
    dock.show_listed((*LISTED, ListedIntervention(Intervention("conv", "freeze"))), {})
    model = dock.table.interventions

    def click(row):
        dock.table.scrollTo(model.index(row, WHAT))
        place = dock.table.visualRect(model.index(row, WHAT)).center() + QPoint(30, 0)
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=place)

    with qtbot.waitSignal(dock.channel_selected) as chosen:
        click(0)
    assert chosen.args == ["conv", 3]
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        click(3)
    assert chosen.args == ["conv"]


def test_the_buttons_follow_the_list_and_its_history(dock, qtbot):
    assert not dock.off_button.isEnabled()
    dock.show_listed(LISTED, {})
    dock.show_history(can_undo=True, can_redo=False)
    assert dock.off_button.isEnabled()
    assert (dock.undo_button.isEnabled(), dock.redo_button.isEnabled()) == (True, False)
    with qtbot.waitSignals([dock.off_requested, dock.undo_requested]):
        qtbot.mouseClick(dock.off_button, Qt.MouseButton.LeftButton)
        qtbot.mouseClick(dock.undo_button, Qt.MouseButton.LeftButton)


# ----------------------------------------------------------------------------------------------------- before and after


def softmax(logits):
    weights = [math.exp(logit) for logit in logits]
    return [weight / sum(weights) for weight in weights]


def test_what_was_likely_and_what_is_stand_side_by_side(dock):
    after = np.array([0, 5, 0, 0, 0, 0, 0, 1], np.float32)
    before = np.array([6, 0, 0, 0, 0, 0, 0, 1], np.float32)
    dock.show_predictions(after, before)
    rows = dock.bars.rows
    assert [row.name for row in rows[:3]] == ["class-a", "class-b", "class-h"]
    now, then = softmax(after.tolist()), softmax(before.tolist())
    assert [(row.probability, row.before) for row in rows] == [
        pytest.approx((now[row.index], then[row.index]), rel=1e-5) for row in rows
    ]
    dock.show_predictions(after, None)
    assert [row.before for row in dock.bars.rows] == [None] * len(dock.bars.rows)


# ------------------------------------------------------------------------------------------------------------- ranking


def ranking(*drops):
    logit = np.array(drops, np.float32)
    order = np.argsort(-logit, kind="stable").astype(np.int32)
    return ChannelRanking("conv", 2, 1, 4.0, 0.75, logit, logit / 10, order)


def test_the_class_is_the_likeliest_or_one_from_the_list(dock, qtbot):
    with qtbot.waitSignal(dock.rank_requested) as asked:
        qtbot.mouseClick(dock.ranking.rank_button, Qt.MouseButton.LeftButton)
    assert asked.args == [-1]
    dock.ranking.class_combo.setEditText("class-c")
    with qtbot.waitSignal(dock.rank_requested) as asked:
        qtbot.mouseClick(dock.ranking.rank_button, Qt.MouseButton.LeftButton)
    assert asked.args == [2]
    dock.ranking.class_combo.setEditText("unicorn")
    with qtbot.waitSignal(dock.problem_met) as said, qtbot.assertNotEmitted(dock.rank_requested):
        qtbot.mouseClick(dock.ranking.rank_button, Qt.MouseButton.LeftButton)
    assert "no class “unicorn”" in said.args[0]


def test_the_channels_that_the_class_loses_most_from_come_first_and_can_be_muted(dock, qtbot):
    dock.show_ranking(ranking(0.5, -1.0, 2.0, 0.1))
    rows = dock.ranking.table.rows_model.rows
    assert [row.channel for row in rows] == [2, 0, 3, 1]
    assert dock.ranking.words.text() == "class-c: 75.0 % with nothing muted · conv"
    dock.ranking.count_box.setValue(2)
    with qtbot.waitSignal(dock.mute_requested) as asked:
        qtbot.mouseClick(dock.ranking.mute_button, Qt.MouseButton.LeftButton)
    assert asked.args == ["conv", (0, 2)]
    place = dock.ranking.table.visualRect(dock.ranking.table.model().index(1, 0)).center()
    with qtbot.waitSignal(dock.channel_selected) as chosen:
        qtbot.mouseClick(dock.ranking.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["conv", 0]


def test_another_network_forgets_the_ranking(dock):
    dock.show_ranking(ranking(0.5, -1.0))
    dock.show_network(OFFER)
    assert dock.ranking.table.rows_model.rows == ()
    assert not dock.ranking.mute_button.isEnabled()


def test_setters_tell_nobody(dock):
    signals = (dock.add_requested, dock.switched, dock.value_edited, dock.channel_selected, dock.rank_requested)
    for signal in signals:
        signal.connect(lambda *_: pytest.fail("a setter emitted"))
    dock.show_listed(LISTED, {})
    dock.show_ranking(ranking(0.5, -1.0))
    dock.show_selection(CONV, 1)
    dock.show_selection(None, None)
    assert dock.form.layer_label.text() == "No layer selected"
    assert not dock.form.add_button.isEnabled()


def test_what_was_added_last_is_on_view(dock):
    many = tuple(ListedIntervention(Intervention("conv", "scale", (channel,), 2.0)) for channel in range(20))
    dock.show_listed(many[:19], {})
    dock.table.scrollToTop()
    dock.show_listed(many, {})
    last = dock.table.visualRect(dock.table.interventions.index(19, WHAT))
    assert dock.table.viewport().rect().contains(last.center())


def test_a_loss_that_rounds_to_nothing_has_no_minus(dock):
    nothing = ranking(1.0, 2.0)
    nothing.probability_drops[:] = -1e-7
    dock.show_ranking(nothing)
    model = dock.ranking.table.rows_model
    assert {model.index(row, 3).data() for row in range(model.rowCount())} == {"+0.00 pp"}
