"""A status in its file: at once or soon, never in the wrong order, and never unnoticed if it fails."""

import shutil
import threading
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.status_writer import StatusWriter
from cnnviz.core.training.values import RunStatus


@dataclass(frozen=True)
class BusyDisk(RunFolder):
    """Whose writes wait until the disk is ``free``."""

    free: threading.Event = field(default_factory=threading.Event)

    def write_status(self, status):
        assert self.free.wait(10)
        super().write_status(status)


@pytest.fixture
def folder(tmp_path):
    return BusyDisk(tmp_path)


def test_nobody_waits_for_a_busy_disk_and_what_comes_meanwhile_is_passed_over(folder):
    with closing(StatusWriter(folder)) as writer:
        writer.write_soon(RunStatus("running", step=1))
        writer.write_soon(RunStatus("running", step=2))
        assert folder.read_last_status() is None
        folder.free.set()
    assert folder.read_last_status() == RunStatus("running", step=1)


def test_the_last_word_comes_after_all_others(folder):
    with closing(StatusWriter(folder)) as writer:
        writer.write_soon(RunStatus("running", step=1))
        threading.Timer(0.01, folder.free.set).start()
        writer.write(RunStatus("finished", step=2))
        assert folder.read_last_status() == RunStatus("finished", step=2)
    assert folder.read_last_status() == RunStatus("finished", step=2)


@pytest.mark.parametrize("following", ["write", "write_soon"])
def test_what_could_not_be_written_is_told_with_the_next(tmp_path, following):
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    writer = StatusWriter(folder)
    with closing(writer):
        shutil.rmtree(folder.path)
        writer.write_soon(RunStatus("running"))
        writer.close()
        with pytest.raises(FileNotFoundError):
            getattr(writer, following)(RunStatus("running"))
