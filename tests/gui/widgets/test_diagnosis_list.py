"""What is wrong with a run as cards, and whose business a remedy is."""

import pytest
from PySide6.QtWidgets import QLabel

from cnnviz.core.training.diagnosis import Diagnosis
from cnnviz.core.training.values import Control
from cnnviz.gui.widgets.diagnosis_list import DiagnosisList

LOWER, CLIP = Control("learning-rate", 1e-4), Control("gradient-clipping", 1.0)
EXPLODING = Diagnosis(
    "exploding-gradients", "The loss swings.", "loss 2 → 900", "Lower it.", 1200, "fatal", "conv2", (LOWER, CLIP)
)
PLATEAU = Diagnosis("plateau", "It does not fall.", "2.1 → 2.1", "Change the rate.", 5000)


@pytest.fixture
def shown(qtbot):
    made = DiagnosisList()
    qtbot.addWidget(made)
    return made


def heard(shown):
    found = {"ordered": [], "resumed": []}
    shown.ordered.connect(found["ordered"].append)
    shown.resume_requested.connect(found["resumed"].append)
    return found


def test_a_healthy_run_has_nothing_to_show(shown):
    shown.show_diagnoses((), at_work=True, can_resume=False)
    assert not shown.isVisibleTo(shown.parentWidget())


def test_each_finding_says_what_why_and_what_to_do(shown):
    shown.show_diagnoses((EXPLODING, PLATEAU), at_work=True, can_resume=False)
    texts = [[label.text() for label in card.findChildren(QLabel)] for card in shown.cards]
    assert texts[0] == ["Exploding gradients", "step 1,200", "The loss swings.", "loss 2 → 900", "Lower it."]
    assert texts[1][0] == "Plateau"
    assert [len(card.buttons) for card in shown.cards] == [2, 0]


def test_a_remedy_goes_to_the_trainer_at_work_and_else_into_the_resumed_run(shown):
    found = heard(shown)
    shown.show_diagnoses((EXPLODING,), at_work=True, can_resume=False)
    shown.cards[0].buttons[LOWER].click()
    shown.show_diagnoses((EXPLODING,), at_work=False, can_resume=True)
    shown.cards[0].buttons[CLIP].click()
    shown.show_diagnoses((EXPLODING,), at_work=False, can_resume=False)
    shown.cards[0].buttons[CLIP].click()
    assert found == {"ordered": [LOWER], "resumed": [CLIP]}
    assert "over" in shown.cards[0].buttons[CLIP].toolTip()


def test_the_same_findings_keep_their_cards(shown):
    shown.show_diagnoses((EXPLODING,), at_work=True, can_resume=False)
    card = shown.cards[0]
    shown.show_diagnoses((EXPLODING,), at_work=True, can_resume=False)
    assert shown.cards[0] is card
    shown.show_diagnoses((PLATEAU,), at_work=True, can_resume=False)
    assert [each.diagnosis for each in shown.cards] == [PLATEAU]


def test_its_layer_can_be_looked_at(shown, qtbot):
    shown.show_diagnoses((EXPLODING,), at_work=True, can_resume=False)
    with qtbot.waitSignal(shown.layer_wanted) as signal:
        shown.cards[0].layer_wanted.emit("conv2")
    assert signal.args == ["conv2"]


def test_how_bad_it_is_shows_at_the_left_edge(shown):
    shown.resize(300, 300)
    shown.show_diagnoses((EXPLODING, PLATEAU), at_work=True, can_resume=False)
    shown.show()
    colors = [card.grab().toImage().pixelColor(1, 10).name() for card in shown.cards]
    assert colors[0] == shown.palette().brightText().color().name()
    assert colors[0] != colors[1]
