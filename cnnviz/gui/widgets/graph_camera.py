"""How much of the graph is on view: the pictures' arithmetic, but a small graph stays where it was put. Free of Qt."""

from __future__ import annotations

import math
from dataclasses import replace

from cnnviz.core.graph.placed import Box, Direction
from cnnviz.gui.widgets.placement import Lengths, Placement, fitted

LARGEST_SCALE = 3.0
LEAST_READING_SCALE = 0.55
"""A graph that is broader than the view at this scale is cut rather than made smaller."""


def whole(view: Lengths, graph: Lengths) -> Placement:
    """All of it; ``view`` and ``graph`` are height and width."""
    return fitted(view, graph)


def reading(view: Lengths, graph: Lengths, direction: Direction) -> Placement:
    """From the input on, at full size or as broad as the view."""
    across = 1 if direction == "down" else 0
    scale = min(1.0, max(view[across] / graph[across], LEAST_READING_SCALE))
    fit = whole(view, graph)
    scale = max(scale, fit.scale)
    middle = (view[across] - graph[across] * scale) / 2
    top, left = (0.0, middle) if direction == "down" else (middle, 0.0)
    return _kept(replace(fit, scale=scale, top=top, left=left))


def moved(placement: Placement, down: float, across: float) -> Placement:
    """Shifted as far as the graph's edges allow."""
    return _kept(replace(placement, top=placement.top + down, left=placement.left + across))


def zoomed(placement: Placement, factor: float, y: float, x: float) -> Placement:
    """Larger by ``factor``, within bounds, about a point of the view."""
    scale = min(max(placement.scale * factor, placement.fitted_scale), LARGEST_SCALE)
    row, column = placement.to_picture(y, x)
    return _kept(replace(placement, scale=scale, top=y - row * scale, left=x - column * scale))


def regraphed(placement: Placement, view: Lengths, graph: Lengths) -> Placement:
    """The same corner and scale over another graph, in a view that may have another size."""
    fit = whole(view, graph)
    return _kept(replace(fit, scale=max(placement.scale, fit.scale), top=placement.top, left=placement.left))


def resized(placement: Placement, view: Lengths) -> Placement:
    """The same middle in a view of another size."""
    fit = whole(view, placement.picture)
    scale = fit.scale if not placement.is_zoomed else max(placement.scale, fit.scale)
    y, x = placement.to_picture(placement.view[0] / 2, placement.view[1] / 2)
    return _kept(replace(fit, scale=scale, top=view[0] / 2 - y * scale, left=view[1] / 2 - x * scale))


def part_on_view(placement: Placement) -> Box:
    """In the graph's pixels; it may reach beyond the graph."""
    top, left = placement.to_picture(0, 0)
    bottom, right = placement.to_picture(*placement.view)
    return Box(left, top, right - left, bottom - top)


def centred(placement: Placement, x: float, y: float) -> Placement:
    """With a place of the graph in the middle of the view."""
    top, left = placement.view[0] / 2 - y * placement.scale, placement.view[1] / 2 - x * placement.scale
    return _kept(replace(placement, top=top, left=left))


def centred_across(placement: Placement, direction: Direction) -> Placement:
    """With the middle of the graph's breadth in the middle of the view."""
    height, width = placement.view
    rows, columns = placement.picture
    if direction == "down":
        return replace(placement, left=math.floor((width - columns * placement.scale) / 2))
    return replace(placement, top=math.floor((height - rows * placement.scale) / 2))


def revealing(placement: Placement, box: Box) -> Placement:
    """Moved no more than needed to have ``box`` on view with some room around; its beginning, where it is too large."""
    room = tuple(0.15 * length for length in placement.view)
    top, left = placement.to_view(box.top, box.left)
    bottom, right = placement.to_view(box.bottom, box.right)
    down = _shift(top, bottom, room[0], placement.view[0] - room[0])
    across = _shift(left, right, room[1], placement.view[1] - room[1])
    return moved(placement, down, across) if down or across else placement


def between(one: Placement, other: Placement, share: float) -> Placement:
    """On the way from one to the other; both have the same scale."""
    top, left = one.top + (other.top - one.top) * share, one.left + (other.left - one.left) * share
    return replace(other, top=math.floor(top), left=math.floor(left))


def shift(before: Placement, after: Placement) -> tuple[int, int] | None:
    """To the right and down, where ``after`` is ``before`` moved and nothing else."""
    if replace(before, top=0, left=0) != replace(after, top=0, left=0):
        return None
    return round(after.left - before.left), round(after.top - before.top)


def _shift(start: float, end: float, low: float, high: float) -> float:
    if start < low or end - start > high - low:
        return low - start
    return min(0.0, high - end)


def _kept(placement: Placement) -> Placement:
    """No edge of the graph leaves a gap that another part could fill; one that fits lies anywhere in the view.

    On whole pixels, so that what is on the screen can be moved there.
    """
    (top, left) = (
        math.floor(
            min(max(start, min(0.0, room - length * placement.scale)), max(0.0, room - length * placement.scale))
        )
        for start, length, room in zip((placement.top, placement.left), placement.picture, placement.view, strict=True)
    )
    return replace(placement, top=top, left=left)
