"""Corrections of a data set: the list, and what it does to the splits, to training and to the summary."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnviz.core.training.controls import send_control
from cnnviz.core.training.data.load import load_data
from cnnviz.core.training.data.summary import summarise
from cnnviz.core.training.errors import ConfigurationError, DataError
from cnnviz.core.training.run import train_run
from cnnviz.core.training.sample_edits import (
    EDITS_NAME,
    SampleEdits,
    edits_file,
    edits_file_of_run,
    read_edits,
    write_edits,
)
from cnnviz.core.training.task import lone_task
from cnnviz.core.training.values import Control, DataChoice


@pytest.fixture
def folder(tmp_path):
    """Five red and five blue pictures."""
    root = tmp_path / "colours"
    for name, colour in (("blue", (0, 0, 255)), ("red", (255, 0, 0))):
        (root / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (8, 8), colour).save(root / name / f"{number}.png")
    return root


keys = st.text(min_size=1, max_size=8)


@given(st.lists(st.tuples(keys, st.sampled_from(["label", "exclude", "nothing"])), max_size=12))
def test_the_last_word_about_a_picture_counts(words):
    edits, expected = SampleEdits(), {}
    for key, word in words:
        edits = {"label": edits.with_label(key, "cat"), "exclude": edits.with_exclusion(key)}.get(
            word, edits.without(key)
        )
        expected[key] = word
    assert edits.relabelled == {key: "cat" for key, word in expected.items() if word == "label"}
    assert sorted(edits.excluded) == sorted(key for key, word in expected.items() if word == "exclude")
    assert len(edits) == sum(word != "nothing" for word in expected.values())


def test_a_list_is_read_as_it_was_written_and_no_file_is_an_empty_one(tmp_path):
    edits = SampleEdits({"a/1.png": "b"}, ("test:7",))
    assert read_edits(tmp_path / "none.json") == read_edits(None) == SampleEdits()
    write_edits(tmp_path / "edits.json", edits)
    assert read_edits(tmp_path / "edits.json") == edits
    assert [each.name for each in tmp_path.iterdir()] == ["edits.json"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("[", "is not JSON"), ('{"excluded": "all"}', "must be a list"), ('{"removed": []}', "unknown key 'removed'")],
)
def test_a_damaged_list_is_refused(tmp_path, text, words):
    (tmp_path / "edits.json").write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        read_edits(tmp_path / "edits.json")


def test_the_list_lies_beside_the_data_unless_another_is_named(tmp_path):
    assert edits_file(DataChoice("folder"), "/data") == type(tmp_path)("/data") / EDITS_NAME
    assert edits_file(DataChoice("folder", edits="/mine.json"), "/data") == type(tmp_path)("/mine.json")
    assert edits_file(DataChoice("shapes"), "") is None


@pytest.mark.parametrize("memory_limit", [1024, 0])
def test_relabelled_and_excluded_pictures(folder, memory_limit):
    write_edits(folder / EDITS_NAME, SampleEdits({"red/0.png": "blue"}, ("red/1.png", "red/gone.png")))
    choice = DataChoice("folder", str(folder), validation=0.2, memory_limit=memory_limit)
    data = load_data(choice, 3, (8, 8))
    labels = {
        split.key_of(place): data.classes[split.labels[place]]
        for split in data.splits.values()
        for place in split.kept.tolist()
    }
    found = {f"{name}/{number}.png": name for name in ("blue", "red") for number in range(5)} | {"red/0.png": "blue"}
    del found["red/1.png"]
    assert labels == found
    summary = summarise(data)
    assert (summary.relabelled, summary.excluded) == (1, 1)
    assert sum(split.total for split in summary.splits) == 9
    assert "1 edits are of pictures that are not here" in summary.notes


def test_a_class_that_the_data_has_not_is_refused(folder):
    write_edits(folder / EDITS_NAME, SampleEdits({"red/0.png": "green"}))
    with pytest.raises(DataError, match="names the class 'green', which the data has not"):
        load_data(DataChoice("folder", str(folder)), 3, (8, 8))


def test_a_list_that_leaves_nothing_is_refused(tmp_path):
    everything = tuple(f"test:{number}" for number in range(600))
    write_edits(tmp_path / "edits.json", SampleEdits(excluded=everything))
    with pytest.raises(DataError, match="excludes every picture of a split"):
        load_data(DataChoice("shapes", edits=str(tmp_path / "edits.json")), 1, (12, 12))


def test_excluded_pictures_are_never_shown_and_the_steps_stay(tiny_run, tmp_path):
    plain = lone_task(tiny_run)
    keys = [plain.data.splits["train"].key_of(place) for place in range(192)]
    write_edits(tmp_path / "edits.json", SampleEdits(excluded=tuple(keys[:50])))
    task = lone_task(replace(tiny_run, data=replace(tiny_run.data, edits=str(tmp_path / "edits.json"))))
    order = torch.cat(task.epoch_order(0))
    assert task.steps_per_epoch == plain.steps_per_epoch
    assert sorted(set(order.tolist())) == list(range(50, 192))
    assert len(order) == 192
    assert torch.bincount(order).max() == 2


def test_a_run_that_is_gone_on_with_takes_new_edits(tiny_run, tmp_path, read_run):
    edits, run = tmp_path / "edits.json", tmp_path / "run"
    configuration = replace(tiny_run, data=replace(tiny_run.data, edits=str(edits)))

    def stop_then_edit(_status, _validation):
        if not edits.exists():
            write_edits(edits, SampleEdits({"test:4": "ring", "test:3": "ring"}, ("test:5",)))
            send_control(run, Control("stop"))

    train_run(run, configuration, watch=stop_then_edit)
    assert read_run(run).data().excluded == 0
    assert edits_file_of_run(run) == edits
    status = train_run(run, None).status
    data = read_run(run).data()
    assert (status.state, status.step) == ("finished", 24)
    assert (data.relabelled, data.excluded) == (2, 1)


def test_drawn_data_needs_a_named_list(tiny_run, tmp_path):
    train_run(tmp_path / "run", replace(tiny_run, epochs=1))
    with pytest.raises(DataError, match="in no folder: name an edit list"):
        edits_file_of_run(tmp_path / "run")
