"""Names of rows. They become names of modules and of attributes in exported source, so not every word will do."""

from __future__ import annotations

import functools
import keyword
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.kinds import Problem
from cnnviz.core.networks.spec.limits import NAME_LENGTH
from cnnviz.core.networks.spec.palette import kind_of
from cnnviz.core.networks.spec.rows import GroupRow, Row

_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
RESERVED = frozenset(
    {
        *("T_destination", "add_module", "append", "apply", "bfloat16", "buffers", "call_super_init", "children"),
        *("compile", "cpu", "cuda", "double", "dump_patches", "eval", "extend", "extra_repr", "float", "forward"),
        *("get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "insert", "ipu"),
        *("load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules"),
        *("named_parameters", "parameters", "pop", "register_backward_hook", "register_buffer"),
        *("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"),
        *("register_full_backward_pre_hook", "register_load_state_dict_post_hook"),
        *("register_load_state_dict_pre_hook", "register_module", "register_parameter"),
        *("register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state"),
        *("set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu"),
        "zero_grad",
    }
)
"""What ``torch.nn.Module`` and ``Sequential`` call their own attributes."""


def checked_name(name: str) -> str:
    """The name, if a module can be called so; refuses it otherwise."""
    problem = _name_problem(name)
    if problem:
        raise NetworkError(f"{name[:NAME_LENGTH]!r} {problem.reason}: {problem.fix}.")
    return name


def name_problem(name: str, above: Container[str]) -> Problem | None:
    """What is wrong with a row's name: no module can have it, or a row above has it."""
    if name in above:
        return Problem(f"a row above is called {name} too", "give it a name of its own")
    return _name_problem(name)


@functools.lru_cache(maxsize=4096)
def _name_problem(name: str) -> Problem | None:
    if len(name) > NAME_LENGTH or not _PATTERN.fullmatch(name):
        letters = f"use up to {NAME_LENGTH} letters a–z, digits and underscores, a letter first"
        return Problem("cannot be a row's name", letters)
    if name in RESERVED or keyword.iskeyword(name):
        return Problem("already means something else to Python or PyTorch", "choose another name")
    return None


def prefix_of(row: Row) -> str:
    """What default names of such a row begin with."""
    return "stage" if isinstance(row, GroupRow) else kind_of(row.kind).prefix


def fresh_name(prefix: str, taken: Iterable[str]) -> str:
    """``prefix`` and the next number: after conv1 and conv3 comes conv4."""
    numbers = [int(name[len(prefix) :]) for name in taken if re.fullmatch(rf"{re.escape(prefix)}\d{{1,6}}", name)]
    return f"{prefix}{max(numbers, default=0) + 1}"


def named(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, those without a name called by default: conv1, relu1, pool1, conv2 …; groups' rows too."""
    taken = {row.name for row in rows}
    result: list[Row] = []
    for row in rows:
        name = row.name or fresh_name(prefix_of(row), taken)
        taken.add(name)
        inner = replace(row, rows=named(row.rows)) if isinstance(row, GroupRow) else row
        result.append(replace(inner, name=name))
    return tuple(result)
