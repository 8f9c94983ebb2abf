"""Says how a run goes on without holding it up: replacing a file may wait for the disk, on ext4 for 30 ms and more."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import RunStatus


class StatusWriter:
    """Writes status.json, one at a time and in order, in a thread of its own where nobody needs to wait for it."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "status")
        self._begun: Future[None] | None = None

    def write(self, status: RunStatus) -> None:
        """It is there when this returns. Raises OSError, also what ``write_soon`` met."""
        if self._begun is not None:
            self._begun.result()
        self._folder.write_status(status)

    def write_soon(self, status: RunStatus) -> None:
        """Returns at once; passed over while the last one waits for the disk. Raises OSError that the last one met."""
        if self._begun is not None:
            if not self._begun.done():
                return
            self._begun.result()
        self._begun = self._thread.submit(self._folder.write_status, status)

    def close(self) -> None:
        """Nothing is written after this."""
        self._thread.shutdown()
