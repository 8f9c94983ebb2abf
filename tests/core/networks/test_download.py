"""Downloads, from a real server on this machine."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from cnnviz.core.errors import CancelledError, NetworkError
from cnnviz.core.networks.download import cached_file, download

CONTENT = bytes(range(256)) * 4096  # 1 MiB
NAME = f"weights-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; /short/… announces more than it sends."""

    def do_GET(self):
        if not self.path.startswith("/short/"):
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        return None

    def log_message(self, *_arguments):
        """Quiet."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    (folder / "plain.bin").write_bytes(b"no hash in the name")
    (folder / "weights-00000000.pth").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "hub" / "checkpoints" / "weights.pth"


def test_brings_the_file_and_nothing_else(server, target):
    download(f"{server}/{NAME}", target)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_tells_its_progress_to_the_end(server, target):
    told = []
    download(f"{server}/{NAME}", target, on_progress=lambda text, fraction: told.append((text, fraction)))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 4
    assert fractions[-1] == 1
    assert {text for text, _ in told} == {f"Downloading {NAME}"}


def test_a_file_without_a_hash_in_its_name(server, target):
    download(f"{server}/plain.bin", target)
    assert target.read_bytes() == b"no hash in the name"


def test_a_damaged_file_never_appears(server, target):
    with pytest.raises(NetworkError, match="is damaged: its SHA-256 does not start with 00000000"):
        download(f"{server}/weights-00000000.pth", target)
    assert list(target.parent.iterdir()) == []


def test_a_connection_that_ends_early(server, target):
    with pytest.raises(NetworkError, match=r"weights\.pth cannot be downloaded \(.*4 .*1000.*\): go online"):
        download(f"{server}/short/{NAME}", target)
    assert list(target.parent.iterdir()) == []


def test_a_file_that_is_not_on_the_server(server, target):
    with pytest.raises(NetworkError, match=r"the server answered 404\): go online, or put the file") as caught:
        download(f"{server}/none.pth", target)
    assert caught.value.__cause__.fp.closed


def test_cancelled_in_the_middle(server, target):
    answers = iter([False, False, True])
    with pytest.raises(CancelledError, match="was cancelled"):
        download(f"{server}/{NAME}", target, cancelled=lambda: next(answers))
    assert list(target.parent.iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_complete(server, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    with pytest.raises(NetworkError):
        download(f"{server}/weights-00000000.pth", target)
    assert target.read_bytes() == b"old"
    download(f"{server}/{NAME}", target)
    assert target.read_bytes() == CONTENT


def test_offline_the_sentence_says_where_a_file_could_be_put(target, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port  # nobody listens there once it is closed
    with pytest.raises(NetworkError) as caught:
        download(f"http://127.0.0.1:{port}/{NAME}", target)
    assert f"at {target}, or open a weights file you have" in caught.value.message
    assert "cannot be downloaded (Connection refused): go online" in caught.value.message


def test_a_folder_that_cannot_be_made(server, target):
    target.parents[1].write_text("a file where the folder should be")
    with pytest.raises(NetworkError, match="cannot be downloaded"):
        download(f"{server}/{NAME}", target)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x.pth"])
def test_other_schemes_are_refused(url, target):
    with pytest.raises(NetworkError, match="http and https addresses only"):
        download(url, target)


def test_the_cache_is_that_of_torch(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert cached_file(url) == tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    assert str(cached_file(url).parents[1]) == torch.hub.get_dir()
