"""The rules of the diagnosis, one function each, and the reasons for their thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.counted import counted
from cnnviz.core.training.diagnosis import Diagnosis, DiagnosisKind, RunFacts, ways_to_resume
from cnnviz.core.training.values import Control

Numbers = NDArray[np.float64]

_SWING = 1.5
"""Times the loss of the start: a network that once knew more is worse than before it began. Noise does not do that."""

_WORSE_THAN_NOTHING = 3.0
"""Times the loss of guessing: usual initial values begin below, and no sound step leads there."""

_EXPLODED = 100.0
"""Times the loss of guessing: no initial values and no noise lead so far up, and hardly any weights survive it."""

_LEARNS_AGAIN = 0.9
"""Of the loss of guessing, below which what exploded has recovered."""

_VANISHED = 1e-3
"""Gradient norm of the first layer for one of the largest: with usual initial values they differ by less than 100."""

_MEASURED = 4
"""Measurements in a row that must agree: one batch says little."""

_SILENT = 0.7
"""Share of units without gradient. Selective units of a healthy layer rest for a batch, but seldom most of them do."""

_FEWEST_NORMALISED = 8
"""Pictures a batch norm's mean needs: below, its error grows fast (Wu and He, 2018, figure 1)."""

_OVERFIT = (0.15, 0.1)
"""The validation loss rises by this fraction and by this much: small losses go up and down by more than a tenth."""

_CHANCE_MARGIN = 0.2
"""Training accuracy above chance from which on the network has learnt something, if only by heart."""

_LEARNT = 0.9
"""Of the training loss at the best validation, below which the network goes on learning by heart."""

_SETTLED_STEPS = 30
"""Until the running means of batch norm (a tenth new at each step) stand for the data: 0.9³⁰ is 4 %."""

_SLOW_UPDATE = 1e-4
"""Step of the fastest layer for its weights' size. Networks learn well at about 1e-3."""

_STEPS_TO_JUDGE = 50
"""Before, hardly any run has learnt much."""

_PLATEAU = 0.01
"""Fall of the loss between the halves of the last three epochs, or of the last quarter of a long run."""

_PLATEAU_LINES = 16
"""Lines of metrics at least: the median of half of them is hardly noise any more."""

_NEW_RATE = 1.5
"""Times the rate of the line before, or less than its inverse: a step of a schedule or a hand, no smooth schedule."""


def exploding_gradients(facts: RunFacts) -> Diagnosis | None:
    """The loss is no longer finite, far above where it began, or was so and the network has learnt nothing since."""
    loss = facts.train.loss
    if not len(loss):
        return None
    if not np.isfinite(loss[-1]):
        return _diverged(facts)
    if _came_back_from_an_explosion(facts):
        return _exploded(facts)
    if len(loss) < 3 or not (_swings(facts) or _rises_above_guessing(facts)):
        return None
    return _exploding(facts, f"The loss swings: it is {loss[-1]:.3g} and was {loss.min():.3g} already.", "warning")


def _came_back_from_an_explosion(facts: RunFacts) -> bool:
    loss = facts.train.loss
    peak = float(np.nanmax(loss))
    return peak > _EXPLODED * facts.uninformed_loss and bool(
        np.median(loss[-3:]) > _LEARNS_AGAIN * facts.uninformed_loss
    )


def _exploded(facts: RunFacts) -> Diagnosis:
    """The weights are wrecked: another learning rate alone does not mend them."""
    row, guessing = int(np.nanargmax(facts.train.loss)), facts.uninformed_loss
    peak, step, now = facts.train.loss[row], int(facts.train.steps[row]), facts.train.loss[-1]
    rate = float(facts.train.learning_rate[row])
    lower = float(f"{rate / 10:.1g}")
    layer, grown = _growth(facts)
    return Diagnosis(
        "exploding-gradients",
        f"Gradients exploded: the loss rose to {peak:.3g} by step {step:,}, and nothing was learnt since.{grown}",
        f"loss {peak:.3g} → {now:.3g}, guessing has {guessing:.3g}; the learning rate was {rate:g}",
        f"Start a new run with a learning rate of {lower:g} or gradients clipped to a norm of 1: the weights are lost.",
        facts.step,
        layer=layer,
    )


def _swings(facts: RunFacts) -> bool:
    loss = facts.train.loss
    start = max(float(loss[0]), facts.uninformed_loss if facts.data else 0.0)
    return bool(loss[-1] > _SWING * start and loss.min() < loss[-1] / 2)


def _rises_above_guessing(facts: RunFacts) -> bool:
    recent = facts.train.loss[-3:]
    return bool(recent.min() > _WORSE_THAN_NOTHING * facts.uninformed_loss and recent[-1] >= np.median(recent))


def _diverged(facts: RunFacts) -> Diagnosis:
    row = np.flatnonzero(~np.isfinite(facts.train.loss))[0]
    loss, step = facts.train.loss[row], facts.train.steps[row]
    return _exploding(facts, f"The loss became {loss} before step {step}: gradients exploded.", "fatal")


def _exploding(facts: RunFacts, sentence: str, severity: str) -> Diagnosis:
    layer, grown = _growth(facts)
    losses = " → ".join(f"{value:.3g}" for value in facts.train.loss[-5:])
    rate = float(facts.train.learning_rate[-1])
    lower = float(f"{rate / 10:.1g}")
    return Diagnosis(
        "exploding-gradients",
        sentence + grown,
        f"loss {losses} at a learning rate of {rate:g}",
        _way_on(facts, lower, severity),
        facts.step,
        "fatal" if severity == "fatal" else "warning",
        layer,
        (Control("learning-rate", lower), Control("gradient-clipping", 1.0)),
    )


def _way_on(facts: RunFacts, lower: float, severity: str) -> str:
    if severity != "fatal":
        return f"Lower the learning rate to {lower:g}, or clip the gradients to a norm of 1."
    start = "Start again" if facts.checkpoint is None else f"Go on from the checkpoint of step {facts.checkpoint}"
    return (
        f"{start} with a learning rate of {lower:g} or gradients clipped to a norm of 1{ways_to_resume(f'{lower:g}')}."
    )


def _growth(facts: RunFacts) -> tuple[str, str]:
    """The layer whose gradient grew most, and a sentence of it; "" for none."""
    layer, growth = _grown_layer(facts)
    return layer, f" The gradient grew most in {layer}, {growth:.3g} times." if layer else ""


def _grown_layer(facts: RunFacts) -> tuple[str, float]:
    """Whose gradient norm is largest for its first one, in the newest measurement that is finite; "" for none."""
    norms = facts.layers.gradient_norms
    finite = np.flatnonzero(np.isfinite(norms).all(axis=1)) if norms.size else np.empty(0, np.intp)
    if len(finite) < 2:
        return "", 0.0
    growth = norms[finite[-1]] / np.maximum(norms[finite[0]], 1e-12)
    chosen = int(growth.argmax())
    return (facts.layers.names[chosen], float(growth[chosen])) if growth[chosen] > 2 else ("", 0.0)


def dead_relus(facts: RunFacts) -> Diagnosis | None:
    """Most units of a layer get no gradient from any picture, measurement after measurement."""
    columns = _weight_columns(facts)[:-1]  # the head has no ReLU behind it
    recent = facts.layers.silent[-_MEASURED:, columns]
    if len(recent) < _MEASURED or not len(columns):
        return None
    lowest = np.nan_to_num(recent).min(axis=0)
    worst = int(lowest.argmax())
    if lowest[worst] < _SILENT:
        return None
    layer = facts.layers.names[columns[worst]]
    return Diagnosis(
        "dead-relus",
        f"Most units of {layer} are dead: behind them the ReLU gives 0 for every picture, so they cannot learn.",
        f"{lowest[worst]:.0%} of its units got no gradient at all in the last {_MEASURED} measurements",
        "Lower the learning rate and start again, or use leaky ReLUs or a batch norm before the ReLU.",
        facts.step,
        layer=layer,
    )


def vanishing_gradients(facts: RunFacts) -> Diagnosis | None:
    """The first layers get a tiny part of the gradient that the last ones get."""
    columns = _weight_columns(facts)
    recent = facts.layers.gradient_norms[-_MEASURED:, columns]
    if len(recent) < _MEASURED or len(columns) < 3 or not np.isfinite(recent).all():
        return None
    norms = np.median(recent, axis=0)
    first, largest = columns[0], columns[int(norms.argmax())]
    if norms[0] >= _VANISHED * norms.max():
        return None
    names = facts.layers.names
    return Diagnosis(
        "vanishing-gradients",
        f"Gradients vanish on their way back: {names[first]} hardly gets any, so the first layers do not learn.",
        f"gradient norm {norms[0]:.1e} in {names[first]}, {norms.max():.1e} in {names[largest]}",
        "Use ReLUs instead of sigmoids or tanh, batch norm, shortcuts as in ResNet, or fewer layers.",
        facts.step,
        layer=names[first],
    )


def small_batch_norm(facts: RunFacts) -> Diagnosis | None:
    """Batch norms that learn take their mean over too few pictures."""
    plan = facts.learning
    if plan is None or not plan.batch_norms or plan.normalised_together >= _FEWEST_NORMALISED or not facts.step:
        return None
    together = counted(plan.normalised_together, "picture")
    names = ", ".join(plan.batch_norms[:3]) + (" …" if len(plan.batch_norms) > 3 else "")
    return Diagnosis(
        "small-batch-norm",
        f"The batch is too small for batch norm: a mean over {together} is mostly chance.",
        f"pictures at a time: {plan.normalised_together}; batch norms that learn: {names}",
        f"Take batches of {_FEWEST_NORMALISED} pictures or more in each process and part, or freeze these layers.",
        facts.step,
        layer=plan.batch_norms[0],
    )


def shuffled_labels(facts: RunFacts) -> Diagnosis | None:
    """The network learns the training pictures by heart, and of others it knows nothing at all."""
    validation = facts.validation
    held_out = next((each for each in facts.data.splits if each.split == "validation"), None) if facts.data else None
    if held_out is None or not held_out.total or len(validation.steps) < 3 or validation.steps[-3] < _SETTLED_STEPS:
        return None
    chance = max(held_out.counts) / held_out.total
    guessing = chance + 3 * math.sqrt(chance * (1 - chance) / held_out.total)
    learnt = float(facts.train.accuracy[facts.epochs_ago(1) :].mean())
    if validation.accuracy[-3:].max() > guessing or learnt < chance + _CHANCE_MARGIN:
        return None
    return Diagnosis(
        "shuffled-labels",
        "The labels look shuffled: what is learnt of the training pictures says nothing about the others.",
        f"accuracy {learnt:.0%} in training, {validation.accuracy[-1]:.0%} in validation; guessing gives {chance:.0%}",
        "Look at some pictures with their labels in the data dock: are files and labels in the same order?",
        facts.step,
    )


def overfitting(facts: RunFacts) -> Diagnosis | None:
    """The validation loss rises while the training loss falls."""
    losses = facts.validation.loss
    if len(losses) < 3 or not np.isfinite(losses).all():
        return None
    best = int(losses.argmin())
    rise = max(_OVERFIT[0] * losses[best], _OVERFIT[1])
    ahead, now = _training_loss(facts, best), _training_loss(facts, len(losses) - 1)
    if len(losses) - best < 3 or losses[-2:].min() < losses[best] + rise:
        return None
    if not now < min(_LEARNT * ahead, facts.uninformed_loss):
        return None
    at = int(facts.validation.steps[best])
    return Diagnosis(
        "overfitting",
        "The network overfits: it learns its training pictures by heart and gets worse on others.",
        f"validation loss {losses[best]:.3g} at step {at:,}, {losses[-1]:.3g} now; in training {ahead:.3g} → {now:.3g}",
        f"Use the checkpoint of step {at:,}; more data or augmentation, dropout, weight decay, or a smaller network.",
        facts.step,
    )


def _training_loss(facts: RunFacts, validation: int) -> float:
    """Mean over the epoch before this validation."""
    epoch = facts.validation.epoch[validation]
    rows = (facts.train.epoch > epoch - 1) & (facts.train.epoch <= epoch)
    return float(facts.train.loss[rows].mean()) if rows.any() else math.nan


def low_learning_rate(facts: RunFacts) -> Diagnosis | None:
    """Even the fastest layer hardly moves, and the loss hardly falls, at the schedule's highest rates."""
    ratio, loss = _fastest_update(facts), facts.train.loss
    if not ratio < _SLOW_UPDATE or facts.step < _STEPS_TO_JUDGE or len(loss) < 4 or not _is_high(facts, 0.5):
        return None
    first, last = float(loss[:2].mean()), float(loss[-2:].mean())
    if last < 0.9 * first or last < 0.5 * facts.uninformed_loss:
        return None
    rate = float(facts.train.learning_rate[-1])
    higher = float(f"{rate * min(1000.0, 1e-3 / max(ratio, 1e-12)):.1g}")
    return Diagnosis(
        "low-learning-rate",
        "The learning rate looks too low: the weights hardly move and the loss hardly falls.",
        f"a step changes the fastest layer by {ratio:.0e} of its size (1e-3 is usual); loss {first:.4g} → {last:.4g}",
        f"Raise the learning rate from {rate:g} to about {higher:g}, or find a rate (Find… in the window, --find-lr).",
        facts.step,
        offers=(Control("learning-rate", higher),),
    )


def plateau(facts: RunFacts) -> Diagnosis | None:
    """The loss does not fall any more though it is high and the learning rate too."""
    lines = len(facts.train.loss)
    first = min(facts.epochs_ago(3), lines - max(_PLATEAU_LINES, lines // 4))
    if first < 0 or facts.train.epoch[first] < 1 or facts.step < _STEPS_TO_JUDGE or not _is_high(facts, 0.1):
        return None
    if _began_anew(facts, first):
        return None
    loss, accuracy = facts.train.loss[first:], facts.train.accuracy[first:]
    half = len(loss) // 2
    before, now = float(np.median(loss[:half])), float(np.median(loss[half:]))
    if now < (1 - _PLATEAU) * before or now < 0.3 * facts.uninformed_loss or accuracy[half:].mean() > 0.9:
        return None
    rate = float(facts.train.learning_rate[-1])
    return Diagnosis(
        "plateau",
        "The loss is on a plateau: it does not fall any more.",
        f"training loss {before:.4g} → {now:.4g}; guessing has {facts.uninformed_loss:.3g}",
        f"Change the learning rate (now {rate:g}) or its schedule, or take a larger network; check the labels.",
        facts.step,
        offers=(Control("learning-rate", float(f"{rate / 3:.1g}")),),
    )


def _began_anew(facts: RunFacts, first: int) -> bool:
    """Since this line a stage thawed or the learning rate jumped: what was before says nothing of what comes now."""
    epoch, rates = facts.train.epoch, facts.train.learning_rate[first:]
    phases = facts.learning.phases if facts.learning else ()
    if any(epoch[first] <= phase.first_epoch < epoch[-1] for phase in phases):
        return True
    with np.errstate(divide="ignore", invalid="ignore"):
        jumps = np.abs(np.log(rates[1:] / rates[:-1]))
    return bool((jumps > math.log(_NEW_RATE)).any())


def _is_high(facts: RunFacts, fraction: float) -> bool:
    """Whether the learning rate is at least this fraction of its highest so far: no schedule has taken it back."""
    rates = facts.train.learning_rate
    return bool(len(rates) and rates[-1] >= fraction * rates.max())


def _fastest_update(facts: RunFacts) -> float:
    """NaN where too little was measured."""
    recent = facts.layers.update_ratios[-_MEASURED:, _weight_columns(facts)]
    return float(np.median(recent, axis=0).max()) if len(recent) == _MEASURED and recent.shape[1] else math.nan


def _weight_columns(facts: RunFacts) -> NDArray[np.intp]:
    """Layers with kernels or a matrix that are in the newest measurement, in their order."""
    silent = facts.layers.silent
    return np.flatnonzero(~np.isnan(silent[-1])) if silent.size else np.empty(0, np.intp)


RULES: Final[Mapping[DiagnosisKind, tuple[Callable[[RunFacts], Diagnosis | None], frozenset[DiagnosisKind]]]] = {
    "exploding-gradients": (exploding_gradients, frozenset()),
    "dead-relus": (dead_relus, frozenset()),
    "vanishing-gradients": (vanishing_gradients, frozenset({"dead-relus"})),
    "small-batch-norm": (small_batch_norm, frozenset()),
    "shuffled-labels": (shuffled_labels, frozenset()),
    "overfitting": (overfitting, frozenset({"shuffled-labels", "exploding-gradients"})),
    "low-learning-rate": (low_learning_rate, frozenset({"vanishing-gradients", "dead-relus"})),
    "plateau": (plateau, frozenset({"low-learning-rate", "vanishing-gradients", "dead-relus", "exploding-gradients"})),
}
"""By kind: the rule, and the findings that explain what it would find. Worse things come first."""
