"""Where commands wait for the live loop: orders that supersede each other replace each other."""

from __future__ import annotations

import threading

SUPERSEDING: tuple[str, ...] = (
    "SetView",
    "ShowPicture",
    "OpenNetwork",
    "OpenSource",
    "ChooseDevice",
    "ChoosePreprocessing",
)
"""Kinds of message of which only the newest matters."""


class Mailbox:
    """Any thread may ``put`` or ``wake``; one thread takes."""

    def __init__(self) -> None:
        self._messages: list[object] = []
        self._changed = threading.Condition()
        self._woken = False

    def put(self, message: object) -> None:
        """Leaves ``message``, in the place of an older one that it supersedes."""
        kind = type(message).__name__
        with self._changed:
            if kind in SUPERSEDING:
                self._messages = [other for other in self._messages if type(other).__name__ != kind]
            self._messages.append(message)
            self._changed.notify()

    def wake(self) -> None:
        """Ends the present or next ``wait``: something else than a message happened."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def take(self) -> list[object]:
        """Everything that waits, oldest first."""
        with self._changed:
            messages, self._messages = self._messages, []
            return messages

    def wait(self, seconds: float | None) -> None:
        """Returns at once if anything waits, else when something comes or ``seconds`` have passed (None: no limit)."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._messages) or self._woken, seconds)
            self._woken = False
