"""Executors for independent runs: processes of this machine, or a Dask cluster.

Both implement `concurrent.futures.Executor`:

    with workers(2) as pool:                                  # or: workers(2, cluster="tcp://10.0.0.5:8786")
        futures = [pool.executor.submit(function, …) for …]

A task is a module-level function with arguments that pickle. A process runs one task at a time, because tasks freeze
its clock.
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
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from billing_tck import clock
from billing_tck.connection import WORKER
from billing_tck.drivers.strays import end_with_parent
from billing_tck.signals import ENDING
from billing_tck.version import __version__

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

CONNECT_TIMEOUT = 10.0
"""Seconds to wait for a cluster to answer, and for its first worker."""

_CARRIERS = ("distributed", "dask", "tornado", "psutil")
P = ParamSpec("P")
T = TypeVar("T")


class ClusterError(Exception):
    """The cluster cannot be used; the message gives the reason and the fix."""


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """An executor, and the number of tasks that it runs at a time."""

    executor: Executor
    size: int


class ThisProcess(Executor):
    """Runs each task here, when it is submitted."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a task; return its result, which is there. Raises what the task raises."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers(count: int, cluster: str | None = None) -> contextlib.AbstractContextManager[WorkerPool]:
    """Start `count` processes of this machine, or use the workers of the cluster at an address. Raises ClusterError.

    When the context ends, tasks that have not started are dropped, and running tasks can see it (`is_cancelled`).
    """
    return _local(count) if cluster is None else _cluster(cluster)


def worker_number() -> int:
    """Return the number of this worker process, counted from 1; 1 in a process that is not a worker."""
    number = os.environ.get(WORKER, "1")
    return int(number) if number.isdigit() else 1


def is_cancelled() -> bool:
    """Return whether the caller of this task has stopped waiting for it; always False on a cluster."""
    return _stop is not None and bool(_stop.value)


def ends_with_run() -> bool:
    """Return whether this is a worker process of this machine, which ends with the run that started it."""
    return _stop is not None


def close_at_exit(close: Callable[[], None]) -> None:
    """Call `close` when this worker process ends with its pool; where it is killed, guards end what it has started."""
    Finalize(None, close, exitpriority=20)  # before the processes of drivers are killed


# Processes of this machine -------------------------------------------------------------------------------------------

# A shared byte. An Event has a lock, and Ctrl-C while the lock is held would leave every process waiting for it.
_stop: ctypes.c_byte | None = None


@contextlib.contextmanager
def _local(count: int) -> Iterator[WorkerPool]:
    # Fresh processes: a forked one would inherit a frozen clock, open pipes and locks of threads.
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue(ctypes.c_byte, 0)
    numbers = context.SimpleQueue()
    for number in range(1, count + 1):
        numbers.put(str(number))
    pool = _Processes(count, mp_context=context, initializer=_initialize, initargs=(stop, numbers))
    try:
        yield WorkerPool(pool, count)
    finally:
        with _ignore_interrupt():
            stop.value = 1
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _ignore_interrupt() -> Iterator[None]:
    """Ignore another interrupt while the running tasks end, so that none is left half ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Processes(ProcessPoolExecutor):
    """A process pool that delays signals while processes start, so that none is interrupted before it is set up."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _initialize(stop: ctypes.c_byte, numbers: SimpleQueue[str]) -> None:
    """Set up a worker process: take its number, and ignore Ctrl-C, which the parent handles; `stop` ends long tasks."""
    global _stop  # noqa: PLW0603 - an initializer can pass data to tasks in no other way
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with_parent(parent.pid)  # first: the parent may have been killed while this process started
    os.environ[WORKER] = numbers.get()
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # what this process starts would inherit them blocked


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
        reasons = str(error).strip().splitlines() or [type(error).__name__]
        raise ClusterError(
            f"no cluster answers at {address!r} ({reasons[0]}). Give the address that its scheduler prints, "
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
    """The cluster's executor, with tasks that run as they do in a local process."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self._futures: weakref.WeakSet[Future[Any]] = (
            weakref.WeakSet()
        )  # weak: a cluster frees a result with its future

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = self._inner.submit(_run_task, __version__, fn, args, kwargs)
        self._futures.add(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            for future in list(self._futures):
                future.cancel()
        self._inner.shutdown(wait=wait)


_ONE_AT_A_TIME = threading.Lock()


def _run_task(version: str, function: Callable[..., T], args: Sequence[object], kwargs: Mapping[str, object]) -> T:
    """Run a task on a worker of a cluster. The worker's own packages see real time while the clock is frozen."""
    if version != __version__:
        raise ClusterError(f"a worker of the cluster has billing-tck {__version__}, and this is {version}")
    with _ONE_AT_A_TIME:  # a worker may have several threads, and the process has one clock
        clock.exempt_from_freeze(*_CARRIERS)
        return function(*args, **kwargs)
