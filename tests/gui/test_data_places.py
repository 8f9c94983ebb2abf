"""Where data is, as the window says it."""

from pathlib import Path

import pytest

from cnnviz.gui.data_places import short_path


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/home/ada/.cache/cnnviz/data", "~/.cache/cnnviz/data"),
        ("/home/ada", "~"),
        ("/home/adam/data", "/home/adam/data"),
        ("/data", "/data"),
    ],
)
def test_home_is_a_tilde(path, words, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    assert Path(short_path(Path(path))) == Path(words)
