"""Looking inside a running network: what is captured, changed and worked out of a forward pass."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnviz.core.probing.receptive_field import receptive_fields

__all__ = ["receptive_fields"]


def __getattr__(name: str) -> object:
    """Imports torch only when what needs it is asked for."""
    if name != "receptive_fields":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cnnviz.core.probing.receptive_field import receptive_fields as function

    return function
