"""Evaluating a run's checkpoint, on the command line too, and the way from an answer back to its picture."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.cli import main
from cnnviz.core.errors import CheckpointError
from cnnviz.core.training.errors import ConfigurationError, DataError, RunError
from cnnviz.core.training.evaluate import evaluate_run
from cnnviz.core.training.evaluation_values import cell, read_evaluation
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_network import load_run_network
from cnnviz.core.training.sample_edits import SampleEdits, edits_file_of_run, write_edits
from cnnviz.core.training.sample_pictures import SamplePictures, sample_file
from cnnviz.core.training.task import lone_task
from cnnviz.core.training.values import DataChoice

COLOURS = {"blue": (0, 0, 255), "green": (0, 255, 0), "red": (255, 0, 0)}


@pytest.fixture
def run(tiny_run, tmp_path):
    train_run(tmp_path / "run", tiny_run)
    return tmp_path / "run"


@pytest.fixture
def coloured_run(tiny_run, tmp_path):
    """Trained on a folder with ten pictures of each of three colours, one of them in the wrong folder."""
    for name, colour in COLOURS.items():
        (tmp_path / "colours" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (20, 16), colour).save(tmp_path / "colours" / name / f"{number}.png")
    Image.new("RGB", (20, 16), COLOURS["red"]).save(tmp_path / "colours" / "blue" / "3.png")
    data = DataChoice("folder", str(tmp_path / "colours"), validation=0.5)
    train_run(tmp_path / "run", replace(tiny_run, data=data, epochs=1, batch_size=5))
    return tmp_path / "run"


@pytest.fixture
def global_modes():
    """What a process has only once: torch's random state and its choice of algorithms."""

    def look():
        modes = (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark)
        return torch.get_rng_state().tolist(), modes

    before = look()
    yield look
    torch.use_deterministic_algorithms(before[1][0])
    torch.backends.cudnn.benchmark = before[1][1]


def test_evaluating_changes_nothing_that_others_in_the_process_use(tiny_run, tmp_path, global_modes):
    """The engine draws and measures in the same process: a deterministic mode left behind would refuse some of it."""
    train_run(tmp_path / "run", replace(tiny_run, epochs=1, deterministic=True))
    torch.use_deterministic_algorithms(False)
    torch.manual_seed(1234)
    before = global_modes()
    evaluate_run(tmp_path / "run")
    assert global_modes() == before


def test_an_evaluation_is_what_the_network_says_of_each_picture(run, tiny_run, read_run):
    found = evaluate_run(run)
    assert read_evaluation(run) == found
    validation = read_run(run).series("validation")
    assert (found.step, found.split) == (24, "validation")
    assert found.accuracy == pytest.approx(validation.accuracy[-1])
    assert found.loss == pytest.approx(validation.loss[-1], rel=1e-4)
    task = lone_task(tiny_run)
    split, module = task.data.splits["validation"], load_run_network(run, device="cpu").module
    with torch.inference_mode():
        (batch,) = split.pictures.batches([torch.tensor(found.answers.positions)], torch.device("cpu"))
        probabilities = module(task.normaliser(batch.pictures)).softmax(1)
    assert found.answers.predicted == tuple(probabilities.argmax(1).tolist())
    assert found.answers.probability == pytest.approx(probabilities.max(1).values.tolist(), abs=1e-5)
    top5 = [int(label) in row.topk(5).indices for label, row in zip(found.answers.labels, probabilities, strict=True)]
    assert found.top5 == pytest.approx(np.mean(top5))
    assert np.sum(found.confusion) == len(top5) == 600
    assert sum(np.diag(found.confusion)) == pytest.approx(found.accuracy * 600)
    assert all(each.label != each.predicted for each in found.mistakes)


def test_another_checkpoint_and_another_split(run):
    early = evaluate_run(run, moment=0, split="train")
    assert (early.step, early.split, len(early.answers.keys)) == (0, "train", 192)
    with pytest.raises(ConfigurationError, match="Shapes has no test pictures: choose one of train, validation"):
        evaluate_run(run, split="test")
    with pytest.raises(CheckpointError, match="no checkpoint of step 5"):
        evaluate_run(run, moment=5)


def test_every_answer_leads_back_to_its_picture(run, tiny_run):
    found = evaluate_run(run)
    task, pictures = lone_task(tiny_run), SamplePictures(run)
    for answer in found.mistakes[:3]:
        expected = task.data.splits["validation"].pictures.data[answer.index, 0]
        shown = pictures.picture(answer.key)
        assert shown.shape == (12, 12, 3)
        assert (shown == expected.numpy()[..., None]).all()
    assert pictures.thumbnail(found.answers.keys[0], 6).shape == (6, 6, 3)
    with pytest.raises(DataError, match="no picture 'test:600'"):
        pictures.picture("test:600")


def test_the_wrong_answer_loop_on_a_folder(coloured_run, tmp_path):
    found = evaluate_run(coloured_run, split="train")
    pictures = SamplePictures(coloured_run)
    for position, key, label in zip(found.answers.positions, found.answers.keys, found.answers.labels, strict=True):
        wanted = COLOURS["red"] if key == "blue/3.png" else COLOURS[found.classes[label]]
        assert pictures.picture(key)[3, 3].tolist() == list(wanted), position
        assert sample_file(found.root, key) == tmp_path / "colours" / key
    rows = [answer for row in range(3) for column in range(3) for answer in cell(found.answers, row, column)]
    assert sorted(answer.key for answer in rows) == sorted(found.answers.keys)
    labels = dict(zip(found.answers.keys, found.answers.labels, strict=True))
    labels |= dict(
        zip(*(getattr(evaluate_run(coloured_run).answers, name) for name in ("keys", "labels")), strict=True)
    )
    assert found.classes[labels["blue/3.png"]] == "blue"
    write_edits(edits_file_of_run(coloured_run), SampleEdits({"blue/3.png": "red"}, ("green/0.png",)))
    again: dict[str, int] = {}
    for split in ("train", "validation"):
        answers = evaluate_run(coloured_run, split=split).answers
        again |= dict(zip(answers.keys, answers.labels, strict=True))
    assert found.classes[again["blue/3.png"]] == "red"
    assert labels.keys() - again.keys() == {"green/0.png"}


def test_data_that_was_moved_is_found_where_it_is_now(coloured_run, tmp_path):
    (tmp_path / "colours").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="There is no data folder"):
        evaluate_run(coloured_run)
    found = evaluate_run(coloured_run, data_root=str(tmp_path / "elsewhere"))
    assert found.root == str(tmp_path / "elsewhere")
    assert SamplePictures(coloured_run, found.root).picture("red/0.png")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("key", ["../secret.png", "/etc/passwd", "red/../../secret.png"])
def test_a_key_leads_to_nothing_outside_the_data(tmp_path, key):
    with pytest.raises(DataError, match="is no picture below"):
        sample_file(tmp_path / "colours", key)


def test_on_the_command_line(run, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["step"] == 24
    assert "answers" not in report
    assert main(["evaluate", str(run), "--checkpoint", "12"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("step 12, validation: accuracy 0.")
    assert [line.split()[0] for line in lines[2:]] == ["circle", "square", "triangle", "cross", "ring", "bars"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--checkpoint", "newest"], "'newest' is no checkpoint: give its step, latest or live"),
        (["--split", "test"], "no test"),
    ],
)
def test_wrong_wishes_are_one_line(run, capsys, arguments, words):
    assert main(["evaluate", str(run), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="There is no run folder"):
        evaluate_run(tmp_path / "none")
