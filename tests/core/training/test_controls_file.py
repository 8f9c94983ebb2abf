"""Orders to a trainer: appended by one, read once by the other, nonsense passed over."""

import pytest

from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.controls import ControlReader, checked_control, send_control
from cnnviz.core.training.errors import ConfigurationError, RunError
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import Control


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.make()
    folder.create(LECTURE)
    return folder


def test_orders_arrive_once_and_in_order(run):
    reader = ControlReader(run.controls)
    assert reader.poll() == ()
    send_control(run.path, Control("learning-rate", 0.5))
    send_control(run.path, Control("pause"))
    assert reader.poll() == (Control("learning-rate", 0.5), Control("pause"))
    assert reader.poll() == ()


def test_orders_to_an_earlier_trainer_are_not_followed(run):
    send_control(run.path, Control("stop"))
    reader = ControlReader(run.controls)
    send_control(run.path, Control("checkpoint"))
    assert reader.poll() == (Control("checkpoint"),)


def test_half_an_order_waits_and_nonsense_is_passed_over(run):
    reader = ControlReader(run.controls)
    with run.controls.open("ab") as file:
        file.write(b'{"action": "fly"}\n[]\n\xff\n{"action": "learning-rate", "value": -1}\n{"action": "pau')
        file.flush()
        assert reader.poll() == ()
        file.write(b'se"}\n')
    assert reader.poll() == (Control("pause"),)


def test_a_flood_without_line_breaks_is_read_piece_by_piece(run):
    reader = ControlReader(run.controls)
    run.controls.write_bytes(b"x" * (3 << 20) + b'\n{"action": "stop"}\n')
    assert [reader.poll() for _ in range(5)][-2:] == [(Control("stop"),), ()]


@pytest.mark.parametrize(
    ("control", "words"),
    [
        (Control("pause", 1.0), "pause takes no value"),
        (Control("learning-rate"), "learning-rate needs a value between 0 and 1000"),
        (Control("momentum", 1.0), "momentum needs a value between 0 and 0.9999"),
        (Control("weight-decay", -0.1), "weight-decay needs a value between 0 and 10"),
    ],
)
def test_an_order_that_makes_no_sense_is_not_sent(run, control, words):
    with pytest.raises(ConfigurationError, match=words):
        checked_control(control)
    with pytest.raises(ConfigurationError, match=words):
        send_control(run.path, control)
    assert not run.controls.exists()


def test_there_must_be_a_run_to_give_orders_to(tmp_path):
    with pytest.raises(RunError, match="There is no run folder"):
        send_control(tmp_path / "nowhere", Control("stop"))
