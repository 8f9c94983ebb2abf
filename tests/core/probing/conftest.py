"""What cells depend on, by a second route that runs the network: a mark put on one row of pixels after the other."""

import pytest
import torch

from cnnviz.core.probing.capture import Capture

NAN = float("nan")


@pytest.fixture(scope="session")
def poisoned_spans():
    """For rows and for columns, per named call, the first and end pixel that each of its cells depends on.

    Pixels are poisoned with NaN, which spreads to all that is computed of them. Double precision takes torch's plain
    loops, where no NaN leaks into neighbours.
    """

    def spans(module, size, names, channels=3):
        return [_spans(module, torch.ones(channels, *size), NAN, torch.isnan, names, axis) for axis in (1, 2)]

    return spans


@pytest.fixture(scope="session")
def lit_spans():
    """The same for linear networks of positive weights without biases: all pixels are dark but one row.

    Unlike NaN a light does not pass through weights of zero, which interpolation has.
    """

    def spans(module, size, names, channels=1):
        return [_spans(module, torch.zeros(channels, *size), 1.0, _is_lit, names, axis) for axis in (1, 2)]

    return spans


def _is_lit(maps):
    return maps.abs() > 1e-9


def _spans(module, picture, mark, is_marked, names, axis):
    reached = _reached(module.double().eval(), picture.double(), mark, is_marked, names, axis)
    return {name: _edges(matrix) for name, matrix in reached.items()}


def _reached(module, picture, mark, is_marked, names, axis, batch=16):
    """Per name a matrix: does the mark on this pixel (row) reach this cell (column)?"""
    reached = {name: [] for name in names}

    def note(name, maps):
        reached[name].append(is_marked(maps).any(1).any(3 - axis))

    with Capture(module, note) as capture, torch.no_grad():
        capture.watch(names)
        for pixels in torch.arange(picture.shape[axis]).split(batch):
            pictures = picture.repeat(len(pixels), 1, 1, 1)
            for marked, pixel in zip(pictures, pixels, strict=True):
                marked.select(axis, pixel).fill_(mark)
            module(pictures)
    return {name: torch.cat(parts) for name, parts in reached.items()}


def _edges(reached):
    pixels = torch.arange(len(reached))[:, None]
    first = torch.where(reached, pixels, len(reached)).amin(0)
    end = torch.where(reached, pixels + 1, 0).amax(0)
    return list(zip(first.tolist(), end.tolist(), strict=True))
