"""A conformance test kit for cloud billing rules, on a virtual clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing_tck.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["__version__", "load_ipython_extension"]


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register the magics of the kit; `%load_ext billing_tck` calls this."""
    from billing_tck.jupyter.magics import load  # noqa: PLC0415 - only a notebook needs IPython

    load(ipython)
