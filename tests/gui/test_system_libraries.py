"""What a window lacks on a bare machine is one sentence with the command that mends it."""

import sys
from pathlib import Path

import PySide6
import pytest

from cnnviz.gui import system_libraries
from cnnviz.gui.system_libraries import DEBIAN_PACKAGES, missing_for_window

X11 = {"DISPLAY": ":0"}


@pytest.fixture
def lacking(monkeypatch):
    """A machine without the libraries given."""

    def lack(*libraries):
        monkeypatch.setattr(system_libraries, "_loads", lambda library: library not in libraries)

    return lack


def test_nothing_is_missing_where_everything_loads(lacking):
    lacking()
    assert missing_for_window(X11, "linux") == ""


def test_other_systems_bring_their_own(lacking):
    lacking(*DEBIAN_PACKAGES)
    assert missing_for_window({}, "win32") == missing_for_window({}, "darwin") == ""


def test_without_a_display_the_command_line_is_named(lacking):
    lacking()
    assert "cnnviz snapshot" in missing_for_window({}, "linux")


def test_missing_libraries_come_with_their_packages(lacking):
    lacking("libEGL.so.1", "libxcb-cursor.so.0")
    sentence = missing_for_window(X11, "linux")
    assert "libEGL.so.1, libxcb-cursor.so.0" in sentence
    assert "apt-get install libegl1 libxcb-cursor0" in sentence


@pytest.mark.parametrize("environment", [X11, {"QT_QPA_PLATFORM": "offscreen"}, {"WAYLAND_DISPLAY": "wayland-0"}])
@pytest.mark.parametrize("library", ["libglib-2.0.so.0", "libdbus-1.so.3", "libfontconfig.so.1", "libxkbcommon.so.0"])
def test_what_qt_s_own_libraries_load_is_needed_everywhere(lacking, environment, library):
    lacking(library)
    assert f"Qt needs {library}, which this system lacks" in missing_for_window(environment, "linux")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems bring their own")
@pytest.mark.parametrize("library", list(DEBIAN_PACKAGES)[:6])
def test_qt_s_own_libraries_name_it(library):
    folder = Path(PySide6.__file__).parent / "Qt" / "lib"
    parts = [folder / f"libQt6{part}.so.6" for part in ("Core", "Gui", "Widgets", "DBus")]
    assert any(library.encode() in part.read_bytes() for part in parts)


@pytest.mark.parametrize("environment", [{"QT_QPA_PLATFORM": "offscreen"}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_the_libraries_of_x11_are_needed_on_x11_only(lacking, environment):
    lacking("libxcb-cursor.so.0")
    assert missing_for_window(environment, "linux") == ""
    assert missing_for_window(X11, "linux") != ""


def test_a_library_that_is_not_there_does_not_load():
    assert not system_libraries._loads("libcnnviz-nowhere.so.99")
