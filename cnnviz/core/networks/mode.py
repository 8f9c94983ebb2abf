"""Training mode for a network that is only looked at: dropout and batch statistics at work, nothing stored."""

from __future__ import annotations

from torch import Tensor, nn

_STATISTICS = (nn.modules.batchnorm._NormBase,)  # noqa: SLF001 - torch's one name for all that keep running statistics


class TrainingMode:
    """Switches ``module`` to training mode and back.

    While on, batch norm uses the statistics of what passes and leaves its running ones alone; what other modules store
    is put back when it goes off. Off, every module is as it was found.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._found: list[tuple[nn.Module, bool]] = []
        self._tracking: list[tuple[nn.modules.batchnorm._NormBase, bool]] = []
        self._buffers: list[tuple[Tensor, Tensor]] = []

    @property
    def is_on(self) -> bool:
        """Whether the network is in training mode now."""
        return bool(self._found)

    def use(self, *, training: bool) -> None:
        """No forward pass may be under way."""
        if training != self.is_on:
            (self._switch_on if training else self._switch_off)()

    def _switch_on(self) -> None:
        self._found = [(each, each.training) for each in self._module.modules()]
        norms = [each for each, _ in self._found if isinstance(each, _STATISTICS)]
        self._tracking = [(each, each.track_running_stats) for each in norms]
        self._buffers = [(buffer, buffer.clone()) for buffer in self._module.buffers()]
        for each, _ in self._found:
            each.training = True  # not train(): networks override it with side effects
        for norm, _ in self._tracking:
            norm.track_running_stats = False  # torch then takes the batch's statistics and stores none

    def _switch_off(self) -> None:
        for each, training in self._found:
            each.training = training
        for norm, tracking in self._tracking:
            norm.track_running_stats = tracking
        for buffer, before in self._buffers:
            buffer.copy_(before)
        self._found, self._tracking, self._buffers = [], [], []
