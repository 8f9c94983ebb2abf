"""See inside convolutional networks, live. Importing this package costs nothing: it imports nothing."""

__version__ = "0.1.0"
