"""A spec as readable PyTorch source that needs nothing but torch."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.kinds import ModuleCall
from cnnviz.core.networks.spec.plan import Branches, Chain, Leaf, Part, plan
from cnnviz.core.networks.spec.rows import NetworkSpec, Size

_INDENT = "    "
_BRANCHES = '''
class Branches(nn.Module):
    """Modules that take one input side by side; None hands the input on."""

    def __init__(self, **branches: nn.Module | None) -> None:
        super().__init__()
        self.names = tuple(branches)
        for name, branch in branches.items():
            self.register_module(name, branch)

    def outputs(self, x: torch.Tensor) -> list[torch.Tensor]:
        branches = (getattr(self, name) for name in self.names)
        return [x if branch is None else branch(x) for branch in branches]

'''
_OPERATIONS = {
    "sum": '''
class Sum(Branches):
    """Adds its branches' outputs: a skip connection."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = self.outputs(x)
        return torch.add(first, second)

''',
    "concat": '''
class Concat(Branches):
    """Lays its branches' maps side by side, as channels of one output."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat(self.outputs(x), dim=1)

''',
    "product": '''
class Product(Branches):
    """Multiplies its branches' outputs: weighs maps by a gate."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = self.outputs(x)
        return torch.mul(first, second)

''',
}
_TAKEN = frozenset({"Branches", "Sum", "Concat", "Product", "OrderedDict", "nn", "torch"})


def class_name(title: str) -> str:
    """The network's title as a class name: "LeNet-5 (1998)" is LeNet51998, "small VGG" SmallVGG."""
    words = re.findall(r"[A-Za-z0-9]+", title[:60])
    name = "".join(word[:1].upper() + word[1:] for word in words)
    name = name if name[:1].isalpha() else f"Network{name}"
    return f"{name}Network" if name in _TAKEN or keyword.iskeyword(name) else name


def export_source(spec: NetworkSpec, input_size: Size | None = None) -> str:
    """A module with one ``nn.Module`` class, called ``class_name(spec.title)``: its parameters have the
    names they have in the network that ``build`` makes. NetworkError where the spec has a problem.
    """
    network = plan(spec, input_size)
    operations = {part.operation for part in _walk(network) if isinstance(part, Branches)}
    helpers = "".join(text for operation, text in _OPERATIONS.items() if operation in operations)
    body = _class(spec, network, input_size)
    ordered = "from collections import OrderedDict\n\n" if "OrderedDict(" in body else ""
    return f"{ordered}import torch\nfrom torch import nn\n\n{_BRANCHES if helpers else ''}{helpers}{body}"


def _class(spec: NetworkSpec, network: Chain, input_size: Size | None) -> str:
    made = "".join(f"{_INDENT * 2}self.{part.name} = {_expression(part, 2)}\n" for part in network.parts)
    called = "".join(f"{_INDENT * 2}x = self.{part.name}(x)\n" for part in network.parts)
    return (
        f"\nclass {class_name(spec.title)}(nn.Module):\n"
        f"{_INDENT}{_docstring(spec, input_size)}\n\n"
        f"{_INDENT}def __init__(self) -> None:\n{_INDENT * 2}super().__init__()\n{made}\n"
        f"{_INDENT}def forward(self, x: torch.Tensor) -> torch.Tensor:\n{called}{_INDENT * 2}return x\n"
    )


def _docstring(spec: NetworkSpec, input_size: Size | None) -> str:
    """A literal that no title can break out of."""
    report = check(spec, input_size)
    channels, *sides = spec.input_shape
    height, width = input_size or sides
    text = f"{spec.title}: {report.parameters:,} parameters, input (N, {channels}, {height}, {width})."
    harmless = text.isprintable() and not set(text) & set("\\\"'")
    return f'"""{text}"""' if harmless else repr(text)


def _walk(part: Part) -> Iterator[Part]:
    yield part
    for inner in _inside(part):
        yield from _walk(inner)


def _inside(part: Part) -> tuple[Part, ...]:
    if isinstance(part, Leaf):
        return ()
    return part.parts if isinstance(part, Chain) else part.chains


def _expression(part: Part, depth: int) -> str:
    if isinstance(part, Leaf):
        return _call(part.call)
    if isinstance(part, Branches):
        return _listed(part.operation.capitalize(), part.chains, depth)
    if not part.parts:
        return "nn.Sequential()"
    if part.parts[0].name.isdigit():
        return _listed("nn.Sequential", part.parts, depth, named=False)
    return f"nn.Sequential({_listed('OrderedDict', part.parts, depth)})"


def _listed(call: str, parts: tuple[Part, ...], depth: int, *, named: bool = True) -> str:
    inside, end = _INDENT * (depth + 1), _INDENT * depth
    lines = "".join(
        f"{inside}{f'{part.name}=' if named else ''}{_argument(part, call, depth + 1)},\n" for part in parts
    )
    return f"{call}(\n{lines}{end})"


def _argument(part: Part, call: str, depth: int) -> str:
    """A branch without modules is None; a chain of repetitions has none to leave out."""
    hands_on = isinstance(part, Chain) and not part.parts and call.lower() in _OPERATIONS
    return "None" if hands_on else _expression(part, depth)


def _call(call: ModuleCall) -> str:
    arguments = [repr(value) for value in call.arguments] + [f"{name}={value!r}" for name, value in call.named]
    return f"nn.{call.module}({', '.join(arguments)})"
