"""A network's head: its last layer, whose outputs are the classes."""

from torch import nn

from cnnviz.core.errors import NetworkError

Head = nn.Linear | nn.Conv2d


def find_head(module: nn.Module) -> tuple[str, Head]:
    """Path and module of the last linear layer or convolution, in the order of registration.

    For every torchvision classification network that is the layer of the classes (SqueezeNet's is a convolution).
    """
    layers = [(name, layer) for name, layer in module.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    if not layers:
        raise NetworkError(
            "This network has neither a linear layer nor a convolution, so no classes can be told from it."
        )
    return layers[-1]


def class_count(module: nn.Module) -> int:
    """How many classes the network tells apart."""
    return _outputs(find_head(module)[1])


def _outputs(head: Head) -> int:
    return head.out_features if isinstance(head, nn.Linear) else head.out_channels


def replace_head(module: nn.Module, classes: int) -> None:
    """Gives the network a new, freshly initialised last layer with this many outputs."""
    path, head = find_head(module)
    parent, _, name = path.rpartition(".")
    setattr(module.get_submodule(parent), name, _like(head, classes))


def _like(head: Head, classes: int) -> Head:
    weight, bias = head.weight, head.bias is not None
    if isinstance(head, nn.Linear):
        return nn.Linear(head.in_features, classes, bias, weight.device, weight.dtype)
    kernel_size = (head.kernel_size[0], head.kernel_size[1])
    if kernel_size != (1, 1) or head.groups != 1:
        raise NetworkError("The last layer is no plain 1×1 convolution, so no new one can be made for other classes.")
    return nn.Conv2d(head.in_channels, classes, kernel_size, bias=bias, device=weight.device, dtype=weight.dtype)
