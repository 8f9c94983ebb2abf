"""Values in the places that a translated sentence keeps for them."""

from __future__ import annotations

import re


def filled(words: str, *values: object) -> str:
    """``words`` with %1 to %9 replaced; what looks like a place in a value (a file's name) is left as it is."""
    return re.sub("%([1-9])", lambda place: str(values[int(place[1]) - 1]), words)
