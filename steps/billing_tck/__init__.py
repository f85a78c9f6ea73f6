"""A conformance test kit for cloud billing rules, on a clock that nobody has to wait for."""

from importlib import metadata as _metadata

try:
    __version__ = _metadata.version("billing-tck")
except _metadata.PackageNotFoundError:  # run from a source tree that nobody installed
    __version__ = "0"
