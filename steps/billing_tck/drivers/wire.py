"""Record every call of a run: `--wire FILE`, one JSON object per line, for all ways to connect.

    {"time": "2026-01-05T09:30:00.123+00:00", "worker": "1", "scenario": "core/trial.feature:12",
     "method": "reset", "params": {"now": "2025-01-07T00:00:00Z"}, "result": {}, "seconds": 0.0021}

In place of `result` there is `refused` (reason and message), `unsupported`, or `error` (kind and message).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from billing_tck.clock import Real, real_perf_counter
from billing_tck.connection import WORKER, Secrets
from billing_tck.contract import ImplementationError, Refused, Unsupported
from billing_tck.contract.encode import encode
from billing_tck.drivers.base import Closing, Driver
from billing_tck.errors import UsageError
from billing_tck.text.files import open_output

_LONGEST = 100_000  # characters of a line; a longer one says how long it was, and keeps neither parameters nor answer


class WireDriver(Closing):
    """Passes calls on to another driver, and appends each with its answer to a file.

    Lines are appended whole, so that several processes can share a file. Secrets are left out.
    """

    def __init__(self, driver: Driver, path: Path, secrets: Secrets) -> None:
        self.spec = driver.spec
        self.in_process = driver.in_process
        self._driver = driver
        self._secrets = secrets
        self._scenario = ""
        self._worker = os.environ.get(WORKER, "1")
        self._path = path
        self._file: BinaryIO | None = None
        self._write(b"")

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        time = Real.datetime.now(UTC).isoformat(timespec="milliseconds")
        begun = real_perf_counter()
        answer: dict[str, object] = {}
        try:
            result = self._driver.call(method, params)
            answer = {"result": encode(result)}
            return result
        except Refused as refused:
            answer = {"refused": {"reason": str(refused.reason), "message": refused.message}}
            raise
        except Unsupported as unsupported:
            answer = {"unsupported": str(unsupported)}
            raise
        except ImplementationError as error:
            answer = {"error": {"kind": str(error.kind), "message": error.message}}
            raise
        finally:
            fields = {
                "time": time,
                "worker": self._worker,
                "scenario": self._scenario,
                "method": method,
                "params": encode(params),
                **answer,
                "seconds": round(real_perf_counter() - begun, 6),
            }
            self._write(self._line(fields))

    def begin_scenario(self, name: str) -> None:
        """See `Driver.begin_scenario`."""
        self._scenario = name
        self._driver.begin_scenario(name)

    def unfreeze(self) -> None:
        """See `Driver.unfreeze`."""
        self._driver.unfreeze()

    def log_tail(self) -> tuple[str, ...]:
        """See `Driver.log_tail`."""
        return self._driver.log_tail()

    def close(self) -> None:
        """Close the driver and the file; a later call opens them again."""
        try:
            self._driver.close()
        finally:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _line(self, fields: Mapping[str, object]) -> bytes:
        text = self._secrets.mask(json.dumps(fields, ensure_ascii=False))
        if len(text) > _LONGEST:
            kept = {name: value for name, value in fields.items() if name not in ("params", "result", "error")}
            text = self._secrets.mask(json.dumps({**kept, "cut": len(text)}, ensure_ascii=False))
        return text.encode(errors="backslashreplace") + b"\n"

    def _write(self, line: bytes) -> None:
        try:
            if self._file is None:
                self._file = open_output(self._path, append=True, buffering=0)
            self._file.write(line)
        except OSError as error:
            raise UsageError(f"--wire: cannot write {str(self._path)!r}: {error.strerror}") from None
