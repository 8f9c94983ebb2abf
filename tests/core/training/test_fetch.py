"""Fetching a data set from a real server on this machine: checked, unpacked, cancelled, refused."""

import hashlib
import http.server
import io
import tarfile
import threading
from dataclasses import replace
from functools import partial

import pytest

from cnnviz.core.errors import CancelledError
from cnnviz.core.training.data.fetch import find_or_fetch
from cnnviz.core.training.data.named import NAMED_SETS, RemoteFile
from cnnviz.core.training.errors import DataError


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        """Nothing on the terminal."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The address of a server, and the folder it serves."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}", folder
        serving.shutdown()
        thread.join()


def archive(members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in members.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(text)
            tar.addfile(facts, io.BytesIO(text))
    return content.getvalue()


def offered(server, content, md5=None):
    """A data set of one archive that the server has."""
    address, folder = server
    (folder / "data.tar.gz").write_bytes(content)
    file = RemoteFile(
        f"{address}/data.tar.gz", md5 or hashlib.md5(content, usedforsecurity=False).hexdigest(), "data.tar.gz"
    )
    return replace(NAMED_SETS["cifar10"], files=(file,), probe=("inside/meta",), folders=("",))


def fetch(named, root, *, allowed=True, tell=lambda _text, _fraction: None, stop=lambda: False):
    return find_or_fetch(named, str(root), fetch=allowed, tell=tell, stop=stop)


WHOLE = {"inside/meta": b"meta", "inside/batch": bytes(3_000_000)}


def test_an_archive_is_fetched_checked_and_unpacked_with_progress(server, tmp_path):
    told, root = [], tmp_path / "root"
    named = offered(server, archive(WHOLE))
    assert fetch(named, root, tell=lambda text, fraction: told.append((text, fraction))) == root
    assert (root / "inside" / "batch").read_bytes() == WHOLE["inside/batch"]
    assert ("Downloading data.tar.gz", 1.0) in told
    assert ("Checking data.tar.gz", 1.0) in told
    assert ("Unpacking data.tar.gz", None) in told


def test_what_is_there_is_not_fetched_again(server, tmp_path):
    named = offered(server, archive(WHOLE))
    fetch(named, tmp_path / "root")
    (server[1] / "data.tar.gz").unlink()
    assert fetch(named, tmp_path / "root") == tmp_path / "root"


def test_an_archive_that_lies_there_is_only_unpacked(server, tmp_path):
    named = offered(server, archive(WHOLE))
    (server[1] / "data.tar.gz").rename(tmp_path / "data.tar.gz")
    assert fetch(named, tmp_path, allowed=False) == tmp_path
    assert (tmp_path / "inside" / "meta").read_bytes() == b"meta"


def test_nothing_is_fetched_unasked(server, tmp_path):
    with pytest.raises(DataError, match=r"CIFAR-10 is not in .*fetch its 163 MB \(--download\)"):
        fetch(offered(server, archive(WHOLE)), tmp_path / "root", allowed=False)


def test_a_damaged_file_is_refused_and_removed(server, tmp_path):
    named = offered(server, archive(WHOLE), md5="0" * 32)
    with pytest.raises(DataError, match=r"data\.tar\.gz is damaged or another version: its MD5 is not 0{32}"):
        fetch(named, tmp_path / "root")
    assert list((tmp_path / "root").iterdir()) == []


def test_without_the_file_the_way_out_is_said(server, tmp_path):
    named = offered(server, archive(WHOLE))
    (server[1] / "data.tar.gz").unlink()
    with pytest.raises(DataError, match=r"data\.tar\.gz cannot be fetched: go online, or put the file from http://127"):
        fetch(named, tmp_path / "root")


def test_fetching_can_be_cancelled(server, tmp_path):
    told = []
    with pytest.raises(CancelledError, match="cancelled"):
        fetch(
            offered(server, archive({"inside/meta": bytes(range(256)) * 20_000})),
            tmp_path / "root",
            tell=lambda text, _fraction: told.append(text),
            stop=lambda: len(told) > 0,
        )
    assert list((tmp_path / "root").iterdir()) == []


def test_an_archive_cannot_write_outside_its_folder(server, tmp_path):
    named = offered(server, archive({"../outside": b"no", "inside/meta": b"meta"}))
    with pytest.raises(DataError, match=r"data\.tar\.gz cannot be unpacked"):
        fetch(named, tmp_path / "deep" / "root")
    assert not (tmp_path / "deep" / "outside").exists()


def test_an_archive_without_what_belongs_in_it_is_said(server, tmp_path):
    with pytest.raises(DataError, match="lack inside/meta: remove them and fetch again"):
        fetch(offered(server, archive({"other": b""})), tmp_path / "root")


def test_beside_a_folder_that_cannot_be_written_the_cache_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("os.access", lambda *_arguments: False)
    (tmp_path / "root").mkdir()
    found = fetch(offered(server, archive(WHOLE)), tmp_path / "root")
    assert found == tmp_path / "cache" / "cnnviz" / "data"
    assert list((tmp_path / "root").iterdir()) == []
