"""Following a run: new lines only, half lines wait, cut files are noticed, records and lines say the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.errors import RunError
from cnnviz.core.training.metrics import MetricsWriter, format_line
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_reader import RunReader, RunUpdate
from cnnviz.core.training.values import LayerMeasures, MetricsLine


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.make()
    folder.create(LECTURE)
    return folder


def line(step, **more):
    return MetricsLine(step, step / 10, loss=1 / step, **more)


def losses(reader):
    return reader.series("train").loss.tolist()


def append(run, text):
    with run.metrics.open("ab") as file:
        file.write(text)


def test_a_run_that_has_said_nothing_yet_is_empty(run):
    reader = RunReader(run.path)
    assert reader.refresh() == RunUpdate(0)
    assert losses(reader) == []
    assert reader.status().state == "starting"
    assert reader.checkpoints() == ()
    assert reader.data() is None


def test_only_new_lines_are_read(run):
    reader = RunReader(run.path)
    with MetricsWriter(run.metrics, run.columns) as writer:
        writer.write(line(1))
        assert reader.refresh() == RunUpdate(1)
        writer.write(line(2))
        writer.write(line(4))
        assert reader.refresh() == RunUpdate(2)
        assert reader.refresh() == RunUpdate(0)
    assert losses(reader) == [1, 0.5, 0.25]
    assert reader.series("train").steps.tolist() == [1, 2, 4]


def test_numbers_that_were_handed_out_are_neither_copied_nor_changed_by_those_that_follow(run):
    reader = RunReader(run.path)
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step in (1, 2, 4):
            writer.write(line(step))
        reader.refresh()
        before = reader.series("train")
        assert np.shares_memory(before.loss, reader.series("train").loss)
        for step in range(5, 300):
            writer.write(line(step))
            reader.refresh()
    assert before.loss.tolist() == [1, 0.5, 0.25]
    assert before.steps.tolist() == [1, 2, 4]
    assert losses(reader) == [1 / step for step in (1, 2, 4, *range(5, 300))]
    with pytest.raises(ValueError, match="read-only"):
        before.loss[0] = 7.0


def test_only_events_that_are_new_are_read(run, monkeypatch):
    reader = RunReader(run.path)
    read = []
    lines_at = reader._lines_at
    monkeypatch.setattr(reader, "_lines_at", lambda places: [read.append(len(places)), *lines_at(places)][1:])
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step in (1, 2, 4):
            writer.write(line(step, event=f"event {step}"))
            writer.write(line(step))
            reader.refresh()
            found = reader.events()
    assert [each.event for each in found] == ["event 1", "event 2", "event 4"]
    assert read == [1, 1, 1]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_half_a_line_waits_for_its_rest(run, cut):
    whole = format_line(line(2))
    append(run, format_line(line(1)) + whole[:cut])
    reader = RunReader(run.path)
    assert reader.refresh() == RunUpdate(1)
    append(run, whole[cut:])
    assert reader.refresh() == RunUpdate(1)
    assert losses(reader) == [1, 0.5]


def test_a_damaged_line_is_passed_over_and_counted(run):
    append(run, format_line(line(1)) + b"\x00\xff nonsense\n" + format_line(line(2)))
    reader = RunReader(run.path)
    reader.refresh()
    assert (losses(reader), reader.unreadable) == ([1, 0.5], 1)


def test_a_line_without_end_takes_no_memory_without_end(run):
    append(run, b"x" * (3 << 20) + b"\n" + format_line(line(1)))
    reader = RunReader(run.path)
    reader.refresh()
    assert losses(reader) == [1]
    assert reader.unreadable == 4


def test_lines_cut_off_by_a_resume_are_forgotten_even_if_as_many_are_there_again(run):
    with MetricsWriter(run.metrics, run.columns) as writer:
        writer.write(line(1))
        kept = writer.sync()
        writer.write(line(2))
    reader = RunReader(run.path)
    reader.refresh()
    with MetricsWriter(run.metrics, run.columns, kept) as writer:
        writer.write(line(4))
        writer.write(line(8))
    assert reader.refresh() == RunUpdate(3, restarted=True)
    assert losses(reader) == [1, 0.25, 0.125]


def test_events_and_layers_come_from_the_lines_themselves(run):
    layers = {"conv": LayerMeasures(0.5, 1e-3), "linear": LayerMeasures(0.25, 2e-3)}
    with MetricsWriter(run.metrics, run.columns) as writer:
        writer.write(line(1))
        writer.write(MetricsLine(2, 0.2, layers=layers))
        writer.write(MetricsLine(2, 0.2, event="learning rate 0.1 → 0.01, by hand"))
        writer.write(MetricsLine(4, 0.4, layers={"linear": LayerMeasures(0.75, 3e-3)}))
        writer.write(MetricsLine(4, 0.4, "validation", loss=2.0, accuracy=0.5))
    reader = RunReader(run.path)
    reader.refresh()
    assert losses(reader) == [1]
    assert reader.series("validation").accuracy.tolist() == [0.5]
    assert [event.event for event in reader.events()] == ["learning rate 0.1 → 0.01, by hand"]
    found = reader.layers()
    assert (found.names, found.steps.tolist()) == (("conv", "linear"), [2, 4])
    np.testing.assert_array_equal(found.gradient_norms, [[0.5, 0.25], [np.nan, 0.75]])
    np.testing.assert_array_equal(found.update_ratios, [[1e-3, 2e-3], [np.nan, 3e-3]])


def test_of_many_measurements_of_layers_some_are_chosen_with_both_ends(run):
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step in range(1, 102):
            writer.write(MetricsLine(step, step / 10, layers={"conv": LayerMeasures(step, 1.0)}))
    reader = RunReader(run.path)
    reader.refresh()
    assert reader.layers(most=5).steps.tolist() == [1, 26, 51, 76, 101]


STEPS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["train", "validation"])), max_size=20)


@settings(max_examples=30)
@given(STEPS, st.integers(0, 300), st.integers(0, 2000))
def test_records_change_nothing_but_the_time_however_they_are_torn(tmp_path_factory, steps, torn, lost):
    """With whole, torn or no records the same numbers are read, as far as lines are there."""
    run = RunFolder(tmp_path_factory.mktemp("run") / "run")
    run.make()
    run.create(LECTURE)
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step, split in steps:
            writer.write(MetricsLine(step, step / 10, split, loss=1 / step))
    run.columns.write_bytes(run.columns.read_bytes()[: -torn or None])
    run.metrics.write_bytes(run.metrics.read_bytes()[: -lost or None])
    with_records = RunReader(run.path)
    with_records.refresh()
    run.columns.unlink()
    without = RunReader(run.path)
    without.refresh()
    assert losses(with_records) == losses(without)
    assert len(with_records) == len(without) <= len(steps)


def test_records_of_another_file_are_not_believed(run):
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step in range(1, 20):
            writer.write(line(step))
    run.metrics.write_bytes(format_line(line(1, event="a much longer line" * 100)) + format_line(line(2)))
    reader = RunReader(run.path)
    reader.refresh()
    assert losses(reader) == [1, 0.5]


def test_a_folder_that_is_gone_is_said(run, tmp_path):
    reader = RunReader(run.path)
    run.path.rename(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="There is no run folder"):
        reader.refresh()


def test_a_folder_without_a_run_is_said(tmp_path):
    with pytest.raises(RunError, match=r"holds no run: it has no config\.json"):
        RunReader(tmp_path)
