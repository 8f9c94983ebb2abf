"""Hooks on modules: the only file that registers any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from torch import nn
from torch.utils.hooks import RemovableHandle

Before = Callable[[nn.Module, tuple[object, ...], Mapping[str, object]], None]
"""Gets the module and its arguments."""
After = Callable[[nn.Module, Any, Any], Any]
"""Gets the module, its positional arguments and its output; what it returns, if anything, replaces the output."""


class Hooks:
    """Every hook one owner has on a network; taken off together, at the latest at the end of a ``with``.

    ``first``: they run before those of all other owners, so that what they replace is what the others see.
    """

    def __init__(self, *, first: bool = False) -> None:
        self._first = first
        self._handles: list[RemovableHandle] = []

    def before(self, module: nn.Module, hook: Before) -> None:
        """Runs ``hook`` before each call of the module."""
        self._handles.append(module.register_forward_pre_hook(hook, prepend=self._first, with_kwargs=True))

    def after(self, module: nn.Module, hook: After, *, always: bool = False) -> None:
        """Runs ``hook`` after each call of the module, later than those added before it; earlier where ``first``.

        ``always``: also where the call throws, then with None for the output.
        """
        self._handles.append(module.register_forward_hook(hook, always_call=always, prepend=self._first))

    def remove(self) -> None:
        """Takes them off."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()
