"""What the learning-rate finder says as lines, and what its curve means."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.cli import main
from cnnviz.core.training.configuration import write_configuration
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.rate_finder import curve_of, find_learning_rate
from cnnviz.core.training.rate_values import RateCurve, RatePreparing, RateStep, news_line, read_news
from cnnviz.core.training.task import lone_task
from cnnviz.core.training.values import DataChoice, TransferChoice

ROOT = Path(__file__).parents[3]
FINITE = st.floats(-1e6, 1e6)


def steps(losses):
    return [RateStep(n + 1, len(losses), 10 ** (n / 10 - 6), loss, loss) for n, loss in enumerate(losses)]


# ------------------------------------------------------------------------------------------------------------- lines


@given(st.builds(RateStep, st.integers(1, 99), st.integers(1, 99), FINITE, FINITE, FINITE))
def test_a_step_survives_its_line(step):
    assert read_news(news_line(step)) == step


def test_each_kind_survives_its_line():
    curve = RateCurve((0.1, 0.2), (2.0, 1.0), (2.0, 0.5), None, "")
    for news in (RatePreparing("Reading", None), RatePreparing("Reading", 0.5), curve):
        assert read_news(news_line(news)) == news
        assert "\n" not in news_line(news)


@pytest.mark.parametrize("line", ["", "Downloading: 3 %", "[1]", "{}", '{"other": 1}', "[" * 9999])
def test_what_is_no_news_is_none(line):
    assert read_news(line) is None


def test_wrong_news_is_told():
    with pytest.raises(ConfigurationError, match="fraction is 'much'"):
        read_news('{"doing": "x", "fraction": "much"}')


# -------------------------------------------------------------------------------------------------------- suggestions


def test_a_tenth_of_the_lowest_where_the_loss_rises_after_it():
    curve = curve_of(steps([2.0, 2.01] * 15 + [2 - 0.05 * n for n in range(20)] + [3.0, 5.0]))
    assert curve.source == "before-divergence"
    assert curve.suggestion == pytest.approx(10 ** (49 / 10 - 6) / 10)


def test_the_steepest_place_where_the_loss_only_falls():
    slopes = [0.001] * 40 + [0.05] * 11 + [0.001] * 20
    losses = [3 - sum(slopes[:n]) for n in range(len(slopes))]
    curve = curve_of(steps(losses))
    assert curve.source == "steepest-descent"
    assert curve.suggestion == pytest.approx(10 ** (45 / 10 - 6))


@pytest.mark.parametrize("end", [[], [9.0]])
@pytest.mark.parametrize("count", [0, 1, 20, 60])
def test_noise_is_no_fall(count, end):
    noisy = [2.0, 2.1] * (count // 2) + [2.0] * (count % 2) + end
    seen = [replace(step, smoothed=2.05 if step.loss < 9 else 2.7) for step in steps(noisy)]
    curve = curve_of(seen)
    assert curve.raw == tuple(noisy)
    assert (curve.suggestion, curve.source) == (None, "")


# -------------------------------------------------------------------------------------------------------- the command


def test_each_step_is_a_line_and_the_curve_is_the_last(tiny_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text(write_configuration(tiny_run), encoding="utf-8")
    assert main(["train", "--find-lr", "--config", "config.json", "--json-lines"]) == 0
    news = [read_news(line) for line in capsys.readouterr().out.splitlines()]
    told, curve = [each for each in news if isinstance(each, RateStep)], news[-1]
    assert [each.step for each in told] == list(range(1, len(told) + 1))
    assert curve.rates == tuple(each.rate for each in told)
    assert curve.losses == tuple(each.smoothed for each in told)
    assert curve.raw == tuple(each.loss for each in told)
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]


def test_a_configuration_file_is_a_start_that_options_change(tiny_run, tmp_path, capsys):
    (tmp_path / "config.json").write_text(write_configuration(tiny_run), encoding="utf-8")
    words = ["train", "--config", str(tmp_path / "config.json"), "--epochs", "1", "--out", str(tmp_path / "run")]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == 12
    written = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert (written["epochs"], written["batch_size"], written["optimizer"]["name"]) == (1, 16, "adam")


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "is not JSON"), ('{"epochs": 0}', "epochs is 0"), ("[" * 5, "is not JSON")],
)
def test_a_bad_configuration_is_one_line(content, words, tmp_path, capsys):
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    assert main(["train", "--find-lr", "--config", str(tmp_path / "config.json")]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_from_standard_input_until_asked_to_stop(tiny_run, tmp_path):
    """A finder that never ends by itself: many pictures and large batches."""
    slow = replace(tiny_run, batch_size=2000, data=DataChoice("shapes"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "cnnviz", "train", "--find-lr", "--config", "-", "--json-lines"]
    with subprocess.Popen(
        words, env=environment, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(write_configuration(slow).encode())
        process.stdin.close()
        seen = next(line for line in process.stdout if b'"step"' in line)
        process.send_signal(signal.SIGTERM)
        rest, errors = process.stdout.read(), process.stderr.read()
    assert read_news(seen.decode()).step == 1
    assert process.returncode == 2
    assert b'"rates"' not in rest
    assert errors.splitlines() == [b"cnnviz: Stopped by SIGTERM."]
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------------------------------------- frozen backbones


def test_what_is_frozen_at_first_stays_so_and_features_are_told(tiny_run):
    transfer = TransferChoice("gradual-unfreezing", unfreeze_at=(1,))
    task = lone_task(replace(tiny_run, transfer=transfer, augmentations=type(tiny_run.augmentations)()))
    learning = [each.requires_grad for each in task.module.parameters()]
    first, told, thawed = next(task.module.parameters()), [], []

    def tell(news):
        told.append(news)
        thawed.append(first.requires_grad and isinstance(news, RateStep))

    find_learning_rate(task, steps=40, tell=tell)  # more than three epochs of twelve steps
    assert any(isinstance(each, RatePreparing) for each in told)
    assert sum(isinstance(each, RateStep) for each in told) > 24
    assert not any(thawed)
    assert [each.requires_grad for each in task.module.parameters()] == learning
