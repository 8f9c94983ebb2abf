"""A specification → the source it names. One line in the table for each kind."""

from collections.abc import Callable

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange, Source
from cnnviz.core.sources.camera import open_camera
from cnnviz.core.sources.folder import open_player as open_folder
from cnnviz.core.sources.still import open_picture
from cnnviz.core.sources.stream import open_stream
from cnnviz.core.sources.test_card import CardSource
from cnnviz.core.sources.values import SourceKind, SourceSpec
from cnnviz.core.sources.video import open_player as open_video


def open_source(spec: SourceSpec, on_change: OnChange) -> Source:
    """A source that has its first frame. Raises SourceError if there is none; nothing is left open then.

    Takes milliseconds for files, up to ten seconds for a camera or stream that does not answer: call it in a thread.
    """
    return _OPENERS[spec.kind](spec, on_change)


def _needs_a_picture(spec: SourceSpec, on_change: OnChange) -> Source:
    del on_change
    raise SourceError(f"there is no {spec.kind} picture yet: paste or draw one, or open a file")


_OPENERS: dict[SourceKind, Callable[[SourceSpec, OnChange], Source]] = {
    "picture": open_picture,
    "folder": open_folder,
    "video": open_video,
    "camera": open_camera,
    "stream": open_stream,
    "pasted": _needs_a_picture,
    "sketch": _needs_a_picture,
    "test-card": CardSource,
}
