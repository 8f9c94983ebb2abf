"""A whole network in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.core.graph.folding import CallTree


@dataclass(frozen=True)
class Totals:
    """``calls``: with no others inside. ``memory``: bytes of all their outputs for one picture."""

    calls: int
    parameters: int
    trainable: int
    buffers: int
    macs: int
    memory: int


def totals_of(tree: CallTree) -> Totals:
    """Every parameter and buffer is counted once, however often it is used."""
    ends, tops = tree.ends(), tree.tops()
    return Totals(
        calls=len(ends),
        parameters=sum(layer.parameters for layer in tops),
        trainable=sum(layer.trainable for layer in tops),
        buffers=sum(layer.buffers for layer in tops),
        macs=sum(layer.macs for layer in ends),
        memory=sum(layer.memory for layer in ends),
    )
