"""A conformance test kit for cloud billing rules, on a clock that nobody has to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"  # the one place that says it: asking the installed metadata takes a tenth of the start


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """What `%load_ext billing_tck` calls: the magics of the kit."""
    from billing_tck.jupyter.magics import load  # noqa: PLC0415 - only a notebook needs IPython

    load(ipython)
