"""The reference on standard streams, with one fault: `python -m tests.hostile_cases.wire NAME`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from billing_tck.reference.catalogue import served
from billing_tck.server.jsonrpc_server import RequestHandler

Json = dict[str, Any]
MARKUP = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[31m\x1b]0;title\x07\u202e\n::error::injected\r\n"
    "##vso[task.setvariable variable=a]b\n##[error]c\n[a](javascript:alert(1)) ![i](http://e/x.png) `x` "
    "=cmd|' /C calc'!A0"
)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


# What is sent in place of an answer: from the answer's bytes and the request's number to bytes.
SENT: Mapping[str, Callable[[bytes, int], bytes]] = {
    "bom": lambda answer, _: b"\xef\xbb\xbf" + answer,
    "carriage-return": lambda answer, _: answer + b"\r",
    "null-byte": lambda answer, _: b"\0" + answer,
    "bad-utf8": lambda answer, _: answer.replace(b'"result"', b'"\xff\xfe":1,"result"'),
    "batch": lambda answer, _: b"[" + answer + b"]",
    "id-as-text": lambda _, n: json.dumps({"jsonrpc": "2.0", "id": str(n), "result": {}}).encode(),
    "id-as-float": lambda _, n: b'{"jsonrpc":"2.0","id":%d.0,"result":{}}' % n,
    "id-of-another": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":{}}' % (n + 1),
    "id-twice": lambda answer, n: answer[:-1] + b',"id":%d}' % n,
    "no-version": lambda _, n: b'{"id":%d,"result":{}}' % n,
    "result-and-error": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":{},"error":{"code":1,"message":"x"}}' % n,
    "neither": lambda _, n: b'{"jsonrpc":"2.0","id":%d}' % n,
    "nan": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":NaN}' % n,
    "infinite": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":1e400}' % n,
    "long-integer": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":' % n + b"9" * 100_000 + b"}",
    "deep-array": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":' % n + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep-900": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"result":{"name":' % n + b"[" * 900 + b"]" * 900 + b"}}",
    "deep-object": lambda _, n: (
        b'{"jsonrpc":"2.0","id":%d,"result":' % n + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
    ),
    "long-line": lambda _, __: b"x" * (200 << 20),
    "twice": lambda answer, _: answer + b"\n" + answer,
    "html": lambda _, __: b"<html><body>It works!</body></html>",
    "empty-line": lambda _, __: b"",
    "error-code-as-text": lambda _, n: b'{"jsonrpc":"2.0","id":%d,"error":{"code":"x","message":"y"}}' % n,
    "long-message": lambda _, n: json.dumps(
        {"jsonrpc": "2.0", "id": n, "error": {"code": -5, "message": MARKUP + "m" * 10_000_000}}
    ).encode(),
    "unknown-reason": lambda _, n: json.dumps(
        {"jsonrpc": "2.0", "id": n, "error": {"code": 1, "message": MARKUP, "data": {"reason": MARKUP}}}
    ).encode(),
}


def _each(view: Json, field: str, value: object) -> None:
    for invoice in view["invoices"]:
        invoice[field] = value


def _credits(view: Json, value: str) -> None:
    if view["trial"]["credits_left"] is not None:
        view["trial"]["credits_left"] = value


# What is changed in the view of an organization.
SHOWN: Mapping[str, Callable[[Json], object]] = {
    "cycle-year-9999": lambda view: view.update(billing_cycle={"first_day": "9999-12-01", "last_day": "9999-12-31"}),
    "cycle-year-1": lambda view: view.update(billing_cycle={"first_day": "0001-01-01", "last_day": "0001-01-02"}),
    "trial-year-9999": lambda view: view["trial"].update(started_at="9999-12-31T23:59:59Z"),
    "unpaid-year-9999": lambda view: view.update(unpaid_since="9999-12-31T23:59:59Z"),
    "issued-year-0": lambda view: _each(view, "issued_at", "0000-01-01T00:00:00Z"),
    "issued-year-1": lambda view: _each(view, "issued_at", "0001-01-01T00:00:00Z"),
    "issued-leap-second": lambda view: _each(view, "issued_at", "2016-12-31T23:59:60Z"),
    "money-40-digits": lambda view: _credits(view, "9" * 40 + ".99"),
    "money-million-digits": lambda view: _credits(view, "9" * 1_000_000),
    "money-exponent": lambda view: _credits(view, "1E+2"),
    "money-negative-zero": lambda view: _credits(view, "-0.00"),
    "money-nan": lambda view: _credits(view, "NaN"),
    "memory-4000-digits": lambda view: [each.update(replica_memory_gib=10**4000) for each in view["services"]],
    "100000-contacts": lambda view: view.update(contacts=["x"] * 100_000),
    "100000-invoices": lambda view: view.update(
        invoices=[
            {
                "invoice": str(n),
                "issued_at": "2025-01-01T00:00:00Z",
                "amount": "1.00",
                "state": "paid",
                "first_day": "2025-01-01",
                "last_day": "2025-01-31",
            }
            for n in range(100_000)
        ]
    ),
}

# What is changed in the description.
DESCRIBED: Mapping[str, Callable[[Json], object]] = {
    "markup-name": lambda said: said.update(name=MARKUP, version=MARKUP),
    "long-name": lambda said: said.update(name="n" * 10_000_000),
    "surrogate-name": lambda said: said.update(name="\ud800x"),
    "no-name": lambda said: said.pop("name"),
    "5000-capabilities": lambda said: said.update(capabilities=[f"card_{n}" for n in range(5_000)]),
    "million-capabilities": lambda said: said.update(capabilities=[f"x{n}" for n in range(1_000_000)]),
    "markup-reading": lambda said: said.update(readings={"card_validity": MARKUP}),
    "unknown-knob": lambda said: said.update(readings={MARKUP: "x"}),
    "settles-in-a-century": lambda said: said.update(settles_within="P36500D"),
    "settles-in-nonsense": lambda said: said.update(settles_within=MARKUP),
    "contract-2": lambda said: said.update(contract="2"),
}


def _ignore_signals() -> None:
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)


# What the process does at its start.
BEGUN: Mapping[str, Callable[[], object]] = {
    "exits-at-once": lambda: os._exit(0),
    "prints-before": lambda: _write(b"Listening on standard input\n"),
    "answers-before": lambda: _write(b'{"jsonrpc":"2.0","id":1,"result":{}}\n'),
    "floods-errors": lambda: [os.write(2, b"E" * (1 << 20)) for _ in range(200)],
    "floods-output": lambda: [_write(b'{"jsonrpc":"2.0","id":1,"result":{}}\n' * 1000) for _ in range(10**9)],
    "closes-output": lambda: os.close(1),
    "closes-input": lambda: os.close(0),
    "ignores-signals": _ignore_signals,
    "leaves-a-child": lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]),
    "leaves-a-session": lambda: subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    ),
    "errors-markup": lambda: os.write(2, (MARKUP + "\n").encode(errors="replace")),
}

# What it does at a call: at the number of the call.
CALLED: Mapping[str, Callable[[int], object]] = {
    "exits-0": lambda n: n == 40 and os._exit(0),
    "exits-1": lambda n: n == 40 and os._exit(1),
    "is-killed": lambda n: n == 40 and os.kill(os.getpid(), signal.SIGKILL),
    "half-a-line": lambda n: n == 40 and (os.write(1, b'{"jsonrpc":'), os._exit(1)),
    "silent": lambda n: n >= 40 and time.sleep(1000),
    "silent-from-the-start": lambda _: time.sleep(1000),
    "slow": lambda n: n % 50 == 0 and time.sleep(0.3),
}

NAMES = (*SENT, *SHOWN, *DESCRIBED, *BEGUN, *CALLED, "ignores-the-end")


def main(name: str) -> None:
    """Answer requests until the end of the input."""
    handler = RequestHandler(*served(readings={}, fault=None, late=None))
    BEGUN.get(name, lambda: None)()
    for number, line in enumerate(sys.stdin.buffer, 1):
        request = json.loads(line)
        CALLED.get(name, lambda _: None)(number)
        answer = json.loads(handler.answer(line))
        if name in SHOWN and request["method"] == "get_organization" and "result" in answer:
            SHOWN[name](answer["result"])
        if name in DESCRIBED and request["method"] == "describe_implementation":
            DESCRIBED[name](answer["result"])
        raw = json.dumps(answer).encode()
        if name in SENT and request["method"] not in ("describe_implementation", "reset"):
            raw = SENT[name](raw, request["id"])
        _write(raw + b"\n")
    if name in ("ignores-the-end", "ignores-signals"):
        time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1])
