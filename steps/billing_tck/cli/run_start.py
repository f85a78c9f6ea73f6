"""Start the implementation of a run: where it has a process of its own, while the features are read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from billing_tck.cli.run_options import RunRequest
from billing_tck.connect import open_driver, start_ahead, to_start_ahead
from billing_tck.drivers import Driver
from billing_tck.engine.isolated_run import prepare

if TYPE_CHECKING:
    from billing_tck.drivers.isolated import IsolatedDriver


@contextmanager
def started_ahead(request: RunRequest, *, wanted: bool) -> Iterator[IsolatedDriver | None]:
    """Start the process of the implementation, where it has one in which scenarios run; it ends with the context."""
    sut = to_start_ahead(request.sut, request.connection) if wanted and not request.elsewhere else None
    if sut is None:
        yield None
        return
    announce_commands(request)
    with start_ahead(request.sut, sut, request.connection, prepare) as driver:
        yield driver


def opened(request: RunRequest, ahead: IsolatedDriver | None) -> Driver:
    """Return the driver of the implementation, ready for its first call. Raises as `open_driver` does."""
    if ahead is None:
        return open_driver(request.sut, connection=request.connection)
    ahead.wait_ready()
    return ahead


def announce_commands(request: RunRequest) -> None:
    """Print what the file of the configuration starts, before it is started."""
    for line in request.commands:
        print(line, file=sys.stderr)
