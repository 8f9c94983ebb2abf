"""State dicts: what a weights file holds, and whether it fits a network."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.core.errors import CheckpointError, HeadMismatchError
from cnnviz.core.networks.checkpoint_formats import read_content
from cnnviz.core.networks.head import class_count, find_head, replace_head

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
_PREFIXES = ("module.", "_orig_mod.", "model.")  # DataParallel, torch.compile, Lightning
_DEEPEST_WRAPPING = 3
_MOST_NAMES = 3
_LONGEST_NAME = 80
_COUNTER = ".num_batches_tracked"  # batch norm's, absent from files before torch 0.4.1; evaluation does not use it


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A file's tensors by name. ``name``: the file's. ``notes``: what was unwrapped or left out, in words.

    ``versions``: the module versions torch writes beside a state dict, by which old layouts are told from new ones.
    """

    name: str
    tensors: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()
    versions: Mapping[str, dict[str, int]] = field(default_factory=dict)


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads any format ``checkpoint_formats`` knows; wrappings and common prefixes are taken off."""
    content, notes = _unwrap(read_content(path), path)
    tensors = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    others = [str(key) for key in content if str(key) not in tensors]
    if others:
        notes.append(f"left out what is no tensor ({_some(others)})")
    _check_tensors(path, tensors)
    tensors, prefix = _without_prefix(tensors)
    if prefix:
        notes.append(f'took the prefix "{prefix}" off the names')
    return Checkpoint(path.name, tensors, tuple(notes), {} if prefix else _versions(content))


def _versions(content: object) -> dict[str, dict[str, int]]:
    """torch's ``_metadata`` of a state dict, as far as it has the form torch gives it."""
    metadata = getattr(content, "_metadata", None)
    if not isinstance(metadata, dict):
        return {}
    facts = {
        key: value.get("version") for key, value in metadata.items() if isinstance(key, str) and isinstance(value, dict)
    }
    return {key: {"version": version} for key, version in facts.items() if isinstance(version, int)}


def _unwrap(content: object, path: Path) -> tuple[Mapping[Any, Any], list[str]]:
    """The mapping that holds tensors, and what was taken off around it."""
    notes: list[str] = []
    for _ in range(_DEEPEST_WRAPPING):
        if not isinstance(content, dict) or any(isinstance(value, Tensor) for value in content.values()):
            break
        key = next((key for key in _WRAPPERS if isinstance(content.get(key), dict)), None)
        if key is None:
            break
        content = content[key]
        notes.append(f'took the part "{key}"')
    if isinstance(content, dict) and any(isinstance(value, Tensor) for value in content.values()):
        return content, notes
    found = (
        f"a mapping without tensors ({_some(map(str, content))})"
        if isinstance(content, dict)
        else f"a {type(content).__name__}"
    )
    raise CheckpointError(
        f"{path.name} holds {found}, not a state dict of named tensors: save the network's state_dict() and open that."
    )


def _without_prefix(tensors: dict[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    taken = ""
    while prefix := next((prefix for prefix in _PREFIXES if all(key.startswith(prefix) for key in tensors)), ""):
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
        taken += prefix
    return tensors, taken


def _check_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    unusual = {key: words for key, tensor in tensors.items() if (words := _unusual(tensor))}
    if unusual:
        key, words = next(iter(unusual.items()))
        raise CheckpointError(
            f"{path.name} has {len(unusual)} tensors that are no plain weights, such as {_some([key])}, "
            f"which is {words}: save it in float32 or float16 from a CPU or GPU.",
            details="\n".join(f"{key}: {words}" for key, words in unusual.items()),
        )


def _unusual(tensor: Tensor) -> str:
    """Why a tensor cannot be copied into a network's weights; empty if it can."""
    if tensor.is_quantized:
        return "quantised"
    if tensor.layout != torch.strided or tensor.is_nested:
        return "sparse or nested"
    if tensor.device.type != "cpu":
        return f"without values (device {tensor.device.type})"
    if tensor.is_complex():
        return "complex"
    if tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size():
        return "larger than its values in the file"
    return ""


# ----------------------------------------------------------------------------------------------------------- loading


def load_checkpoint(
    module: nn.Module, checkpoint: Checkpoint, *, network: str, replace_head_to_fit: bool = False
) -> tuple[str, ...]:
    """Copies the tensors into ``module``, cast to its types; what there is to say about it, in words.

    ``network``: the network's name, for the sentences. Where only the last layer's class count differs, it is a
    HeadMismatchError, or, with ``replace_head_to_fit``, the module gets a last layer with the file's class count.
    On an error the module may hold some of the tensors.
    """
    notes = list(checkpoint.notes)
    classes = _other_class_count(module, checkpoint)
    if classes is not None and replace_head_to_fit:
        notes.append(f"replaced the last layer: {classes} classes instead of {class_count(module)}")
        replace_head(module, classes)
    mismatch = _copy(module, checkpoint)
    if not mismatch.fits:
        if classes is not None and mismatch.only_in(find_head(module)[0]):
            raise _head_mismatch(checkpoint.name, network, classes, class_count(module))
        raise mismatch.error(checkpoint.name, network)
    return (*notes, *_not_finite(module))


def _other_class_count(module: nn.Module, checkpoint: Checkpoint) -> int | None:
    """The class count of the file's last layer, where that is all that keeps it from fitting ``module``'s."""
    path, head = find_head(module)
    weight = checkpoint.tensors.get(f"{path}.weight")
    if weight is None or weight.shape[1:] != head.weight.shape[1:] or weight.shape[:1] == head.weight.shape[:1]:
        return None
    return weight.shape[0] or None


@dataclass(frozen=True)
class _Mismatch:
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong: Mapping[str, str]  # name -> what differs, in words

    @property
    def fits(self) -> bool:
        return not (self.missing or self.unexpected or self.wrong)

    def only_in(self, layer: str) -> bool:
        return not (self.missing or self.unexpected) and {key.rpartition(".")[0] for key in self.wrong} == {layer}

    def error(self, file: str, network: str) -> CheckpointError:
        first = next(iter(self.wrong), "")
        parts = (
            f"{_tensors(self.missing)} missing ({_some(self.missing)})" if self.missing else "",
            f"{_tensors(self.unexpected)} unexpected ({_some(self.unexpected)})" if self.unexpected else "",
            f"{_tensors(self.wrong)} different ({_some([first])}: {self.wrong[first]})" if self.wrong else "",
        )
        found = ", ".join(part for part in parts if part)
        return CheckpointError(
            f"{file} does not fit {network}: {found}; choose the network it was saved from.", details=self._list()
        )

    def _list(self) -> str:
        lines = [f"missing: {key}" for key in self.missing] + [f"unexpected: {key}" for key in self.unexpected]
        return "\n".join(lines + [f"differs: {key}: {words}" for key, words in self.wrong.items()])


def _copy(module: nn.Module, checkpoint: Checkpoint) -> _Mismatch:
    """Loads all that fits. What is missing or unexpected, torch says: it knows what older versions called otherwise."""
    own = module.state_dict()
    wrong = {
        key: words
        for key, tensor in checkpoint.tensors.items()
        if key in own and (words := _difference(tensor, own[key]))
    }
    fitting = {key: tensor for key, tensor in checkpoint.tensors.items() if key not in wrong}
    versions = {"": {"version": getattr(module, "_version", 1)}, **checkpoint.versions}
    try:
        report = module.load_state_dict(_StateDict(fitting, versions), strict=False)
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{checkpoint.name} has an old layout that does not fit the network any more.", details=str(error)
        ) from error
    missing = tuple(key for key in report.missing_keys if key not in wrong and not key.endswith(_COUNTER))
    return _Mismatch(missing, tuple(report.unexpected_keys), wrong)


class _StateDict(OrderedDict[str, Tensor]):
    """A state dict as torch makes it: with the versions of the modules it came from."""

    def __init__(self, tensors: Mapping[str, Tensor], versions: dict[str, dict[str, int]]) -> None:
        super().__init__(tensors)
        self._metadata = versions


def _difference(found: Tensor, expected: Tensor) -> str:
    if found.shape != expected.shape and not found.numel() == expected.numel() == 1:
        return f"{_shape(found)} in the file, {_shape(expected)} in the network"
    if found.is_floating_point() != expected.is_floating_point():
        return f"{found.dtype} in the file, {expected.dtype} in the network"
    return ""


def _head_mismatch(file: str, network: str, found: int, expected: int) -> HeadMismatchError:
    return HeadMismatchError(
        f"{file} fits {network} but for its last layer, which has {found} classes instead of {expected}: "
        "load it with a new last layer, or choose another network.",
        found_classes=found,
        network_classes=expected,
    )


def _not_finite(module: nn.Module) -> tuple[str, ...]:
    names = [
        name for name, tensor in module.state_dict().items() if tensor.is_floating_point() and not _is_finite(tensor)
    ]
    return (f"NaN or infinite values in {len(names)} tensors ({_some(names)})",) if names else ()


def _is_finite(tensor: Tensor) -> bool:
    """One pass without a second tensor: NaN and infinity both show in the extremes."""
    return tensor.numel() == 0 or all(bool(extreme.isfinite()) for extreme in tensor.aminmax())


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "one number"


def _tensors(names: Collection[str]) -> str:
    return "1 tensor is" if len(names) == 1 else f"{len(names)} tensors are"


def _some(names: Iterable[str]) -> str:
    """The first names of a list that may be long and that nobody has checked."""
    known = list(names)
    shown = ", ".join(
        name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…" for name in known[:_MOST_NAMES]
    )
    return f"{shown}, …" if len(known) > _MOST_NAMES else shown
