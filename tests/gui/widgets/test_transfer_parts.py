"""What is frozen when, as a drawing; and the advice matrix."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.training.transfer_values import ADVICE, LearningPlan, Stage, phases_of
from cnnviz.core.training.values import (
    DataSummary,
    NetworkPlan,
    OptimizerChoice,
    RunConfiguration,
    RunStatus,
    SplitSummary,
    TransferChoice,
)
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.transfer_advice import TransferAdvice
from cnnviz.gui.widgets.transfer_now import TransferNow
from cnnviz.gui.widgets.transfer_picture import TransferPicture, blocks_of, opacity
from cnnviz.gui.widgets.transfer_view import TransferView
from cnnviz.gui.widgets.transfer_words import parameters_text, rate_text, stage_text

STAGES = (Stage("stem", ("stem",), 100), Stage("body", ("body",), 20_000), Stage("head", ("head",), 5))


def plan_of(choice, rate=0.01):
    return LearningPlan(choice.strategy, STAGES, phases_of(choice, 3, rate))


def rates(choice, epochs):
    """By stage: first epoch and rate of each block."""
    found = {stage.name: [] for stage in STAGES}
    for block in blocks_of(plan_of(choice), epochs, 0.01):
        found[block.stage.name].append((block.first_epoch, block.end_epoch, block.rate))
    return found


def test_gradual_unfreezing_thaws_one_stage_more_from_the_end():
    found = rates(TransferChoice("gradual-unfreezing", unfreeze_at=(2, 4)), 6)
    assert found["head"] == [(0, 2, 0.01), (2, 4, 0.01), (4, 6, 0.01)]
    assert [rate for *_, rate in found["body"]] == [0, 0.01, 0.01]
    assert [rate for *_, rate in found["stem"]] == [0, 0, 0.01]


def test_phases_behind_the_last_epoch_are_not_drawn():
    assert rates(TransferChoice("gradual-unfreezing", unfreeze_at=(2, 4)), 3)["stem"] == [(0, 2, 0), (2, 3, 0)]


def test_fine_tuning_rises_geometrically_to_the_head():
    found = [blocks[0][2] for blocks in rates(TransferChoice("fine-tuning", lowest_rate=1e-4), 5).values()]
    assert found == pytest.approx([1e-4, 1e-3, 1e-2])


@given(st.floats(1e-12, 1e3), st.floats(1e-12, 1e3))
def test_the_faster_the_stronger_and_what_learns_never_looks_frozen(one, other):
    slow, fast = sorted((one, other))
    assert 0.1 < opacity(slow, fast) <= opacity(fast, fast) == 1
    assert opacity(0.0, fast) == 0


@pytest.fixture
def picture(qtbot):
    made = TransferPicture()
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.show_plan(plan_of(TransferChoice("two-stage", head_epochs=2, later_rate=0.1)), 4, 0.01)
    made.show()
    return made


def test_frozen_blocks_are_hatched_and_learning_ones_in_the_accent(picture):
    image, accent = picture.grab().toImage(), picture.palette().highlight().color()
    found = {(block.stage.name, block.first_epoch): picture._box(block) for block in picture.blocks}
    head, stem = found["head", 0], found["stem", 0]
    assert image.pixelColor(head.left() + 3, head.top() + 3) == accent
    inside = {
        image.pixelColor(x, y).name()
        for x in range(int(stem.left()) + 1, int(stem.left()) + 20)
        for y in range(int(stem.top()) + 1, int(stem.bottom()) - 1)
    }
    assert accent.name() not in inside
    assert picture.palette().base().color().name() in inside


def test_the_drawing_is_told_to_who_cannot_see_it_and_saved(picture, tmp_path):
    assert "stem (100 parameters), epochs 1 to 2: frozen" in picture.accessibleDescription()
    picture.save_csv(tmp_path / "plan.csv")
    with (tmp_path / "plan.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [float(row[4]) for row in rows] == pytest.approx([0, 1e-3, 0, 1e-3, 1e-2, 1e-3])


@pytest.mark.parametrize(
    ("value", "text"), [(1e-3, "1e−3"), (2.5e-5, "2.5e−5"), (0.0316, "3.2e−2"), (1.0, "1e0"), (20.0, "2e1")]
)
def test_rates_are_written_short(value, text):
    assert rate_text(value) == text


@pytest.mark.parametrize(("count", "text"), [(5, "5"), (1792, "1.79 k"), (23_500_000, "23.5 M")])
def test_counts_of_parameters_are_written_short(count, text):
    assert parameters_text(count) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [("features.3 … features.4", "features.3 … 4"), ("layer1 … layer2", "layer1 … layer2"), ("conv1", "conv1")],
)
def test_what_both_ends_of_a_stage_have_in_common_is_written_once(name, text):
    assert stage_text(name) == text


# ----------------------------------------------------------------------------------------------- of a run as it goes on


def run_at(step, state="running", choice=None):
    choice = choice or TransferChoice("gradual-unfreezing", unfreeze_at=(1, 3))
    status = RunStatus(state, step=step, total_steps=40, steps_per_epoch=10)
    return RunView(Path("/runs/a"), status, RunConfiguration(transfer=choice, epochs=4), learning=plan_of(choice))


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (0, "Frozen now: stem, body (2 of 3 stages)."),
        (10, "Frozen now: stem (1 of 3 stages)."),
        (29, "Frozen now: stem (1 of 3 stages)."),
        (30, "No stage is frozen now."),
        (40, "No stage is frozen now."),
    ],
)
def test_a_run_says_what_is_frozen_at_its_present_epoch(qtbot, step, sentence):
    now = TransferNow()
    qtbot.addWidget(now)
    now.show_run(run_at(step))
    assert now.isVisibleTo(None)
    assert now.label.text() == sentence


def test_the_line_in_the_plan_moves_with_the_run(qtbot):
    now = TransferNow()
    qtbot.addWidget(now)
    now.resize(400, 200)
    ink = now.palette().windowText().color()
    places = []
    for step in (10, 25):
        now.show_run(run_at(step))
        now.show()
        image, picture = now.picture.grab().toImage(), now.picture
        x = round(picture._x(step / 10) - 1)
        places.append(x)
        assert any(image.pixelColor(x + beside, 2) == ink for beside in (-1, 0, 1))
    assert places[1] - places[0] > 30


def test_a_run_that_learns_everything_shows_no_plan(qtbot):
    now = TransferNow()
    qtbot.addWidget(now)
    now.show_run(run_at(0, choice=TransferChoice("none")))
    assert now.isHidden()
    now.show_run(run_at(40, "finished", TransferChoice("feature-extraction")))
    assert now.label.text() == "Frozen at the end: stem, body (2 of 3 stages)."


# -------------------------------------------------------------------------------------------------------------- advice


def test_each_cell_of_the_matrix_chooses_its_strategy_and_again_none(qtbot):
    matrix = TransferAdvice()
    qtbot.addWidget(matrix)
    chosen = []
    matrix.strategy_chosen.connect(chosen.append)
    for advice in ADVICE:
        matrix.buttons[advice].click()
        assert matrix.reason_label.text() == advice.reason
    matrix.buttons[ADVICE[-1]].click()
    assert chosen == [*(advice.strategy for advice in ADVICE), "none"]


def test_setters_emit_nothing_and_mark_what_there_is(qtbot):
    view = TransferView()
    qtbot.addWidget(view)
    chosen = []
    view.strategy_chosen.connect(chosen.append)
    settings = RunConfiguration(NetworkPlan("n", "default"), transfer=TransferChoice("feature-extraction"))
    view.show_settings(settings)
    view.show_data(DataSummary("d", "D", ("a", "b"), (SplitSummary("train", (30, 20)),), 3, (8, 8)))
    down = [advice.strategy for advice, button in view.advice.buttons.items() if button.isChecked()]
    assert (down, chosen) == (["feature-extraction"], [])
    view.show_settings(RunConfiguration())
    assert "25" in view.advice.reason_label.text()


def test_the_drawing_follows_the_settings_and_the_network(qtbot):
    view = TransferView()
    qtbot.addWidget(view)
    assert view.picture.blocks == ()
    layers = [
        LayerInfo(name, name, kind, order, 1, True, (4, 2, 2), count, 0, "chw")
        for order, (name, kind, count) in enumerate((("a", "Conv2d", 10), ("b", "Conv2d", 20), ("fc", "Linear", 30)))
    ]
    view.show_layers(layers)
    choice = TransferChoice("feature-extraction")
    view.show_settings(RunConfiguration(epochs=3, optimizer=OptimizerChoice(learning_rate=0.5), transfer=choice))
    assert [(block.stage.name, block.rate) for block in view.picture.blocks] == [("a", 0), ("b", 0), ("fc", 0.5)]


def test_more_stages_to_unfreeze_than_there_are_is_a_word(qtbot):
    view = TransferView()
    qtbot.addWidget(view)
    view.show_layers([LayerInfo("fc", "fc", "Linear", 0, 1, True, (4,), 30, 0, "vector")])
    view.show_settings(RunConfiguration(transfer=TransferChoice("gradual-unfreezing", unfreeze_at=(1, 2, 3))))
    assert view.picture.blocks == ()
    assert "unfrozen" in view.picture._words
