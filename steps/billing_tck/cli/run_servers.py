"""The servers of a run: one for each worker, and each for one run at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from billing_tck.cli.run_options import RunRequest
from billing_tck.connect import open_driver
from billing_tck.connection import Connection
from billing_tck.contract import ImplementationError
from billing_tck.contract.values import Description
from billing_tck.engine.runner import describe
from billing_tck.errors import UsageError
from billing_tck.spec.applicability import UnreachableError
from billing_tck.sut import PORT, is_url
from billing_tck.text.sanitize import sanitize


def check_workers(request: RunRequest) -> None:
    """Refuse several workers on one server: it has one clock. Raises UsageError."""
    urls = [sut for sut in request.suts if is_url(sut)]
    if not urls:
        return
    if request.cluster is not None:
        raise UsageError("--cluster is for implementations that the kit starts itself; a server has one clock")
    own = request.connection.processes.start is not None and PORT in request.sut
    if request.workers > len(urls) and not own:
        raise UsageError(
            f"--workers {request.workers} needs a server for each worker, because a server has one clock: "
            f"repeat --sut, or let the kit start them with --start and {PORT} in --sut"
        )


@contextlib.contextmanager
def locked(request: RunRequest) -> Iterator[Connection]:
    """Hold the locks of the servers while the run lasts, in place of the drivers."""
    connection = request.connection
    urls = [] if connection.processes.start else [sut for sut in request.suts if is_url(sut)]
    if not urls:
        yield connection
        return
    from billing_tck.drivers.server_lock import ServerLock  # noqa: PLC0415 - only for servers

    with contextlib.ExitStack() as stack:
        for url in urls:
            lock = ServerLock(url)
            try:
                lock.acquire()
            except ImplementationError as error:
                raise UnreachableError(error.message) from None
            stack.callback(lock.release)
        yield replace(connection, locked=True)


def check_same_implementation(request: RunRequest, description: Description) -> None:
    """Check that several servers are the same implementation. Raises UsageError."""
    for sut in request.suts[1:]:
        with open_driver(sut, connection=request.connection) as driver:
            other = describe(driver)
        if other != description:
            raise UsageError(
                f"{sanitize(request.sut)} and {sanitize(sut)} describe different implementations ({description.name} "
                f"{description.version}, {other.name} {other.version}); each --sut must describe the same one"
            )
