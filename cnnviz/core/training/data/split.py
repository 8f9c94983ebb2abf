"""One split of a data set, ready to be trained on or to be judged by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cnnviz.core.training.data.pictures import Pictures
from cnnviz.core.training.values import Split


@dataclass(frozen=True, eq=False)
class LoadedSplit:
    """``labels``: N on the CPU. ``files``: their names below ``folder``; none where they come from one large file.

    ``origin``: positions in the published ``part``. ``excluded``: N bools of what the edit list excludes, or None.
    """

    pictures: Pictures
    labels: Tensor
    files: tuple[str, ...] = ()
    folder: Path = Path()
    origin: Tensor | None = None
    part: Split = "train"
    excluded: Tensor | None = None

    @property
    def kept(self) -> Tensor:
        """Positions of the pictures that are not excluded."""
        return torch.arange(len(self.labels)) if self.excluded is None else (~self.excluded).nonzero().flatten()

    def name_of(self, position: int) -> str:
        """What a person would call this picture."""
        return self.files[position] if self.files else f"number {self._number(position)}"

    def key_of(self, position: int) -> str:
        """What an edit list calls it."""
        if self.files:
            return Path(self.files[position]).as_posix()
        return f"{self.part}:{self._number(position)}"

    def _number(self, position: int) -> int:
        return position if self.origin is None else int(self.origin[position])
