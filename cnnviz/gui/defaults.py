"""What the first start shows: a network and a picture that ship with the program."""

from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.resources import resource_path
from cnnviz.core.sources.values import SourceSpec

FIRST_NETWORK = NetworkChoice("cifar10-small")
FIRST_PICTURE = "ship.png"
DIGIT_NETWORK = NetworkChoice("convnet-mnist")


def first_source() -> SourceSpec:
    """The first sample picture."""
    return SourceSpec("picture", str(resource_path("pictures", FIRST_PICTURE)))


def knows_digits(offer: NetworkOffer) -> bool:
    """It reads grey pictures and answers with the ten digits."""
    return offer.input_shape[0] == 1 and offer.class_names == tuple("0123456789")
