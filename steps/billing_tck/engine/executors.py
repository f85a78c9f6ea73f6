"""Where independent runs are carried out: processes of this machine, or a Dask cluster.

Both are a `concurrent.futures.Executor`:

    with workers(2) as crew:                                  # or: workers(2, cluster="tcp://10.0.0.5:8786")
        futures = [crew.executor.submit(function, …) for …]

A task is a function of a module and what pickles. Tasks of one process run one after the other: they freeze its clock.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from billing_tck import clock
from billing_tck.version import __version__

CONNECT_TIMEOUT = 10.0
"""So many seconds a cluster has to answer, and to have a worker."""

_CARRIERS = ("distributed", "dask", "tornado", "psutil")
P = ParamSpec("P")
T = TypeVar("T")


class ClusterError(Exception):
    """There is no cluster to use; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """An executor, and how many tasks it carries out at a time."""

    executor: Executor
    size: int


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers(count: int, cluster: str | None = None) -> contextlib.AbstractContextManager[WorkerPool]:
    """`count` processes of this machine, or the workers of the cluster at an address. Raises ClusterError.

    When the context ends, what was not begun is dropped, and long tasks are told (see `is_cancelled`).
    """
    return _local(count) if cluster is None else _cluster(cluster)


def is_cancelled() -> bool:
    """Whether the caller of this task has stopped waiting for it; known only to processes of this machine."""
    return _stop is not None and bool(_stop.value)


# Processes of this machine -------------------------------------------------------------------------------------------

# A byte that all see. An Event has a lock, and Ctrl-C while that is held would leave every process waiting for it.
_stop: ctypes.c_byte | None = None


@contextlib.contextmanager
def _local(count: int) -> Iterator[WorkerPool]:
    # Fresh processes: a forked one would inherit a frozen clock, open pipes and locks of threads.
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue(ctypes.c_byte, 0)
    pool = _Processes(count, mp_context=context, initializer=_begin, initargs=(stop,))
    try:
        yield WorkerPool(pool, count)
    finally:
        with _deaf():
            stop.value = 1
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Meanwhile another Ctrl-C changes nothing: what runs ends by itself, soon, and is not to be left half ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Processes(ProcessPoolExecutor):
    """While processes start, Ctrl-C waits, so that none of them is hit before it knows whose it is to answer."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(stop: ctypes.c_byte) -> None:
    """In each process: Ctrl-C is the parent's to answer; it says when to stop."""
    global _stop  # noqa: PLW0603 - the one way in which an initializer hands something to the tasks
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# A cluster -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[WorkerPool]:
    client = _connect(address)
    try:
        executor = _Cluster(client.get_executor(pure=False))
        try:
            yield WorkerPool(executor, max(1, len(client.nthreads())))
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
    finally:
        client.close()


def _connect(address: str) -> Any:
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise ClusterError(
            "--cluster needs Dask; install it here and where the workers are: pip install 'billing-tck[cluster]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise ClusterError(
            f"no cluster answers at {address!r} ({said[0]}). Give the address that its scheduler prints, "
            "as tcp://127.0.0.1:8786"
        ) from None
    try:
        client.wait_for_workers(1, timeout=CONNECT_TIMEOUT)
    except OSError:
        client.close()
        raise ClusterError(
            f"the cluster at {address} has no workers. Start some where the kit is installed: "
            f"dask worker {address} --nthreads 1"
        ) from None
    return client


class _Cluster(Executor):
    """The cluster's own executor, whose tasks run as those of a process of this machine do."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self._futures: weakref.WeakSet[Future[Any]] = weakref.WeakSet()  # results go when nobody waits for them

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = self._inner.submit(_carry_out, __version__, fn, args, kwargs)
        self._futures.add(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            for future in list(self._futures):
                future.cancel()
        self._inner.shutdown(wait=wait)


_ONE_AT_A_TIME = threading.Lock()


def _carry_out(version: str, function: Callable[..., T], args: Sequence[object], kwargs: Mapping[str, object]) -> T:
    """A task, at a worker of a cluster. The worker's own time goes on while the task's clock is frozen."""
    if version != __version__:
        raise ClusterError(f"a worker of the cluster has billing-tck {__version__}, and this is {version}")
    with _ONE_AT_A_TIME:  # a worker may have several threads, and the process has one clock
        clock.exempt_from_freeze(*_CARRIERS)
        return function(*args, **kwargs)
