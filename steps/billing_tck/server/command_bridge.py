"""Serve a command over the contract, one run per call, for systems that are driven from a shell.

    billing-tck bridge -- COMMAND ARGS…      JSON-RPC 2.0 on standard streams

Each call runs `COMMAND ARGS… METHOD`. Each parameter is an environment variable of its name, with the contract's
defaults filled in; standard input has all of them as a JSON object. `now`, the instant of the clock, is always set.
`TCK_STATE` is a folder for the command's state: empty at first, and deleted at the end.

    exit status 0      done: the result as JSON on standard output; no output is an empty result
    exit status 10     refused: the reason and a message on standard output
    exit status 20     unsupported

Everything else is an error. Standard error is the log.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from billing_tck.contract import METHODS, Method, Reason, Refused, Unsupported
from billing_tck.contract.decode import decode
from billing_tck.contract.encode import encode
from billing_tck.contract.violations import ContractViolation, Violation
from billing_tck.drivers import jsonrpc
from billing_tck.server.jsonrpc_server import serve_stdio
from billing_tck.text.preview import preview, preview_bytes

DONE, REFUSED, UNSUPPORTED = 0, 10, 20
STATE = "TCK_STATE"

NAMES = frozenset(parameter.name for method in METHODS.values() for parameter in method.parameters)


class Bridge:
    """An implementation that runs a command for each method. The runs share the folder `state`."""

    def __init__(self, command: Sequence[str], state: Path) -> None:
        self._command = tuple(command)
        self._environment = {name: text for name, text in os.environ.items() if name not in NAMES}
        self._environment[STATE] = str(state)

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name not in METHODS:
            raise AttributeError(name)
        return lambda **params: self._run(METHODS[name], params)

    def _run(self, method: Method, given: Mapping[str, object]) -> object:
        defaults = {parameter.name: parameter.default for parameter in method.parameters if not parameter.required}
        params = {name: value for name, value in {**defaults, **given}.items() if value is not None}
        sent = {name: _text(value) for name, value in params.items()}
        if "now" in sent:
            self._environment["now"] = sent["now"]
        try:
            run = subprocess.run(
                [*self._command, method.name],
                input=jsonrpc.write(params).encode(),
                stdout=subprocess.PIPE,
                env={**self._environment, **sent},
                check=False,
            )
        except (OSError, ValueError) as error:  # an unknown command, or a NUL in a text
            raise _violation(method, "run", f"{self._command[0]}: {error}", "a command that can be run") from None
        match run.returncode:
            case 0:
                return _result(method, run.stdout)
            case 10:
                raise _refusal(method, run.stdout)
            case 20:
                raise Unsupported(f"{method.name} is not supported here")
        expected = f"exit status {DONE} (done), {REFUSED} (refused) or {UNSUPPORTED} (unsupported)"
        raise _violation(method, "run", f"exit status {run.returncode}", expected)


def _text(value: object) -> str:
    plain = encode(value)
    return plain if isinstance(plain, str) else jsonrpc.write(plain)


def _result(method: Method, printed: bytes) -> object:
    if not printed.strip():
        printed = b"{}"
    try:
        raw = jsonrpc.parse(printed)
    except jsonrpc.NotJson as error:
        raise _violation(method, "run", f"{preview_bytes(printed)} ({error})", "JSON on standard output") from None
    return decode(method.result, raw, wire=True, where=method.name)


def _refusal(method: Method, printed: bytes) -> Exception:
    reason, _, message = printed.decode(errors="replace").strip().partition(" ")
    if reason not in set(Reason):
        return _violation(method, "refusal", preview(reason), f"one of {', '.join(Reason)}, then a message")
    return Refused(reason, message)


def _violation(method: Method, what: str, got: str, expected: str) -> ContractViolation:
    return ContractViolation([Violation(f"{method.name} ({what})", got, expected)])


def serve(command: Sequence[str]) -> None:
    """Serve the command on standard streams until the input ends."""
    with tempfile.TemporaryDirectory(prefix="billing-tck-bridge-") as folder:
        serve_stdio(Bridge(command, Path(folder)))
