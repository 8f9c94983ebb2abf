"""Evaluations of a run and the pictures behind them, asked of the real engine."""

import shutil

import numpy as np
import pytest
import torch

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.data.load import load_data
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import DataChoice, NetworkPlan, OptimizerChoice, RunConfiguration
from cnnviz.engine.commands import EvaluateRun, LoadSample, ShowSamples
from cnnviz.engine.events import ProblemMet, RunEvaluated, SampleLoaded, SamplesShown


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One epoch of six steps: it knows little, so there are mistakes."""
    spec = spec_text(NetworkSpec("Tiny", (1, 12, 12), named((layer("flatten"), layer("linear", features=6)))))
    path = tmp_path_factory.mktemp("runs") / "tiny"
    optimizer = OptimizerChoice("adam", 0.01)
    train_run(path, RunConfiguration(NetworkPlan(spec=spec), DataChoice("shapes", limit=96), 1, 16, optimizer))
    return path


@pytest.fixture
def shapes(run):
    return load_data(RunFolder(run).read_configuration().data, 1, (12, 12)).splits["validation"]


def test_an_evaluation_is_made_kept_and_read_again(engine, run):
    engine.say(EvaluateRun(str(run), "latest", "validation"))
    made = engine.link.event(RunEvaluated).evaluation
    engine.say(EvaluateRun(str(run)))
    kept = engine.link.event(RunEvaluated, 2).evaluation
    assert (made.step, made.split, sum(map(sum, made.confusion))) == (6, "validation", 600)
    assert kept == made


def test_a_run_that_was_not_evaluated_has_nothing_kept(engine, run, tmp_path):
    path = shutil.copytree(run, tmp_path / "copy")
    RunFolder(path).evaluation.unlink(missing_ok=True)
    engine.say(EvaluateRun(str(path)))
    assert engine.link.event(RunEvaluated).evaluation is None


def test_small_pictures_come_in_parts_and_what_is_not_there_is_left_out(engine, run, shapes):
    keys = tuple(shapes.key_of(place) for place in range(30))
    engine.say(ShowSamples(str(run), (*keys, "test:99999"), 24))
    first, second = engine.link.event(SamplesShown), engine.link.event(SamplesShown, 2)
    assert (first.keys + second.keys, first.pictures.shape) == (keys, (24, 24, 24, 3))


def test_a_sample_is_its_picture_as_it_was_found(engine, run, shapes):
    engine.say(LoadSample(str(run), shapes.key_of(7)))
    pixels = engine.link.event(SampleLoaded).pixels
    batch = next(iter(shapes.pictures.batches([torch.tensor([7])], torch.device("cpu"))))
    assert np.array_equal(pixels, np.repeat(batch.pictures[0].permute(1, 2, 0).numpy(), 3, axis=2))


@pytest.mark.parametrize(
    ("command", "words"),
    [(LoadSample("RUN", "test:99999"), "no picture"), (EvaluateRun("RUN", 5), "no checkpoint of step 5")],
)
def test_what_is_not_there_is_a_word(engine, run, command, words):
    engine.say(type(command)(str(run), *[value for name, value in vars(command).items() if name != "run"]))
    problem = engine.link.event(ProblemMet)
    assert words in problem.problem.message
    engine.expected_problems = [problem]
