"""What a network opened from a file brings along, whatever the kind of file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from cnnviz.core.arrays import Size
from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.values import NetworkChoice, Preprocessing

InputShape = tuple[int, int, int]
"""Channels, height, width."""

USUAL_INPUT: InputShape = (3, 224, 224)
_USUAL_CROP = 224 / 256  # of the shorter side, as most people's weights are evaluated


class RefusedError(NetworkError):
    """A network that asks for more time or memory than any needs: it is not tried on other inputs."""


@dataclass(frozen=True, eq=False)
class NetworkFile:
    """A network that came from a file. ``origin``: the kind of file in words, for the sentence about the weights.

    ``input_shape``: what the file says it takes; None where it says nothing. ``preprocessing`` and ``class_names``:
    where the file carries them. ``classes``: how many its output tells apart; None as long as that is not known, 0 for
    an output that is no such list. ``notes``: what else there is to say. ``untrained``: its weights are initial ones.
    ``settle``: what is left to do with the module once an input is known on which it runs.
    """

    module: nn.Module
    origin: str
    input_shape: InputShape | None = None
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()
    title: str = ""
    classes: int | None = None
    notes: tuple[str, ...] = ()
    untrained: bool = False
    settle: Callable[[nn.Module, Tensor], None] | None = None


Opener = Callable[[Path, NetworkChoice], NetworkFile]
"""Opens one kind of file on the CPU; raises NetworkError with the place and the reason."""


def usual_preprocessing(input_shape: InputShape | None, *, asked: Size | None = None) -> Preprocessing:
    """For a network that says nothing of it: ImageNet's for three channels, grey values as they are for one."""
    channels, height, width = input_shape or USUAL_INPUT
    height, width = asked or (height, width)
    if channels == 3:
        return Preprocessing((height, width), resize=round(min(height, width) / _USUAL_CROP))
    if channels == 1:
        return Preprocessing((height, width), 1, resize=None, fit="squash", mean=(0.0,), std=(1.0,))
    raise NetworkError(f"This network takes {channels} channels: pictures have 3, or 1 where they are grey.")


def head_of(path: Path) -> bytes:
    """The first bytes of a file, which tell what it is."""
    try:
        if not path.is_file():
            raise NetworkError(f"There is no network file {path}.")
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise NetworkError(f"The file {path} cannot be read: {error.strerror}.", details=str(error)) from error


def damaged(path: Path, kind: str) -> Callable[[Exception], NetworkError]:
    """The sentence for whatever a reader of untrusted bytes raises: all of it means this."""

    def error_of(error: Exception) -> NetworkError:
        return NetworkError(
            f"{path.name} cannot be read as {kind}: it is damaged, cut off or of a version this program does not know; "
            "get it again from where it came, or save it anew.",
            details=f"{type(error).__name__}: {error}",
        )

    return error_of
