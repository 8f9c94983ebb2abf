"""What can go wrong with a run, each as one sentence a user can act on."""

from cnnviz.core.errors import CnnvizError


class TrainingError(CnnvizError):
    """Training that cannot start or go on: loss no longer finite, no memory left, a network that does not fit."""


class ConfigurationError(TrainingError):
    """A setting of a run that is unknown, of the wrong kind or out of range."""


class DataError(TrainingError):
    """A data set that is missing, damaged or not usable as it is."""


class RunError(TrainingError):
    """A run folder that is missing, damaged, full or in use."""


class RunFailedError(RunError):
    """A run that had begun and could not go on. Its folder, if it is there, holds all up to its last checkpoint."""
