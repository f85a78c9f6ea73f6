"""A frozen clock loads neither asyncio nor unittest; both work whenever they are loaded."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

FROZEN = """\
import sys, time
from datetime import UTC, datetime
from billing_tck.clock import frozen
NOW = datetime(2025, 1, 18, tzinfo=UTC)
"""
TIMER = "asyncio.run(asyncio.wait_for(asyncio.sleep(0.01), 5))\n"


def said(script: str) -> list[str]:
    command = [sys.executable, "-c", FROZEN + textwrap.dedent(script)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_a_frozen_clock_loads_neither() -> None:
    script = """
        with frozen(NOW):
            print(sorted({"asyncio", "unittest", "ssl"} & set(sys.modules)))
    """
    assert said(script) == ["[]"]


@pytest.mark.parametrize("before", ["", "import asyncio\n"])
def test_timers_fire_while_the_clock_is_frozen_and_the_loop_is_as_before_afterwards(before: str) -> None:
    script = f"""
        {before.strip()}
        with frozen(NOW):
            import asyncio
            {TIMER.strip()}
            print(time.time() == NOW.timestamp())
        print(asyncio.BaseEventLoop.time.__module__)
        {TIMER.strip()}
        print(any(type(finder).__module__.startswith("billing_tck") for finder in sys.meta_path))
        with frozen(NOW):
            {TIMER.strip()}
    """
    assert said(script) == ["True", "asyncio.base_events", "False"]


def test_without_asyncio_nothing_is_left_of_the_freeze() -> None:
    script = """
        with frozen(NOW):
            pass
        print(any(type(finder).__module__.startswith("billing_tck") for finder in sys.meta_path))
        import asyncio
        print(asyncio.BaseEventLoop.time.__module__)
    """
    assert said(script) == ["False", "asyncio.base_events"]


def test_freezegun_uses_both_where_it_needs_them() -> None:
    script = f"""
        with frozen(NOW):
            pass
        import asyncio, unittest
        from freezegun import freeze_time

        @freeze_time("2020-01-01")
        class Dated(unittest.TestCase):
            def test(self):
                print(datetime.now().year)

        unittest.main(argv=["x"], exit=False)
        with freeze_time("2020-01-01", real_asyncio=True):
            {TIMER.strip()}
            print(datetime.now().year)
    """
    assert said(script) == ["2020", "2020"]
