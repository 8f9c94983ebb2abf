"""A loaded network that runs its layers one after the other, as a spec to go on from in the builder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.build import build
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.edit import insert
from cnnviz.core.networks.spec.names import checked_name, named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, LayerRow, NetworkSpec, Row


def spec_of(module: nn.Module, input_shape: tuple[int, int, int], title: str = "") -> NetworkSpec:
    """The spec of ``nn.Sequential`` and of networks that are one in effect, such as torchvision's AlexNet and VGG.

    The network runs once on a random picture to see that the spec computes the same. NetworkError names the first layer
    that no row can express.
    """
    rows = _rows(module, "")
    spec = _flattened(NetworkSpec(title or type(module).__name__, input_shape, rows))
    with torch.inference_mode():
        _compare(module, spec)
    return spec


def _rows(module: nn.Module, path: str) -> tuple[Row, ...]:
    children = [(name, child) for name, child in module.named_children() if type(child) is not nn.Identity]
    if not children:
        raise NetworkError(f"{type(module).__name__} has no layers of its own that a row could express.")
    return named([_row(name, child, f"{path}{name}") for name, child in children])


def _row(name: str, module: nn.Module, path: str) -> Row:
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        return GroupRow(_kept(name), _rows(module, f"{path}.") if len(module) else ())
    converter = _CONVERTERS.get(type(module))
    if converter is None:
        raise _no_row(path, module, "no row of the builder")
    try:
        row = converter(module)
    except (NetworkError, TypeError, ValueError) as error:
        reason = error.message if isinstance(error, NetworkError) else str(error)
        raise _no_row(path, module, f"a setting that no row has ({reason.rstrip('.')})") from error
    return LayerRow(_kept(name), row.kind, row.options)


def _no_row(path: str, module: nn.Module, what: str) -> NetworkError:
    return NetworkError(
        f"{path} is a {type(module).__name__} with {what}: the builder can only start from networks whose layers it "
        "knows and that run one after the other."
    )


def _kept(name: str) -> str:
    """Names such as "0" become default names."""
    try:
        return checked_name(name)
    except NetworkError:
        return ""


def _flattened(spec: NetworkSpec) -> NetworkSpec:
    """With flatten above the first row that needs a vector, where the network's forward does that itself."""
    for place, row in enumerate(spec.rows):
        shape = check(replace(spec, rows=spec.rows[:place])).output_shape
        if len(shape) == 3 and _needs_vector(row):
            return insert(spec, (place,), layer("flatten", "flatten"))
    return spec


def _needs_vector(row: Row) -> bool:
    """Whether a linear layer stands in it before any flatten."""
    kinds = list(_kinds(row))
    return "linear" in kinds and "flatten" not in kinds[: kinds.index("linear")]


def _kinds(row: Row) -> Iterator[str]:
    if isinstance(row, GroupRow):
        for inner in row.rows:
            yield from _kinds(inner)
    else:
        yield row.kind


# ------------------------------------------------------------------------------------------------------- the same sums?


def _compare(module: nn.Module, spec: NetworkSpec) -> None:
    """Refuses a network that connects its layers in another way than one after the other."""
    with torch.device("meta"):
        built = build(spec).eval()
    _take_weights(built, module, spec.title)
    like = next(module.parameters(), torch.empty(0))
    picture = torch.rand(2, *spec.input_shape, dtype=like.dtype, device=like.device)
    expected, found = _output(module, picture, spec), built(picture)
    if expected.shape != found.shape or not (like.is_meta or torch.allclose(expected, found, rtol=1e-3, atol=1e-4)):
        raise NetworkError(
            f"{spec.title} does not run its layers simply one after the other, so that rows cannot express it: "
            "start from a preset instead."
        )


def _take_weights(built: nn.Module, module: nn.Module, title: str) -> None:
    """The network's own tensors in the built one's places, which have the same order; nothing is copied."""
    tensors, wanted = list(module.state_dict().values()), built.state_dict()
    if [tensor.shape for tensor in tensors] != [tensor.shape for tensor in wanted.values()]:
        raise NetworkError(f"{title} has parameters outside of its layers, which no row can express.")
    built.load_state_dict(dict(zip(wanted, tensors, strict=True)), assign=True)


def _output(module: nn.Module, picture: Tensor, spec: NetworkSpec) -> Tensor:
    """In evaluation mode; every module's mode is put back."""
    modes = [(each, each.training) for each in module.modules()]
    try:
        module.eval()
        output = module(picture)
    except (RuntimeError, ValueError, TypeError) as error:
        shape = "×".join(map(str, spec.input_shape))
        raise NetworkError(f"{spec.title} does not run on {shape} pictures.", details=str(error)) from error
    finally:
        for each, training in modes:
            each.training = training
    if not isinstance(output, Tensor):
        raise NetworkError(f"{spec.title} returns a {type(output).__name__}, but rows make one tensor.")
    return output


# ------------------------------------------------------------------------------------------------------ layer by layer


def _convolution(module: nn.Conv2d) -> LayerRow:
    return layer(
        "conv",
        filters=module.out_channels,
        kernel=module.kernel_size,
        stride=module.stride,
        padding=module.padding,
        dilation=module.dilation,
        groups=module.groups,
        bias=module.bias is not None,
        padding_mode=module.padding_mode,
    )


def _transposed(module: nn.ConvTranspose2d) -> LayerRow:
    return layer(
        "transposed",
        filters=module.out_channels,
        kernel=module.kernel_size,
        stride=module.stride,
        padding=module.padding,
        output_padding=module.output_padding,
        dilation=module.dilation,
        groups=module.groups,
        bias=module.bias is not None,
    )


def _batch_norm(module: nn.BatchNorm1d | nn.BatchNorm2d) -> LayerRow:
    if not module.track_running_stats:
        raise ValueError("no running statistics")
    return layer("batch_norm", eps=module.eps, momentum=module.momentum, affine=module.affine)


def _layer_norm(module: nn.LayerNorm) -> LayerRow:
    if module.elementwise_affine and module.bias is None:
        raise ValueError("no bias")
    return layer("layer_norm", eps=module.eps, affine=module.elementwise_affine)


def _instance_norm(module: nn.InstanceNorm2d) -> LayerRow:
    if module.track_running_stats:
        raise ValueError("running statistics")
    return layer("instance_norm", eps=module.eps, affine=module.affine)


def _softmax(module: nn.Softmax) -> LayerRow:
    if module.dim != 1:
        raise ValueError(f"dim {module.dim}")
    return layer("softmax")


def _max_pool(module: nn.MaxPool2d) -> LayerRow:
    if module.return_indices:
        raise ValueError("return_indices")
    return layer("max_pool", dilation=module.dilation, **_pool_window(module))


def _average_pool(module: nn.AvgPool2d) -> LayerRow:
    if module.divisor_override:
        raise ValueError("divisor_override")
    return layer("average_pool", count_padding=module.count_include_pad, **_pool_window(module))


def _pool_window(module: nn.MaxPool2d | nn.AvgPool2d) -> dict[str, object]:
    return {
        "kernel": module.kernel_size,
        "stride": module.stride,
        "padding": module.padding,
        "ceil": module.ceil_mode,
    }


def _adaptive(mode: str) -> Callable[[Any], LayerRow]:
    def convert(module: nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) -> LayerRow:
        if module.output_size in (1, (1, 1)):
            return layer("global_pool", mode=mode)
        return layer("adaptive_pool", size=module.output_size, mode=mode)

    return convert


def _upsample(module: nn.Upsample) -> LayerRow:
    factors = module.scale_factor if isinstance(module.scale_factor, tuple) else (module.scale_factor,) * 2
    if any(factor is None or factor != int(factor) for factor in factors):
        raise ValueError("a size instead of a whole factor")
    whole = tuple(int(factor or 0) for factor in factors)
    return layer("upsample", factor=whole, mode=module.mode, align_corners=bool(module.align_corners))


def _flatten(module: nn.Flatten) -> LayerRow:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise ValueError(f"dimensions {module.start_dim} to {module.end_dim}")
    return layer("flatten")


_CONVERTERS: Mapping[type[nn.Module], Callable[[Any], LayerRow]] = {
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _transposed,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.GroupNorm: lambda m: layer("group_norm", groups=m.num_groups, eps=m.eps, affine=m.affine),
    nn.LayerNorm: _layer_norm,
    nn.InstanceNorm2d: _instance_norm,
    nn.LocalResponseNorm: lambda m: layer("response_norm", size=m.size, alpha=m.alpha, beta=m.beta, k=m.k),
    nn.ReLU: lambda _: layer("relu"),
    nn.LeakyReLU: lambda m: layer("leaky_relu", slope=m.negative_slope),
    nn.GELU: lambda m: layer("gelu", approximate=m.approximate),
    nn.SiLU: lambda _: layer("silu"),
    nn.Tanh: lambda _: layer("tanh"),
    nn.Sigmoid: lambda _: layer("sigmoid"),
    nn.Softmax: _softmax,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.AdaptiveAvgPool2d: _adaptive("average"),
    nn.AdaptiveMaxPool2d: _adaptive("max"),
    nn.Upsample: _upsample,
    nn.Dropout: lambda m: layer("dropout", p=m.p),
    nn.Dropout2d: lambda m: layer("spatial_dropout", p=m.p),
    nn.Flatten: _flatten,
    nn.Linear: lambda m: layer("linear", features=m.out_features, bias=m.bias is not None),
}
"""By the exact class: one derived from these may do something else."""
