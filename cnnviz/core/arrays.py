"""Names for the arrays and sizes that cross borders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int]
"""(height, width)"""

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
