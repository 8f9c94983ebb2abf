"""One forward pass on zeros, to learn what a network does and what is wrong with it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.core.errors import DeviceError
from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.capture import Capture
from cnnviz.core.probing.evaluation import evaluation
from cnnviz.core.probing.functions import first_tensor, tensors_in
from cnnviz.core.probing.recording import Recorder

InputShape = tuple[int, int, int]
"""Channels, height, width."""

_LONGEST_WORDS = 160


@dataclass(frozen=True, eq=False)
class DryPass:
    """``calls``: as much as ran; ``complete``: that is all. ``problem``: what is wrong, in a sentence."""

    calls: tuple[Call, ...]
    complete: bool = True
    problem: str = ""
    details: str = ""


def dry_pass(module: nn.Module, input_shape: InputShape) -> DryPass:
    """Runs a batch of one on the module's own device and in its precision.

    Not on the meta device, unless the module is there: its first operation costs seconds and 300 MB of imports, and
    code that looks at values does not run there at all.

    Raises:
        DeviceError: the device has not enough memory.
    """
    if problem := _problem_of_signature(module):
        return DryPass((), complete=False, problem=problem)
    zeros, recorder = _zeros(module, input_shape), Recorder(module)
    try:
        output = recorder.run(zeros)
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            f"{zeros.device} has not enough memory left to run this network: choose a smaller one or another device.",
            details=str(error),
        ) from error
    except Exception as error:  # noqa: BLE001 - it is anybody's code: whatever it throws is told, with what ran before
        calls = recorder.calls()
        problem = _problem_of_error(error, recorder, input_shape)
        return DryPass(calls, complete=False, problem=problem, details=f"{type(error).__name__}: {error}")
    calls = recorder.calls()
    return DryPass(calls, problem=_problem_of_output(output) or _problem_of_values(module, zeros, output, calls))


def _zeros(module: nn.Module, input_shape: InputShape) -> Tensor:
    floating = (parameter for parameter in module.parameters() if parameter.is_floating_point())
    example = next(floating, torch.empty(0))
    return torch.zeros(1, *input_shape, device=example.device, dtype=example.dtype)


# ----------------------------------------------------------------------------------------------------------- problems


def _problem_of_signature(module: nn.Module) -> str:
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):  # of a compiled forward
        return ""
    positional = [each for each in parameters if each.kind not in (each.KEYWORD_ONLY, each.VAR_KEYWORD)]
    needed = [each.name for each in positional if each.default is each.empty and each.kind is not each.VAR_POSITIONAL]
    if positional and len(needed) <= 1:
        return ""
    found = f"needs {len(needed)} inputs ({', '.join(needed)})" if needed else "takes no input"
    return f"This network's forward {found}, but it is given one picture: wrap it in a module that takes one tensor."


def _problem_of_error(error: Exception, recorder: Recorder, input_shape: InputShape) -> str:
    channels, height, width = input_shape
    place = recorder.place_of(error)
    kind = next((call.kind for call in recorder.calls() if call.name == place and call.module is not None), "")
    where = f'"{place}"' + (f" ({kind})" if kind else "")
    return (
        f"This network cannot run on a {height}×{width} input with {channels} channels: {where} stops with "
        f"“{_words(error)}”. Choose another input size, or correct the network there."
    )


def _words(error: Exception) -> str:
    first_line = (str(error).strip() or type(error).__name__).split("\n")[0]
    return first_line if len(first_line) <= _LONGEST_WORDS else f"{first_line[: _LONGEST_WORDS - 1]}…"


def _problem_of_output(output: object) -> str:
    if isinstance(output, Tensor):
        return ""
    if first_tensor(output) is None:
        return f"This network returns no tensor ({type(output).__name__}), so it has no class scores: see its layers."
    if isinstance(output, Mapping):
        found = f"a dictionary ({', '.join(map(str, output))})"
    else:
        found = f"a {type(output).__name__} of {len(list(tensors_in(output)))}"
    return f"This network returns {found}: its first tensor is taken for the class scores; return one tensor to choose."


def _problem_of_values(module: nn.Module, zeros: Tensor, output: object, calls: Sequence[Call]) -> str:
    if not isinstance(output, Tensor) or _is_finite(output):
        return ""
    place = first_not_finite(module, zeros, [call.name for call in calls if call.leaf and call.shape is not None])
    where = f'"{place}" is the first layer whose output has' if place else "its output has"
    return f"This network gives no finite numbers: {where} NaN or infinity. Look at the weights there, or load others."


def first_not_finite(module: nn.Module, inputs: Tensor, names: Sequence[str]) -> str:
    """The first of these calls whose output has NaN or infinity in one forward pass; "" where none has."""
    found: list[str] = []

    def look(name: str, tensor: Tensor) -> None:
        if not found and not _is_finite(tensor):
            found.append(name)

    with Capture(module, look) as capture, evaluation(module), torch.inference_mode():
        capture.watch(names)
        module(inputs.clone())
    return next(iter(found), "")


def _is_finite(tensor: Tensor) -> bool:
    return tensor.is_meta or not tensor.is_floating_point() or bool(tensor.isfinite().all())
