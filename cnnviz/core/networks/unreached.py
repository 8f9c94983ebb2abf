"""Modules that a forward pass does not come to, such as heads that only training uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from cnnviz.core.probing.calls import Call


def unreached_modules(module: nn.Module, calls: Sequence[Call]) -> tuple[str, ...]:
    """Paths of the outermost modules with parameters of which one pass, that of ``calls``, used none."""
    touched = {start for call in calls if call.module is not None for start in _starts(call.path)}
    used = _used(module, calls)
    found: list[str] = []
    for path, each in module.named_modules():
        parameters = {id(parameter) for parameter in each.parameters()}
        is_inside = any(path.startswith(f"{outer}.") for outer in found)
        if path and parameters and path not in touched and not is_inside and not parameters & used:
            found.append(path)
    return tuple(found)


def _starts(path: str) -> Iterator[str]:
    """``layer1.0.conv`` for ``layer1``, ``layer1.0`` and itself: a list of layers is never called as such."""
    parts = path.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _used(module: nn.Module, calls: Sequence[Call]) -> set[int]:
    """Identities of the parameters that the called functions and innermost modules take."""
    named = dict(module.named_parameters(remove_duplicate=False))
    used = {id(named[name]) for call in calls for name in call.parameters}
    leaves = (call.module for call in calls if call.leaf and call.module is not None)
    return used | {id(parameter) for leaf in leaves for parameter in leaf.parameters()}
