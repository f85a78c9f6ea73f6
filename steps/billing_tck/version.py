"""The version of the kit."""

from __future__ import annotations

__version__ = "0.1.0"  # a constant: reading the installed metadata would take a tenth of the start
