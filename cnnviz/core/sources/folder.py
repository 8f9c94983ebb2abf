"""A folder of pictures: stepped through, or shown one after another."""

import os
import re
from pathlib import Path

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange
from cnnviz.core.sources.kinds import PICTURE_SUFFIXES
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.player import PlayerSource
from cnnviz.core.sources.values import SourceSpec

PICTURES_PER_SECOND = 0.5
_FILE_LIMIT = 200_000
_NAMED_IN_NOTICE = 3


class FolderReel:
    """See player.Reel. Files that cannot be read are skipped and named in the notice."""

    rate = PICTURES_PER_SECOND

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._files = picture_files(self._folder)
        self._skipped: dict[str, str] = {}
        self.title = self._folder.name
        self.notice = ""
        self.count = len(self._files)

    def read(self, index: int, step: int) -> tuple[int, Bytes] | None:
        """See player.Reel."""
        while 0 <= index < self.count:
            name = self._files[index]
            try:
                pixels = read_picture(self._folder / name)
            except SourceError as error:
                self._skip(name, error)
            else:
                self.title = f"{self._folder.name}: {name}"
                return index, pixels
            index += step
        return None

    def close(self) -> None:
        """See player.Reel: no file stays open."""

    def _skip(self, name: str, error: SourceError) -> None:
        self._skipped[name] = error.message
        if len(self._skipped) == 1:
            self.notice = f"1 file is skipped: {error.message}"
            return
        named = ", ".join(list(self._skipped)[:_NAMED_IN_NOTICE])
        more = len(self._skipped) - _NAMED_IN_NOTICE
        rest = f" and {more} more" if more > 0 else ""
        self.notice = f"{len(self._skipped)} files cannot be read and are skipped: {named}{rest}"


def picture_files(folder: Path) -> tuple[str, ...]:
    """Names, relative to ``folder``, of the picture files in it and below (links to folders are not followed), in the
    order a person counts: 2 before 10. Raises SourceError: missing, or none.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 - unlike Path.is_dir it is False, no error, for impossible names
        raise SourceError(f"there is no folder {folder}: check the name")
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [str((Path(parent) / name).relative_to(folder)) for name in names if is_picture_name(name)]
        if len(found) > _FILE_LIMIT:
            raise SourceError(f"{folder.name} holds more than {_FILE_LIMIT} pictures: open a folder inside it")
    if not found:
        raise SourceError(f"{folder.name} holds no pictures: open a folder with JPEG, PNG or other picture files")
    return tuple(sorted(found, key=natural_key))


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts digits by their value and letters without case."""
    parts = re.split(r"(\d+)", name.lower())
    numbered = ((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return (*numbered, (-1, 0, name))


def is_picture_name(name: str) -> bool:
    """By its ending; hidden files are none."""
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES


def open_player(spec: SourceSpec, on_change: OnChange) -> PlayerSource:
    """Shows the first picture and waits. Raises SourceError: no folder, no picture, none that can be read."""
    return PlayerSource(spec, FolderReel(spec.location), on_change, playing=False)
