"""How a cell's field follows from those of the cells it reads, for every layer and function that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn

from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.fields import layouts, mixing, windows
from cnnviz.core.probing.fields.located import Located, UntraceableError, hull_of
from cnnviz.core.receptive_field import ReceptiveField

Rule = Callable[[Call, Sequence[Located]], Located]

# fmt: off
_CELLWISE = (
    "add", "sub", "mul", "div", "pow", "neg", "abs", "exp", "log", "sqrt", "rsqrt", "square", "reciprocal", "sign",
    "clamp", "clamp_min", "clamp_max", "clip", "maximum", "minimum", "where", "lerp", "addcmul", "addcdiv", "relu",
    "relu6", "hardtanh", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish",
    "hardsigmoid", "hardshrink", "softshrink", "tanhshrink", "softplus", "softsign", "threshold", "sigmoid",
    "logsigmoid", "tanh", "erf", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout",
    "feature_dropout", "feature_alpha_dropout", "stochastic_depth", "batch_norm", "local_response_norm", "eq", "ne",
    "gt", "ge", "lt", "le", "logical_and", "logical_or", "logical_not", "nan_to_num", "round", "floor", "ceil",
)
_CELLWISE_MODULES = (
    "Identity", "Threshold", "ReLU", "RReLU", "Hardtanh", "ReLU6", "Sigmoid", "Hardsigmoid", "Tanh", "SiLU", "Mish",
    "Hardswish", "ELU", "CELU", "SELU", "GELU", "Hardshrink", "LeakyReLU", "LogSigmoid", "Softplus", "Softshrink",
    "PReLU", "Softsign", "Tanhshrink", "Softmax2d", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout",
    "FeatureAlphaDropout", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "LocalResponseNorm",
    "CrossMapLRN2d", "ChannelShuffle",
)
# fmt: on

_FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(_CELLWISE, mixing.cellwise),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "std", "var", "norm", "prod", "logsumexp"), mixing.reduction),
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten", "view_as", "reshape_as"), layouts.reshape),
    **dict.fromkeys(("chunk", "split", "tensor_split", "split_with_sizes"), layouts.parts),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), layouts.transpose),
    **dict.fromkeys(("softmax", "log_softmax", "softmin"), mixing.softmax),
    **dict.fromkeys(("group_norm", "instance_norm"), mixing.over_positions),
    **dict.fromkeys(("max_pool2d", "avg_pool2d", "lp_pool2d"), windows.pool),
    **dict.fromkeys(("adaptive_avg_pool2d", "adaptive_max_pool2d"), windows.adaptive_pool),
    "cat": mixing.concatenation,
    "linear": mixing.linear,
    "layer_norm": mixing.layer_norm,
    "scaled_dot_product_attention": mixing.over_positions,
    "conv2d": windows.convolution,
    "conv_transpose2d": windows.transposed_convolution,
    "interpolate": windows.interpolation,
    "pixel_shuffle": windows.pixel_shuffle,
    "pixel_unshuffle": windows.pixel_unshuffle,
    "pad": windows.padding,
    "permute": layouts.permute,
    "squeeze": layouts.squeeze,
    "unsqueeze": layouts.unsqueeze,
    "expand": layouts.expand,
    "expand_as": layouts.expand,
    "unbind": layouts.unbind,
    "stack": layouts.stack,
    "flip": layouts.flip,
    "narrow": layouts.narrow,
    "getitem": layouts.index,
}

_MODULES: dict[type[nn.Module], Rule] = {
    **dict.fromkeys([getattr(nn, name) for name in _CELLWISE_MODULES], mixing.cellwise),
    **dict.fromkeys((nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d), windows.pool),
    **dict.fromkeys((nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), windows.adaptive_pool),
    **dict.fromkeys((nn.Upsample, nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d), windows.interpolation),
    **dict.fromkeys(
        (nn.ZeroPad2d, nn.ConstantPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d), windows.padding
    ),
    **dict.fromkeys((nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.MultiheadAttention), mixing.over_positions),
    **dict.fromkeys((nn.Flatten, nn.Unflatten), layouts.reshape),
    **dict.fromkeys((nn.Softmax, nn.LogSoftmax, nn.Softmin), mixing.softmax),
    **dict.fromkeys((nn.LayerNorm, nn.RMSNorm), mixing.layer_norm),
    nn.Linear: mixing.linear,
    nn.Conv2d: windows.convolution,
    nn.ConvTranspose2d: windows.transposed_convolution,
    nn.PixelShuffle: windows.pixel_shuffle,
    nn.PixelUnshuffle: windows.pixel_unshuffle,
}
_BY_NAME: dict[str, Rule] = {
    "torchvision.models.convnext.LayerNorm2d": mixing.cellwise,  # not as its base class: the channels of C×H×W
    "torchvision.ops.misc.FrozenBatchNorm2d": mixing.cellwise,
    "torchvision.ops.misc.Permute": layouts.permute,
    "torchvision.ops.misc.SqueezeExcitation": mixing.over_positions,
    "torchvision.ops.stochastic_depth.StochasticDepth": mixing.cellwise,
    "torchvision.ops.drop_block.DropBlock2d": mixing.cellwise,
}
"""Layers of torchvision, whose import takes seconds."""


def located_behind(call: Call, inputs: Sequence[Located]) -> Located:
    """What the cells of the call's output see.

    Raises:
        UntraceableError: that cannot be told.
    """
    whole = all(located.field.whole for located in inputs)
    if whole and all(located.dims == (None, None) for located in inputs):
        return _everywhere(call, inputs)
    try:
        return _ruled(call, inputs)
    except UntraceableError:
        if not whole:
            raise
        return _everywhere(call, inputs)


def _ruled(call: Call, inputs: Sequence[Located]) -> Located:
    rule = _FUNCTIONS.get(call.kind) if call.module is None else _module_rule(type(call.module))
    if rule is None:
        raise UntraceableError("what it reads of its input is not known")
    try:
        return rule(call, inputs)
    except (ValueError, TypeError, LookupError, AttributeError) as error:  # anybody's code calls with anything
        raise UntraceableError(f"its options are not understood ({error})") from error


def _everywhere(call: Call, inputs: Sequence[Located]) -> Located:
    """What is made of numbers that depend on the whole picture does so too, whatever is done to them."""
    shape = call.shape or ()
    field = hull_of([located.field.gathered() for located in inputs])
    if len(shape) != 4 or shape[-2:] == (1, 1):
        return Located(field, None, None)
    rows, columns = field.rows.gathered(shape[2]), field.columns.gathered(shape[3])
    return Located(ReceptiveField(rows, columns), 2, 3)


def _module_rule(kind: type[nn.Module]) -> Rule | None:
    """Of the class, or of the one whose ``forward`` it takes over unchanged."""
    named = _BY_NAME.get(f"{kind.__module__}.{kind.__qualname__}")
    if named is not None:
        return named
    if issubclass(kind, nn.Sequential):
        return mixing.cellwise  # an empty one: others are no leaves
    known = next((base for base in kind.__mro__ if base in _MODULES), None)
    return _MODULES[known] if known is not None and kind.forward is known.forward else None
