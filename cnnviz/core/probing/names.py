"""What calls are named: ``layer1.0.relu#2`` is the second call of a module, ``layer1.0.add()`` one of a function."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from torch import nn

from cnnviz.core.errors import LayerError

ROOT_NAME = "network"
"""The call of the whole network; with underscores around it where the network has a child of this name."""

_SUGGESTIONS = 4
_FUNCTION = re.compile(r"(?:(?P<place>.+)\.)?(?P<kind>\w+)\(\)")


def modules_by_path(module: nn.Module) -> dict[str, nn.Module]:
    """Every module once, the whole network first, by the name of its first call."""
    modules = dict(module.named_modules())
    root = modules.pop("")
    root_name = f"__{ROOT_NAME}__" if ROOT_NAME in modules else ROOT_NAME
    return {root_name: root, **modules}


def numbered(base: str, number: int) -> str:
    """The name of the call with this number, counted from 1 in each forward pass."""
    return base if number == 1 else f"{base}#{number}"


def function_base(path: str, kind: str) -> str:
    """The first call of a function directly in the forward of the module at ``path``, "" for the network."""
    return f"{path}.{kind}()" if path else f"{kind}()"


def split_name(name: str, modules: Mapping[str, nn.Module]) -> tuple[str, int]:
    """The name of the first such call, and which one is meant, from 1.

    Raises:
        LayerError: no module of ``modules`` has this name, or is around this function.
    """
    if _is_base(name, modules):
        return name, 1
    base, _, number = name.rpartition("#")
    if _is_base(base, modules) and number.isdecimal() and int(number) > 1:
        return base, int(number)
    similar = difflib.get_close_matches(name, modules, n=_SUGGESTIONS, cutoff=0.4) or list(modules)[:_SUGGESTIONS]
    quoted = ", ".join(f'"{known}"' for known in similar)
    raise LayerError(f'This network has no layer "{name}"; choose one of its {len(modules)} layers, such as {quoted}.')


def split_function(base: str) -> tuple[str, str] | None:
    """The path around a function and its kind; None for a module."""
    found = _FUNCTION.fullmatch(base)
    return None if found is None else (found["place"] or "", found["kind"])


def _is_base(name: str, modules: Mapping[str, nn.Module]) -> bool:
    if name in modules:
        return True
    function = split_function(name)
    return function is not None and (not function[0] or function[0] in modules)
