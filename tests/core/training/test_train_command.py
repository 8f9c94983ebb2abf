"""``cnnviz train`` as its own process: killed at any instant, asked to stop, started twice, spread over two."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.cli import main
from cnnviz.core.training.run_folder import RunFolder

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
SETTINGS = (
    *("--data", "shapes", "--limit", "384", "--batch-size", "16", "--epochs", "2", "--optimizer", "adam"),
    *("--lr", "0.01", "--schedule", "cosine", "--horizontal-flip", "--rotation", "10"),
    *("--checkpoint-every", "7", "--log-every", "5", "--layers-every", "10"),
)


@pytest.fixture
def spec_file(tmp_path, tiny_spec):
    file = tmp_path / "tiny.json"
    file.write_text(tiny_spec, encoding="utf-8")
    return file


def command(*arguments):
    return [sys.executable, "-m", "cnnviz", "train", *map(str, arguments)]


def start(*arguments):
    return subprocess.Popen(
        command(*arguments), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_step(run, process, step):
    """Until the run's metrics have so many lines, or the process is over."""
    metrics = run / "metrics.jsonl"
    while process.poll() is None and not (metrics.exists() and metrics.read_bytes().count(b"\n") >= step):
        os.sched_yield()


# ----------------------------------------------------------------------------------------------------- in this process


def run_main(*arguments):
    return main(["train", *map(str, arguments)])


def test_a_run_from_the_command_line_and_its_numbers(spec_file, tmp_path, capsys):
    run = tmp_path / "run"
    assert run_main("--network", spec_file, *SETTINGS, "--out", run, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["state"], report["step"], report["epoch"]) == ("finished", 48, 2)
    assert set(report["validation"]) == {"loss", "accuracy"}
    configuration = RunFolder(run).read_configuration()
    assert (configuration.optimizer.name, configuration.optimizer.learning_rate) == ("adam", 0.01)
    assert (configuration.schedule.name, configuration.augmentations.rotation) == ("cosine", 10)
    assert run_main(run, "--resume") == 0
    assert "finished after 48 steps" in capsys.readouterr().out


def test_each_epoch_is_a_line(spec_file, tmp_path, capsys):
    assert run_main("--network", spec_file, *SETTINGS, "--out", tmp_path / "run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["epoch 1", "epoch 2"]
    assert "images/s" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--data", "shapes"), "Name the folder of a new run (--out RUN), or one to go on with (RUN --resume)"),
        (("here",), "Name the folder of a new run"),
        (("--out", "x", "--lr", "-1"), "optimizer.learning_rate is -1.0: it must be between 0 and 1000"),
        (("--out", "x", "--data", "nowhere"), "nowhere is neither a folder nor a data set"),
        (("--out", "x", "--network", "no.json"), "The specification no.json cannot be read"),
        (("--out", "x", "--data", "shapes", "--network", "resnt18"), "did you mean resnet18"),
        (("here", "--resume", "--epochs", "3"), "A resumed run keeps its settings: give only --lr"),
        (("here", "--resume", "--lr", "0.1"), "There is no run folder here"),
        (("--tensorboard", "x"), "Name the run to export"),
        (("--out", "x", "--optimizer", "lion"), "invalid choice: 'lion'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = run_main(*arguments)
    except SystemExit as end:
        code = end.code
    error = capsys.readouterr().err
    assert code == 2
    assert words in error
    assert error.count("\n") == 1


def test_a_rate_is_found(spec_file, capsys):
    assert run_main("--network", spec_file, "--data", "shapes", "--batch-size", "32", "--find-lr", "--json") == 0
    curve = json.loads(capsys.readouterr().out)
    assert len(curve["rates"]) == len(curve["losses"]) > 10


def test_tensorboard_reads_what_is_exported(spec_file, tmp_path, capsys):
    pytest.importorskip("tensorboard", reason="the export needs TensorBoard's own package")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    assert run_main("--network", spec_file, *SETTINGS, "--out", run) == 0
    assert run_main(run, "--tensorboard", tmp_path / "events") == 0
    assert "values" in capsys.readouterr().out
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = [(line["step"], line["loss"]) for line in lines if line["split"] == "validation"]
    found = [(event.step, event.value) for event in events.Scalars("loss/validation")]
    assert found == [(step, pytest.approx(loss, rel=1e-6)) for step, loss in expected]
    assert any(tag.startswith("gradient norm/") for tag in events.Tags()["scalars"])


# --------------------------------------------------------------------------------------------------- in its own process


@pytest.fixture(scope="module")
def whole(tmp_path_factory, tiny_spec):
    """An uninterrupted run in a process of its own: its folder and the specification."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.json").write_text(tiny_spec, encoding="utf-8")
    done = subprocess.run(
        command("--network", folder / "tiny.json", *SETTINGS, "--out", folder / "run"), env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("lines", [0, 3, 9, 16])
def test_killed_at_any_instant_it_resumes_to_exactly_the_same_metrics(whole, tmp_path, metrics_of, lines):
    """Once so many lines of metrics are there."""
    run, expected = tmp_path / "run", metrics_of(whole / "run")
    process = start("--network", whole / "tiny.json", *SETTINGS, "--out", run)
    wait_for_step(run, process, lines)
    process.kill()
    process.communicate()
    done = subprocess.run(command(run, "--resume"), env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert metrics_of(run) == expected
    last = "checkpoints/step-000000048/model.safetensors"
    assert (run / last).read_bytes() == (whole / "run" / last).read_bytes()


@pytest.mark.slow
def test_asked_to_end_it_saves_first_and_says_so(whole, tmp_path, metrics_of):
    run = tmp_path / "run"
    process = start("--network", whole / "tiny.json", *SETTINGS, "--out", run)
    wait_for_step(run, process, 4)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate()
    assert (process.returncode, error) == (128 + signal.SIGTERM, "")
    status = RunFolder(run).read_status()
    assert (status.state, status.message) == ("stopped", "Stopped by SIGTERM; it can be resumed.")
    assert RunFolder(run).checkpoints()[-1].step == status.step
    assert subprocess.run(command(run, "--resume"), env=ENVIRONMENT, capture_output=True, check=False).returncode == 0
    assert metrics_of(run) == metrics_of(whole / "run")


@pytest.mark.slow
def test_a_second_trainer_is_refused_and_the_first_not_disturbed(whole, tmp_path, metrics_of):
    run = tmp_path / "run"
    process = start("--network", whole / "tiny.json", *SETTINGS, "--out", run)
    wait_for_step(run, process, 2)
    process.send_signal(signal.SIGSTOP)
    second = subprocess.run(command(run, "--resume"), env=ENVIRONMENT, capture_output=True, text=True, check=False)
    process.send_signal(signal.SIGCONT)
    process.communicate()
    assert second.returncode == 2
    assert f"is being trained by process {process.pid} on" in second.stderr
    assert process.returncode == 0
    assert metrics_of(run) == metrics_of(whole / "run")


@pytest.mark.slow
def test_two_processes_learn_as_one_does(tmp_path):
    """Without dropout and batch norm, which see half a batch each; the first losses are equal but for rounding."""
    settings = (
        *("--network", "convnet-mnist", "--data", "shapes", "--limit", "240", "--batch-size", "24", "--epochs", "1"),
        *("--optimizer", "sgd", "--lr", "0.05", "--log-every", "1", "--layers-every", "0", "--rotation", "10"),
    )
    single = subprocess.run(command(*settings, "--out", tmp_path / "one"), env=ENVIRONMENT, check=False)
    spread = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"),
            *("-m", "cnnviz", "train", *settings, "--out", str(tmp_path / "two")),
        ],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (single.returncode, spread.returncode) == (0, 0), spread.stderr
    losses = [
        [
            json.loads(line)["loss"]
            for line in (tmp_path / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        for name in ("one", "two")
    ]
    assert len(losses[0]) == 11
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert RunFolder(tmp_path / "two").read_status().state == "finished"
