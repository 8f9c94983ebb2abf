"""What a spec may ask for at most. A file beyond these is refused before anything is allocated for it."""

FILE_BYTES = 1 << 20
JSON_DEPTH = 64
GROUP_DEPTH = 16
ROWS = 2_000
"""Rows as written, those inside groups counted once."""
LAYERS = 20_000
"""Rows with every repetition counted."""
REPEAT = 1_000
CHANNELS = 65_536
SIDE = 16_384
"""Pixels of the input's height or width."""
INPUT_VALUES = 1 << 28
NAME_LENGTH = 64
TEXT_LENGTH = 10_000
CLASS_NAMES = 65_536
PARAMETERS = 2_000_000_000
ACTIVATIONS = 2_000_000_000
"""Values of all layers' outputs for one picture."""
