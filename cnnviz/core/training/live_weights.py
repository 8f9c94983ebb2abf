"""The weights of a run at one moment, for those who look into the network while it learns and afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from cnnviz.core.errors import CheckpointError
from cnnviz.core.networks.checkpoint_formats import read_content
from cnnviz.core.training.run_folder import RunFolder

Moment = int | Literal["latest", "live"]
"""Step of a checkpoint, the newest checkpoint, or what the trainer last wrote for watchers (else the newest)."""

LiveIdentity = tuple[int, int, int]


def portable_state(module: nn.Module) -> dict[str, Tensor]:
    """safetensors takes no two names for one memory and no strides."""
    state = module.state_dict()
    return {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}


def save_live(folder: RunFolder, module: nn.Module, step: int) -> None:
    """Replaces live.safetensors as a whole. Raises OSError."""
    partial = folder.live.with_name(f"{folder.live.name}.{os.getpid()}.partial")
    content = safetensors.torch.save(portable_state(module), {"format": "pt", "step": str(step)})
    try:
        partial.write_bytes(content)
        partial.replace(folder.live)
    finally:
        partial.unlink(missing_ok=True)


def live_identity(run: Path | str) -> LiveIdentity | None:
    """Changes whenever the trainer wrote new weights; None where it wrote none. Costs microseconds."""
    try:
        facts = RunFolder(Path(run)).live.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ino, facts.st_size


def weights_file(folder: RunFolder, moment: Moment) -> tuple[Path, int]:
    """The file, and the step its weights are of. Raises CheckpointError: there is none (any more)."""
    live = _live_step(folder) if moment == "live" else None
    if live is not None:
        return folder.live, live
    found = folder.checkpoints()
    chosen = [each for each in found if each.step == moment] if isinstance(moment, int) else found[-1:]
    if not chosen:
        what = f"no checkpoint of step {moment:,} (any more)" if isinstance(moment, int) else "no checkpoint yet"
        raise CheckpointError(f"{folder.path} has {what}: wait for the next one.")
    return Path(chosen[0].weights), chosen[0].step


def _live_step(folder: RunFolder) -> int | None:
    """None where nothing was written for watchers, or a checkpoint is newer."""
    try:
        with safe_open(folder.live, "pt") as file:
            step = int((file.metadata() or {}).get("step", -1))
    except (OSError, SafetensorError, ValueError):
        return None
    newest = folder.checkpoints()[-1:]
    return step if step >= 0 and all(each.step <= step for each in newest) else None


def load_run_weights(module: nn.Module, run: Path | str, moment: Moment = "latest") -> int:
    """Replaces the weights of a run's network in their place; returns the step they are of.

    Raises CheckpointError: there are none of that moment, they are damaged or of another network; it is then as before.
    """
    file, step = weights_file(RunFolder(Path(run)), moment)
    content = read_content(file)
    state = module.state_dict()
    shapes = {name: tensor.shape for name, tensor in content.items()} if isinstance(content, dict) else {}
    if shapes != {name: tensor.shape for name, tensor in state.items()}:
        raise CheckpointError(f"{file} is of another network than the one that is loaded: load the run again.")
    module.load_state_dict(content)  # type: ignore[arg-type] # its names and shapes were just compared
    return step
