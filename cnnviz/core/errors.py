"""Errors a user can act on. The core raises them; the command line and the controller turn each into one line."""


class CnnvizError(Exception):
    """One sentence that says what was found, what is allowed and what to do.

    ``details`` holds what only an engineer wants to read (a list of mismatched keys, a library's own words).
    """

    def __init__(self, message: str, *, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.details, self.__dict__)


def _rebuild(kind: type[CnnvizError], message: str, details: str, state: dict[str, object]) -> CnnvizError:
    error = kind.__new__(kind)
    CnnvizError.__init__(error, message, details=details)
    error.__dict__.update(state)
    return error


class SourceError(CnnvizError):
    """A picture, video, camera or stream that cannot be opened or has ended."""


class NetworkError(CnnvizError):
    """A network that is unknown, cannot be built or cannot run on this input."""


class CheckpointError(NetworkError):
    """A weights file that is unreadable, unsafe, or does not fit the network."""


class HeadMismatchError(CheckpointError):
    """A weights file that fits but for its last layer: it was trained for another number of classes."""

    def __init__(self, message: str, *, found_classes: int, network_classes: int, details: str = "") -> None:
        super().__init__(message, details=details)
        self.found_classes = found_classes
        self.network_classes = network_classes


class CodeConfirmationError(NetworkError):
    """A file that runs code when it is opened, which nobody has allowed yet: ``NetworkChoice.confirmed_code`` does."""


class LayerError(CnnvizError):
    """A layer name the network does not have, or a layer whose output cannot be shown."""


class DeviceError(CnnvizError):
    """A device that is not there or has no memory left."""


class CancelledError(CnnvizError):
    """The user cancelled the work."""
