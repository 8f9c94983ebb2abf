"""What goes wrong in a run, recognised from what it wrote: a sentence, its evidence and a remedy. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from cnnviz.core.training.run_reader import LayerSeries, RunReader, RunSeries
from cnnviz.core.training.transfer_values import LearningPlan
from cnnviz.core.training.values import Control, DataSummary, RunConfiguration

DiagnosisKind = Literal[
    "exploding-gradients",
    "vanishing-gradients",
    "dead-relus",
    "small-batch-norm",
    "shuffled-labels",
    "overfitting",
    "low-learning-rate",
    "plateau",
]
Severity = Literal["warning", "fatal"]

MEASUREMENTS: Final = 24
"""Newest ones of the layers that are looked at."""


@dataclass(frozen=True)
class Diagnosis:
    """``step``: at which it was noticed. ``layer``: which one it is about, if any.

    ``offers``: remedies that a control, or ``train RUN --resume`` with the option of the same name, carries out.
    """

    kind: DiagnosisKind
    sentence: str
    evidence: str
    remedy: str
    step: int
    severity: Severity = "warning"
    layer: str = ""
    offers: tuple[Control, ...] = ()


@dataclass(frozen=True, eq=False)
class RunFacts:
    """What the rules look at. ``layers``: the newest measurements. ``checkpoint``: the last one's step, if any."""

    configuration: RunConfiguration
    train: RunSeries
    validation: RunSeries
    layers: LayerSeries
    data: DataSummary | None = None
    learning: LearningPlan | None = None
    checkpoint: int | None = None

    @property
    def step(self) -> int:
        return int(self.train.steps[-1]) if len(self.train.steps) else 0

    @property
    def uninformed_loss(self) -> float:
        """Cross-entropy of a network that knows nothing and gives every class the same probability."""
        return math.log(max(2, len(self.data.classes))) if self.data else math.nan

    def epochs_ago(self, epochs: float) -> int:
        """Row of the training series from which on the last so many epochs are."""
        epoch = self.train.epoch
        return int(epoch.searchsorted(epoch[-1] - epochs, side="right")) if len(epoch) else 0


def facts_of(reader: RunReader) -> RunFacts:
    """Of a run as far as ``reader`` has read it."""
    checkpoints = reader.checkpoints()
    return RunFacts(
        reader.configuration(),
        reader.series("train"),
        reader.series("validation"),
        reader.newest_layers(MEASUREMENTS),
        reader.data(),
        reader.learning(),
        checkpoints[-1].step if checkpoints else None,
    )


def diagnose(reader: RunReader) -> tuple[Diagnosis, ...]:
    """Everything that is wrong now, the worst first; empty for a healthy run."""
    return diagnose_facts(facts_of(reader))


def diagnose_facts(facts: RunFacts) -> tuple[Diagnosis, ...]:
    """The same, of facts from anywhere. What another finding explains is left out."""
    from cnnviz.core.training.diagnosis_rules import RULES

    found: dict[DiagnosisKind, Diagnosis] = {}
    for kind, (rule, explained_by) in RULES.items():
        if found.keys().isdisjoint(explained_by) and (diagnosis := rule(facts)):
            found[kind] = diagnosis
    return tuple(found.values())


def divergence_sentence(run: RunReader) -> str:
    """What to tell where training had to end because its loss or weights are no longer finite."""
    run.refresh()
    for each in diagnose(run):
        if each.kind == "exploding-gradients":
            return f"{each.sentence} {each.remedy}"
    last = facts_of(run).checkpoint or 0
    return (
        f"The weights are no longer finite numbers after step {facts_of(run).step}: go on from the checkpoint of step "
        f"{last} with a lower learning rate or with gradient clipping{ways_to_resume('RATE', 'NORM')}."
    )


def ways_to_resume(rate: str, norm: str = "1") -> str:
    """In brackets, for whoever reads it in the window and for whoever reads it in a terminal."""
    return f" (in the window by a button; as a command by --resume --lr {rate}, or --clip {norm})"
