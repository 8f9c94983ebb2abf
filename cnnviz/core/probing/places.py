"""Where a forward pass is: the module whose own code runs, so that the functions it calls can be told apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from cnnviz.core.probing.functions import Function, FunctionMode
from cnnviz.core.probing.hooks import Before, Hooks

Listener = Callable[[str, Function, tuple[Any, ...], Mapping[str, Any]], object]
"""Gets a place beside what ``functions.Listener`` gets."""


class Places:
    """Sends the functions that are called directly in the forward of some modules, the places, through ``listener``.

    Those of modules inside a place go past it. In threads where ``listens()`` is false all do. The mode is on in a
    thread while a place runs there, and off again when it ends or throws.
    """

    def __init__(self, listens: Callable[[], bool], listener: Listener) -> None:
        self._listens = listens
        self._listener = listener
        self._mode = FunctionMode(self._on_function)
        self._state = _ThreadState()

    def follow(self, hooks: Hooks, modules: Mapping[str, nn.Module], places: Collection[str]) -> None:
        """Adds the hooks that tell where the pass is. ``places``: paths; "" is the network, first of ``modules``."""
        root = next(iter(modules.values()))
        wanted = {id(modules[place] if place else root): place for place in places}
        inside = {id(each): each for place in places for each in (modules[place] if place else root).modules()}
        for key, module in inside.items():
            hooks.before(module, self._entering(wanted.get(key)))
            hooks.after(module, self._leave, always=True)

    @contextmanager
    def left(self) -> Iterator[None]:
        """Functions called in here are nobody's, and cost what they cost without a mode."""
        with torch._C.DisableTorchFunction():  # noqa: SLF001 - the only switch for modes that torch has
            yield

    def _entering(self, place: str | None) -> Before:
        def enter(module: nn.Module, _args: object, _kwargs: object) -> None:
            if not self._listens():
                return
            starts = place is not None and not any(entry.started for entry in self._state.stack)
            self._state.stack.append(_Entry(module, place, starts))
            if starts:
                self._mode.switch_on()

        return enter

    def _leave(self, module: nn.Module, _args: object, _output: object) -> None:
        stack = self._state.stack
        if not stack or stack[-1].module is not module:
            return  # nobody listens here, or another thread hooked the network while this one was inside the module
        if stack.pop().started:
            self._mode.switch_off()

    def _on_function(self, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        place = self._state.stack[-1].place if self._state.stack else None
        return function(*args, **kwargs) if place is None else self._listener(place, function, args, kwargs)


@dataclass(frozen=True, eq=False)
class _Entry:
    """``place``: None where none is. ``started``: the module switched the mode on."""

    module: nn.Module | None = None
    place: str | None = None
    started: bool = False


class _ThreadState(threading.local):
    """The modules that run in this thread, innermost last."""

    def __init__(self) -> None:
        self.stack: list[_Entry] = []
