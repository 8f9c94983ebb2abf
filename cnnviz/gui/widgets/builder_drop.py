"""Where dragged rows would land: a place in the network and the line that shows it. Free of Qt's models."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.core.networks.spec.rows import RowPath


@dataclass(frozen=True)
class RowUnder:
    """The row under the pointer. ``depth``: how many groups are around it. ``last``: no row of its group is below it.

    ``inner``: how many rows it has itself, None for a row that is no group. ``open``: they are on view.
    """

    path: RowPath
    top: int
    bottom: int
    last: bool
    inner: int | None = None
    open: bool = False


@dataclass(frozen=True)
class Landing:
    """``place``: before what stands there now. ``y``: where the line is drawn; ``depth``: how far it is indented.

    ``inside``: into this closed or empty group, which is framed instead of a line.
    """

    place: RowPath
    y: int
    depth: int
    inside: RowPath | None = None


def landing(under: RowUnder | None, y: int, depth: int, *, rows: int, end: int) -> Landing:
    """``y``: the pointer's. ``depth``: how far right it is, in steps of the indentation: left of the rows of a group,
    below its last one, means below the group. ``rows``: of the network; ``end``: below the last one.
    """
    if under is None:
        return Landing((rows,), end, 0)
    share = (y - under.top) / max(1, under.bottom - under.top)
    *above, place = under.path
    level = len(above)
    if under.inner is not None and under.open and under.inner and share > 0.5:
        return Landing((*under.path, 0), under.bottom, level + 1)
    if under.inner is not None and not (under.open and under.inner) and 0.3 < share < 0.7:
        return Landing((*under.path, under.inner), under.bottom, level + 1, inside=under.path)
    if share <= 0.5:
        return Landing(under.path, under.top, level)
    if under.last and above and depth < level:
        return Landing((*above[:-1], above[-1] + 1), under.bottom, level - 1)
    return Landing((*above, place + 1), under.bottom, level)
