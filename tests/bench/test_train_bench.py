"""``bench train``: its arithmetic, and each part at work on something small."""

import json

import pytest
import torch

from cnnviz.bench.train import print_report, ratio_of
from cnnviz.bench.train_attach import seconds_to_attach
from cnnviz.bench.train_attached import _images_per_second
from cnnviz.bench.train_throughput import BATCH, BareLoop, TrainerAtWork
from cnnviz.core.errors import CnnvizError
from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.metrics import MetricsWriter
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.values import MetricsLine


@pytest.fixture(autouse=True)
def _one_thread():
    """A second one on busy cores only waits for the first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_ratio_is_the_median_of_the_rounds_ratios():
    """Not the ratio of the medians: a round that ran on a busy machine is busy in both of its parts."""
    assert ratio_of([(100.0, 80.0), (50.0, 45.0), (40.0, 39.0)]) == {
        "bare_images_per_second": 50.0,
        "trainer_images_per_second": 45.0,
        "ratio": 0.9,
        "rounds": 3,
    }


def test_attaching_is_measured_on_a_run_that_holds_what_it_should(tmp_path):
    assert 0 < seconds_to_attach(tmp_path, 2000) < 10
    reader = RunReader(tmp_path / "attach")
    reader.refresh()
    assert [len(reader.series(split).steps) for split in ("train", "validation")] == [2000, 2]
    assert len(reader.layers().steps) == 20


def test_the_trainer_that_is_measured_writes_all_that_a_run_writes(tmp_path):
    trainer = TrainerAtWork("convnet-mnist", tmp_path / "run")
    rate = trainer.measure(20)
    trainer.close()
    reader = RunReader(tmp_path / "run")
    reader.refresh()
    assert rate > 0
    assert reader.series("train").steps.tolist() == [10, 20]


def test_the_bare_loop_trains():
    bare = BareLoop("convnet-mnist")
    before = [each.detach().clone() for each in bare._module.parameters()]
    assert bare.measure(2) > 0
    assert not any(torch.equal(one, other) for one, other in zip(before, bare._module.parameters(), strict=True))
    assert bare._optimizer.param_groups[0]["alpha"] == 0.9


def test_steps_of_a_watched_run_are_counted_within_epochs_and_not_while_it_validates(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.make()
    run.create(LECTURE)
    moments = {10: 100.0, 20: 101.0, 24: 109.0, 30: 110.0, 40: 111.0, 50: 113.0}  # 24 steps an epoch, 8 s validation
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step, moment in moments.items():
            writer.write(MetricsLine(step, step / 24, "train", 1.0, 0.5, 1e-3, 1.0, step * 0.1, moment))
    assert _images_per_second(run.path, 99.0, 112.0) == BATCH * (10 + 10) / (1.0 + 1.0)
    with pytest.raises(CnnvizError, match="too few steps meanwhile: measure for longer"):
        _images_per_second(run.path, 99.0, 101.5)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_report_is_read_by_people_and_programs(as_json, capsys):
    print_report({"attach": {"lines": 10, "seconds": 0.25}}, as_json=as_json)
    printed = capsys.readouterr().out
    if as_json:
        assert json.loads(printed) == {"attach": {"lines": 10, "seconds": 0.25}}
    else:
        assert printed.split() == ["attach", "lines", "10", "seconds", "0.250"]
