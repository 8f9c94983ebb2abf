"""From logits to the classes a network predicts. Free of torch: the window's temperature slider needs no engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TopK:
    """The ``k`` largest logits, largest first; ties in the order of their indices, NaN last."""

    indices: NDArray[np.int64]
    probabilities: Doubles
    logits: Floats


def softmax(logits: Floats, temperature: float = 1.0) -> Doubles:
    """softmax(logits / temperature) over the last axis.

    Temperature 0 is the limit: 1 for the largest logit, shared equally where several are largest; infinity is uniform.
    A logit of −∞ has probability 0. With NaN or +∞ among the logits, or −∞ only, there is no answer: all are NaN.

    Raises:
        ValueError: the temperature is negative or NaN.
    """
    _check_temperature(temperature)
    exact = np.asarray(logits, dtype=np.float64)
    if exact.shape[-1] == 0:
        return exact.copy()
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is NaN, and NaN is the answer
        below_largest = exact - exact.max(axis=-1, keepdims=True)
    weights = _weights(below_largest, temperature)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), dtype=np.float64)


def probabilities(logits: Floats, temperature: float = 1.0) -> Doubles:
    """The probability of each class over the last axis: softmax, or for a network with one output its sigmoid.

    One output has no other class to share with: softmax would call it certain whatever it says.

    Raises:
        ValueError: the temperature is negative or NaN.
    """
    exact = np.asarray(logits, dtype=np.float64)
    if exact.shape[-1] != 1:
        return softmax(logits, temperature)
    against_zero = np.concatenate([exact, np.zeros_like(exact)], axis=-1)
    return softmax(against_zero.astype(np.float32), temperature)[..., :1]


def top_k(logits: Floats, k: int, temperature: float = 1.0) -> TopK:
    """The ``k`` most probable of one frame's logits, or all where there are fewer.

    Raises:
        ValueError: the temperature is negative or NaN.
    """
    ranking = np.argsort(-logits, kind="stable")[: max(0, k)]
    return TopK(ranking, probabilities(logits, temperature)[ranking], logits[ranking])


def _check_temperature(temperature: float) -> None:
    if not temperature >= 0:
        raise ValueError(f"A softmax temperature must be 0 or more, not {temperature}.")


def _weights(below_largest: Doubles, temperature: float) -> Doubles:
    """exp(below_largest / temperature), its limits included; −∞ stays without weight at every temperature."""
    if temperature == 0:
        weights = np.where(below_largest == 0, 1.0, 0.0)
        return np.where(np.isnan(below_largest), np.nan, weights)
    with np.errstate(over="ignore", invalid="ignore"):  # a quotient of −∞ is weight 0
        weights = np.exp(below_largest / temperature)
    return np.where(np.isneginf(below_largest), 0.0, weights)
