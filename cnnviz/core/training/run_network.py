"""The network of a run as it was at one moment: to look into it while it learns, and afterwards."""

from __future__ import annotations

from pathlib import Path

from cnnviz.core.errors import CheckpointError
from cnnviz.core.networks.catalog import LoadedNetwork
from cnnviz.core.networks.devices import choose_device
from cnnviz.core.networks.download import Cancelled, OnProgress
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.training.errors import RunError
from cnnviz.core.training.live_weights import Moment, load_run_weights, weights_file
from cnnviz.core.training.network import fit_head, plan_network
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.task import run_preprocessing


def load_run_network(
    run: Path | str,
    moment: Moment = "latest",
    *,
    device: str = "auto",
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> LoadedNetwork:
    """Raises RunError: no run, or one whose data was not read yet; CheckpointError: nothing of that moment."""
    folder = RunFolder(Path(run))
    configuration, summary = folder.read_configuration(), folder.read_data()
    weights_file(folder, moment)
    if summary is None:
        raise RunError(f"{folder.path} does not say what its data is: it has no {folder.data.name}.")
    network = plan_network(configuration.network, configuration.seed, on_progress=on_progress, cancelled=cancelled)
    fit_head(network, len(summary.classes), configuration.seed)
    step = load_run_weights(network.module, folder.path, moment)
    target = choose_device(device)
    return LoadedNetwork(
        choice=NetworkChoice(configuration.network.name or network.title, run=str(run), checkpoint=str(moment)),
        title=network.title,
        module=network.module.eval().to(target.name),
        weights=f"{folder.path.name}, step {step:,}",
        device=target.name,
        half=False,
        preprocessing=run_preprocessing(configuration, network.preprocessing, summary),
        class_names=summary.classes,
    )


def moment_of(text: str) -> Moment:
    """What ``NetworkChoice.checkpoint`` and the command line say. Raises CheckpointError: none of these."""
    named: dict[str, Moment] = {"latest": "latest", "live": "live"}
    if text in named:
        return named[text]
    if not (text.isdecimal() and len(text) < 16):
        raise CheckpointError(f"{text[:40]!r} is no checkpoint: give its step, latest or live.")
    return int(text)
