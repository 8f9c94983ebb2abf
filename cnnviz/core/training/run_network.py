"""The network of a run as one of its checkpoints has it: to look into it while it learns, and afterwards."""

from __future__ import annotations

from pathlib import Path

from cnnviz.core.errors import CheckpointError
from cnnviz.core.networks.catalog import LoadedNetwork
from cnnviz.core.networks.checkpoint import load_checkpoint, read_checkpoint
from cnnviz.core.networks.devices import choose_device
from cnnviz.core.training.errors import RunError
from cnnviz.core.training.network import fit_head, plan_network
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.task import run_preprocessing
from cnnviz.core.training.values import CheckpointInfo
from cnnviz.core.values import NetworkChoice


def load_run_network(run: Path | str, step: int | None = None, *, device: str = "auto") -> LoadedNetwork:
    """Of the checkpoint of ``step``, or the newest. Raises RunError: no run, or no such checkpoint (any more)."""
    folder = RunFolder(Path(run))
    configuration, summary = folder.read_configuration(), folder.read_data()
    found = _checkpoint(folder, step)
    if summary is None:
        raise RunError(f"{folder.path} does not say what its data is: it has no {folder.data.name}.")
    network = plan_network(configuration.network, configuration.seed)
    fit_head(network, len(summary.classes), configuration.seed)
    load_checkpoint(network.module, read_checkpoint(Path(found.weights)), network=network.title)
    target = choose_device(device)
    return LoadedNetwork(
        choice=NetworkChoice(configuration.network.name, weights_file=found.weights),
        title=network.title,
        module=network.module.eval().to(target.name),
        weights=f"{folder.path.name}, step {found.step:,}",
        device=target.name,
        half=False,
        preprocessing=run_preprocessing(configuration, network.preprocessing, summary),
        class_names=summary.classes,
    )


def _checkpoint(folder: RunFolder, step: int | None) -> CheckpointInfo:
    found = folder.checkpoints()
    chosen = found[-1:] if step is None else [each for each in found if each.step == step]
    if not chosen:
        what = "no checkpoint yet" if step is None else f"no checkpoint of step {step:,} (any more)"
        raise CheckpointError(f"{folder.path} has {what}: wait for the next one.")
    return chosen[0]
