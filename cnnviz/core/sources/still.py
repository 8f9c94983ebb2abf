"""One picture: from a file, pasted, or drawn."""

from dataclasses import replace
from pathlib import Path

from cnnviz.core.arrays import Bytes
from cnnviz.core.sources.base import OnChange, Source
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.values import SourceSpec, SourceState


class StillSource(Source):
    """Gives its picture once, until ``show`` brings another."""

    def __init__(self, spec: SourceSpec, pixels: Bytes, title: str, on_change: OnChange) -> None:
        super().__init__(spec, SourceState(spec, title, still=True, playing=False, looping=False), on_change)
        self.show(pixels, title)

    def show(self, pixels: Bytes, title: str) -> None:
        """Another picture in place of the last one (the sketch after one more stroke)."""
        if pixels.flags.writeable:
            pixels = pixels.copy()
            pixels.flags.writeable = False
        self._publish(pixels, replace(self.state, title=title))

    def close(self) -> None:
        """See Source.close."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()


def open_picture(spec: SourceSpec, on_change: OnChange) -> StillSource:
    """Raises SourceError as ``read_picture`` does."""
    path = Path(spec.location)
    return StillSource(replace(spec, location=str(path)), read_picture(path), path.name, on_change)
