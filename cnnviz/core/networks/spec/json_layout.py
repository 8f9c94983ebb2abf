"""How a spec is laid out in a file: words that reader, writer and schema share."""

from typing import get_args

from cnnviz.core.networks.spec.rows import Fit, Interpolation

FORMAT = "cnnviz network"
VERSION = 1
FITS = get_args(Fit)
INTERPOLATIONS = get_args(Interpolation)
