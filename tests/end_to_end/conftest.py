"""The real program: its window in this process, its engine in another."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
