"""How a network's stages learn over the epochs of a run: what transfer learning decides, ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from cnnviz.core.counted import counted
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.values import RunConfiguration, TransferChoice, TransferStrategy

Similarity = Literal["similar", "different"]
Amount = Literal["little", "much"]

LITTLE_DATA: Final = 200
"""Training pictures a class below which data is little: some thousands in all, what the course's examples have."""


@dataclass(frozen=True)
class Stage:
    """A part of a network between two changes of resolution. ``layers``: paths of its modules, in their order."""

    name: str
    layers: tuple[str, ...]
    parameters: int


@dataclass(frozen=True)
class Phase:
    """From ``first_epoch`` (counted from 0) on. ``scales``: a stage's learning rate as a multiple of the optimiser's;
    0 is frozen: neither parameters nor running statistics change.
    """

    first_epoch: int
    scales: tuple[float, ...]

    @property
    def frozen(self) -> int:
        """How many stages are frozen; they are always the first ones."""
        return next((index for index, scale in enumerate(self.scales) if scale), len(self.scales))

    @property
    def head_only(self) -> bool:
        return len(self.scales) > 1 and self.frozen == len(self.scales) - 1

    def rates(self, learning_rate: float) -> tuple[float, ...]:
        """Of each stage, where the optimiser's is ``learning_rate``."""
        return tuple(learning_rate * scale for scale in self.scales)


@dataclass(frozen=True)
class LearningPlan:
    """``stages``: the head last. ``batch_norms``: paths of the batch norms that learn in some phase.

    ``normalised_together``: the pictures over which such a batch norm takes its mean in training.
    """

    strategy: TransferStrategy
    stages: tuple[Stage, ...]
    phases: tuple[Phase, ...]
    batch_norms: tuple[str, ...] = ()
    normalised_together: int = 0

    def phase_at(self, epoch: int) -> Phase:
        return [each for each in self.phases if each.first_epoch <= epoch][-1]


def phases_of(choice: TransferChoice, stages: int, learning_rate: float) -> tuple[Phase, ...]:
    """Of a network with so many stages, its head included. Raises ConfigurationError: more to unfreeze than it has."""
    head = Phase(0, (*(0.0,) * (stages - 1), 1.0))
    if choice.strategy == "feature-extraction":
        return (head,)
    if choice.strategy == "fine-tuning":
        return (Phase(0, _geometric(choice.lowest_rate / learning_rate, stages)),)
    if choice.strategy == "gradual-unfreezing":
        return (head, *_unfreezing(choice.unfreeze_at, stages))
    if choice.strategy == "two-stage":
        return (head, Phase(choice.head_epochs, (choice.later_rate,) * stages))
    return (Phase(0, (1.0,) * stages),)


def _geometric(lowest: float, count: int) -> tuple[float, ...]:
    """From ``lowest`` to 1, each the same multiple of the one before."""
    return tuple(lowest ** ((count - 1 - index) / (count - 1)) for index in range(count)) if count > 1 else (1.0,)


def _unfreezing(epochs: Sequence[int], stages: int) -> tuple[Phase, ...]:
    if len(epochs) > stages - 1:
        wanted = counted(len(epochs), "stage is", "stages are")
        raise ConfigurationError(
            f"{wanted} to be unfrozen, but the network has {stages - 1} before its head: name fewer epochs."
        )
    frozen = [stages - 1 - number for number in range(1, len(epochs) + 1)]
    return tuple(
        Phase(epoch, (0.0,) * count + (1.0,) * (stages - count)) for epoch, count in zip(epochs, frozen, strict=True)
    )


def check_transfer(configuration: RunConfiguration) -> None:
    """Raises ConfigurationError where the strategy contradicts the run's other settings."""
    choice, network = configuration.transfer, configuration.network
    if choice.strategy == "none":
        return
    if network.weights == "none" and not network.weights_file:
        raise ConfigurationError(
            f"{choice.strategy} starts from a network that has learnt something: give its weights "
            "(--weights default, or --weights-file)."
        )
    epochs = choice.unfreeze_at
    if min(epochs, default=1) < 1 or any(later <= earlier for earlier, later in pairwise(epochs)):
        raise ConfigurationError(f"Stages are unfrozen at {epochs}: these must be rising epochs from 1 on.")
    rate = configuration.optimizer.learning_rate
    if choice.strategy == "fine-tuning" and choice.lowest_rate > rate:
        raise ConfigurationError(
            f"The first stage's learning rate {choice.lowest_rate:g} is above the head's {rate:g}: lower it."
        )


def with_strategy(configuration: RunConfiguration, choice: TransferChoice) -> RunConfiguration:
    """The same run with ``choice``; pictures are normalised as those the weights were trained on."""
    normalisation = "data" if choice.strategy == "none" else "network"
    data = replace(configuration.data, normalisation=normalisation)  # type: ignore[arg-type] # both are Normalisation
    return replace(configuration, transfer=choice, data=data)


# -------------------------------------------------------------------------------------------------------------- advice


@dataclass(frozen=True)
class Advice:
    """A cell of the matrix. ``reason``: one sentence."""

    amount: Amount
    similarity: Similarity
    strategy: TransferStrategy
    reason: str


ADVICE: Final[tuple[Advice, ...]] = (
    Advice(
        "little",
        "similar",
        "feature-extraction",
        "The features fit, and too few pictures to improve them would only be learnt by heart: train a new head.",
    ),
    Advice(
        "little",
        "different",
        "gradual-unfreezing",
        "Early features (edges, textures) fit, late ones do not: unfreeze stage by stage from the end, and augment.",
    ),
    Advice(
        "much",
        "similar",
        "fine-tuning",
        "Everything may be refined, early stages hardly at all: a learning rate a stage, rising to the head.",
    ),
    Advice(
        "much",
        "different",
        "two-stage",
        "Every stage has to move, but not for a random head's gradients: the head first, then all at a lower rate.",
    ),
)


def amount_of(images_per_class: float) -> Amount:
    return "little" if images_per_class < LITTLE_DATA else "much"


def advice(images_per_class: float, similarity: Similarity) -> Advice:
    """Which strategy suits so many training pictures a class, as ``similar`` to those of the weights."""
    amount = amount_of(images_per_class)
    return next(each for each in ADVICE if (each.amount, each.similarity) == (amount, similarity))
