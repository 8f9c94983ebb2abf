"""What the first start shows: a network and a picture that ship with the program."""

from cnnviz.core.resources import resource_path
from cnnviz.core.values import NetworkChoice, SourceSpec

FIRST_NETWORK = NetworkChoice("cifar10-small")
FIRST_PICTURE = "ship.png"


def first_source() -> SourceSpec:
    """The first sample picture."""
    return SourceSpec("picture", str(resource_path("pictures", FIRST_PICTURE)))
