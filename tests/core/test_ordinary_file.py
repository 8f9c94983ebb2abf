"""Pipes, folders and devices under the names of files: refused in a sentence, never waited for."""

import os
from argparse import ArgumentParser
from pathlib import Path

import pytest

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.ordinary_file import open_ordinary, read_ordinary
from cnnviz.core.training.configuration import LECTURE, read_configuration
from cnnviz.core.training.errors import ConfigurationError, DataError, RunError
from cnnviz.core.training.evaluation_values import read_evaluation
from cnnviz.core.training.metrics import MetricsWriter
from cnnviz.core.training.options import add_train_options, configuration_of
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.sample_edits import read_edits
from cnnviz.core.training.values import MetricsLine
from cnnviz.core.training.watching import Watchers

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which this system lacks")

NOT_ORDINARY = "cannot be read: it is no ordinary file"


@pytest.fixture
def pipe(tmp_path) -> Path:
    """Nobody ever writes into it: whoever opens it in the usual way waits for ever."""
    os.mkfifo(tmp_path / "pipe.json")
    return tmp_path / "pipe.json"


def test_no_more_is_read_than_is_allowed(tmp_path):
    (tmp_path / "a").write_bytes(bytes(2 << 20))
    assert len(read_ordinary(tmp_path / "a", 2 << 20)) == 2 << 20
    with pytest.raises(OSError, match="it is larger than 1 MiB"):
        read_ordinary(tmp_path / "a", 1 << 20)


@pytest.mark.parametrize(("read", "error"), [(read_configuration, ConfigurationError), (read_edits, DataError)])
def test_a_file_too_large_for_its_kind_says_its_limit(tmp_path, read, error):
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(65 << 20)  # holes: it takes no room on the disk
    with pytest.raises(error, match=r"huge.json cannot be read: it is larger than \d+ MiB"):
        read(tmp_path / "huge.json")


def test_a_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"text")
    with open_ordinary(tmp_path / "a") as file:
        assert file.read() == b"text"


def test_what_is_no_file_is_not_opened(tmp_path, pipe):
    for place in (pipe, tmp_path, Path(os.devnull)):
        with pytest.raises(OSError, match="no ordinary file"):
            open_ordinary(place)
    with pytest.raises(FileNotFoundError):
        open_ordinary(tmp_path / "nowhere")


def test_a_pipe_is_no_configuration_no_edit_list_and_no_specification(pipe):
    with pytest.raises(ConfigurationError, match=NOT_ORDINARY):
        read_configuration(pipe)
    with pytest.raises(DataError, match=NOT_ORDINARY):
        read_edits(pipe)
    with pytest.raises(NetworkError, match=NOT_ORDINARY):
        read_spec(pipe)


def test_a_run_s_folder_of_pipes_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create(LECTURE)
    for file in (folder.metrics, folder.status, folder.data, folder.evaluation):
        file.unlink(missing_ok=True)
        os.mkfifo(file)
    for read in (folder.read_last_status, folder.read_data, lambda: read_evaluation(folder.path)):
        with pytest.raises(RunError, match=NOT_ORDINARY):
            read()
    with pytest.raises(RunError, match=NOT_ORDINARY):
        RunReader(folder.path).refresh()


def test_a_pipe_is_no_network_to_train_and_nobody_watches_through_one(pipe):
    options = ArgumentParser()
    add_train_options(options)
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*no ordinary file"):
        configuration_of(options.parse_args(["--network", str(pipe), "--data", "shapes"]))
    assert not Watchers(pipe).want(10)


def test_what_a_reader_knows_may_become_a_pipe(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create(LECTURE)
    with MetricsWriter(folder.metrics, folder.columns) as writer:
        writer.write(MetricsLine(1, 0.1, loss=2.0, accuracy=0.5, event="paused"))
    reader = RunReader(folder.path)
    assert reader.refresh().added == 1
    for file in (folder.metrics, folder.columns):
        file.rename(folder.path / f"kept-{file.name}")
        os.mkfifo(file)
    assert reader.events() == ()
    (folder.path / f"kept-{folder.metrics.name}").replace(folder.metrics)
    assert RunReader(folder.path).refresh().added == 1
