"""controls.jsonl: orders to a running trainer, one JSON object a line, appended by anybody and read by the trainer."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cnnviz.core.ordinary_file import open_ordinary
from cnnviz.core.training.errors import ConfigurationError, RunError
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.strict_json import plain, read
from cnnviz.core.training.values import Control, ControlAction

_RANGES: dict[ControlAction, tuple[float, float]] = {
    "learning-rate": (0.0, 1e3),
    "momentum": (0.0, 0.9999),
    "weight-decay": (0.0, 10.0),
    "gradient-clipping": (0.0, 1e9),
}
_MOST_BYTES = 1 << 20  # read at once; the rest waits for the next step


def checked_control(control: Control) -> Control:
    """The control itself. Raises ConfigurationError: a value that is missing, out of range or has no place."""
    limits = _RANGES.get(control.action)
    if limits is None and control.value is not None:
        raise ConfigurationError(f"{control.action} takes no value.")
    if limits and (control.value is None or not limits[0] <= control.value <= limits[1]):
        raise ConfigurationError(f"{control.action} needs a value between {limits[0]:g} and {limits[1]:g}.")
    return control


def send_control(run: Path | str, control: Control) -> None:
    """Gives an order to whoever trains in this folder; it is followed before the next step."""
    folder = RunFolder(Path(run))
    folder.check()
    line = json.dumps(plain(checked_control(control))).encode() + b"\n"
    try:
        with folder.controls.open("ab") as file:
            file.write(line)
    except OSError as error:
        raise RunError(f"{folder.controls} cannot be written: {error.strerror}.", details=str(error)) from error


class ControlReader:
    """The trainer's side: what was ordered since it was made. Polling costs a microsecond while nothing comes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._position = self._size()

    def poll(self) -> tuple[Control, ...]:
        """New orders, oldest first; lines that are none are passed over."""
        if self._size() <= self._position:
            return ()
        with open_ordinary(self._file) as stream:
            stream.seek(self._position)
            content = stream.read(_MOST_BYTES)
        whole = content.rfind(b"\n") + 1 or (len(content) if len(content) == _MOST_BYTES else 0)
        self._position += whole
        return tuple(filter(None, map(_control, content[:whole].splitlines())))

    def _size(self) -> int:
        try:
            return os.stat(self._file).st_size  # noqa: PTH116 - half the time of Path.stat, before every step
        except FileNotFoundError:
            return 0


def _control(line: bytes) -> Control | None:
    try:
        return checked_control(read(Control, json.loads(line), "a control"))
    except (ValueError, RecursionError, ConfigurationError):
        return None
