"""The protocol of the process of an implementation, and what keeps an implementation from ending its process."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing import Pipe
from pathlib import Path

import pytest

from billing_tck.connection import Timeouts
from billing_tck.contract import ErrorKind, ImplementationError, Refused, Unsupported
from billing_tck.contract.values import Nothing
from billing_tck.drivers import isolated_child
from billing_tck.drivers.early_end import EARLY_ENDS
from billing_tck.drivers.in_process import PythonDriver
from billing_tck.drivers.isolated_child import LENGTH, SECTION, Settings
from billing_tck.sut import InvalidSutSpec, Python

NOW = datetime(2025, 1, 7, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_is_open() -> None:
    EARLY_ENDS.forget()  # other tests may have left drivers open


class Small:
    """What the process calls."""

    def reset(self, *, now: datetime) -> dict[str, object]:
        print("reset at", now.isoformat())
        return {}

    def add_card(self, **_: object) -> dict[str, object]:
        raise Refused("other", "not today")

    def start_service(self, **_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    def stop_service(self, **_: object) -> dict[str, object]:
        os._exit(0)


def numbers(driver: PythonDriver, count: int) -> Iterator[object]:
    for number in range(count):
        print("number", number)
        yield number


def fails(driver: PythonDriver) -> Iterator[object]:
    yield 1
    raise InvalidSutSpec("x", "a problem")


class Kit:
    """The kit's side of the pipes."""

    def __init__(self, attribute: str = "Small") -> None:
        requests, self._requests = Pipe(duplex=False)
        self._answers, answers = Pipe(duplex=False)
        self._output, output = Pipe(duplex=False)
        self._ends = (requests, answers, output)
        sut = Python(__name__, attribute)
        self.settings = Settings(
            str(sut), sut, Timeouts(), {}, None, 1 << 32, "mark", os.getpid(), requests, answers, output, {}
        )

    def ask(self, *requests: tuple[object, ...]) -> list[tuple[object, ...]]:
        for request in requests:
            data = pickle.dumps(request)
            os.write(self._requests.fileno(), LENGTH.pack(len(data)) + data)
        self._requests.close()
        try:
            with pytest.raises(EOFError):  # there are no more requests
                isolated_child._answer(self.settings)
        finally:
            for end in self._ends:
                end.close()
        received = os.read(self._answers.fileno(), 1 << 20)
        answers = []
        while received:
            (length,) = LENGTH.unpack(received[: LENGTH.size])
            answers.append(pickle.loads(received[LENGTH.size : LENGTH.size + length]))
            received = received[LENGTH.size + length :]
        return answers

    def printed(self) -> bytes:
        return os.read(self._output.fileno(), 1 << 20)


def test_calls_and_generators_are_answered_in_order() -> None:
    kit = Kit()
    answers = kit.ask(
        ("call", "reset", {"now": NOW}),
        ("call", "add_card", {}),
        ("call", "link_aws_subscription", {}),
        ("call", "start_service", {}),
        ("stream", numbers, (2,)),
        ("stream", fails, ()),
    )
    kinds = [answer[0] for answer in answers]
    assert kinds == ["ready", "result", "raised", "raised", "raised", "item", "item", "end", "item", "raised"]
    assert answers[1] == ("result", Nothing())
    refused, unsupported, crashed = (answer[1] for answer in answers[2:5])
    assert (type(refused), str(refused)) == (Refused, "other: not today")
    assert type(unsupported) is Unsupported
    assert isinstance(crashed, ImplementationError)
    assert (crashed.kind, crashed.message) == (ErrorKind.CRASHED, "KeyboardInterrupt")
    assert [answer[1] for answer in answers[5:7]] == [0, 1]
    assert isinstance(answers[-1][1], InvalidSutSpec)
    assert kit.printed().count(SECTION) == 5  # before each value, and before each end


def test_a_wrong_factory_is_the_only_answer() -> None:
    kit = Kit("Absent")
    isolated_child._answer(kit.settings)
    (length,) = LENGTH.unpack(os.read(kit._answers.fileno(), LENGTH.size))
    kind, error = pickle.loads(os.read(kit._answers.fileno(), length))
    assert kind == "raised"
    assert "has no 'Absent'" in str(error)


def test_what_does_not_pickle_is_an_error() -> None:
    kit = Kit()
    pipe = isolated_child._Pipe(kit.settings)
    pipe.send("item", lambda: None)
    (length,) = LENGTH.unpack(os.read(kit._answers.fileno(), LENGTH.size))
    kind, error = pickle.loads(os.read(kit._answers.fileno(), length))
    assert kind == "raised"
    assert "the answer cannot be passed on" in str(error)


def test_an_exit_is_an_error_of_the_call_while_a_driver_is_open() -> None:
    own = os._exit
    driver = PythonDriver("python:x:y", Small)
    with pytest.raises(ImplementationError, match=r"it called os\._exit\(0\), which ends the process"), driver:
        driver.call("stop_service", {})
    assert os._exit is own


@pytest.mark.parametrize(
    ("name", "arguments", "status"), [("_exit", (0,), 3), ("_exit", (7,), 7), ("execv", ("x", []), 3)]
)
def test_an_exit_from_another_thread_is_never_green(
    name: str,
    arguments: tuple[object, ...],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    EARLY_ENDS.forbid()
    try:
        thread = threading.Thread(target=getattr(os, name), args=arguments)
        thread.start()
        thread.join()
    finally:
        EARLY_ENDS.allow()
    assert statuses == [status]
    assert f"it called os.{name}(" in capsys.readouterr().err


def test_a_forked_copy_ends_as_it_wishes_and_never_returns_into_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    EARLY_ENDS.forbid()
    try:
        with monkeypatch.context() as copy:
            copy.setattr(os, "getpid", lambda: 1)
            os._exit(0)
            EARLY_ENDS.leave()
    finally:
        EARLY_ENDS.allow()
    assert statuses == [0, 0]


def test_drivers_of_the_process_that_was_copied_do_not_count() -> None:
    own: Callable[..., object] = os._exit
    EARLY_ENDS.forbid()
    EARLY_ENDS.forbid()
    EARLY_ENDS.forget()
    assert os._exit is own


def test_printers_write_what_no_encoding_has(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        printer = isolated_child._printer(file.fileno())
        print("\ud800", file=printer)
        printer.flush()
    assert (tmp_path / "out").read_bytes() == b"\\ud800\n"
    assert sys.stdout is not printer
