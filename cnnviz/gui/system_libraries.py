"""Qt needs some of the system's libraries that a bare machine lacks; without this check it would abort without a
word.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

DEBIAN_PACKAGES: Mapping[str, str] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
}
"""Library → Debian package, for a window on X11. The first six are needed even without a screen."""
_WITHOUT_SCREEN = 6


def missing_for_window(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """One sentence that says what a window lacks on this machine, or "" if nothing."""
    if not platform.startswith("linux"):
        return ""
    qt_platform = environment.get("QT_QPA_PLATFORM", "")
    if not qt_platform and not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        return (
            "There is no display (DISPLAY and WAYLAND_DISPLAY are not set): start from a desktop, "
            "or use `cnnviz snapshot`."
        )
    on_x11 = qt_platform.startswith("xcb") or (not qt_platform and not environment.get("WAYLAND_DISPLAY"))
    needed = list(DEBIAN_PACKAGES)[: None if on_x11 else _WITHOUT_SCREEN]
    missing = [library for library in needed if not _loads(library)]
    if not missing:
        return ""
    packages = " ".join(DEBIAN_PACKAGES[library] for library in missing)
    listed = ", ".join(missing)
    return f"Qt needs {listed}, which this system lacks: run `sudo apt-get install {packages}`, then start again."


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
