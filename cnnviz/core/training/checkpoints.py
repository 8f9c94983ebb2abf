"""Checkpoints: written beside and renamed, so that one that is there is whole; read without running code."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from cnnviz.core.errors import CheckpointError
from cnnviz.core.networks.checkpoint import read_checkpoint
from cnnviz.core.networks.checkpoint_formats import read_content
from cnnviz.core.training.live_weights import portable_state
from cnnviz.core.training.run_folder import STATE, WEIGHTS, RunFolder, sync_folder
from cnnviz.core.training.trainer import Progress, Trainer
from cnnviz.core.training.values import CheckpointInfo, Recording

_FORMAT = 1
_REPLACED = ".old-"


@dataclass(frozen=True)
class Recorded:
    """Where the metrics were when a checkpoint was made: bytes and records, and training time at the last line."""

    bytes: int = 0
    records: int = 0
    line_seconds: float = 0.0


# ------------------------------------------------------------------------------------------------------------- writing


def save_checkpoint(folder: RunFolder, trainer: Trainer, recorded: Recorded) -> CheckpointInfo:
    """All that is needed to go on exactly. Raises OSError; nothing is left of a checkpoint that was not finished."""
    info = folder.checkpoint(trainer.progress.step)
    partial = folder.checkpoint_folder / f".partial-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        _write(partial / WEIGHTS, safetensors.torch.save(portable_state(trainer.task.module), {"format": "pt"}))
        _write(partial / STATE, _saved(_state(trainer, recorded)))
        sync_folder(partial)
        _replace_folder(partial, Path(info.folder))
        sync_folder(folder.checkpoint_folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return info


def _state(trainer: Trainer, recorded: Recorded) -> dict[str, object]:
    cuda = trainer.task.world.device.type == "cuda"
    return {
        "format": _FORMAT,
        "progress": asdict(trainer.progress),
        "recorded": asdict(recorded),
        "optimizer": trainer.task.optimizer.state_dict(),
        "scaler": trainer.scaler.state_dict(),
        "means": {"sums": trainer.means.sums.clone(), "count": trainer.means.count},
        "generators": {
            "augmentation": trainer.task.generator.get_state(),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(trainer.task.world.device) if cuda else None,
        },
    }


def _saved(content: object) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace_folder(new: Path, target: Path) -> None:
    """A second checkpoint of the same step (after its validation) takes the first one's place."""
    if target.exists():
        old = target.with_name(f"{_REPLACED}{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        new.rename(target)


def prune_checkpoints(folder: RunFolder, recording: Recording, best_step: int) -> None:
    """Removes what ``recording`` does not keep."""
    found = folder.checkpoints()
    for number, info in enumerate(found):
        newest = number >= len(found) - recording.keep_last
        nth = recording.keep_every and info.step % recording.keep_every == 0
        if not (newest or nth or number == 0 or info.step == best_step):
            _remove(Path(info.folder))


def _remove(folder: Path) -> None:
    """Out of sight at once: a kill may come between its files."""
    removed = folder.with_name(f".removed-{folder.name}")
    with suppress(OSError):  # Windows lets nobody rename what is being read: the next time will do
        folder.rename(removed)
    shutil.rmtree(removed, ignore_errors=True)


def recover_checkpoints(folder: RunFolder) -> None:
    """Clears up after a trainer that was killed while it wrote, replaced or removed a checkpoint; it was locked out.

    One that had made place for its successor, which did not come, is there again.
    """
    for left in folder.checkpoint_folder.glob(".*"):
        target = folder.checkpoint_folder / left.name.removeprefix(_REPLACED)
        if left.name.startswith(_REPLACED) and not target.exists():
            left.rename(target)
        else:
            shutil.rmtree(left, ignore_errors=True)


# ------------------------------------------------------------------------------------------------------------- reading


def load_weights(trainer: Trainer, info: CheckpointInfo) -> None:
    """Raises CheckpointError: damaged, or of another network."""
    tensors = dict(read_checkpoint(Path(info.weights)).tensors)
    try:
        trainer.task.module.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"The checkpoint of step {info.step} is of another network: was the run's config.json changed?",
            details=str(error),
        ) from error


def restore_checkpoint(trainer: Trainer, info: CheckpointInfo) -> Recorded:
    """Brings ``trainer`` to where it was. Raises CheckpointError: damaged, or not a checkpoint of this run."""
    content = read_content(Path(info.folder) / STATE)
    load_weights(trainer, info)
    try:
        return _restored(trainer, content)  # type: ignore[arg-type] # anything that is wrong with it is caught
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        raise CheckpointError(
            f"The checkpoint of step {info.step} cannot be gone on from: remove its folder to use the one before.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def _restored(trainer: Trainer, content: Mapping[str, Any]) -> Recorded:
    if content["format"] != _FORMAT:
        raise ValueError(f"format {content['format']} is not {_FORMAT}")
    generators = content["generators"]
    trainer.task.optimizer.load_state_dict(content["optimizer"])
    trainer.scaler.load_state_dict(content["scaler"])
    trainer.means.sums.copy_(content["means"]["sums"])
    trainer.means.count = int(content["means"]["count"])
    trainer.task.generator.set_state(generators["augmentation"])
    _restore_random_state(trainer, generators)
    trainer.progress = Progress(**content["progress"])
    return Recorded(**content["recorded"])


def _restore_random_state(trainer: Trainer, generators: Mapping[str, Any]) -> None:
    """Process 0's own; the others draw anew, or their dropout would be its."""
    world = trainer.task.world
    if not world.leads:
        torch.manual_seed(trainer.task.configuration.seed + world.rank + 1_000_003 * (1 + trainer.progress.step))
        return
    torch.set_rng_state(generators["cpu"])
    if generators["cuda"] is not None and world.device.type == "cuda":
        torch.cuda.set_rng_state(generators["cuda"], world.device)
