"""metrics.jsonl and its records: every number comes back, junk is refused, and cutting leaves exactly the start."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.training.errors import RunError
from cnnviz.core.training.metrics import RECORD, MetricsWriter, format_line, parse_line
from cnnviz.core.training.values import LayerMeasures, MetricsLine

NUMBER = st.floats(-1e300, 1e300)
MAYBE = st.none() | NUMBER
LINES = st.builds(
    MetricsLine,
    step=st.integers(0, 2**40),
    epoch=st.floats(0, 1e6),
    split=st.sampled_from(["train", "validation", "test"]),
    loss=MAYBE | st.just(math.inf),
    accuracy=MAYBE,
    learning_rate=MAYBE,
    images_per_second=MAYBE,
    seconds=NUMBER,
    time=NUMBER,
    layers=st.dictionaries(st.text(), st.builds(LayerMeasures, NUMBER, NUMBER), max_size=3),
    event=st.text(),
)


@given(LINES)
def test_a_line_is_one_json_object_and_comes_back(line):
    text = format_line(line)
    assert text.find(b"\n") == len(text) - 1
    assert isinstance(json.loads(text), dict)
    assert parse_line(text) == line


def test_not_a_number_is_a_text_as_json_has_none():
    text = format_line(MetricsLine(1, 0.5, loss=math.nan))
    assert json.loads(text, parse_constant=pytest.fail)["loss"] == "NaN"
    assert math.isnan(parse_line(text).loss)


def test_a_line_says_only_what_it_has():
    line = MetricsLine(5, 0.5, "validation", loss=0.25, accuracy=0.75)
    assert format_line(line) == b'{"step": 5, "epoch": 0.5, "split": "validation", "loss": 0.25, "accuracy": 0.75}\n'


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"step": 1}',
        b'{"step": 1, "epoch": 0.5, "split": "other"}',
        b'{"step": -1, "epoch": 0.5, "split": "train"}',
        b'{"step": 1.5, "epoch": 0.5, "split": "train"}',
        b'{"step": true, "epoch": 0.5, "split": "train"}',
        b'{"step": 1, "epoch": null, "split": "train"}',
        b'{"step": 1, "epoch": 0.5, "split": "train", "loss": "low"}',
        b'{"step": 1, "epoch": 0.5, "split": "train", "loss": NaN}',
        b'{"step": 1, "epoch": 0.5, "split": "train", "loss": ' + b"9" * 400 + b"}",
        b'{"step": 1, "epoch": 0.5, "split": "train", "layers": {"a": [1]}}',
        b'{"step": 1, "epoch": 0.5, "split": "train", "layers": []}',
        b'{"step": 1, "epoch": 0.5, "split": "train", "event": 3}',
        b"[" * 200_000,
        b" " * (2**20 + 1),
    ],
)
def test_what_is_no_line_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        parse_line(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_a_value_error(content):
    try:
        line = parse_line(content)
    except ValueError:
        return
    assert line.step >= 0


def write(folder, steps, keep=(0, 0)):
    """What ``sync`` answered after each line."""
    with MetricsWriter(folder / "lines", folder / "columns", keep) as writer:
        kept = []
        for step in steps:
            writer.write(MetricsLine(step, step / 10, loss=1 / step))
            kept.append(writer.sync())
    return kept


def test_the_writer_goes_on_from_a_checkpoint_and_forgets_what_came_after(tmp_path):
    kept = write(tmp_path, [1, 2, 3, 4])
    write(tmp_path, [30], kept[1])
    steps = [json.loads(line)["step"] for line in (tmp_path / "lines").read_text(encoding="utf-8").splitlines()]
    assert steps == [1, 2, 30]
    assert (tmp_path / "columns").stat().st_size == 3 * RECORD.itemsize


def test_lines_that_a_checkpoint_counts_on_must_be_there(tmp_path):
    kept = write(tmp_path, [1, 2, 3])
    (tmp_path / "lines").write_bytes(b"")
    with pytest.raises(RunError, match=r"lines has 0 bytes, but its last checkpoint was made after"):
        write(tmp_path, [4], kept[-1])
