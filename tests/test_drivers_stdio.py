"""Implementations behind standard streams: a failure costs one call, and no process is left running."""

import os
import shlex
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from billing_tck.clock import frozen, real_monotonic
from billing_tck.connect import open_driver
from billing_tck.contract import ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.values import CardBehaviour, Collected, Description, Nothing, OrganizationView, ServiceRef
from billing_tck.drivers import Driver
from billing_tck.sut import InvalidSutSpec

HERE = Path(__file__).parent / "implementations"
NOW = datetime(2025, 1, 7, 9, tzinfo=UTC)


def command(name: str, *arguments: str) -> str:
    return "stdio:" + shlex.join([sys.executable, str(HERE / name), *arguments])


@contextmanager
def troubled(trouble: str, timeout: float = 5.0) -> Iterator[Driver]:
    with open_driver(command("troubled.py", trouble), timeout=timeout) as driver:
        yield driver


def pid_of(driver: Driver) -> int:
    description = driver.call("describe_implementation", {})
    assert isinstance(description, Description)
    return int(description.version)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Whether a process is gone, or goes within five seconds."""
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        threading.Event().wait(0.01)
    return not alive(pid)


def failure(driver: Driver) -> ImplementationError:
    with pytest.raises(ImplementationError) as error:
        driver.call("start_service", {"service": "S-1"})
    assert error.value.method == "start_service"
    return error.value


def test_values_go_out_and_come_back():
    with open_driver(command("honest_echo.py")) as driver:
        assert driver.call("reset", {"now": NOW}) == Nothing()
        assert driver.call("attempt_collection", {"organization": "O-1"}) == Collected(True)
        assert isinstance(driver.call("get_organization", {"organization": "O-1"}), OrganizationView)
        sent = {"organization": "Ω\n\u2028", "amount": Decimal("10.50"), "now": NOW, "flag": False, "number": 8}
        echoed = driver.call("create_service", {**sent, "behaviour": CardBehaviour.LIMITED})
        assert echoed == ServiceRef(
            '{"amount": "10.50", "behaviour": "limited", "flag": false, "now": "2025-01-07T09:00:00Z", '
            '"number": 8, "organization": "\\u03a9\\n\\u2028"}'
        )
        assert not driver.in_process


def test_the_process_is_started_once():
    with open_driver(command("honest_echo.py")) as driver:
        assert pid_of(driver) == pid_of(driver)


def test_a_refusal_and_a_missing_method_are_outcomes():
    with open_driver(command("honest_echo.py")) as driver:
        pid = pid_of(driver)
        with pytest.raises(Refused) as refused:
            driver.call("stop_service", {"service": "S-1"})
        assert (refused.value.reason, refused.value.message) == (Reason.UNPAID_INVOICE, "not now")
        with pytest.raises(Unsupported, match="no such method"):
            driver.call("delete_data", {"organization": "O-1"})
        assert pid_of(driver) == pid


def test_an_unknown_reason_is_reported_with_the_known_ones():
    with open_driver(command("honest_echo.py")) as driver, pytest.raises(ImplementationError) as error:
        driver.call("sign_in", {"user": "U-1"})
    assert error.value.kind is ErrorKind.INVALID
    assert "data.reason of a refusal: expected one of unpaid_invoice, no_billing_method, memory_cap" in str(error.value)
    assert str(error.value).endswith('got "mood"')


def test_another_error_code_is_a_crash_and_starts_a_new_process():
    with open_driver(command("honest_echo.py")) as driver:
        pid = pid_of(driver)
        with pytest.raises(ImplementationError, match="error -32603: KeyError: 'I-1'") as error:
            driver.call("pay_invoice", {"invoice": "I-1"})
        assert error.value.kind is ErrorKind.CRASHED
        assert pid_of(driver) != pid
        assert gone(pid)


TROUBLES = {
    "hangs": (ErrorKind.TIMEOUT, "no answer within 2 s"),
    "half_line": (ErrorKind.TIMEOUT, r'with --timeout\); it printed a line without an end: {"jsonrpc": "2.0", "id"'),
    "dies": (ErrorKind.CRASHED, "the process ended with status 3"),
    "is_killed": (ErrorKind.CRASHED, "the process was ended by SIGKILL"),
    "dies_while_its_child_lives": (ErrorKind.CRASHED, "the process ended with status 4"),
    "half_line_and_exit": (ErrorKind.CRASHED, "ended with status 0; it printed a line without an end"),
    "closes_early": (ErrorKind.CRASHED, "the process closed its output, and keeps running"),
    "unread_request": (ErrorKind.CRASHED, "error -32700: parse error"),
    "garbage": (ErrorKind.MALFORMED, "the answer is not JSON: Expecting value.*; it began Listening for requests"),
    "blank_line": (ErrorKind.MALFORMED, "the answer is not JSON"),
    "wrong_id": (ErrorKind.MALFORMED, "the answer has the id 1; expected 2"),
    "bool_id": (ErrorKind.MALFORMED, "the answer has the id true; expected 2"),
    "text_id": (ErrorKind.MALFORMED, 'the answer has the id "2"; expected 2'),
    "no_version": (ErrorKind.MALFORMED, 'it needs "jsonrpc": "2.0"'),
    "not_an_object": (ErrorKind.MALFORMED, r"the answer is not a JSON object; it began \[1, 2\]"),
    "result_and_error": (ErrorKind.MALFORMED, "both a result and an error"),
    "neither": (ErrorKind.MALFORMED, "neither a result nor an error"),
    "not_utf8": (ErrorKind.MALFORMED, r"it is not UTF-8 \(byte 43 is 0xe9\)"),
    "nan": (ErrorKind.MALFORMED, "NaN is not a JSON value"),
    "name_twice": (ErrorKind.MALFORMED, 'the name "id" is twice in one object'),
    "deep": (ErrorKind.MALFORMED, "nested too deeply"),
    "long_number": (ErrorKind.MALFORMED, "the answer is not JSON"),
    "text_code": (ErrorKind.MALFORMED, 'the error\'s code: expected an integer, got "1"'),
    "no_message": (ErrorKind.MALFORMED, "the error's message: expected a string, got null"),
    "huge_line": (ErrorKind.MALFORMED, "the process printed a line of more than 32 MiB"),
    "floods_stdout": (ErrorKind.MALFORMED, 'it needs "jsonrpc": "2.0"'),
    "one_endless_line_on_stderr": (ErrorKind.MALFORMED, "the answer is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_costs_one_call_and_leaves_nothing_running(trouble):
    kind, words = TROUBLES[trouble]
    with troubled(trouble, timeout=2.0 if kind is ErrorKind.TIMEOUT else 10.0) as driver:
        pid = pid_of(driver)
        error = failure(driver)
        assert error.kind is kind
        with pytest.raises(ImplementationError, match=words):
            raise error
        assert str(error).isprintable()
        assert gone(pid)
        next_pid = pid_of(driver)
        assert next_pid != pid
    assert gone(next_pid)


def test_a_failure_brings_the_last_lines_of_the_error_stream():
    with troubled("dies") as driver:
        pid_of(driver)
        assert failure(driver).log == ("Traceback: out of luck",)
        assert driver.log_tail() == ("Traceback: out of luck",)
    with troubled("hangs", timeout=2.0) as driver:
        pid_of(driver)
        assert failure(driver).log == ("about to hang",)


def test_a_flood_of_errors_neither_blocks_nor_is_kept():
    with troubled("floods_stderr") as driver:
        pid_of(driver)
        assert driver.call("start_service", {"service": "S-1"}) == Nothing()
        driver.close()
        log = driver.log_tail()
    assert len(log) == 50
    assert max(map(len, log)) == 500
    assert log[-1] == r"the \x1b[31mlast\x1b[0m words"


def test_an_endless_line_of_errors_is_cut():
    with troubled("one_endless_line_on_stderr") as driver:
        pid_of(driver)
        assert failure(driver).log == ("x" * 499 + "…",)


def test_who_exits_after_an_answer_is_reported_at_the_next_call_and_started_again():
    with troubled("exits_after_the_answer") as driver:
        assert driver.call("start_service", {"service": "S-1"}) == Nothing()
        with pytest.raises(ImplementationError, match="the process ended with status 0"):
            driver.call("describe_implementation", {})
        assert alive(pid_of(driver))


def test_a_process_that_does_not_want_to_go_is_killed():
    with troubled("stubborn") as driver:
        pid = pid_of(driver)
        assert driver.call("start_service", {"service": "S-1"}) == Nothing()
        assert alive(pid)
    assert gone(pid)


def test_the_children_of_a_process_go_with_it():
    with troubled("leaves_a_child") as driver, pytest.raises(Refused) as refused:
        driver.call("start_service", {"service": "S-1"})
    assert gone(int(refused.value.message))


def test_a_process_that_reads_no_more_costs_the_timeout_and_not_for_ever():
    with troubled("deaf", timeout=1.0) as driver:
        driver.call("start_service", {"service": "S-1"})
        long = {"organization": "x" * 1_000_000}
        with pytest.raises(ImplementationError, match="the process has not read its input within 1 s") as error:
            driver.call("create_service", long)
        assert error.value.kind is ErrorKind.TIMEOUT


def test_a_request_longer_than_the_pipe_arrives():
    with open_driver(command("honest_echo.py")) as driver:
        echoed = driver.call("create_service", {"organization": "x" * 1_000_000})
        assert isinstance(echoed, ServiceRef)
        assert len(echoed.service) > 1_000_000


def test_a_timeout_is_real_time_also_under_a_frozen_clock():
    with frozen(NOW), troubled("hangs", timeout=2.0) as driver:
        pid = pid_of(driver)
        began = real_monotonic()
        assert failure(driver).kind is ErrorKind.TIMEOUT
        assert real_monotonic() - began > 1.9
        assert gone(pid)
        next_pid = pid_of(driver)
    assert gone(next_pid)


def test_closing_may_be_repeated():
    driver = open_driver(command("honest_echo.py"))
    driver.close()
    pid = pid_of(driver)
    driver.close()
    driver.close()
    assert gone(pid)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("stdio:no-such-command-here --fast", "'no-such-command-here' could not be started: No such file or directory"),
        (f"stdio:{shlex.quote(str(HERE))}", "could not be started: Permission denied"),
    ],
)
def test_a_command_that_cannot_be_started_is_named(spec, words):
    with open_driver(spec) as driver, pytest.raises(ImplementationError, match=words) as error:
        driver.call("describe_implementation", {})
    assert error.value.kind is ErrorKind.UNREACHABLE


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("stdio:", "the command is missing"),
        ("stdio:python 'x", "cannot split the command into words: No closing quotation"),
    ],
)
def test_a_command_that_is_none_is_wrong_usage(spec, words):
    with pytest.raises(InvalidSutSpec, match=words):
        open_driver(spec)


def kit(body: str) -> subprocess.Popen[str]:
    """Another process of the kit, which says the number of the implementation's process and then does `body`."""
    spec = command("troubled.py", "hangs")
    script = f"""
        import os, signal, sys
        from billing_tck.connect import open_driver
        driver = open_driver({spec!r}, timeout=60)
        print(driver.call("describe_implementation", {{}}).version, flush=True)
    """
    source = textwrap.dedent(script) + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("guarded", ["with driver: ", ""])
def test_ctrl_c_in_the_middle_of_a_call_leaves_nothing_running(guarded):
    with kit(guarded + 'driver.call("start_service", {"service": "S-1"})') as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        threading.Event().wait(0.2)  # until the call has begun
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=20)
        assert "KeyboardInterrupt" in errors
        assert gone(pid)


def test_a_kit_that_forgets_to_close_leaves_nothing_running():
    with kit("sys.exit(7)") as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        assert running.wait(timeout=20) == 7
        assert gone(pid)


def test_a_worker_process_that_ends_leaves_nothing_running(tmp_path):
    script = tmp_path / "workers.py"
    script.write_text(
        textwrap.dedent(f"""
        from concurrent.futures import ProcessPoolExecutor
        from billing_tck.connect import open_driver

        KEPT = []

        def work(_):
            driver = open_driver({command("troubled.py", "stubborn")!r})
            KEPT.append(driver)
            pid = driver.call("describe_implementation", {{}}).version
            driver.call("start_service", {{"service": "S-1"}})
            return pid

        if __name__ == "__main__":
            with ProcessPoolExecutor(1) as pool:
                print(*pool.map(work, [1]))
        """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=30)
    assert gone(int(done.stdout))


def test_a_forked_copy_of_the_kit_leaves_the_process_alone():
    with open_driver(command("honest_echo.py")) as driver:
        pid = pid_of(driver)
        child = os.fork()
        if child == 0:
            driver.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert alive(pid)
        assert pid_of(driver) == pid
